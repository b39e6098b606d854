package io.github.jaubert.train;

import io.github.jaubert.nn.CrossEntropyOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * What the vectors of sentences are trained by. Immutable.
 *
 * <p>Each is the loss of sentence-transformers of the same name, with its defaults.
 */
public interface EmbeddingLoss {
  /** What divides the product of two unit vectors is one twentieth unless said otherwise. */
  float SCALE = 20;

  /** How much nearer the positive has to be than the negative unless said otherwise. */
  float MARGIN = 5;

  /** What a loss reads. */
  enum Data {
    /** Two texts that belong together, and perhaps texts that do not. */
    POSITIVES,
    /** Two texts and a score. */
    SCORES,
    /** A text, one that belongs to it, and one that does not. */
    TRIPLETS,
    /** As {@link #POSITIVES}, and what a guide says of the same texts. */
    GUIDED;

    /** Whether the texts of other examples of a batch are an anchor's negatives. */
    boolean hasInBatchNegatives() {
      return this == POSITIVES || this == GUIDED;
    }
  }

  /**
   * The vectors of a batch.
   *
   * @param columns for each text of an example, such as anchor and positive, F32 {@code [examples,
   *     dimensions]}
   * @param scores F32 {@code [examples]}; null unless the loss reads {@link Data#SCORES}
   * @param positives which row of all columns behind the first, put end to end, is each anchor's:
   *     I32 {@code [examples]}, 0, 1, …; null unless it reads {@link Data#POSITIVES} or {@link
   *     Data#GUIDED}
   * @param excluded added to the similarities of anchors and those rows: 0, or a large negative
   *     number where a row is no negative of the anchor, as it is the same text as its positive;
   *     F32 {@code [examples, rows]}, or null for none
   * @param guides the vectors that a guide makes of the same texts, without a gradient; null unless
   *     the loss reads {@link Data#GUIDED}
   */
  record Vectors(
      List<Tensor> columns, Tensor scores, Tensor positives, Tensor excluded, List<Tensor> guides) {
    Vectors first(int dimensions) {
      return new Vectors(
          columns.stream().map(x -> F.normalize(x.narrow(-1, 0, dimensions))).toList(),
          scores,
          positives,
          excluded,
          guides);
    }
  }

  /** What it is called in logs, with its settings; a run is resumed with the same. */
  String name();

  /** What it reads. */
  Data data();

  /**
   * The loss of a batch.
   *
   * @param count what the sum over examples is divided by; a loss that is no sum is multiplied by
   *     the number of examples first
   * @return a scalar
   */
  Tensor of(Vectors vectors, float count);

  // ---- the losses ----

  /** {@link #multipleNegativesRanking(float)} with a scale of 20. */
  static EmbeddingLoss multipleNegativesRanking() {
    return multipleNegativesRanking(SCALE);
  }

  /**
   * Of all positives and negatives of the batch, an anchor has to find its positive: the
   * cross-entropy of the cosines times a scale (Henderson et al. 2017; InfoNCE, van den Oord et al.
   * 2018).
   */
  static EmbeddingLoss multipleNegativesRanking(float scale) {
    requirePositive("scale", scale);
    return of(
        "mnr(scale " + scale + ")",
        Data.POSITIVES,
        (vectors, count) -> {
          List<Tensor> columns = vectors.columns();
          Tensor[] candidates = columns.subList(1, columns.size()).toArray(Tensor[]::new);
          Tensor all = candidates.length == 1 ? candidates[0] : Tensor.concat(0, candidates);
          Tensor logits = F.normalize(columns.get(0)).matmul(F.normalize(all).t()).mul(scale);
          return F.crossEntropy(
              vectors.excluded() == null ? logits : logits.add(vectors.excluded()),
              vectors.positives(),
              CrossEntropyOptions.defaults().withNormalizer(count));
        });
  }

  /** {@link #gist(float, float)} with a temperature of 0.01 and a margin of 0. */
  static EmbeddingLoss gist() {
    return gist(0.01f, 0);
  }

  /**
   * An anchor has to find its positive as in {@link #multipleNegativesRanking}, among the anchors
   * and, for its positive, the positives of the batch, too; but what a guide, another model that
   * does not learn, finds as near as that anchor and positive are, is no negative (Solatorio 2024,
   * "GISTEmbed").
   *
   * @param temperature what cosines are divided by
   * @param margin how much further away than the positive a negative has to be, by the guide's
   *     cosines, from -2 to 2
   */
  static EmbeddingLoss gist(float temperature, float margin) {
    requirePositive("temperature", temperature);
    if (!(Math.abs(margin) <= 2)) {
      throw new IllegalArgumentException("margin " + margin + ": a number from -2 to 2");
    }
    return of(
        "gist(temperature " + temperature + ", margin " + margin + ")",
        Data.GUIDED,
        (vectors, count) ->
            F.crossEntropy(
                GuidedNegatives.logits(vectors, temperature, margin),
                vectors.positives(),
                CrossEntropyOptions.defaults().withNormalizer(count)));
  }

