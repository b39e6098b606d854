package io.github.jaubert.train;

import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.ProblemType;
import io.github.jaubert.bert.Thresholds;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.metrics.BestThreshold;
import io.github.jaubert.train.metrics.Calibration;
import io.github.jaubert.train.metrics.ClassificationReport;
import io.github.jaubert.train.metrics.Metric;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * What a classifier says of examples, and what is true of them: tables by class, and thresholds of
 * probabilities that suit them better than one half. Immutable.
 *
 * <p>Thresholds that were chosen on examples are measured too well on the same examples. {@link
 * #crossFitted} measures the choice without that: each half of the examples by the thresholds of
 * the other half.
 */
public final class Predictions {
  private static final long HALVES_SEED = 2;

  /** How thresholds are chosen. */
  public enum Search {
    /** Each label gets the one with its best F1. */
    PER_LABEL,
    /** All labels get the one with the best F1 of all decisions, the micro-averaged one. */
    ONE
  }

  private final Labels labels;
  private final float[][] probabilities;
  private final boolean[][] truth;

  private Predictions(Labels labels, float[][] probabilities, boolean[][] truth) {
    this.labels = labels;
    this.probabilities = probabilities;
    this.truth = truth;
  }

  /**
   * Of what a classifier with labels computes.
   *
   * @param logits in order of the examples, {@code [examples × labels]}
   * @throws IllegalArgumentException if the labels are a score, or the numbers do not fit
   */
  public static Predictions of(Labels labels, float[] logits, Targets targets) {
    int width = labels.size();
    if (labels.problemType() == ProblemType.REGRESSION || logits.length != targets.size() * width) {
      throw new IllegalArgumentException(
          "predictions: %d logits of %d examples for %s"
              .formatted(logits.length, targets.size(), labels));
    }
    boolean several = labels.problemType() == ProblemType.MULTI_LABEL;
    float[][] probabilities = new float[targets.size()][];
    boolean[][] truth = new boolean[targets.size()][width];
    for (int row = 0; row < truth.length; row++) {
      float[] own = Arrays.copyOfRange(logits, row * width, (row + 1) * width);
      probabilities[row] = several ? sigmoid(own) : softmax(own);
      for (int column = 0; column < targets.width(); column++) {
        int value = (int) targets.value(row, column);
        truth[row][several ? column : value] = !several || value == 1;
      }
    }
    return new Predictions(labels, probabilities, truth);
  }

  private static float[] sigmoid(float[] logits) {
    float[] probabilities = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = (float) (1 / (1 + Math.exp(-logits[i])));
    }
    return probabilities;
  }

  private static float[] softmax(float[] logits) {
    double largest = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      largest = Math.max(largest, logit);
    }
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - largest);
    }
    float[] probabilities = new float[logits.length];
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = (float) (Math.exp(logits[i] - largest) / sum);
    }
    return probabilities;
  }

  /** How many examples there are. */
  public int size() {
    return truth.length;
  }

  /** What is decided about. */
  public Labels labels() {
    return labels;
  }

  /** What the thresholds make of the probabilities, beside what is true. */
  public ClassificationReport report(Thresholds thresholds) {
    return ClassificationReport.of(labels, decide(thresholds), truth);
  }

  /**
   * What a metric makes of all decisions with the usual thresholds; the metric knows the labels,
   * and has no decisions afterwards.
   */
  public double measure(Metric metric) {
    boolean[][] said = decide(Thresholds.usual(labels));
    metric.reset();
    for (int row = 0; row < said.length; row++) {
      if (labels.problemType() == ProblemType.SINGLE_LABEL) {
        metric.update(index(said[row]), index(truth[row]));
      } else {
        for (int i = 0; i < said[row].length; i++) {
          metric.update(said[row][i] ? 1 : 0, truth[row][i] ? 1 : 0);
        }
      }
    }
    double result = metric.result();
    metric.reset();
    return result;
  }

  /** Which one holds. */
  private static int index(boolean[] holds) {
    return IntStream.range(0, holds.length).filter(i -> holds[i]).findFirst().orElseThrow();
  }

  /** What the thresholds make of each example, in order. */
  public List<Judgement> judgements(Thresholds thresholds) {
    boolean[][] said = decide(thresholds);
    List<Judgement> judgements = new ArrayList<>();
    for (int row = 0; row < said.length; row++) {
      List<String> answer = new ArrayList<>();
      double wrong = 0; // the surest wrong decision
      double least = 1;
      for (int i = 0; i < said[row].length; i++) {
        boolean holds = said[row][i];
        double sure = holds ? probabilities[row][i] : 1 - probabilities[row][i];
        if (holds) {
          answer.add(labels.name(i));
        }
        if (holds || labels.problemType() == ProblemType.MULTI_LABEL) {
          wrong = holds == truth[row][i] ? wrong : Math.max(wrong, sure);
          least = Math.min(least, sure);
        }
      }
      boolean right = Arrays.equals(said[row], truth[row]);
      judgements.add(new Judgement(row, answer, right ? least : wrong, right));
    }
    return judgements;
  }

  private boolean[][] decide(Thresholds thresholds) {
    return Arrays.stream(probabilities).map(thresholds::decide).toArray(boolean[][]::new);
  }

  /**
   * Whether the probabilities mean what they say: those of the answers, the most probable label of
   * each example; or, of any number of labels, those of every decision.
   *
   * @param bins from 1
   */
  public Calibration calibration(int bins) {
    boolean several = labels.problemType() == ProblemType.MULTI_LABEL;
    double[] sure = new double[several ? size() * labels.size() : size()];
    boolean[] right = new boolean[sure.length];
    int next = 0;
    for (int row = 0; row < size(); row++) {
      if (several) {
        for (int i = 0; i < labels.size(); i++) {
          sure[next] = probabilities[row][i];
          right[next++] = truth[row][i];
        }
      } else {
        int answer = SequenceEvaluation.argmax(probabilities[row], 0, labels.size());
        sure[next] = probabilities[row][answer];
        right[next++] = truth[row][answer];
      }
    }
    return Calibration.of(sure, right, bins);
  }

  /**
   * The cross-entropy of each example: of the label that holds, or the mean of all decisions. One
   * that stays high after training may be of a wrong label.
   */
  public double[] losses() {
    boolean several = labels.problemType() == ProblemType.MULTI_LABEL;
    double[] losses = new double[size()];
    for (int row = 0; row < size(); row++) {
      for (int i = 0; i < labels.size(); i++) {
        double p = truth[row][i] ? probabilities[row][i] : 1 - probabilities[row][i];
        if (several || truth[row][i]) {
          losses[row] -= Math.log(Math.max(p, Float.MIN_NORMAL)) / (several ? labels.size() : 1);
        }
      }
    }
    return losses;
  }

  // ---- thresholds ----

  /**
   * The thresholds with the best F1 on these examples.
   *
   * @param positive of two labels of which one holds, the one that gets a threshold; not used for
   *     any number of labels
   * @throws IllegalArgumentException if one of more than two labels holds: the most probable is
   *     taken, and there is no threshold
   */
  public Thresholds search(Search how, String positive) {
    Map<String, Float> found = new LinkedHashMap<>();
    if (labels.problemType() == ProblemType.SINGLE_LABEL) {
      if (labels.size() != 2) {
        throw new IllegalArgumentException(
            "thresholds: one of %d labels holds, the most probable; they are for any number of labels, or for one of two"
                .formatted(labels.size()));
      }
      found.put(positive, best(labels.indexOf(positive)));
    } else if (how == Search.PER_LABEL) {
      for (int i = 0; i < labels.size(); i++) {
        found.put(labels.name(i), best(i));
      }
    } else {
      float one = best(IntStream.range(0, labels.size()).toArray());
      labels.names().forEach(name -> found.put(name, one));
    }
    return Thresholds.of(labels, found);
  }

  /** The best threshold of all decisions about some labels. */
  private float best(int... columns) {
    float[] scores = new float[size() * columns.length];
    boolean[] actual = new boolean[scores.length];
    int next = 0;
    for (int row = 0; row < size(); row++) {
      for (int column : columns) {
        scores[next] = probabilities[row][column];
        actual[next++] = truth[row][column];
      }
    }
    return BestThreshold.of(scores, actual);
  }

  /**
   * What a {@linkplain #search search} is worth on examples that it did not see: a random half of
   * the examples is decided by the thresholds with the best F1 on the other half, and the other way
   * round.
   */
  public ClassificationReport crossFitted(Search how, String positive) {
    int[] order = IntStream.range(0, size()).toArray();
    Rng.of(HALVES_SEED).shuffle(order);
    int middle = size() / 2;
    Predictions first = part(Arrays.copyOfRange(order, 0, middle));
    Predictions second = part(Arrays.copyOfRange(order, middle, size()));
    boolean[][] said = new boolean[size()][];
    boolean[][] ofFirst = first.decide(second.search(how, positive));
    boolean[][] ofSecond = second.decide(first.search(how, positive));
    for (int i = 0; i < size(); i++) {
      said[order[i]] = i < middle ? ofFirst[i] : ofSecond[i - middle];
    }
    return ClassificationReport.of(labels, said, truth);
  }

  private Predictions part(int[] rows) {
    return new Predictions(
        labels,
        Arrays.stream(rows).mapToObj(row -> probabilities[row]).toArray(float[][]::new),
        Arrays.stream(rows).mapToObj(row -> truth[row]).toArray(boolean[][]::new));
  }
}
