package io.github.jaubert.train;

import io.github.jaubert.nn.Parameter;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Memory;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Chooses how many tokens of a step are computed at once, so that it fits into the memory of the
 * device. It measures what forward and backward passes need over two batches of the longest
 * examples, which need most for each token, and takes the line through both.
 */
final class MicroBatches {
  private static final Logger LOG = LoggerFactory.getLogger(Trainer.class);

  /** Tokens of the smaller of two measurements, about; the larger has four times as many. */
  private static final int SMALL = 512;

  private static final int LARGE = 4 * SMALL;

  /** The share of what is free that is planned with; the rest is for others, and for fragments. */
  private static final double USED = 0.8;

  /** Choices are multiples of this, so that a little more or less memory makes no other run. */
  private static final int UNIT = 256;

  private final Task task;
  private final TrainingSettings settings;
  private final Device device;

  MicroBatches(Task task, TrainingSettings settings) {
    this.task = task;
    this.settings = settings;
    device = task.model().parameters().get(0).tensor().device();
  }

  /** What one pass over some examples needs. */
  private record Need(long tokens, long bytes) {}

  /**
   * The tokens of a part of a step; all of the longest step, if that fits. The model is in training
   * mode afterwards, with gradients that are to be cleared.
   */
  int choose() {
    Examples examples = task.examples();
    TrainingPlan plan = new TrainingPlan(settings, examples); // with whole batches
    int[] lengths = examples.lengths(0);
    int[] longest =
        IntStream.range(0, lengths.length)
            .boxed()
            .sorted(Comparator.comparing((Integer row) -> -lengths[row]))
            .mapToInt(Integer::intValue)
            .toArray();
    task.model().train();
    Need small = need(examples, lengths, first(longest, lengths, SMALL)); // also makes gradients
    small = need(examples, lengths, first(longest, lengths, SMALL));
    int[] more = first(longest, lengths, LARGE);
    long free = Memory.available(device);
    long left = (long) (USED * free) - stateBytes();
    Need large = small;
    if (more.length > 1 && 5 * small.bytes() < left) {
      large = need(examples, lengths, more);
    }
    double each =
        large.tokens() > small.tokens()
            ? (double) (large.bytes() - small.bytes()) / (large.tokens() - small.tokens())
            : (double) small.bytes() / small.tokens();
    double fixed = Math.max(0, small.bytes() - each * small.tokens());
    int chosen = tokens(left, fixed, Math.max(1, each), plan.longestStep(), lengths[longest[0]]);
    LOG.info(
        "microBatchTokensByMemory: {} tokens at a time of steps of up to {}: {} tokens need {}, {} need {},"
            + " and {} of {} that are free are planned with, {} of them for the optimizer",
        chosen,
        plan.longestStep(),
        small.tokens(),
        mebibytes(small.bytes()),
        large.tokens(),
        mebibytes(large.bytes()),
        String.format(Locale.ROOT, "%.0f %%", 100 * USED),
        mebibytes(free),
        mebibytes(stateBytes()));
    return chosen;
  }

  /**
   * What fits.
   *
   * @param left bytes for a pass
   * @param fixed bytes that it needs whatever its size is
   * @param each bytes that a token needs
   * @param step the most tokens of a step
   * @param example the most tokens of an example, which cannot be cut
   */
  static int tokens(long left, double fixed, double each, long step, int example) {
    long fits = (long) Math.max(0, (left - fixed) / each);
    if (fits >= step) {
      return (int) Math.min(step, Integer.MAX_VALUE);
    }
    if (fits < example) {
      LOG.warn(
          "the longest example has {} tokens, and memory seems to be left for {}: shorter texts or"
              + " gradient checkpointing may help",
          example,
          fits);
      return example;
    }
    return (int) Math.max(example, fits / UNIT * UNIT);
  }

  /** The longest examples up to so many tokens; one at least. */
  private static int[] first(int[] longest, int[] lengths, int tokens) {
    List<Integer> rows = new ArrayList<>();
    int sum = 0;
    for (int i = 0; i < longest.length && (i == 0 || sum + lengths[longest[i]] <= tokens); i++) {
      rows.add(longest[i]);
      sum += lengths[longest[i]];
    }
    return rows.stream().mapToInt(Integer::intValue).toArray();
  }

  private Need need(Examples examples, int[] lengths, int[] rows) {
    long tokens = IntStream.of(rows).mapToLong(row -> lengths[row]).sum();
    device.synchronize();
    long before = Memory.live(device);
    Memory.resetPeak(device);
    try (Scope scope = Scope.open()) {
      List<Batch> batches = task.step(List.of(Batch.of(examples, rows, 0)));
      float count = TrainingRun.count(task, batches);
      for (Batch batch : batches) {
        Tensor loss = task.loss(task.inputs(batch), count);
        loss.backward();
      }
    }
    device.synchronize();
    return new Need(tokens, Memory.peak(device) - before);
  }

  /** The means of gradients and of their squares, and copies of the weights that a run keeps. */
  private long stateBytes() {
    long trained =
        task.model().parameters().stream()
            .filter(parameter -> !parameter.frozen())
            .map(Parameter::tensor)
            .mapToLong(tensor -> tensor.shape().numel())
            .sum();
    int copies = 2 + (settings.emaDecay() > 0 ? 1 : 0) + (settings.keepBest() ? 1 : 0);
    return Float.BYTES * copies * trained;
  }

  private static String mebibytes(long bytes) {
    return String.format(Locale.ROOT, "%,d MiB", bytes >> 20);
  }
}
