package io.github.jaubert.autograd;

import io.github.jaubert.internal.tape.NativeTensor;
import io.github.jaubert.internal.tape.Tape;
import io.github.jaubert.tensor.Scope;
import io.github.jaubert.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntPredicate;
import java.util.function.Supplier;

/**
 * Records a user's forward and backward as one operation of the tape; behind the {@code Function}
 * interfaces.
 */
final class CustomOperation {
  private static final String NAME = "a custom function";

  private CustomOperation() {}

  /** A backward that may skip the gradients that nobody wants. */
  @FunctionalInterface
  interface Backward {
    /** One gradient an input; null where there is none. */
    List<Tensor> run(List<Tensor> inputs, Tensor value, Tensor dy, IntPredicate wanted);
  }

  static Tensor apply(
      List<Tensor> inputs,
      Function<List<Tensor>, Tensor> forward,
      boolean saveValue,
      Backward backward) {
    NativeTensor[] operands = inputs.stream().map(NativeTensor::of).toArray(NativeTensor[]::new);
    NativeTensor value = withoutRecord(() -> forward.apply(inputs));
    NativeTensor[] saved = Arrays.copyOf(operands, operands.length + 1);
    saved[operands.length] = saveValue ? value : null;
    Tape.record(
        NAME,
        value,
        operands,
        saved,
        (dy, kept, gradients) -> {
          List<Tensor> operandsThen = List.of(Arrays.copyOf(kept, operands.length));
          List<Tensor> found =
              backward.run(operandsThen, kept[operands.length], dy, gradients::needs);
          if (found.size() != operands.length) {
            throw new IllegalArgumentException(
                "backward of %s gave %d gradients for %d inputs"
                    .formatted(NAME, found.size(), operands.length));
          }
          for (int i = 0; i < operands.length; i++) {
            if (found.get(i) != null) {
              gradients.add(i, NativeTensor.of(found.get(i)));
            }
          }
        });
    return value;
  }

  /** Runs {@code forward} without recording, and frees all it made but its value. */
  private static NativeTensor withoutRecord(Supplier<Tensor> forward) {
    try (NoGrad off = NoGrad.open();
        Scope intermediates = Scope.open()) {
      // A new handle, since the value may be one of the inputs, which have an owner and a place on
      // the tape.
      return NativeTensor.of(intermediates.keep(forward.get().detach()));
    }
  }
}
