package io.github.jaubert.bert;

/** How the logit of a cross-encoder becomes the score of a pair of texts. */
public enum ScoreActivation {
  /** The sigmoid, so that scores lie between 0 and 1. */
  SIGMOID("torch.nn.modules.activation.Sigmoid"),
  /** The logit itself. */
  IDENTITY("torch.nn.modules.linear.Identity");

  private final String module;

  ScoreActivation(String module) {
    this.module = module;
  }

  /** The class of PyTorch by which sentence-transformers names it. */
  String module() {
    return module;
  }

  /** The score of a logit. */
  public float of(float logit) {
    return this == IDENTITY ? logit : (float) (1 / (1 + Math.exp(-logit)));
  }
}
