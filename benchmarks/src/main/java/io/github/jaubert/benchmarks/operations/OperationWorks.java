package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import java.util.function.Supplier;

/** Works that time an {@link Operation}, in milliseconds of one call. */
final class OperationWorks {
  private OperationWorks() {}

  /** A forward pass without a record for gradients, as in inference. */
  static Work inference(String name, double flops, double bytes, Supplier<Operation> open) {
    return new Work(
        name,
        "ms",
        flops,
        bytes,
        seconds -> {
          try (Operation operation = open.get()) {
            return milliseconds(operation, operation::infer, seconds);
          }
        });
  }

  /** A forward pass that keeps what backward needs. */
  static Work forward(String name, double flops, double bytes, Supplier<Operation> open) {
    return new Work(
        name,
        "ms",
        flops,
        bytes,
        seconds -> {
          try (Operation operation = open.get()) {
            return milliseconds(operation, operation::record, seconds);
          }
        });
  }

  /** A backward pass alone: the forward pass before it is not timed. */
  static Work backward(String name, double flops, double bytes, Supplier<Operation> open) {
    return new Work(
        name,
        "ms",
        flops,
        bytes,
        seconds -> {
          try (Operation operation = open.get()) {
            double[] samples =
                Timing.rounds(operation::recordAll, operation.sets(), operation::backward, seconds);
            return Timing.times(samples, 1e3);
          }
        });
  }

  private static double[] milliseconds(Operation operation, Runnable call, double seconds) {
    for (int i = 0; i < operation.sets(); i++) {
      call.run(); // every set's memory has been written once
    }
    return Timing.times(Timing.repeat(call, seconds), 1e3);
  }
}
