package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.jaubert.bert.checkpoint.AtomicFile;
import io.github.jaubert.bert.checkpoint.JsonFiles;
import io.github.jaubert.bert.checkpoint.ModelFolder;
import io.github.jaubert.bert.checkpoint.SafeTensorsWriter;
import io.github.jaubert.bert.tokenizer.TokenizerFiles;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Writes what {@code save_pretrained} writes: config, weights, tokenizer. */
final class PretrainedFolder {
  private PretrainedFolder() {}

  /**
   * The config.json of a model.
   *
   * @param head what the class of the model is called behind the architecture's name, such as
   *     {@code ForSequenceClassification}, or {@code Model} for an encoder alone
   */
  static ObjectNode config(EncoderConfig config, String head) {
    Map<String, JsonNode> fields = new TreeMap<>();
    config.toJson().properties().forEach(field -> fields.put(field.getKey(), field.getValue()));
    fields.put("dtype", TextNode.valueOf("float32"));
    fields.put("torch_dtype", TextNode.valueOf("float32")); // for transformers before version 5
    fields.put("model_type", TextNode.valueOf(config.modelType()));
    ObjectNode json = JsonFiles.object();
    json.putArray("architectures").add(config.architecture().className() + head);
    json.setAll(fields);
    return json;
  }

  /**
   * What lies beside the weights.
   *
   * @param tokenizer null if there is none
   */
  static Map<String, AtomicFile.Content> besideWeights(
      ObjectNode config, TokenizerFiles tokenizer) {
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>();
    files.put("config.json", AtomicFile.content(JsonFiles.format(config)));
    if (tokenizer != null) {
      tokenizer.files().forEach((name, bytes) -> files.put(name, AtomicFile.content(bytes)));
    }
    return files;
  }

  /**
   * Writes weights and what lies beside them.
   *
   * @param beside by their paths in the folder
   */
  static void write(
      Path folder, List<Parameter> parameters, Map<String, AtomicFile.Content> beside) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    parameters.forEach(parameter -> tensors.put(parameter.name(), parameter.tensor()));
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>(beside);
    files.put("model.safetensors", SafeTensorsWriter.content(tensors, SafeTensorsWriter.PYTORCH));
    ModelFolder.write(folder, files);
  }
}
