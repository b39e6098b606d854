package io.github.jaubert.bert;

import com.fasterxml.jackson.databind.node.ObjectNode;
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

/** Writes what {@code save_pretrained} writes: config, weights, tokenizer. */
final class PretrainedFolder {
  private PretrainedFolder() {}

  static void write(
      Path folder, ObjectNode config, List<Parameter> parameters, TokenizerFiles tokenizer) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    parameters.forEach(parameter -> tensors.put(parameter.name(), parameter.tensor()));
    Map<String, AtomicFile.Content> files = new LinkedHashMap<>();
    files.put("config.json", AtomicFile.content(JsonFiles.format(config)));
    files.put("model.safetensors", SafeTensorsWriter.content(tensors, SafeTensorsWriter.PYTORCH));
    if (tokenizer != null) {
      tokenizer.files().forEach((name, bytes) -> files.put(name, AtomicFile.content(bytes)));
    }
    ModelFolder.write(folder, files);
  }
}
