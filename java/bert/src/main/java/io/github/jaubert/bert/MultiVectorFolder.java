package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.bert.checkpoint.StateDict;
import io.github.jaubert.tensor.Shape;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What the files of a ColBERT model beside a transformer's say. They are PyLate's, which {@code
 * MultiVectorEncoder} of sentence-transformers reads, too; those that this writes, and those of
 * Stanford's ColBERT, are read.
 *
 * @param source the file that says it, for messages
 * @param dense where the projection lies; null: among the weights of the encoder
 * @param settings how texts are read
 * @param config config_sentence_transformers.json, of which what is not understood is kept; null
 *     without one
 */
record MultiVectorFolder(
    String source, Path dense, MultiVectorSettings settings, ObjectNode config) {
  /** What the projection is called in all files. */
  static final String WEIGHT = "linear.weight";

  private static final String MODULES = "modules.json";
  private static final String CONFIG = "config_sentence_transformers.json";
  private static final String LENGTH = "sentence_bert_config.json";
  private static final String STANFORD = "artifact.metadata";
  private static final String DENSE = "1_Dense";

  // ---- reading ----

  /**
   * Whether a folder holds such a model.
   *
   * @throws CheckpointException if a save was interrupted there and cannot be finished, or a file
   *     is damaged
   */
  static boolean isIn(Path folder) {
    ModelFolder.recover(folder);
    if (Files.exists(folder.resolve(MODULES))) {
      List<Module> modules = modules(folder.resolve(MODULES));
      return modules.size() > 1
          && modules.get(0).type().equals("Transformer")
          && modules.get(1).type().equals("Dense");
    }
    return Files.exists(folder.resolve("config.json")) && isStanfords(ConfigJson.of(folder));
  }

  private static boolean isStanfords(ConfigJson config) {
    for (JsonNode architecture : config.field("architectures")) {
      if (architecture.asText().equals("HF_ColBERT")) {
        return true;
      }
    }
    return false;
  }

  /**
   * Reads them.
   *
   * @throws CheckpointException if one is missing or damaged, or says what is not supported
   */
  static MultiVectorFolder read(Path folder) {
    if (Files.exists(folder.resolve(MODULES))) {
      return readModules(folder);
    }
    if (!isIn(folder)) {
      throw new CheckpointException(
          folder.toString(),
          "is no ColBERT model: it has neither modules.json nor the architecture HF_ColBERT");
    }
    Path file = folder.resolve(STANFORD);
    ConfigJson json =
        ConfigJson.of(
            file.toString(), Files.exists(file) ? JsonFiles.readObject(file) : JsonFiles.object());
    json.mustBe("similarity", "cosine", "cosine is supported");
    return new MultiVectorFolder(
        file.toString(),
        null,
        json.checked(
            () ->
                new MultiVectorSettings(
                    json.text("query_token_id", MultiVectorSettings.QUERY_MARKER),
                    json.text("doc_token_id", MultiVectorSettings.DOCUMENT_MARKER),
                    "",
                    "",
                    json.integer("query_maxlen", MultiVectorSettings.QUERY_LENGTH),
                    json.integer("doc_maxlen", MultiVectorSettings.DOCUMENT_LENGTH),
                    true,
                    json.flag("attend_to_mask_tokens", false),
                    json.flag("mask_punctuation", true)
                        ? MultiVectorSettings.PUNCTUATION
                        : List.of())),
        null);
  }

  private record Module(String type, String path) {}

  private static List<Module> modules(Path file) {
    List<Module> modules = new ArrayList<>();
    for (JsonNode module : JsonFiles.readArray(file)) {
      String type = module.path("type").asText();
      modules.add(
          new Module(type.substring(type.lastIndexOf('.') + 1), module.path("path").asText()));
    }
    return modules;
  }

  private static MultiVectorFolder readModules(Path folder) {
    Path file = folder.resolve(MODULES);
    List<Module> modules = modules(file);
    List<String> types = modules.stream().map(Module::type).toList();
    boolean own = types.equals(List.of("Transformer", "Dense", "MultiVectorMask", "Normalize"));
    if (!own && !types.equals(List.of("Transformer", "Dense"))) {
      throw new CheckpointException(
          file.toString(),
          "its modules are %s; Transformer and Dense, and perhaps MultiVectorMask and Normalize, are supported"
              .formatted(types));
    }
    if (!modules.get(0).path().isEmpty()
        || modules.stream().skip(1).anyMatch(one -> !one.path().matches("[\\w-]+"))) {
      throw new CheckpointException(
          file.toString(),
          "the paths of its modules are %s; the transformer must lie in the folder itself, and the others in folders inside it"
              .formatted(modules.stream().map(Module::path).toList()));
    }
    Path dense = folder.resolve(modules.get(1).path());
    checkDense(dense.resolve("config.json"));
    Path config = folder.resolve(CONFIG);
    ObjectNode json = Files.exists(config) ? JsonFiles.readObject(config) : JsonFiles.object();
    ConfigJson fields = ConfigJson.of(config.toString(), json);
    MultiVectorSettings settings =
        fields.checked(
            () ->
                own
                    ? ownSettings(folder, folder.resolve(modules.get(2).path()), fields)
                    : pylateSettings(fields));
    return new MultiVectorFolder(file.toString(), dense, settings, json);
  }

  private static void checkDense(Path file) {
    ConfigJson json = ConfigJson.of(file.toString(), JsonFiles.readObject(file));
    String activation = json.text("activation_function", "torch.nn.modules.activation.Tanh");
    if (json.flag("bias", true)
        || json.flag("use_residual", false)
        || !activation.endsWith(".Identity")
        || !json.text("module_input_name", "token_embeddings").equals("token_embeddings")) {
      throw new CheckpointException(
          file.toString(),
          "a projection of tokens without bias, activation and residual is supported; this one has bias %s, activation_function %s, use_residual %s, module_input_name %s"
              .formatted(
                  json.flag("bias", true),
                  activation,
                  json.flag("use_residual", false),
                  json.text("module_input_name", "token_embeddings")));
    }
  }

  private static MultiVectorSettings pylateSettings(ConfigJson json) {
    ConfigJson prompts = json.object("prompts");
    List<String> skipped = json.texts("skiplist_words");
    return new MultiVectorSettings(
        json.text("query_prefix", "[Q] "),
        json.text("document_prefix", "[D] "),
        prompts.text("query", ""),
        prompts.text("document", ""),
        json.integer("query_length", MultiVectorSettings.QUERY_LENGTH),
        json.integer("document_length", MultiVectorSettings.DOCUMENT_LENGTH),
        json.flag("do_query_expansion", true),
        json.flag("attend_to_expansion_tokens", false),
        skipped == null ? MultiVectorSettings.PUNCTUATION : skipped);
  }

  /** What sentence-transformers writes itself: the markers are a part of the prompts there. */
  private static MultiVectorSettings ownSettings(Path folder, Path mask, ConfigJson json) {
    Path lengths = folder.resolve(LENGTH);
    ConfigJson transformer =
        ConfigJson.of(
            lengths.toString(),
            Files.exists(lengths) ? JsonFiles.readObject(lengths) : JsonFiles.object());
    ConfigJson expansion = transformer.object("query_expansion");
    boolean expands = !transformer.isAbsent("query_expansion");
    expansion.mustBe("strategy", "fixed", "only fixed is supported");
    if (!expansion.isAbsent("token")) {
      expansion.mustBe("token", "[MASK]", "only the mask token is supported");
    }
    Path words = mask.resolve("config.json");
    ConfigJson skips = ConfigJson.of(words.toString(), JsonFiles.readObject(words));
    List<String> tasks = skips.texts("skiplist_tasks");
    if (!skips.isAbsent("keep_only_token_ids")
        || tasks != null && !tasks.equals(List.of("document"))) {
      throw new CheckpointException(
          words.toString(), "only a skiplist of tokens of documents is supported");
    }
    List<String> skipped = skips.texts("skiplist_words");
    ConfigJson prompts = json.object("prompts");
    int most = transformer.integer("max_seq_length", MultiVectorSettings.DOCUMENT_LENGTH);
    return new MultiVectorSettings(
        "",
        "",
        prompts.text("query", ""),
        prompts.text("document", ""),
        expands ? expansion.integer("length", 0) : transformer.integer("query_length", most),
        transformer.integer("document_length", most),
        expands,
        expansion.flag("attend", false),
        skipped == null ? List.of() : skipped);
  }

  /** The weights of an encoder with those of the projection, which are closed with it. */
  StateDict withProjection(StateDict encoder) {
    return dense == null ? encoder : new Both(encoder, StateDict.openFolder(dense));
  }

  /** Two files as one. */
  private record Both(StateDict encoder, StateDict projection) implements StateDict {
    @Override
    public Set<String> names() {
      Set<String> names = new LinkedHashSet<>(encoder.names());
      names.add(WEIGHT);
      return names;
    }

    private StateDict of(String name) {
      return name.equals(WEIGHT) ? projection : encoder;
    }

    @Override
    public Shape shape(String name) {
      return of(name).shape(name);
    }

    @Override
    public float[] floats(String name) {
      return of(name).floats(name);
    }

    @Override
    public String file(String name) {
      return of(name).file(name);
    }

    @Override
    public String source() {
      return encoder.source();
    }

    @Override
    public void close() {
      encoder.close();
      projection.close();
    }
  }

  // ---- writing ----

  /**
   * The files of a model, by their paths.
   *
   * @param weight of its projection, {@code [dimensions, hidden]}
   * @param before what the model was loaded from, or null
   */
  static Map<String, AtomicFile.Content> files(
      Tensor weight, MultiVectorSettings settings, MultiVectorFolder before) {
    ArrayNode modules = JsonFiles.object().putArray(MODULES);
    module(modules, "", "sentence_transformers.models.Transformer");
    module(modules, DENSE, "pylate.models.Dense.Dense");
    ObjectNode dense = JsonFiles.object();
    dense.put("in_features", weight.size(1));
    dense.put("out_features", weight.size(0));
    dense.put("bias", false);
    dense.put("activation_function", "torch.nn.modules.linear.Identity");
    dense.put("use_residual", false);
    ObjectNode lengths = JsonFiles.object();
    lengths.put("max_seq_length", settings.documentLength());
    lengths.put("do_lower_case", false);
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>();
    files.put(MODULES, AtomicFile.content(JsonFiles.format(modules)));
    files.put(DENSE + "/config.json", AtomicFile.content(JsonFiles.format(dense)));
    files.put(
        DENSE + "/model.safetensors",
        SafeTensorsWriter.content(Map.of(WEIGHT, weight), SafeTensorsWriter.PYTORCH));
    files.put(LENGTH, AtomicFile.content(JsonFiles.format(lengths)));
    files.put(CONFIG, AtomicFile.content(JsonFiles.format(config(settings, before))));
    return files;
  }

  private static void module(ArrayNode modules, String path, String type) {
    int index = modules.size();
    ObjectNode module = modules.addObject();
    module.put("idx", index);
    module.put("name", Integer.toString(index));
    module.put("path", path);
    module.put("type", type);
  }

  private static ObjectNode config(MultiVectorSettings settings, MultiVectorFolder before) {
    ObjectNode json =
        before == null || before.config == null ? JsonFiles.object() : before.config.deepCopy();
    json.put("model_type", "ColBERT");
    ObjectNode prompts = json.putObject("prompts");
    if (!settings.queryPrompt().isEmpty() || !settings.documentPrompt().isEmpty()) {
      prompts.put("query", settings.queryPrompt()).put("document", settings.documentPrompt());
    }
    if (!json.has("default_prompt_name")) {
      json.putNull("default_prompt_name");
    }
    json.put("similarity_fn_name", "MaxSim");
    json.put("query_prefix", settings.queryMarker());
    json.put("document_prefix", settings.documentMarker());
    json.put("query_length", settings.queryLength());
    json.put("document_length", settings.documentLength());
    json.put("attend_to_expansion_tokens", settings.attendsToExpansion());
    ArrayNode skipped = json.putArray("skiplist_words");
    settings.skipped().forEach(skipped::add);
    json.put("do_query_expansion", settings.expandsQueries());
    return json;
  }
}
