package io.github.jaubert.measure.card;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AdapterFolder;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.ModelNames;
import io.github.jaubert.bert.checkpoint.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What the folder of a model tells.
 *
 * @param config {@code config.json}, of an adapter that of its model
 * @param run {@code run.json}; empty if the model was not made by a run
 * @param bias what {@code jaubert bias} measured, {@code bias.json}; empty if it was not run
 */
record ModelFacts(Path folder, ObjectNode config, ObjectNode run, ObjectNode bias) {
  private static final String CONFIG = "config.json";
  private static final String ADAPTER = "adapter_config.json";

  static ModelFacts read(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new CheckpointException(
          folder.toString(), Files.exists(folder) ? "is not a folder" : "there is no such folder");
    }
    boolean adapter = isAdapter(folder);
    if (!Files.exists(folder.resolve(CONFIG)) && !adapter) {
      throw new CheckpointException(
          folder.toString(), "holds no model: there is neither config.json nor " + ADAPTER);
    }
    return new ModelFacts(
        folder,
        object(folder, adapter ? AdapterFolder.MODEL_CONFIG : CONFIG),
        object(folder, "run.json"),
        object(folder, "bias.json"));
  }

  /** Whether it holds an adapter alone, whose model is elsewhere. */
  private static boolean isAdapter(Path folder) {
    return Files.exists(folder.resolve(ADAPTER)) && !Files.exists(folder.resolve(CONFIG));
  }

  private static ObjectNode object(Path folder, String name) {
    Path file = folder.resolve(name);
    return Files.exists(file) ? JsonFiles.readObject(file) : JsonFiles.object();
  }

  boolean isRun() {
    return !run.isEmpty();
  }

  /** The last part of the folder's name. */
  String name() {
    return folder.toAbsolutePath().normalize().getFileName().toString();
  }

  // ---- what it does ----

  private String architectureClass() {
    return config.path("architectures").path(0).asText("");
  }

  /** As the Hub names tasks; empty for an encoder alone. */
  Optional<String> pipelineTag() {
    if (run.path("task").asText().equals("setfit")) {
      return Optional.of("text-classification");
    }
    if (run.path("task").asText().equals("rerank")) {
      return Optional.of("text-ranking");
    }
    if (Files.exists(folder.resolve("modules.json"))) {
      return Optional.of("sentence-similarity");
    }
    String name = architectureClass();
    return Optional.ofNullable(
        name.endsWith("ForSequenceClassification")
            ? "text-classification"
            : name.endsWith("ForTokenClassification")
                ? "token-classification"
                : name.endsWith("ForQuestionAnswering")
                    ? "question-answering"
                    : name.endsWith("ForMultipleChoice")
                        ? "multiple-choice"
                        : name.endsWith("ForMaskedLM") || name.endsWith("ForPreTraining")
                            ? "fill-mask"
                            : null);
  }

  /** The library whose format the folder has. */
  String library() {
    return Files.exists(folder.resolve("modules.json"))
        ? "sentence-transformers"
        : isAdapter(folder) ? "peft" : "transformers";
  }

  /** In words: the architecture with its sizes, and the number of parameters. */
  String architecture() {
    List<String> parts = new ArrayList<>();
    parts.add(config.path("model_type").asText("unknown"));
    JsonNode layers = first("num_hidden_layers", "n_layers", "n_layer");
    JsonNode hidden = first("hidden_size", "dim", "n_embd");
    if (layers.isInt() && hidden.isInt()) {
      parts.add(layers.asInt() + " layers of " + hidden.asInt());
    }
    long parameters = parameters("model.safetensors");
    if (parameters > 0) {
      parts.add(String.format(Locale.ROOT, "%,d parameters", parameters));
    }
    if (isAdapter(folder)) {
      long own = parameters("adapter_model.safetensors");
      parts.add(String.format(Locale.ROOT, "an adapter of %,d parameters to it", own));
    }
    return String.join(", ", parts);
  }

  private JsonNode first(String... keys) {
    for (String key : keys) {
      if (config.has(key)) {
        return config.get(key);
      }
    }
    return config.path("");
  }

  private long parameters(String weightsFile) {
    Path file = folder.resolve(weightsFile);
    if (!Files.exists(file)) {
      return 0;
    }
    try (SafeTensors weights = SafeTensors.open(file)) {
      return weights.names().stream().mapToLong(name -> weights.shape(name).numel()).sum();
    }
  }

  /** The names of the classes in the order of their outputs. */
  List<String> labels() {
    List<String> names = new ArrayList<>();
    JsonNode labels = config.path("id2label");
    for (int i = 0; labels.has(Integer.toString(i)); i++) {
      names.add(labels.get(Integer.toString(i)).asText());
    }
    return names;
  }

  // ---- what it was made of ----

  /** The model that it began with, as it was given: a folder or a name on the Hub. */
  Optional<String> base() {
    String base = run.path("model").asText("");
    return base.isEmpty() ? Optional.empty() : Optional.of(base);
  }

  /** The same if it is a name on the Hub. */
  Optional<String> baseOnHub() {
    return base().filter(name -> ModelNames.isName(name) && !Files.exists(Path.of(name)));
  }

  /** The licence that the card of the base model names, if its folder is here and has a card. */
  Optional<String> baseLicense() {
    return base()
        .flatMap(ModelFacts::path)
        .map(path -> path.resolve(ModelCard.FILE))
        .filter(Files::isRegularFile)
        .map(ModelFacts::card)
        .map(card -> card.data().get("license"))
        .map(String::valueOf);
  }

  private static Optional<Path> path(String text) {
    try {
      return Optional.of(Path.of(text));
    } catch (InvalidPathException e) {
      return Optional.empty();
    }
  }

  /** A card that is there. */
  static FrontMatter.Card card(Path file) {
    try {
      return FrontMatter.parse(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new CheckpointException(
          file.toString(), "cannot be read: " + CheckpointException.describe(e), e);
    }
  }

  // ---- what it took ----

  /** Energy, if the run measured it. */
  Optional<Energy> energy() {
    JsonNode power = run.path("power");
    double seconds = run.path("training_seconds").asDouble(0);
    if (!power.has("watts") || !(seconds > 0)) {
      return Optional.empty();
    }
    PowerMeter.Source source =
        power.path("source").asText().equals("rapl")
            ? PowerMeter.Source.RAPL
            : PowerMeter.Source.ESTIMATE;
    return Optional.of(new Energy(power.get("watts").asDouble(), source, seconds));
  }

  /** The processor or the GPU. */
  String hardware() {
    String model = run.path("processor").path("model").asText("an unknown processor");
    String device = run.path("device").asText("");
    String cores = run.path("processor").path("cores").asText("?");
    return device.startsWith("cpu") || device.isEmpty()
        ? "%s, %s processors".formatted(model, cores)
        : device;
  }
}
