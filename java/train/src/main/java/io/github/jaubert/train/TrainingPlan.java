package io.github.jaubert.train;

import io.github.jaubert.tensor.Rng;
import io.github.jaubert.train.data.Batches;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which examples every step of a run reads, worked out before the first one: the order of an epoch
 * is a function of the seed and of the epoch's number, so a run that is resumed reads on where it
 * stopped. Immutable.
 */
final class TrainingPlan {
  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

  /** The micro-batches of each step. */
  private final List<List<int[]>> steps = new ArrayList<>();

  /** The number of steps up to the end of each epoch. */
  private final List<Integer> epochEnds = new ArrayList<>();

  /** The number of tokens up to the end of each step; that of step 0 is the second entry. */
  private final List<Long> tokensUpTo = new ArrayList<>(List.of(0L));

  /** The batches of all passes, and how many would do if any examples could stand together. */
  private int all;

  private int fewest;

  /** Plans a run. */
  TrainingPlan(TrainingSettings settings, Examples examples) {
    this(settings, examples::lengths, examples.distinct());
  }

  /**
   * Plans a run.
   *
   * @param lengthsOf the tokens of each example in a pass, see {@link Examples#lengths(int)}
   * @param distinct what no two examples of a batch may share, see {@link Examples#distinct}; null
   *     if any may stand together
   */
  TrainingPlan(
      TrainingSettings settings, IntFunction<int[]> lengthsOf, IntFunction<int[]> distinct) {
    for (int epoch = 0; epoch < settings.epochs() && !isFull(settings); epoch++) {
      int[] lengths = lengthsOf.apply(epoch);
      int[] order = IntStream.range(0, lengths.length).toArray();
      Rng rng = Rng.of(settings.seed());
      rng.restore(settings.seed(), epoch);
      rng.shuffle(order);
      List<int[]> batches = batches(settings, order, lengths);
      if (distinct != null) {
        fewest += batches.size();
        batches = batches(settings, order, lengths, distinct);
        all += batches.size();
      }
      for (int i = 0;
          i < batches.size() && !isFull(settings);
          i += settings.gradientAccumulation()) {
        List<int[]> step =
            batches.subList(i, Math.min(batches.size(), i + settings.gradientAccumulation()));
        add(parts(settings, step, lengths), lengths);
      }
      epochEnds.add(steps.size());
    }
  }

  /** Says so if batches are small as the same texts are in many examples. */
  void warnOfRepetition() {
    if (all > fewest + fewest / 10 + 1) {
      LOG.warn(
          "{} batches where {} would hold all: the same texts are in many examples, and none may be"
              + " in a batch twice",
          all,
          fewest);
    }
  }

  private static List<int[]> batches(TrainingSettings settings, int[] order, int[] lengths) {
    return settings.batchTokens() > 0
        ? Batches.byTokens(order, lengths, settings.batchTokens())
        : Batches.byExamples(order, settings.batchSize());
  }

  private static List<int[]> batches(
      TrainingSettings settings, int[] order, int[] lengths, IntFunction<int[]> distinct) {
    return settings.batchTokens() > 0
        ? Batches.byTokens(order, lengths, settings.batchTokens(), distinct)
        : Batches.byExamples(order, settings.batchSize(), distinct);
  }

  /** The same examples in parts of at most so many tokens, if that is asked for. */
  private static List<int[]> parts(TrainingSettings settings, List<int[]> step, int[] lengths) {
    if (settings.microBatchTokens() <= 0) {
      return step;
    }
    int[] rows = step.stream().flatMapToInt(Arrays::stream).toArray();
    List<int[]> parts = new ArrayList<>();
    long tokens = 0;
    int from = 0;
    for (int i = 0; i < rows.length; i++) {
      if (i > from && tokens + lengths[rows[i]] > settings.microBatchTokens()) {
        parts.add(Arrays.copyOfRange(rows, from, i));
        from = i;
        tokens = 0;
      }
      tokens += lengths[rows[i]];
    }
    parts.add(Arrays.copyOfRange(rows, from, rows.length));
    return parts;
  }

  /** The most tokens of a step. */
  long longestStep() {
    long longest = 0;
    for (int step = 0; step < steps(); step++) {
      longest = Math.max(longest, tokensUpTo(step + 1) - tokensUpTo(step));
    }
    return longest;
  }

  /** The most parts of a step. */
  int mostParts() {
    return steps.stream().mapToInt(List::size).max().orElse(0);
  }

  /** Whether there are as many tokens as are to be learnt from, if that is said. */
  private boolean isFull(TrainingSettings settings) {
    return settings.tokens() > 0 && tokensUpTo(steps()) >= settings.tokens();
  }

  private void add(List<int[]> batches, int[] lengths) {
    long tokens = tokensUpTo.get(steps.size());
    for (int[] rows : batches) {
      for (int row : rows) {
        tokens += lengths[row];
      }
    }
    steps.add(batches);
    tokensUpTo.add(tokens);
  }

  int steps() {
    return steps.size();
  }

  List<int[]> microBatches(int step) {
    return steps.get(step);
  }

  /** The number of the epoch, from 1, that ends with this step; 0 if none does. */
  int epochEndedAt(int step) {
    return epochEnds.indexOf(step) + 1;
  }

  /** The number of the pass over the data, from 0, that a step takes its examples from. */
  int pass(int step) {
    int pass = 0;
    while (epochEnds.get(pass) <= step) {
      pass++;
    }
    return pass;
  }

  /** How many passes over the data {@code step} steps make; whole at the end of an epoch. */
  double epochs(int step) {
    int begin = 0;
    for (int epoch = 0; epoch < epochEnds.size(); epoch++) {
      int end = epochEnds.get(epoch);
      if (step <= end) {
        return epoch + (double) (step - begin) / (end - begin);
      }
      begin = end;
    }
    return epochEnds.size();
  }

  /** The number of tokens that the first {@code step} steps read. */
  long tokensUpTo(int step) {
    return tokensUpTo.get(step);
  }
}
