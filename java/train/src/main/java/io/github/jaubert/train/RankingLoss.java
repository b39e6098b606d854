package io.github.jaubert.train;

import io.github.jaubert.bert.ScoreActivation;
import io.github.jaubert.nn.F;
import io.github.jaubert.tensor.Tensor;

/**
 * What a cross-encoder is trained by. Immutable.
 *
 * <p>Each is the loss for {@code CrossEncoder} of sentence-transformers of the same name, with its
 * defaults.
 */
public interface RankingLoss {
  /** What a loss is the mean over, and with it what an example of a batch is. */
  enum Over {
    /** Passages: each is an example by itself. */
    PASSAGES,
    /** Pairs of passages of one query, of which one has a higher score; an example is a query. */
    PAIRS,
    /** Queries: each is an example, with all its passages. */
    QUERIES
  }

  /**
   * A batch. Where an example is a query, its passages lie one behind the other.
   *
   * @param logits what the model gives each passage, F32 {@code [passages]}
   * @param scores what the data give it, F32 {@code [passages]}
   * @param higher which passage has the higher score in each pair of passages of one query whose
   *     scores differ, I32 {@code [pairs]}; null unless the loss is over {@link Over#PAIRS}
   * @param lower which has the lower one
   * @param rows which passages stand in a table of the queries, I32 {@code [queries × most
   *     passages]}; null unless the loss is over {@link Over#QUERIES}
   * @param padding what is added to the table so that no softmax sees what it is filled up with,
   *     F32 {@code [queries, most passages]}
   */
  record Passages(
      Tensor logits, Tensor scores, Tensor higher, Tensor lower, Tensor rows, Tensor padding) {
    /** Numbers of passages as a table of the queries, {@code [queries, most passages]}. */
    Tensor table(Tensor numbers) {
      return numbers.indexSelect(0, rows).reshape(padding.shape().toArray()).add(padding);
    }
  }

  /** What it is called in logs; a run is resumed with the same. */
  String name();

  /** What it is the mean over. */
  Over over();

  /** What makes scores of the logits of a model that it trained. */
  ScoreActivation activation();

  /**
   * The loss of a batch.
   *
   * @param count what the sum is divided by
   * @return a scalar
   */
  Tensor of(Passages passages, float count);

  // ---- the losses ----

  /** The sigmoid of a logit is to be the score, from 0 to 1: the binary cross-entropy. */
  static RankingLoss binaryCrossEntropy() {
    return of(
        "binary",
        Over.PASSAGES,
        ScoreActivation.SIGMOID,
        (all, count) -> F.binaryCrossEntropyWithLogits(all.logits(), all.scores(), count));
  }

  /** The logit is to be the score: the squared error. */
  static RankingLoss meanSquaredError() {
    return of(
        "mse",
        Over.PASSAGES,
        ScoreActivation.IDENTITY,
        (all, count) -> F.mseLoss(all.logits(), all.scores(), count));
  }

  /**
   * Of two passages of a query that with the higher score is to have the larger logit: {@code -log2
   * sigmoid(better - worse)} (Burges et al. 2005, "RankNet").
   */
  static RankingLoss rankNet() {
    return of(
        "ranknet",
        Over.PAIRS,
        ScoreActivation.IDENTITY,
        (all, count) -> {
          Tensor better = all.logits().indexSelect(0, all.higher());
          Tensor worse = all.logits().indexSelect(0, all.lower());
          return worse.sub(better).softplus().sum().mul((float) (1 / (count * Math.log(2))));
        });
  }

  /**
   * The softmax over the passages of a query is to be that of their scores: the cross-entropy (Cao
   * et al. 2007, "ListNet").
   */
  static RankingLoss listNet() {
    return of(
        "listnet",
        Over.QUERIES,
        ScoreActivation.IDENTITY,
        (all, count) -> {
          Tensor wanted = all.table(all.scores()).softmax(-1);
          return all.table(all.logits()).logSoftmax(-1).mul(wanted).sum().mul(-1 / count);
        });
  }

  /** Computes a loss, see {@link #of(Passages, float)}. */
  @FunctionalInterface
  interface Formula {
    /** The loss of a batch. */
    Tensor of(Passages passages, float count);
  }

  /**
   * A loss of one's own.
   *
   * @param name tells a run with this loss apart from others
   */
  static RankingLoss of(String name, Over over, ScoreActivation activation, Formula formula) {
    return new RankingLoss() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Over over() {
        return over;
      }

      @Override
      public ScoreActivation activation() {
        return activation;
      }

      @Override
      public Tensor of(Passages passages, float count) {
        return formula.of(passages, count);
      }
    };
  }
}
