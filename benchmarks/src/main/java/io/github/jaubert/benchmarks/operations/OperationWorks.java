package io.github.jaubert.benchmarks.operations;

import io.github.jaubert.benchmarks.measure.Timing;
import io.github.jaubert.benchmarks.measure.Work;
import io.github.jaubert.tensor.Device;
import java.util.function.Supplier;

/** Works that time an {@link Operation}, in milliseconds of one call. */
final class OperationWorks {
  private OperationWorks() {}

  /** A forward pass without a record for gradients, as in inference. */
  static Work inference(String name, double flops, double bytes, Supplier<Operation> open) {
    return work(
        name,
        flops,
        bytes,
        open,
        (operation, seconds) -> milliseconds(operation, operation::infer, seconds));
  }

  /** A forward pass that keeps what backward needs. */
  static Work forward(String name, double flops, double bytes, Supplier<Operation> open) {
    return work(
        name,
        flops,
        bytes,
        open,
        (operation, seconds) -> milliseconds(operation, operation::record, seconds));
  }

  /** A backward pass alone: the forward pass before it is not timed. */
  static Work backward(String name, double flops, double bytes, Supplier<Operation> open) {
    return work(
        name,
        flops,
        bytes,
        open,
        (operation, seconds) ->
            Timing.times(
                Timing.rounds(
                    operation::recordAll,
                    operation.sets(),
                    operation::backward,
                    seconds,
                    Device.defaultDevice()::seconds),
                1e3));
  }

  /** Times one operation that is open. */
  private interface Sampler {
    double[] sample(Operation operation, double seconds);
  }

  private static Work work(
      String name, double flops, double bytes, Supplier<Operation> open, Sampler sampler) {
    return new Work(
        name,
        "ms",
        flops,
        bytes,
        seconds -> {
          try (Operation operation = open.get()) {
            return sampler.sample(operation, seconds);
          }
        });
  }

  private static double[] milliseconds(Operation operation, Runnable call, double seconds) {
    for (int i = 0; i < operation.sets(); i++) {
      call.run(); // every set's memory has been written once
    }
    return Timing.times(Timing.repeat(call, seconds, Device.defaultDevice()::seconds), 1e3);
  }
}
