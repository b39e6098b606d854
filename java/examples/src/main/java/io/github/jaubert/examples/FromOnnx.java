package io.github.jaubert.examples;

import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;

/**
 * Makes a Hugging Face folder of an encoder that a jar holds as an ONNX file with a tokenizer.json,
 * as those of langchain4j on Maven Central do.
 */
public final class FromOnnx {
  private FromOnnx() {}

  /** Writes {@code dir}; {@code onnx} and {@code json} are names of resources on the class path. */
  public static void toFolder(ClassLoader jars, String onnx, String json, Path dir)
      throws IOException {
    // README: folder
    try (InputStream weights = jars.getResourceAsStream(onnx); // all-minilm-l6-v2.onnx
        InputStream words = jars.getResourceAsStream(json); // all-minilm-l6-v2-tokenizer.json
        Bert encoder = Bert.fromOnnx(onnx, weights);
        Tokenizer tokenizer = Tokenizer.fromJson(json, words)) {
      encoder.saveWithoutPooler(dir, tokenizer);
    }
    // README: end
  }
}
