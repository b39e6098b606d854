package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The loss of masked language modelling, and the optimizer.
 *
 * <p>Cross-entropy is over 614 rows, 15 % of 4,096 tokens, and 30,522 classes: 4 FLOPs a logit each
 * way; bytes: the logits forward, logits and their gradients backward. AdamW with clipping by the
 * global norm changes a classifier of BERT-base's shapes: 16 FLOPs a parameter; bytes: the gradient
 * twice, since its norm comes before the first change, and parameter and two means read and
 * written.
 */
public final class TrainingWorks {
  private static final int ROWS = 614;
  private static final int CLASSES = 30_522;
  private static final double BERT_BASE = 109_483_778;

  private TrainingWorks() {}

  /** Cross-entropy over BERT's vocabulary. */
  public static Operation openCrossEntropy(long seed) {
    int[] labels = new int[ROWS];
    Rng draw = Rng.of(seed + 1);
    for (int i = 0; i < ROWS; i++) {
      labels[i] = draw.nextInt(CLASSES);
    }
    return new Operation(
        Operation.setsBeyondCache(4.0 * ROWS * CLASSES),
        seed,
        rng -> new Tensor[] {Tensor.randn(rng, ROWS, CLASSES)},
        rng -> new Tensor[0],
        (x, w) -> F.crossEntropy(x[0], Tensor.of(labels)));
  }

  /** An optimizer, its parameters, and a gradient for each that is given anew before each step. */
  public static final class AdamWStep implements AutoCloseable {
    private final SequenceClassifier model;
    private final AdamW optimizer;
    private final Map<Tensor, Tensor> gradients = new LinkedHashMap<>();
    private final Scope scope = Scope.open();

    /** Makes BERT-base with two classes. */
    public AdamWStep(long seed) {
      Rng.seed(seed);
      model = SequenceClassifier.of(BertConfig.bertBase(), Labels.of("0", "1"));
      optimizer = AdamW.of(model.parameters(), 2e-5f);
      Rng rng = Rng.of(seed);
      double count = 0;
      for (Parameter parameter : model.parameters()) {
        gradients.put(
            parameter.tensor(), Tensor.randn(rng, parameter.shape().toArray()).mul(0.01f));
        count += parameter.tensor().numel();
      }
      if (count != BERT_BASE) {
        throw new IllegalStateException("BERT-base has " + count + " parameters");
      }
    }

    /** Gives every parameter its gradient. */
    public void prepare() {
      gradients.forEach(Tensor::backward);
    }

    /** One step, with clipping to a norm of 1. */
    public void step() {
      optimizer.step();
    }

    @Override
    public void close() {
      scope.close();
      optimizer.close();
      model.close();
    }
  }

  static void add(List<Work> works, long seed) {
    double logits = (double) ROWS * CLASSES;
    Supplier<Operation> loss = () -> openCrossEntropy(seed);
    works.add(OperationWorks.forward("cross-entropy forward V30522", 4 * logits, 4 * logits, loss));
    works.add(
        OperationWorks.backward("cross-entropy backward V30522", 4 * logits, 8 * logits, loss));
    works.add(adamw("AdamW+clip 110M", seed));
  }

  /** A step of the optimizer. */
  static Work adamw(String name, long seed) {
    return new Work(
        name,
        "ms",
        16 * BERT_BASE,
        8 * 4 * BERT_BASE,
        seconds -> {
          try (AdamWStep adamw = new AdamWStep(seed)) {
            return Timing.times(
                Timing.rounds(
                    adamw::prepare,
                    1,
                    round -> adamw.step(),
                    seconds,
                    Device.defaultDevice()::seconds),
                1e3);
          }
        });
  }
}
