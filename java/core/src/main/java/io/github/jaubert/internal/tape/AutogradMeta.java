package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.memory.Place;

/**
 * What the tape keeps of a tensor that gradients have to do with; most tensors have none. A leaf
 * collects its gradient in {@code gradient}; the result of a recorded operation in {@code pending},
 * until the backward pass comes to that operation.
 */
public final class AutogradMeta {
  private final NativeTensor tensor;
  private boolean requiresGrad;
  private Tape.Node producer;
  private NativeTensor pending;
  private NativeTensor gradient;
  private boolean gradientValid;
  private int graphs; // that read or write the gradient, whose memory stays where it is for them

  AutogradMeta(NativeTensor tensor) {
    this.tensor = tensor;
  }

  boolean requiresGrad() {
    return requiresGrad;
  }

  void requireGrad(boolean required) {
    requiresGrad = required;
  }

  /** The operation that made the tensor, or null for a leaf. */
  Tape.Node producer() {
    return producer;
  }

  void producedBy(Tape.Node node) {
    producer = node;
    requiresGrad = true;
  }

  /** The gradient collected so far by a backward pass that is under way, or null. */
  NativeTensor pending() {
    return pending;
  }

  void pending(NativeTensor value) {
    pending = value;
  }

  /** The finished gradient of a leaf, or null. */
  NativeTensor gradient() {
    noteForCapture();
    return gradientValid ? gradient : null;
  }

  /** The memory for the gradient of a leaf, made on first need; see {@link #gradientValid}. */
  NativeTensor gradientBuffer() {
    noteForCapture();
    if (gradient == null) {
      gradient =
          tensor.isCaptured()
              ? NativeTensor.engineOwned(tensor.backend(), tensor.dtype(), tensor.shape())
              : NativeTensor.outsideOfCaptures(
                  tensor.backend(), tensor.dtype(), tensor.shape(), Place.BACK);
    }
    return gradient;
  }

  /**
   * Whether {@link #gradientBuffer} holds a gradient to add to, rather than old values to
   * overwrite.
   */
  public boolean gradientValid() {
    return gradientValid;
  }

  void gradientWritten() {
    gradientValid = true;
  }

  /** Brings the gradient of a leaf to the device that the leaf has moved to. */
  void moveGradient() {
    NativeTensor left = gradient;
    if (left == null || !gradientValid) {
      freeGradient();
      return;
    }
    gradient = NativeTensor.engineOwned(tensor.backend(), tensor.dtype(), tensor.shape());
    DeviceCopy.copy(gradient, left);
    left.close();
  }

  /** There is no gradient any more. */
  void freeGradient() {
    noteForCapture();
    gradientValid = false;
    if (gradient != null) {
      NativeTensor left = gradient;
      gradient = graphs > 0 ? left.alias() : null; // the handle that the program has ends here
      left.close();
    }
  }

  /** The tensor is closed; graphs keep the memory that they need themselves. */
  void close() {
    gradientValid = false;
    if (gradient != null) {
      gradient.close();
      gradient = null;
    }
  }

  // ---- gradients of captured steps ----

  private void noteForCapture() {
    StepRecorder recorder = StepRecorder.of(tensor.backend());
    if (recorder != null && !tensor.isCaptured()) {
      recorder.meets(this);
    }
  }

  /** The tensor whose gradient this is. */
  public NativeTensor tensor() {
    return tensor;
  }

  /** A graph is going to need the memory of the gradient. */
  public void retainGradient() {
    graphs++;
  }

  /** A graph is gone. */
  public void releaseGradient() {
    if (--graphs == 0 && !gradientValid) {
      close();
    }
  }

  /** A graph has left a gradient, or none. */
  public void gradientReplayed(boolean valid) {
    if (valid) {
      gradientValid = true;
    } else {
      freeGradient();
    }
  }
}
