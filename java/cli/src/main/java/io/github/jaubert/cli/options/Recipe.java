package io.github.jaubert.cli.options;

import io.github.jaubert.bert.EncoderConfig;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.bert.models.modernbert.ModernBertConfig;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.optim.Decay;
import io.github.jaubert.train.TrainingSettings;

/** How to pre-train from nothing: an architecture, and what suits it. */
public enum Recipe {
  /** BERT with the masks of its authors (Devlin et al. 2019). */
  BERT("BERT", 0.1, 0.15) {
    @Override
    int intermediate(int hidden) {
      return 4 * hidden;
    }

    @Override
    EncoderConfig config(Tokenizer tokenizer, Size size, double dropout) {
      return bert(tokenizer, size, dropout);
    }
  },

  /**
   * What Geiping and Goldstein 2022 ("Cramming: Training a Language Model on a Single GPU in One
   * Day") found to pay where there is little time: norms before the layers' parts, gated layers, no
   * biases, no dropout, a small eps and close clipping; in the form that Warner et al. 2024
   * ("ModernBERT") gave it, who mask 30 % of the tokens.
   */
  CRAMMING("ModernBERT", 0, 0.3) {
    /**
     * With two thirds of BERT's width the three matrices of a gated layer have as many numbers as
     * its two; a multiple of 32 fills vectors and tiles.
     */
    @Override
    int intermediate(int hidden) {
      return Math.max(32, Math.round(hidden * 8 / 3f / 32) * 32);
    }

    @Override
    EncoderConfig config(Tokenizer tokenizer, Size size, double dropout) {
      int[] frame = tokenizer.encode("").ids(); // what texts begin and end with
      return ModernBertConfig.modernBertBase()
          .withVocabulary(
              tokenizer.vocabularySize(), tokenizer.padId(), frame[0], frame[frame.length - 1])
          .withMaxPositions(size.positions)
          .withEncoder(size.hidden, size.layers, size.heads, size.intermediate)
          .withDropout(dropout);
    }

    /**
     * The weight decay is what makes the result of use. Without (0.01) the weights grow to eight
     * times their first size, and each layer drowns what it is given in what it adds: masked tokens
     * are told, but a text's states say less about it than those of the first weights.
     */
    @Override
    public TrainingSettings settings(TrainingSettings suggested) {
      return super.settings(suggested).eps(1e-12f).weightDecay(0.3f).maxNorm(0.5f);
    }

    @Override
    String refusal(int hidden, int heads) {
      int size = hidden / heads;
      return size % 2 == 0
          ? null
          : "--hidden %d in %d heads makes heads of %d; rotary positions need an even size"
              .formatted(hidden, heads, size);
    }
  };

  /**
   * The sizes of a new encoder.
   *
   * @param positions the longest sequence
   */
  record Size(int hidden, int layers, int heads, int intermediate, int positions) {}

  private final String architecture;
  private final double dropout;
  private final double maskRate;

  Recipe(String architecture, double dropout, double maskRate) {
    this.architecture = architecture;
    this.dropout = dropout;
    this.maskRate = maskRate;
  }

  /** What the architecture is called. */
  public String architecture() {
    return architecture;
  }

  /** The dropout of a new encoder. */
  double dropout() {
    return dropout;
  }

  /** The share of the tokens that is to be told. */
  public double maskRate() {
    return maskRate;
  }

  /** The width inside the layers of a width. */
  abstract int intermediate(int hidden);

  /** A new encoder for the tokens of a tokenizer that was made of the corpus. */
  abstract EncoderConfig config(Tokenizer tokenizer, Size size, double dropout);

  /** A new BERT for the tokens of a tokenizer. */
  static BertConfig bert(Tokenizer tokenizer, Size size, double dropout) {
    return BertConfig.bertBase()
        .withVocabSize(tokenizer.vocabularySize())
        .withPadToken(tokenizer.padId())
        .withMaxPositions(size.positions)
        .withEncoder(size.hidden, size.layers, size.heads, size.intermediate)
        .withDropout(dropout, dropout);
  }

  /** What suits training from nothing. */
  public TrainingSettings settings(TrainingSettings suggested) {
    return suggested
        .epochs(1)
        .learningRate(1e-3f)
        .schedule(Decay.Curve.TRAPEZOID)
        .warmup(0.05f)
        .beta2(0.98f);
  }

  /** Why heads of this size are impossible, or null; the width is a multiple of the heads. */
  String refusal(int hidden, int heads) {
    return null;
  }
}
