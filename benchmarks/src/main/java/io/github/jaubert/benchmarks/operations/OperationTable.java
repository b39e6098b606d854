package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.SentenceLengths;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.benchmarks.models.Training;
import io.github.jaubert.benchmarks.operations.Operation.Pass;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.nn.Activation;
import io.github.jaubert.nn.AttentionOptions;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Parameter;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.PackedSequences;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Operations of an encoder, the FLOPs and bytes of their passes, and the works that time them.
 *
 * <p>FLOPs are products and sums of the formula, a function such as exp counted as one. Attention
 * with heads of d: 4 H S² forward and 10 H S² backward for each sequence of S tokens and H = heads
 * x d. Of an element, LayerNorm with bias, dropout and residual: 11 and 16, GELU 5 and 8, softmax 5
 * and 4, cross-entropy 4 and 4. A linear layer: 2 x tokens x in x out, twice that backward. AdamW
 * with clipping: 16 a parameter.
 *
 * <p>Bytes: each operand once. Attention: q, k, v, out forward; with dout, dq, dk, dv backward.
 * LayerNorm's forward pass in training also writes the sum that backward reads. AdamW: the gradient
 * twice, since its norm comes before the first change, and parameter and two means read and
 * written. What memory bounds takes its inputs from memory; those of attention and linear layers
 * stay in cache where they fit, as in a model they come from the layer before.
 */
final class OperationTable {
  private static final float DROPOUT = 0.1f;
  private static final String LAYER_NORM = "bias+dropout+residual+LayerNorm";
  private static final int HIDDEN = 768;
  private static final int HEADS = 12;
  private static final float EPS = 1e-12f;

  /** Parameters of a classifier of BERT-base's shape. */
  private static final double BERT_BASE = 109_483_778;

  private final int tokens;
  private final DType dtype;
  private final long seed;
  private final List<Work> works = new ArrayList<>();
  private final Map<String, Supplier<Operation>> operations = new LinkedHashMap<>();

  private OperationTable(int tokens, DType dtype, long seed) {
    this.tokens = tokens;
    this.dtype = dtype;
    this.seed = seed;
  }

  /** What is measured on the CPU: float32, 4,096 tokens. */
  static OperationTable ofCpu(long seed) {
    OperationTable table = new OperationTable(4096, DType.F32, seed);
    for (int headDim : new int[] {32, 64}) {
      table.attention(headDim, 0, 16, 32, 64, 128, 256, 512);
      table.attention("mixed", SentenceLengths.mixed(table.tokens, seed), headDim, 0);
      table.attention(headDim, DROPOUT, 128);
    }
    for (int hidden : new int[] {384, 768}) {
      double n = (double) table.tokens * hidden;
      Supplier<Operation> inference = table.layerNorm(hidden, 0);
      String shape = "H" + hidden;
      String name = LAYER_NORM + " inference " + shape;
      table.add(Pass.INFERENCE, name, 10 * n, 3 * 4 * n, inference);
      Supplier<Operation> training = table.layerNorm(hidden, DROPOUT);
      table.passes(
          Pass.TRAINING, LAYER_NORM, shape, training, 11 * n, 4 * 4 * n, 16 * n, 4 * 4 * n);
    }
    for (int width : new int[] {1536, 3072}) {
      table.gelu("GELU", width, false);
      table.gelu("bias+GELU", width, true);
    }
    table.softmax();
    for (int hidden : new int[] {384, 768}) {
      table.linear(hidden, hidden, Activation.NONE);
      table.linear(hidden, 4 * hidden, Activation.GELU);
      table.linear(4 * hidden, hidden, Activation.NONE);
    }
    table.crossEntropy(614, 30_522); // 15 % of the tokens over BERT's vocabulary
    table.adamw("AdamW+clip 110M");
    return table;
  }

  /** What is measured on a GPU: shapes of BERT-base, the works of torch_ops.py. */
  static OperationTable ofGpu(int tokens, DType dtype, long seed) {
    OperationTable table = new OperationTable(tokens, dtype, seed);
    table.copy(4096L * tokens); // 1 GiB for 65,536 tokens
    double bytes = 4.0 * dtype.bytes() * tokens * HIDDEN;
    Supplier<Operation> layerNorm = table.layerNorm(HIDDEN, DROPOUT);
    table.passes(Pass.TRAINING, LAYER_NORM, "H" + HIDDEN, layerNorm, 0, bytes, 0, bytes);
    table.adamw("AdamW with clip 110M");
    int square = tokens / 8;
    // A rate, by which others are measured.
    table.works.add(table.product("GEMM " + square, square, square, square).asRate());
    table.works.add(table.product("GEMM 768x768", tokens, HIDDEN, HIDDEN));
    table.works.add(table.product("GEMM 768x3072", tokens, HIDDEN, 4 * HIDDEN));
    table.works.add(table.product("GEMM 3072x768", tokens, 4 * HIDDEN, HIDDEN));
    Supplier<Operation> gelu = table.layer(HIDDEN, 4 * HIDDEN, Activation.GELU);
    double flops = 2.0 * tokens * HIDDEN * 4 * HIDDEN;
    String up = " 768x3072";
    table.add(Pass.INFERENCE, "GEMM+bias+GELU" + up, flops, 0, gelu);
    table.add(Pass.TRAINING, "GEMM+bias+GELU for training" + up, flops, 0, gelu);
    table.attention(64, 0, 128, 512, 2048);
    table.attention(64, DROPOUT, 128, 512);
    return table;
  }

