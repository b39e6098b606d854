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
import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.benchmarks.measure.MeasuringProgram;
import io.github.jaubert.benchmarks.measure.SmallCalls;
import io.github.jaubert.benchmarks.measure.StepOptions;
import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * DJL's BertBlock on one shape, as torch_step.py measures PyTorch, and calls with almost nothing to
 * compute, whose results are closed.
 *
 * <p>BertBlock is not quite BERT: it normalises by BatchNorm where BERT has LayerNorm, its attention is
 * written as separate operations, and it pools the token after the first. Its matrix products, and
 * so the FLOPs counted, are BERT's. DJL clips gradients by element, not by their global norm.
 */
@Command(name = "djl", mixinStandardHelpOptions = true)
public final class Djl extends MeasuringProgram {
  @Mixin private StepOptions options;
  private NDManager memory; // of a small call

  public static void main(String[] arguments) {
    run(new Djl(), arguments);
  }

  @Override
  protected String start(int threads) {
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
    return "DJL " + Engine.getDjlVersion() + ", libtorch " + Engine.getInstance().getVersion();
  }

  @Override
  protected List<Work> works(int threads, long seed) {
    List<Work> works = new ArrayList<>(options.works(this::train, this::infer));
    works.addAll(
        SmallCalls.works(
            "",
            () -> memory = NDManager.newBaseManager(),
            shape -> memory.randomNormal(new Shape(shape)),
            NDArray::add,
            NDArray::matMul,
            NDArray::close));
    return works;
  }

  /** Two classes on the pooled output. BertBlock adds all its positions: it needs exactly seq. */
  private static Block classifier(EncoderShape size, int seq) {
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

  private Model newModel() {
    Model model = Model.newInstance("bert");
    model.setBlock(classifier(options.shape(), options.sequence()));
    return model;
  }

  private double[] train(double seconds) {
    DefaultTrainingConfig config =
        new DefaultTrainingConfig(Loss.softmaxCrossEntropyLoss())
            .optInitializer(new NormalInitializer(0.02f), Parameter.Type.WEIGHT)
            .optOptimizer(
                Optimizer.adamW()
                    .optLearningRateTracker(Tracker.fixed(2e-5f))
                    .optWeightDecays(0.01f)
                    .optClipGrad(1f)
                    .build());
    try (Model model = newModel();
        Trainer trainer = model.newTrainer(config)) {
      Shape ids = new Shape(options.batch(), options.sequence());
      trainer.initialize(ids, ids, ids);
      return Timing.repeat(() -> step(trainer), seconds);
    }
  }

  private void step(Trainer trainer) {
    try (NDManager scope = trainer.getManager().newSubManager()) {
      NDList labels = new NDList(scope.zeros(new Shape(options.batch()), DataType.INT64));
      try (GradientCollector collector = trainer.newGradientCollector()) {
        NDArray value = trainer.getLoss().evaluate(labels, trainer.forward(inputs(scope)));
        collector.backward(value);
      }
      trainer.step();
    }
  }

  private double[] infer(double seconds) {
    Shape ids = new Shape(options.batch(), options.sequence());
    try (Model model = newModel()) {
      Block block = model.getBlock();
      block.setInitializer(new NormalInitializer(0.02f), Parameter.Type.WEIGHT);
      block.initialize(model.getNDManager(), DataType.FLOAT32, ids, ids, ids);
      try (Predictor<NDList, NDList> predictor = model.newPredictor(new NoopTranslator(null));
          NDManager scope = model.getNDManager().newSubManager()) {
        NDList inputs = inputs(scope);
        return Timing.repeat(() -> predict(predictor, inputs), seconds);
      }
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
    Shape shape = new Shape(options.batch(), options.sequence());
    long[] ids = new Random(0).longs(shape.size(), 1000, 30000).toArray();
    return new NDList(
        manager.create(ids, shape),
        manager.zeros(shape, DataType.INT64),
        manager.ones(shape, DataType.INT64));
  }
}
