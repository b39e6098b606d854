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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a folder says of the cross-encoder of sentence-transformers that it holds. Version 6 writes
 * it into config_sentence_transformers.json, 4 and 5 into a field of config.json, and those before
 * into another one.
 *
 * @param source the file that says it, for messages
 * @param activation what makes scores of logits, as the file names it; null: not said
 * @param settings config_sentence_transformers.json, of which what is not understood is kept; null
 *     without one
 */
record CrossEncoderFolder(String source, String activation, ObjectNode settings) {
  private static final String SETTINGS = "config_sentence_transformers.json";
  private static final String TYPE = "CrossEncoder";
  private static final String ACTIVATION = "activation_fn";
  private static final String FIELD = "sentence_transformers";
  private static final String OLD_FIELD = "sbert_ce_default_activation_function";

  /** One that says so much. */
  static CrossEncoderFolder of(ScoreActivation activation, CrossEncoderFolder before) {
    return new CrossEncoderFolder("", activation.module(), before == null ? null : before.settings);
  }

  // ---- reading ----

  /**
   * Reads it.
   *
   * @return null if the folder says nothing of a cross-encoder
   * @throws CheckpointException if config.json is missing, or one of the files is damaged
   */
  static CrossEncoderFolder read(Path folder) {
    ModelFolder.recover(folder);
    Path file = folder.resolve(SETTINGS);
    ObjectNode settings = Files.exists(file) ? JsonFiles.readObject(file) : null;
    if (settings != null && isSaidBy(settings)) {
      return new CrossEncoderFolder(file.toString(), name(settings.path(ACTIVATION)), settings);
    }
    ConfigJson json = ConfigJson.of(folder);
    JsonNode field = json.field(FIELD);
    if (field.has(ACTIVATION) || !json.isAbsent(OLD_FIELD)) {
      JsonNode name = field.has(ACTIVATION) ? field.path(ACTIVATION) : json.field(OLD_FIELD);
      return new CrossEncoderFolder(json.file(), name(name), null);
    }
    return null;
  }

  /** Whether config_sentence_transformers.json is that of a cross-encoder. */
  static boolean isSaidBy(ObjectNode settings) {
    return settings.path("model_type").asText().equals(TYPE);
  }

  private static String name(JsonNode node) {
    return node.isTextual() ? node.asText() : null;
  }

  /**
   * What makes scores of logits; as in sentence-transformers the sigmoid if nothing is said.
   *
   * @throws CheckpointException if it is none that is supported, or texts are to have a prompt
   */
  ScoreActivation scoreActivation() {
    JsonNode prompt = settings == null ? null : settings.get("default_prompt_name");
    if (prompt != null && prompt.isTextual()) {
      throw new CheckpointException(
          source,
          "default_prompt_name is '%s': prompts of a cross-encoder are not supported"
              .formatted(prompt.asText()));
    }
    if (activation == null) {
      return ScoreActivation.SIGMOID;
    }
    String last = activation.substring(activation.lastIndexOf('.') + 1);
    for (ScoreActivation known : ScoreActivation.values()) {
      if (activation.startsWith("torch.nn.") && known.module().endsWith("." + last)) {
        return known;
      }
    }
    throw new CheckpointException(
        source,
        "%s is '%s'; %s and %s are supported"
            .formatted(
                ACTIVATION,
                activation,
                ScoreActivation.SIGMOID.module(),
                ScoreActivation.IDENTITY.module()));
  }

  // ---- writing ----

  /** Says it in config.json, for versions 4 and 5. */
  void write(ObjectNode json) {
    json.putObject(FIELD).put(ACTIVATION, activation);
  }

  /** The files of version 6, by their paths. */
  Map<String, AtomicFile.Content> files() {
    ArrayNode modules = JsonFiles.object().putArray("modules");
    modules
        .addObject()
        .put("idx", 0)
        .put("name", "0")
        .put("path", "")
        .put("type", "sentence_transformers.base.modules.transformer.Transformer");
    ObjectNode transformer = JsonFiles.object();
    transformer.put("transformer_task", "sequence-classification");
    transformer
        .putObject("modality_config")
        .putObject("text")
        .put("method", "forward")
        .put("method_output_name", "logits");
    transformer.put("module_output_name", "scores");
    ObjectNode all = settings == null ? JsonFiles.object() : settings.deepCopy();
    all.put("model_type", TYPE);
    all.put(ACTIVATION, activation);
    for (String field : List.of("prompts", "default_prompt_name")) {
      if (!all.has(field)) {
        all.set(field, field.equals("prompts") ? JsonFiles.object() : all.nullNode());
      }
    }
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>();
    files.put("modules.json", AtomicFile.content(JsonFiles.format(modules)));
    files.put("sentence_bert_config.json", AtomicFile.content(JsonFiles.format(transformer)));
    files.put(SETTINGS, AtomicFile.content(JsonFiles.format(all)));
    return files;
  }
}
