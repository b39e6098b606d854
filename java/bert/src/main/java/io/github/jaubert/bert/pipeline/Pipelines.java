package io.github.jaubert.bert.pipeline;

import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenClassifier;
import io.github.jaubert.bert.checkpoint.CheckpointException;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import java.nio.file.Path;

/** From text to answers: a tokenizer and a model together. */
public final class Pipelines {
  private Pipelines() {}

  /**
   * Loads a classifier and its tokenizer from a Hugging Face folder.
   *
   * @throws CheckpointException if either cannot be loaded
   */
  public static TextClassification textClassification(Path folder) {
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    try {
      return new TextClassification(SequenceClassifier.fromPretrained(folder), tokenizer);
    } catch (RuntimeException | Error e) {
      tokenizer.close();
      throw e;
    }
  }

  /** A pipeline of parts, which belong to it from now on; the model is put into evaluation mode. */
  public static TextClassification textClassification(
      SequenceClassifier model, Tokenizer tokenizer) {
    model.eval();
    return new TextClassification(model, tokenizer);
  }

  /**
   * Loads a classifier of tokens and its tokenizer from a Hugging Face folder.
   *
   * @throws CheckpointException if either cannot be loaded
   */
  public static TokenClassification tokenClassification(Path folder) {
    Tokenizer tokenizer = Tokenizer.fromPretrained(folder);
    try {
      return new TokenClassification(TokenClassifier.fromPretrained(folder), tokenizer);
    } catch (RuntimeException | Error e) {
      tokenizer.close();
      throw e;
    }
  }

  /** A pipeline of parts, which belong to it from now on; the model is put into evaluation mode. */
  public static TokenClassification tokenClassification(
      TokenClassifier model, Tokenizer tokenizer) {
    model.eval();
    return new TokenClassification(model, tokenizer);
  }
}