  List<Work> works() {
    return works;
  }

  /** An operation by its name and shape, as {@code GELU W1536}. */
  Operation open(String name) {
    if (!operations.containsKey(name)) {
      throw new IllegalArgumentException(
          "no operation " + name + "; there are " + operations.keySet());
    }
    return operations.get(name).get();
  }

  private void add(Pass pass, String name, double flops, double bytes, Supplier<Operation> open) {
    works.add(Operation.work(pass, name, flops, bytes, open));
  }

  /** Forward, as in training or as in inference, and backward. */
  private void passes(
      Pass forward,
      String name,
      String shape,
      Supplier<Operation> open,
      double flops,
      double bytes,
      double backwardFlops,
      double backwardBytes) {
    operations.put(name + " " + shape, open);
    add(forward, name + " forward " + shape, flops, bytes, open);
    add(Pass.BACKWARD, name + " backward " + shape, backwardFlops, backwardBytes, open);
  }

  private Supplier<Operation> operation(
      double bytes,
      Function<Rng, Tensor[]> inputs,
      Function<Rng, Tensor[]> parameters,
      BiFunction<Tensor[], Tensor[], Tensor> forward) {
    return () -> new Operation(bytes, seed, inputs, parameters, forward);
  }

  private static Tensor[] none(Rng rng) {
    return new Tensor[0];
  }

  private static Tensor[] several(int count, Supplier<Tensor> draw) {
    return Stream.generate(draw).limit(count).toArray(Tensor[]::new);
  }

  /** Normal numbers, rounded to the type of activations. */
  private Tensor randn(Rng rng, long... shape) {
    return Operation.randn(rng, dtype, shape);
  }

  /** The same on as many sequences of each of these lengths as the tokens hold. */
  private void attention(int headDim, float dropout, int... lengths) {
    for (int length : lengths) {
      String shape = "S" + length + (dropout > 0 ? " dropout" : "");
      attention(shape, SentenceLengths.equal(tokens, length), headDim, dropout);
    }
  }

  /** Fused attention with 12 heads. */
  private void attention(String shape, int[] lengths, int headDim, float dropout) {
    double hidden = HEADS * headDim;
    double squares = IntStream.of(lengths).mapToDouble(length -> (double) length * length).sum();
    double tensor = dtype.bytes() * hidden * tokens;
    AttentionOptions options = AttentionOptions.dropout(dropout);
    PackedSequences packed = PackedSequences.of(lengths);
    Supplier<Operation> open =
        operation(
            0,
            rng -> several(3, () -> randn(rng, tokens, HEADS, headDim)),
            OperationTable::none,
            (x, w) -> F.attention(x[0], x[1], x[2], packed, options));
    double flops = hidden * squares;
    String name = "d" + headDim + " " + shape;
    passes(Pass.INFERENCE, "attention", name, open, 4 * flops, 4 * tensor, 10 * flops, 8 * tensor);
  }

  /** Bias, dropout, residual and LayerNorm. */
  private Supplier<Operation> layerNorm(int hidden, float dropout) {
    return operation(
        2.0 * dtype.bytes() * tokens * hidden,
        rng -> several(2, () -> randn(rng, tokens, hidden)),
        rng -> new Tensor[] {Tensor.randn(rng, hidden), Tensor.ones(hidden), Tensor.zeros(hidden)},
        (x, w) -> F.addDropoutLayerNorm(x[0], x[1], w[0], w[1], w[2], dropout, EPS));
  }

  /** GELU, of x or of x + bias. */
  private void gelu(String name, int width, boolean bias) {
    double n = (double) tokens * width;
    Supplier<Operation> open =
        operation(
            4 * n,
            rng -> new Tensor[] {randn(rng, tokens, width)},
            rng -> bias ? new Tensor[] {Tensor.randn(rng, width)} : none(rng),
            (x, w) -> F.gelu(bias ? x[0].add(w[0]) : x[0]));
    passes(Pass.TRAINING, name, "W" + width, open, 5 * n, 2 * 4 * n, 8 * n, 3 * 4 * n);
  }

