package io.github.jaubert.benchmarks.models;

import io.github.jaubert.autograd.NoGrad;
import io.github.jaubert.bert.SequenceClassifier;
import io.github.jaubert.bert.TokenBatch;
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
      model.bert().forward(tokens).lastHidden();
    }
  }

  @Override
  public void close() {
    optimizer.close();
    model.close();
  }
}
