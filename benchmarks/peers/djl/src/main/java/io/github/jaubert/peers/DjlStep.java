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
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/**
 * Throughput of DJL's BertBlock on one shape, as torch_step.py measures PyTorch: one JSON line.
 *
 * <pre>java -cp 'target/classes:target/dependency/*' io.github.jaubert.peers.DjlStep
 *     --shape minilm --batch 32 --seq 128 --mode train --steps 10 --warmup 3 --threads 2</pre>
 *
 * BertBlock is not quite BERT: it normalises by BatchNorm where BERT has LayerNorm, its attention is
 * written as separate operations, and it pools the token after the first. Its matrix products, and
 * so the FLOPs counted, are BERT's. DJL clips gradients by element, not by their global norm.
 */
public final class DjlStep {

  private record Size(int hidden, int layers, int heads, int intermediate) {
    /** Forward FLOPs: 2 L (4 H^2 + 2 H I) T + 4 L sum(S^2) H, with T = batch * seq tokens. */
    double forwardFlops(int batch, int seq) {
      double perToken = 4.0 * hidden * hidden + 2.0 * hidden * intermediate;
      return 2.0 * layers * perToken * batch * seq + 4.0 * layers * batch * seq * seq * hidden;
    }
  }

  private static final Map<String, Size> SIZES =
      Map.of(
          "minilm", new Size(384, 6, 12, 1536),
          "bert-base", new Size(768, 12, 12, 3072));

  private static final Set<String> OPTIONS =
      Set.of("shape", "batch", "seq", "mode", "steps", "warmup", "threads");

  private interface Step {
    void run() throws TranslateException;
  }

  private DjlStep() {}

  public static void main(String[] args) throws TranslateException {
    Map<String, String> options = parse(args);
    String shape = options.getOrDefault("shape", "minilm");
    String mode = options.getOrDefault("mode", "train");
    int batch = number(options, "batch", 32);
    int seq = number(options, "seq", 128);
    int steps = number(options, "steps", 10);
    int warmup = number(options, "warmup", 3);
    int threads = number(options, "threads", 2);
    Size size = SIZES.get(shape);
    if (size == null || !(mode.equals("train") || mode.equals("infer"))) {
      throw new IllegalArgumentException(
          "shape " + shape + ", mode " + mode + ": expected " + SIZES.keySet() + ", train|infer");
    }
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");

    try (Model model = Model.newInstance("bert")) {
      model.setBlock(classifier(size, seq));
      double[] seconds =
          mode.equals("train")
              ? train(model, batch, seq, warmup, steps)
              : infer(model, batch, seq, warmup, steps);
      Arrays.sort(seconds);
      double median = (seconds[(steps - 1) / 2] + seconds[steps / 2]) / 2;
      double flops = size.forwardFlops(batch, seq) * (mode.equals("train") ? 3 : 1);
      System.out.printf(
          Locale.ROOT,
          "{\"name\": \"djl %s %s B%d S%d\", \"gflops\": %.1f, \"best_gflops\": %.1f, \"ms\": %.2f,"
              + " \"tokens_per_s\": %d, \"threads\": %d, \"steps\": %d, \"version\": \"djl %s,"
              + " libtorch %s\"}%n",
          mode,
          shape,
          batch,
          seq,
          flops / median / 1e9,
          flops / seconds[0] / 1e9,
          median * 1e3,
          Math.round(batch * seq / median),
          threads,
          steps,
          Engine.getDjlVersion(),
          Engine.getInstance().getVersion());
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

  private static double[] train(Model model, int batch, int seq, int warmup, int steps)
      throws TranslateException {
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
      Loss loss = trainer.getLoss();
      return measure(
          warmup,
          steps,
          () -> {
            try (NDManager scope = trainer.getManager().newSubManager()) {
              NDList inputs = inputs(scope, batch, seq);
              NDList labels = new NDList(scope.zeros(new Shape(batch), DataType.INT64));
              try (GradientCollector collector = trainer.newGradientCollector()) {
                NDArray value = loss.evaluate(labels, trainer.forward(inputs));
                collector.backward(value);
              }
              trainer.step();
            }
          });
    }
  }

  private static double[] infer(Model model, int batch, int seq, int warmup, int steps)
      throws TranslateException {
    Block block = model.getBlock();
    block.setInitializer(new NormalInitializer(0.02f), Parameter.Type.WEIGHT);
    Shape ids = new Shape(batch, seq);
    block.initialize(model.getNDManager(), DataType.FLOAT32, ids, ids, ids);
    try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator(null));
        NDManager scope = model.getNDManager().newSubManager()) {
      NDList inputs = inputs(scope, batch, seq);
      return measure(warmup, steps, () -> predictor.predict(inputs).close());
    }
  }

  /** Token ids, types and mask, each [batch, seq]; every token is real. */
  private static NDList inputs(NDManager manager, int batch, int seq) {
    Shape shape = new Shape(batch, seq);
    long[] ids = new Random(0).longs((long) batch * seq, 1000, 30000).toArray();
    return new NDList(
        manager.create(ids, shape),
        manager.zeros(shape, DataType.INT64),
        manager.ones(shape, DataType.INT64));
  }

  /** Seconds of each step. */
  private static double[] measure(int warmup, int steps, Step step) throws TranslateException {
    double[] seconds = new double[steps];
    for (int i = -warmup; i < steps; i++) {
      long begin = System.nanoTime();
      step.run();
      if (i >= 0) {
        seconds[i] = (System.nanoTime() - begin) * 1e-9;
      }
    }
    return seconds;
  }

  private static int number(Map<String, String> options, String name, int otherwise) {
    return Integer.parseInt(options.getOrDefault(name, Integer.toString(otherwise)));
  }

  private static Map<String, String> parse(String[] args) {
    Map<String, String> options = new HashMap<>();
    for (int i = 0; i < args.length; i += 2) {
      String name = args[i].startsWith("--") ? args[i].substring(2) : args[i];
      if (!OPTIONS.contains(name) || i + 1 == args.length) {
        throw new IllegalArgumentException(args[i] + ": expected --OPTION VALUE of " + OPTIONS);
      }
      options.put(name, args[i + 1]);
    }
    return options;
  }
}
