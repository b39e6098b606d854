package io.github.jaubert.benchmarks.models;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.benchmarks.measure.EncoderShape;
import io.github.jaubert.bert.Labels;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.bert.models.bert.BertConfig;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.tensor.DType;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;

/** A classifier and its optimizer: AdamW, clipping to a global norm of 1.0. Owns both. */
public final class Training implements AutoCloseable {
  /** Of all steps on random tokens. */
  public static final float LEARNING_RATE = 2e-5f;

  private final SequenceClassifier model;
  private final AdamW optimizer;
  private Runnable closeGraph = () -> {};

  Training(SequenceClassifier model, float learningRate) {
    this.model = model;
    this.optimizer = AdamW.of(model.parameters(), learningRate);
  }

  /** Of a new classifier that the seed draws, dropout 0.1, activations of a type. */
  static Training of(EncoderShape shape, DType dtype, long seed) {
    Rng.seed(seed);
    return new Training(classifier(shape).computeType(dtype), LEARNING_RATE);
  }

  /** A new classifier of two labels, dropout 0.1, in training mode. */
  public static SequenceClassifier classifier(EncoderShape shape) {
    BertConfig config =
        BertConfig.bertBase()
            .withEncoder(shape.hidden(), shape.layers(), shape.heads(), shape.intermediate());
    return SequenceClassifier.of(config, Labels.of("0", "1"));
  }

  /** Forward, backward, clip and update; nothing is read back. */
  void step(LabelledBatch batch) {
    try (Scope step = Scope.open()) {
      recordedStep(batch);
    }
  }

  /** The same, and the loss before the update. */
  float stepAndLoss(LabelledBatch batch) {
    try (Scope step = Scope.open()) {
      return recordedStep(batch).item();
    }
  }

  private Tensor recordedStep(LabelledBatch batch) {
    return update(model.loss(model.forward(batch.tokens()), Tensor.of(batch.labels())));
  }

  private Tensor update(Tensor loss) {
    loss.backward();
    optimizer.step();
    return loss;
  }

  /**
   * That step as a graph, which lives as long as this training: each run writes the inputs to the
   * device and begins the rest with one call.
   */
  Runnable replayed(LabelledBatch batch) {
    step(batch); // the optimizer makes its state
    TokenInputs inputs;
    Tensor targets;
    try (Scope scope = Scope.open()) {
      inputs = model.encoder().inputs(batch.tokens()).unscoped();
      targets = Tensor.of(batch.labels()).to(inputs.inputIds().device()).unscoped();
    }
    CapturedStep captured =
        CapturedStep.of(targets.device(), () -> update(model.loss(model.forward(inputs), targets)));
    closeGraph =
        () -> {
          captured.close();
          inputs.close();
          targets.close();
        };
    return () -> {
      inputs.set(batch.tokens());
      targets.copyFrom(batch.labels());
      captured.sequences(batch.tokens().lengths(), batch.tokens().lengths()).replay();
    };
  }

  /** The encoder's last hidden states, which are then dropped. */
  static void encode(SequenceClassifier model, TokenBatch tokens) {
    try (NoGrad off = NoGrad.open();
        Scope scope = Scope.open()) {
      model.encoder().forward(tokens).lastHidden();
    }
  }

  @Override
  public void close() {
    closeGraph.run();
    optimizer.close();
    model.close();
  }
}
