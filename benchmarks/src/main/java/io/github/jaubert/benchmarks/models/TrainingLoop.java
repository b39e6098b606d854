package io.github.jaubert.benchmarks.models;

import io.github.jaubert.autograd.CapturedStep;
import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
import io.github.jaubert.bert.TokenInputs;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;

/** A classifier and its optimizer: AdamW, clipping to a global norm of 1.0. Owns both. */
final class TrainingLoop implements AutoCloseable {
  private final SequenceClassifier model;
  private final AdamW optimizer;

  TrainingLoop(SequenceClassifier model, float learningRate) {
    this.model = model;
    this.optimizer = AdamW.of(model.parameters(), learningRate);
  }

  /** Forward, backward, clip and update; nothing is read back. */
  void step(TokenBatch tokens, int[] labels) {
    try (Scope step = Scope.open()) {
      Tensor loss = model.loss(model.forward(tokens), Tensor.of(labels));
      loss.backward();
      optimizer.step();
    }
  }

  /**
   * That step as a graph: each run writes the inputs to the device and begins the rest with one
   * call.
   */
  Replayed replayed(TokenBatch tokens, int[] labels) {
    step(tokens, labels); // the optimizer makes its state
    return new Replayed(tokens, labels);
  }

  /** See {@link #replayed}. */
  final class Replayed implements AutoCloseable {
    private final TokenBatch tokens;
    private final int[] labels;
    private final TokenInputs inputs;
    private final Tensor targets;
    private final CapturedStep captured;

    private Replayed(TokenBatch tokens, int[] labels) {
      this.tokens = tokens;
      this.labels = labels;
      try (Scope scope = Scope.open()) {
        inputs = model.encoder().inputs(tokens).unscoped();
        targets = Tensor.of(labels).to(inputs.inputIds().device()).unscoped();
      }
      try {
        captured = CapturedStep.of(targets.device(), this::step);
      } catch (RuntimeException | Error e) {
        closeInputs();
        throw e;
      }
    }

    private Tensor step() {
      Tensor loss = model.loss(model.forward(inputs), targets);
      loss.backward();
      optimizer.step();
      return loss;
    }

    void run() {
      inputs.set(tokens);
      targets.copyFrom(labels);
      captured.sequences(tokens.lengths(), tokens.lengths()).replay();
    }

    @Override
    public void close() {
      captured.close();
      closeInputs();
    }

    private void closeInputs() {
      inputs.close();
      targets.close();
    }
  }

  /** The same, and the loss before the update. */
  float stepAndLoss(TokenBatch tokens, int[] labels) {
    try (Scope step = Scope.open()) {
      Tensor loss = model.loss(model.forward(tokens), Tensor.of(labels));
      loss.backward();
      optimizer.step();
      return loss.item();
    }
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
    optimizer.close();
    model.close();
  }
}
