package io.github.jaubert.bert;

/** What a classification head predicts, and with it the loss. */
public enum ProblemType {
  /** One label of several: softmax and cross-entropy. */
  SINGLE_LABEL("single_label_classification"),
  /** Any number of labels: a sigmoid and binary cross-entropy for each. */
  MULTI_LABEL("multi_label_classification"),
  /** A score: one number, mean squared error. */
  REGRESSION("regression");

  private final String huggingFaceName;

  ProblemType(String huggingFaceName) {
    this.huggingFaceName = huggingFaceName;
  }

  /** The value of {@code problem_type} in config.json. */
  public String huggingFaceName() {
    return huggingFaceName;
  }
}
