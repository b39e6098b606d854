package io.github.jaubert.peers;

import static org.bytedeco.pytorch.global.torch.*;

import io.github.jaubert.benchmarks.measure.*;
import io.github.jaubert.benchmarks.measure.Work; // PyTorch has one, too
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.*;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * Bytedeco's PyTorch: one shape, as torch_step.py measures PyTorch from Python (forward with dropout
 * 0.1, backward, clipping of the global norm, AdamW; or inference), and calls with almost nothing to
 * compute, whose results are freed.
 */
@Command(name = "bytedeco", mixinStandardHelpOptions = true)
public final class Bytedeco extends MeasuringProgram {
  @Mixin private StepOptions options;

  public static void main(String[] arguments) {
    run(new Bytedeco(), arguments);
  }

  @Override
  protected String start(int threads) {
    // Without memory that the JVM counts, JavaCPP neither waits for the collector nor calls it.
    System.setProperty("org.bytedeco.javacpp.maxphysicalbytes", "0");
    System.setProperty("org.bytedeco.javacpp.maxbytes", "0");
    set_num_threads(threads);
    manual_seed(0);
    String jar = torch.class.getProtectionDomain().getCodeSource().getLocation().getPath();
    return "Bytedeco PyTorch " + jar.replaceAll(".*pytorch-|\\.jar$", ""); // the version begins with libtorch's
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>(options.works(this::train, this::infer));
    works.addAll(
        SmallCalls.works(
            "", PointerScope::new, shape -> randn(shape), Tensor::add, Tensor::matmul, Tensor::close));
    return works;
  }

  /** Every sequence of the batch is of full length. */
  private record Inputs(Tensor ids, Tensor places, Tensor segments, Tensor labels) {
    static Inputs of(long batch, long sequence) {
      TensorOptions longs =
          new TensorOptions().dtype(new ScalarTypeOptional(ScalarType.Long));
      Tensor ids = randint(1000, 30000, new long[] {batch, sequence}, longs);
      Tensor places = arange(new Scalar(sequence), longs).expand(batch, sequence);
      Tensor labels = arange(new Scalar(batch), longs).remainder(new Scalar(2));
      return new Inputs(ids, places, ids.mul(new Scalar(0)), labels);
    }
  }

  private double[] train(double seconds) {
    try (PointerScope all = new PointerScope()) {
      BertClassifier model = new BertClassifier(options.shape());
      AdamWOptions settings = new AdamWOptions(2e-5);
      settings.weight_decay().put(0.01);
      TensorVector parameters = model.parameters();
      AdamW optimizer = new AdamW(parameters, settings);
      Inputs inputs = Inputs.of(options.batch(), options.sequence());
      Runnable step =
          () -> {
            try (PointerScope scope = new PointerScope()) {
              Tensor hidden = model.encode(inputs.ids(), inputs.places(), inputs.segments());
              cross_entropy_loss(model.classify(hidden), inputs.labels()).backward();
              clip_grad_norm_(parameters, 1.0);
              optimizer.step();
              optimizer.zero_grad();
            }
          };
      return Timing.repeat(step, seconds);
    }
  }

  private double[] infer(double seconds) {
    try (PointerScope all = new PointerScope()) {
      BertClassifier model = new BertClassifier(options.shape());
      model.eval();
      Inputs inputs = Inputs.of(options.batch(), options.sequence());
      Runnable encode =
          () -> {
            try (PointerScope scope = new PointerScope();
                InferenceMode inference = new InferenceMode(true)) {
              model.encode(inputs.ids(), inputs.places(), inputs.segments());
            }
          };
      return Timing.repeat(encode, seconds);
    }
  }
}
