package io.github.jaubert.peers;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.inference.Predictor;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.transformer.BertBlock;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.initializer.NormalInitializer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import ai.djl.translate.NoopTranslator;
import ai.djl.translate.TranslateException;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * DJL's BertBlock on one shape, as torch_step.py measures PyTorch.
 *
 * <pre>java -cp 'target/classes:target/dependency/*' io.github.jaubert.peers.DjlStep
 *     --shape minilm --batch 32 --seq 128 --mode train --seconds 10 --threads 2</pre>
 *
 * BertBlock is not quite BERT: it normalises by BatchNorm where BERT has LayerNorm, its attention is
 * written as separate operations, and it pools the token after the first. Its matrix products, and
 * so the FLOPs counted, are BERT's. DJL clips gradients by element, not by their global norm.
 */
@Command(name = "djl-step", mixinStandardHelpOptions = true)
public final class DjlStep extends MeasuringProgram {

  private record Size(String name, int hidden, int layers, int heads, int intermediate) {
    /** Forward FLOPs: 2 L (4 H^2 + 2 H I) T + 4 L sum(S^2) H, with T = batch * seq tokens. */
    double forwardFlops(int batch, int seq) {
      double perToken = 4.0 * hidden * hidden + 2.0 * hidden * intermediate;
      return 2.0 * layers * perToken * batch * seq + 4.0 * layers * batch * seq * seq * hidden;
    }
  }

  @Option(names = "--shape", defaultValue = "minilm", description = "minilm or bert-base")
  private String shape;

  @Option(names = "--mode", defaultValue = "train", description = "train or infer")
  private String mode;

  @Option(names = "--batch", defaultValue = "32", description = "sequences in a batch")
  private int batch;

  @Option(names = "--seq", defaultValue = "128", description = "tokens in a sequence")
  private int seq;

  private DjlStep() {}

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new DjlStep()).execute(arguments));
  }

  @Override
  protected void start(int threads) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
  }

  @Override
  protected String program() {
    return "DJL " + Engine.getDjlVersion() + ", libtorch " + Engine.getInstance().getVersion();
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    Size size =
        switch (shape) {
          case "minilm" -> new Size("MiniLM", 384, 6, 12, 1536);
          case "bert-base" -> new Size("BERT-base", 768, 12, 12, 3072);
          default -> throw new IllegalArgumentException("shape " + shape);
        };
    boolean training = mode.equals("train");
    String name =
        "%s %s B%d S%d"
            .formatted(training ? "training step" : "inference", size.name(), batch, seq);
    return List.of(
        new Work(
            name,
            "ms",
            (training ? 3 : 1) * size.forwardFlops(batch, seq),
            0,
            seconds -> measure(size, training, seconds)),
        new Work("peak memory, " + name, "MB", 0, 0, seconds -> new double[] {peakMegabytes()}));
  }

  private double[] measure(Size size, boolean training, double seconds) {
    try (Model model = Model.newInstance("bert")) {
      model.setBlock(classifier(size, seq));
      return Timing.times(training ? train(model, seconds) : infer(model, seconds), 1e3);
    }
  }

  /** What was resident at most, as the operating system counts it: "VmHWM: 1234 kB". */
  private static double peakMegabytes() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/status"))) {
      String line = lines.filter(l -> l.startsWith("VmHWM:")).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("\\D", "")) * 1024 / 1e6;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Two classes on the pooled output. BertBlock adds all its positions: it needs exactly seq. */
  private static Block classifier(Size size, int seq) {
    Block bert =
        BertBlock.builder()
            .setTokenDictionarySize(30522)
            .optTypeDictionarySize(2)
            .optEmbeddingSize(size.hidden())
            .optTransformerBlockCount(size.layers())
            .optAttentionHeadCount(size.heads())
            .optHiddenSize(size.intermediate())
            .optMaxSequenceLength(seq)
            .build();
    return new SequentialBlock()
        .add(bert)
        .add(outputs -> new NDList(outputs.get(1)))
        .add(Linear.builder().setUnits(2).build());
  }

  private double[] train(Model model, double seconds) {
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
            .optInitializer(new NormalInitializer(0.02f), Parameter.Type.WEIGHT)
            .optOptimizer(
                Optimizer.adamW()
                    .optLearningRateTracker(Tracker.fixed(2e-5f))
                    .optWeightDecays(0.01f)
                    .optClipGrad(1f)
                    .build());
    try (Trainer trainer = model.newTrainer(config)) {
      Shape ids = new Shape(batch, seq);
      trainer.initialize(ids, ids, ids);
      return Timing.repeat(() -> step(trainer), seconds);
    }
  }

  private void step(Trainer trainer) {
    try (NDManager scope = trainer.getManager().newSubManager()) {
      NDList labels = new NDList(scope.zeros(new Shape(batch), DataType.INT64));
      try (GradientCollector collector = trainer.newGradientCollector()) {
        NDArray value = trainer.getLoss().evaluate(labels, trainer.forward(inputs(scope)));
        collector.backward(value);
      }
      trainer.step();
    }
  }

  private double[] infer(Model model, double seconds) {
    Block block = model.getBlock();
    block.setInitializer(new NormalInitializer(0.02f), Parameter.Type.WEIGHT);
    Shape ids = new Shape(batch, seq);
    block.initialize(model.getNDManager(), DataType.FLOAT32, ids, ids, ids);
    try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator(null));
        NDManager scope = model.getNDManager().newSubManager()) {
      NDList inputs = inputs(scope);
      return Timing.repeat(() -> predict(predictor, inputs), seconds);
    }
  }

  private static void predict(Predictor<NDList, NDList> predictor, NDList inputs) {
    try {
      predictor.predict(inputs).close();
    } catch (TranslateException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Token ids, types and mask, each [batch, seq]; every token is real. */
  private NDList inputs(NDManager manager) {
    Shape shape = new Shape(batch, seq);
    long[] ids = new Random(0).longs((long) batch * seq, 1000, 30000).toArray();
    return new NDList(
        manager.create(ids, shape),
        manager.zeros(shape, DataType.INT64),
        manager.ones(shape, DataType.INT64));
  }
}
