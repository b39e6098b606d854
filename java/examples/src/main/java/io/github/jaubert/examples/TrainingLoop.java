package io.github.jaubert.examples;

import io.github.jaubert.nn.Dropout;
import io.github.jaubert.nn.F;
import io.github.jaubert.nn.Gelu;
import io.github.jaubert.nn.Layer;
import io.github.jaubert.nn.Linear;
import io.github.jaubert.nn.Sequential;
import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.optim.Schedule;
import io.github.jaubert.tensor.Device;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;

/**
 * A training loop of one's own, with jaubert-core alone: ten noisy patterns of 784 pixels to tell
 * apart.
 */
public final class TrainingLoop {
  private static final int BATCH = 64;
  private static final int CLASSES = 10;
  private static final int PIXELS = 784;

  private final Tensor patterns = Tensor.randn(Rng.of(7), CLASSES, PIXELS).unscoped();

  /** Trains for some steps and prints the loss now and then. */
  public void run(int totalSteps) {
    // README: loop
    Device device =
        Device.best(); // a GPU if there is one, else the CPU; device.description() says which
    try (Layer model =
            Sequential.of(Linear.of(784, 256), Gelu.of(), Dropout.of(0.1f), Linear.of(256, 10))
                .to(device);
        Optimizer adam = AdamW.of(model.parameters(), 3e-4f)) {
      Schedule lr = Schedule.linear(3e-4f, totalSteps).warmup(10);

      for (int step = 0; step < totalSteps; step++) {
        try (Scope scope = Scope.open()) { // every tensor made here is freed here
          Tensor x = images(step).to(device);
          Tensor loss = F.crossEntropy(model.forward(x), labels(step).to(device));
          loss.backward();
          adam.step(lr.at(step)); // clears the gradients too
          if (step % 50 == 0) {
            System.out.printf(
                "%d %.4f%n", step, loss.item()); // the only place that waits for the device
          }
        }
      }
    }
    // README: end
    patterns.close();
  }

  private Tensor labels(int step) {
    int[] labels = new int[BATCH];
    Rng rng = Rng.of(step);
    for (int i = 0; i < BATCH; i++) {
      labels[i] = rng.nextInt(CLASSES);
    }
    return Tensor.of(labels);
  }

  private Tensor images(int step) {
    Tensor noise = Tensor.randn(Rng.of(1_000_000 + step), BATCH, PIXELS);
    return patterns.indexSelect(0, labels(step)).add(noise);
  }

  /** Runs 200 steps. */
  public static void main(String[] arguments) {
    new TrainingLoop().run(200);
  }
}
