package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the files of sentence-transformers beside a transformer's say.
 *
 * @param source the file that names the modules, for messages
 * @param dimensions to which vectors are cut; 0: to none
 * @param maxLength tokens of a sentence; 0: not said
 * @param settings config_sentence_transformers.json, of which what is not understood is kept; null
 *     without one
 */
record SentenceFolder(
    String source,
    Pooling pooling,
    boolean normalize,
    int dimensions,
    int maxLength,
    ObjectNode settings) {
  private static final String MODULES = "modules.json";
  private static final String SETTINGS = "config_sentence_transformers.json";
  private static final String LENGTH = "sentence_bert_config.json";
  private static final String POOLING = "1_Pooling";
  private static final String TYPES = "sentence_transformers.models.";

  /** Today's field for the pooling, and those that older versions have, one for each mode. */
  private static final String MODE = "pooling_mode";

  private static final Map<String, String> FLAGS =
      Map.of(
          "pooling_mode_cls_token", "cls",
          "pooling_mode_max_tokens", "max",
          "pooling_mode_mean_tokens", "mean",
          "pooling_mode_mean_sqrt_len_tokens", "mean_sqrt_len_tokens",
          "pooling_mode_weightedmean_tokens", "weightedmean",
          "pooling_mode_lasttoken", "lasttoken");

  static boolean isIn(Path folder) {
    ModelFolder.recover(folder);
    Path settings = folder.resolve(SETTINGS);
    return Files.exists(folder.resolve(MODULES))
        && !(Files.exists(settings) && CrossEncoderFolder.isSaidBy(JsonFiles.readObject(settings)));
  }

  // ---- reading ----

  /**
   * Reads them; without a modules.json it is the mean, as in sentence-transformers.
   *
   * @throws CheckpointException if one is damaged, or says what is not supported
   */
  static SentenceFolder read(Path folder) {
    if (!isIn(folder)) {
      return new SentenceFolder(folder.toString(), Pooling.MEAN, false, 0, 0, null);
    }
    Path modules = folder.resolve(MODULES);
    List<Module> all = modules(modules);
    Pooling pooling = pooling(folder.resolve(all.get(1).path()).resolve("config.json"));
    ObjectNode settings = readIfPresent(folder.resolve(SETTINGS));
    ObjectNode length = readIfPresent(folder.resolve(LENGTH));
    return new SentenceFolder(
        modules.toString(),
        pooling,
        all.size() == 3,
        settings == null
            ? 0
            : ConfigJson.of(folder.resolve(SETTINGS).toString(), settings)
                .integer("truncate_dim", 0),
        length == null
            ? 0
            : ConfigJson.of(folder.resolve(LENGTH).toString(), length).integer("max_seq_length", 0),
        settings);
  }

  private static ObjectNode readIfPresent(Path file) {
    return Files.exists(file) ? JsonFiles.readObject(file) : null;
  }

  private record Module(String type, String path) {}

  /** The modules in order: a Transformer, a Pooling, and perhaps a Normalize. */
  private static List<Module> modules(Path file) {
    List<Module> modules = new ArrayList<>();
    for (JsonNode module : JsonFiles.readArray(file)) {
      String type = module.path("type").asText();
      modules.add(
          new Module(type.substring(type.lastIndexOf('.') + 1), module.path("path").asText()));
    }
    List<String> types = modules.stream().map(Module::type).toList();
    if (!types.equals(List.of("Transformer", "Pooling"))
        && !types.equals(List.of("Transformer", "Pooling", "Normalize"))) {
      throw new CheckpointException(
          file.toString(),
          "its modules are %s; Transformer, Pooling and perhaps Normalize are supported"
              .formatted(types));
    }
    if (!modules.get(0).path().isEmpty() || !modules.get(1).path().matches("[\\w-]+")) {
      throw new CheckpointException(
          file.toString(),
          "the paths of its modules are '%s' and '%s'; the transformer must lie in the folder itself, and the pooling in one inside it"
              .formatted(modules.get(0).path(), modules.get(1).path()));
    }
    return modules;
  }

  private static Pooling pooling(Path file) {
    ObjectNode json = JsonFiles.readObject(file);
    List<String> modes = new ArrayList<>();
    JsonNode mode = json.path(MODE);
    if (mode.isTextual()) {
      modes.add(mode.asText());
    }
    mode.forEach(one -> modes.add(one.asText()));
    if (modes.isEmpty()) {
      FLAGS.forEach(
          (flag, name) -> {
            if (json.path(flag).asBoolean(false)) {
              modes.add(name);
            }
          });
    }
    if (modes.isEmpty()) {
      return Pooling.MEAN;
    }
    for (Pooling pooling : Pooling.values()) {
      if (modes.equals(List.of(pooling.mode()))) {
        return pooling;
      }
    }
    throw new CheckpointException(
        file.toString(),
        "pools by %s; one of mean, cls and max is supported"
            .formatted(String.join(" and ", modes.stream().sorted().toList())));
  }

  /** What is put before every text that nothing else is said of; nothing without one. */
  String prompt() {
    if (settings == null || settings.path("default_prompt_name").isNull()) {
      return "";
    }
    return settings.path("prompts").path(settings.path("default_prompt_name").asText()).asText("");
  }

  // ---- writing ----

  /**
   * The files of a model, by their paths.
   *
   * @param dimensions to which vectors are cut; 0: to none
   * @param length tokens of a sentence
   * @param before what the model was loaded from, or null
   */
  static Map<String, AtomicFile.Content> files(
      SentenceEncoder model, int dimensions, int length, SentenceFolder before) {
    ArrayNode modules = JsonFiles.object().putArray(MODULES);
    module(modules, "Transformer", "");
    module(modules, "Pooling", POOLING);
    if (model.normalize()) {
      module(modules, "Normalize", "2_Normalize");
    }
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>();
    files.put(MODULES, AtomicFile.content(JsonFiles.format(modules)));
    files.put(POOLING + "/config.json", content(poolingJson(model)));
    ObjectNode lengths = JsonFiles.object();
    lengths.put("max_seq_length", length);
    lengths.put("do_lower_case", false);
    files.put(LENGTH, content(lengths));
    files.put(SETTINGS, content(settingsJson(dimensions, before)));
    return files;
  }

  private static void module(ArrayNode modules, String type, String path) {
    int index = modules.size();
    ObjectNode module = modules.addObject();
    module.put("idx", index);
    module.put("name", Integer.toString(index));
    module.put("path", path);
    module.put("type", TYPES + type);
  }

  private static ObjectNode poolingJson(SentenceEncoder model) {
    ObjectNode json = JsonFiles.object();
    json.put("word_embedding_dimension", model.config().hiddenSize());
    FLAGS.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(flag -> json.put(flag.getKey(), flag.getValue().equals(model.pooling().mode())));
    json.put("include_prompt", true);
    return json;
  }

  private static ObjectNode settingsJson(int dimensions, SentenceFolder before) {
    ObjectNode json =
        before == null || before.settings == null ? JsonFiles.object() : before.settings.deepCopy();
    json.put("model_type", "SentenceTransformer");
    if (!json.has("prompts")) {
      json.putObject("prompts");
    }
    if (!json.has("default_prompt_name")) {
      json.putNull("default_prompt_name");
    }
    if (!json.hasNonNull("similarity_fn_name")) {
      json.put("similarity_fn_name", "cosine");
    }
    json.remove("truncate_dim");
    if (dimensions > 0) {
      json.put("truncate_dim", dimensions);
    }
    return json;
  }

  private static AtomicFile.Content content(ObjectNode json) {
    return AtomicFile.content(JsonFiles.format(json));
  }
}
