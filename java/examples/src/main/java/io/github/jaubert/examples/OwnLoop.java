package io.github.jaubert.examples;

import io.github.jaubert.optim.AdamW;
import io.github.jaubert.optim.Optimizer;
import io.github.jaubert.optim.Schedule;
import io.github.jaubert.tensor.Rng;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import io.github.jaubert.train.Batch;
import io.github.jaubert.train.Examples;
import io.github.jaubert.train.Task;
import io.github.jaubert.train.TrainingListener;
import io.github.jaubert.train.data.Batches;
import java.util.stream.IntStream;

/** A loop of one's own over the pieces of a task, without a trainer. */
public final class OwnLoop {
  private OwnLoop() {}

  /** Trains for some passes over the examples, and gives the loss of the last step. */
  public static float train(Task task, int epochs, int batchSize, float rate) {
    float last = Float.NaN;
    // README: own loop
    task.prepare(new TrainingListener() {}); // tokenises
    Examples examples = task.examples();
    int[] order = IntStream.range(0, examples.size()).toArray();
    int steps = epochs * ((order.length + batchSize - 1) / batchSize);
    Schedule schedule = Schedule.linear(rate, steps).warmup(steps / 10);
    task.model().train();
    try (Optimizer adam = AdamW.of(task.model().parameters(), rate)) {
      for (int epoch = 0; epoch < epochs; epoch++) {
        Rng.global().shuffle(order);
        for (int[] rows : Batches.byExamples(order, batchSize)) {
          try (Scope scope = Scope.open()) { // every tensor made here is freed here
            Batch batch = examples.batch(rows);
            Tensor loss = task.loss(task.inputs(batch), task.count(batch));
            loss.backward();
            adam.step(schedule.at(adam.steps())); // clears the gradients too
            last = loss.item();
          }
        }
      }
    }
    task.model().eval();
    // README: end
    return last;
  }
}