  /** Softmax of attention's scores, 12 heads of sequences of 128. */
  private void softmax() {
    int rows = HEADS * tokens;
    double n = rows * 128.0;
    Supplier<Operation> open =
        operation(
            4 * n,
            rng -> new Tensor[] {randn(rng, rows, 128)},
            OperationTable::none,
            (x, w) -> x[0].softmax(-1));
    passes(Pass.INFERENCE, "softmax", "S128", open, 5 * n, 2 * 4 * n, 4 * n, 3 * 4 * n);
  }

  /** A linear layer with bias. */
  private Supplier<Operation> layer(int in, int out, Activation activation) {
    return operation(
        0,
        rng -> new Tensor[] {randn(rng, tokens, in)},
        rng -> new Tensor[] {Tensor.randn(rng, out, in), Tensor.randn(rng, out)},
        (x, w) -> F.linear(x[0], w[0], w[1], activation));
  }

  private void linear(int in, int out, Activation activation) {
    double t = tokens;
    double flops = 2 * t * in * out;
    double weights = 4.0 * (in + 1) * out;
    double saved = activation == Activation.GELU ? 4 * t * out : 0;
    passes(
        Pass.INFERENCE,
        activation == Activation.GELU ? "linear+bias+GELU" : "linear+bias",
        in + "x" + out,
        layer(in, out, activation),
        flops,
        4 * t * (in + out) + weights,
        2 * flops,
        4 * t * (2 * in + out) + saved + 2 * weights);
  }

  /** x [rows, inner] times w^T, w [columns, inner], as a linear layer without bias. */
  private Work product(String name, int rows, int inner, int columns) {
    Supplier<Operation> open =
        operation(
            0,
            rng -> new Tensor[] {randn(rng, rows, inner), randn(rng, columns, inner)},
            OperationTable::none,
            (x, w) -> F.linear(x[0], x[1], null));
    return Operation.work(Pass.INFERENCE, name, 2.0 * rows * inner * columns, 0, open);
  }

  private void copy(long count) {
    double bytes = 8.0 * count;
    Work.Sampler sampler =
        seconds -> {
          try (Scope scope = Scope.open()) {
            Tensor x = Tensor.randn(Rng.of(seed), count);
            Tensor y = Tensor.zeros(count);
            Runnable copy = () -> y.copyFrom(x);
            double[] took = Timing.repeat(copy, seconds, Device.defaultDevice()::seconds);
            return Timing.rate(took, bytes / 1e9);
          }
        };
    works.add(new Work("copy", "GB/s", 0, bytes, sampler));
  }

  private void crossEntropy(int rows, int classes) {
    double n = (double) rows * classes;
    Rng draw = Rng.of(seed + 1);
    int[] labels = IntStream.range(0, rows).map(i -> draw.nextInt(classes)).toArray();
    Supplier<Operation> open =
        operation(
            4 * n,
            rng -> new Tensor[] {randn(rng, rows, classes)},
            OperationTable::none,
            (x, w) -> F.crossEntropy(x[0], Tensor.of(labels)));
    passes(Pass.TRAINING, "cross-entropy", "V" + classes, open, 4 * n, 4 * n, 4 * n, 8 * n);
  }

  /**
   * AdamW with clipping to a norm of 1; the gradients are given anew, untimed, before each step.
   */
  private void adamw(String name) {
    works.add(Work.timed(name, 16 * BERT_BASE, 8 * 4 * BERT_BASE, this::stepsOfAdamW));
  }

  private double[] stepsOfAdamW(double seconds) {
    Rng.seed(seed);
    Rng rng = Rng.of(seed);
    try (Scope scope = Scope.open();
        SequenceClassifier model = Training.classifier(EncoderShape.BERT_BASE);
        AdamW optimizer = AdamW.of(model.parameters(), Training.LEARNING_RATE)) {
      Map<Tensor, Tensor> gradients = new LinkedHashMap<>();
      for (Parameter parameter : model.parameters()) {
        Tensor gradient = Tensor.randn(rng, parameter.shape().toArray()).mul(0.01f);
        gradients.put(parameter.tensor(), gradient);
      }
      double count = gradients.keySet().stream().mapToDouble(Tensor::numel).sum();
      if (count != BERT_BASE) {
        throw new IllegalStateException("BERT-base has " + count + " parameters");
      }
      return Timing.rounds(
          () -> gradients.forEach(Tensor::backward),
          1,
          round -> optimizer.step(),
          seconds,
          Device.defaultDevice()::seconds);
    }
  }
}
