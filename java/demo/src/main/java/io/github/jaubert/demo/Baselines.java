package io.github.jaubert.demo;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.Encoder;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.tokenizer.Tokenizer;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.AdamWOptions;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.optim.Schedule;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.data.Batches;
import io.github.jaubert.train.data.EncodedDataset;
import io.github.jaubert.train.data.Targets;
import io.github.jaubert.train.data.TextDataset;
import io.github.jaubert.train.metrics.Accuracy;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;

/**
 * What a fine-tuned classifier has to beat: the accuracies of two simpler ones on the same data.
 */
public final class Baselines {
  private static final int BATCH_TOKENS = 4096;
  private static final int EPOCHS = 30;
  private static final int BATCH = 64;
  private static final float RATE = 3e-3f;

  private Baselines() {}

  /**
   * The accuracy of always answering the label that is commonest in the training data.
   *
   * @param labels one of which an example has; the data may write them in any form that {@link
   *     Targets} knows, such as 1.0 for 1
   */
  public static double majority(TextDataset train, TextDataset test, Labels labels) {
    Targets learned = Targets.of(train, labels);
    Targets judged = Targets.of(test, labels);
    int[] counts = new int[labels.size()];
    for (int row = 0; row < learned.size(); row++) {
      counts[(int) learned.value(row, 0)]++;
    }
    int commonest = 0;
    for (int label = 1; label < counts.length; label++) {
      commonest = counts[label] >= counts[commonest] ? label : commonest;
    }
    int answer = commonest;
    return IntStream.range(0, judged.size()).filter(row -> judged.value(row, 0) == answer).count()
        / (double) judged.size();
  }

  /**
   * The accuracy of logistic regression on sentence embeddings of the encoder as it is: the mean of
   * the last hidden states, as all-MiniLM-L6-v2 was trained to be used. Reseeds {@code
   * Rng.global()}.
   *
   * @param progress told how many texts were embedded since it was last called
   */
  public static double frozen(
      Encoder encoder,
      Tokenizer tokenizer,
      TextDataset train,
      TextDataset test,
      Labels labels,
      long seed,
      IntConsumer progress) {
    float[][] x = embed(encoder, EncodedDataset.of(train, tokenizer, done -> {}), progress);
    float[][] xTest = embed(encoder, EncodedDataset.of(test, tokenizer, done -> {}), progress);
    Targets y = Targets.of(train, labels);
    Targets yTest = Targets.of(test, labels);
    Rng.seed(seed);
    try (Linear head = Linear.of(x[0].length, labels.size())) {
      fit(head, x, y, seed);
      return accuracy(head, xTest, yTest);
    }
  }

  /** The mean of the hidden states of each text, {@code [texts][hidden]}. */
  private static float[][] embed(Encoder encoder, EncodedDataset data, IntConsumer progress) {
    encoder.eval();
    float[][] embeddings = new float[data.size()][];
    int[] order = IntStream.range(0, data.size()).toArray();
    for (int[] rows : Batches.byTokens(order, data.lengths(), BATCH_TOKENS)) {
      try (NoGrad off = NoGrad.open();
          Scope scope = Scope.open()) {
        var output = encoder.forward(data.batch(rows));
        Tensor means = F.segmentMean(output.lastHidden(), output.lengths());
        float[] values = means.toFloats();
        int hidden = (int) means.size(1);
        for (int i = 0; i < rows.length; i++) {
          embeddings[rows[i]] = Arrays.copyOfRange(values, i * hidden, (i + 1) * hidden);
        }
      }
      progress.accept(rows.length);
    }
    return embeddings;
  }

  private static void fit(Linear head, float[][] x, Targets y, long seed) {
    Rng rng = Rng.of(seed);
    int[] order = IntStream.range(0, x.length).toArray();
    int stepsPerEpoch = (x.length + BATCH - 1) / BATCH;
    Schedule schedule = Schedule.linear(RATE, (long) EPOCHS * stepsPerEpoch);
    long step = 0;
    try (Optimizer adam = AdamW.of(head.parameters(), RATE, AdamWOptions.defaults())) {
      for (int epoch = 0; epoch < EPOCHS; epoch++) {
        rng.shuffle(order);
        for (int[] rows : Batches.byExamples(order, BATCH)) {
          try (Scope scope = Scope.open()) {
            F.crossEntropy(head.forward(gather(x, rows)), Tensor.of(y.classes(rows))).backward();
            adam.step(schedule.at(step++));
          }
        }
      }
    }
  }

  private static double accuracy(Linear head, float[][] x, Targets y) {
    int[] rows = IntStream.range(0, x.length).toArray();
    Accuracy accuracy = new Accuracy();
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      long[] predicted = head.forward(gather(x, rows)).argmax(-1).toLongs();
      for (int row : rows) {
        accuracy.update(predicted[row], y.value(row, 0));
      }
    }
    return accuracy.result();
  }

  private static Tensor gather(float[][] x, int[] rows) {
    int width = x[0].length;
    float[] values = new float[rows.length * width];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(x[rows[i]], 0, values, i * width, width);
    }
    return Tensor.of(values, rows.length, width);
  }
}