  /** {@link #cosent(float)} with a scale of 20. */
  static EmbeddingLoss cosent() {
    return cosent(SCALE);
  }

  /**
   * Pairs with a higher score are to have a larger cosine: {@code log(1 + sum exp(scale (cos_i -
   * cos_j)))} over all pairs i, j of examples of which i has the lower score (Su 2022, "CoSENT").
   */
  static EmbeddingLoss cosent(float scale) {
    requirePositive("scale", scale);
    return of(
        "cosent(scale " + scale + ")",
        Data.SCORES,
        (vectors, count) -> {
          Tensor cosines = cosines(vectors).mul(scale);
          Tensor scores = vectors.scores();
          Tensor differences = cosines.unsqueeze(1).sub(cosines.unsqueeze(0));
          Tensor lower = scores.unsqueeze(1).lt(scores.unsqueeze(0));
          // The difference of the first to itself is the 0 of e^0 = 1.
          Tensor all =
              Tensor.concat(
                  0,
                  differences.flatten().narrow(0, 0, 1),
                  differences.maskedFill(lower.not(), EqualTexts.EXCLUDED).flatten());
          // Of that 0, the logarithm of the softmax is -log(1 + sum).
          return all.logSoftmax(-1).narrow(0, 0, 1).sum().mul(-scores.numel() / count);
        });
  }

  /** The cosine of a pair is to be its score: the mean squared error. */
  static EmbeddingLoss cosineSimilarity() {
    return of(
        "cosine",
        Data.SCORES,
        (vectors, count) -> F.mseLoss(cosines(vectors), vectors.scores(), count));
  }

  /** {@link #triplet(float)} with a margin of 5. */
  static EmbeddingLoss triplet() {
    return triplet(MARGIN);
  }

  /**
   * The positive is to be nearer to the anchor than the negative by a margin, by Euclidean
   * distance: {@code max(0, |a - p| - |a - n| + margin)} (Schroff et al. 2015).
   */
  static EmbeddingLoss triplet(float margin) {
    requirePositive("margin", margin);
    return of(
        "triplet(margin " + margin + ")",
        Data.TRIPLETS,
        (vectors, count) -> {
          List<Tensor> columns = vectors.columns();
          Tensor near = distance(columns.get(0), columns.get(1));
          Tensor far = distance(columns.get(0), columns.get(2));
          return near.sub(far).add(margin).relu().sum().mul(1 / count);
        });
  }

  /**
   * The sum of a loss over the first dimensions of the vectors alone, so that a model may be cut to
   * any of these numbers (Kusupati et al. 2022, "Matryoshka Representation Learning").
   *
   * @param dimensions how many, such as 384, 192, 96
   */
  static EmbeddingLoss matryoshka(EmbeddingLoss loss, int... dimensions) {
    if (dimensions.length == 0 || Arrays.stream(dimensions).anyMatch(count -> count < 1)) {
      throw new IllegalArgumentException(
          "matryoshka: dimensions " + Arrays.toString(dimensions) + "; each from 1");
    }
    int[] all = dimensions.clone();
    return of(
        "matryoshka(" + loss.name() + ", " + Arrays.toString(all) + ")",
        loss.data(),
        (vectors, count) -> {
          Tensor sum = null;
          for (int dimension : all) {
            Tensor one = loss.of(vectors.first(dimension), count);
            sum = sum == null ? one : sum.add(one);
          }
          return sum;
        });
  }

  /** Computes a loss, see {@link #of(Vectors, float)}. */
  @FunctionalInterface
  interface Formula {
    /** The loss of a batch. */
    Tensor of(Vectors vectors, float count);
  }

  /**
   * A loss of one's own.
   *
   * @param name tells a run with this loss apart from others
   */
  static EmbeddingLoss of(String name, Data data, Formula formula) {
    return new EmbeddingLoss() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Data data() {
        return data;
      }

      @Override
      public Tensor of(Vectors vectors, float count) {
        return formula.of(vectors, count);
      }
    };
  }

  private static Tensor cosines(Vectors vectors) {
    return F.cosineSimilarity(vectors.columns().get(0), vectors.columns().get(1));
  }

  /** Of equal vectors it is 1e-12, whose gradient is 0 and not infinite. */
  private static Tensor distance(Tensor a, Tensor b) {
    return a.sub(b).square().sum(-1).clamp(1e-24f, Float.MAX_VALUE).sqrt();
  }

  private static void requirePositive(String name, float value) {
    if (!(value > 0 && value < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + " " + value + ": a number above 0");
    }
  }
}
