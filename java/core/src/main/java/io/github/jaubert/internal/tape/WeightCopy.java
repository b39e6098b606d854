package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.memory.Place;
import io.github.jaubert.tensor.DType;

/**
 * A weight rounded to the 16 bits that layers compute in. It belongs to the weight, whose values it
 * follows: made when a layer first asks for it, and again once the weight was overwritten, unless
 * an optimizer wrote both. So a step of training converts nothing, and inference once. What a layer
 * gets is a handle of its own: the memory is the same until the weight is freed or moved.
 */
public final class WeightCopy {
  private final NativeTensor weight;
  private final NativeTensor values;
  private int version = -1; // of the weight whose values these are

  WeightCopy(NativeTensor weight, DType type) {
    this.weight = weight;
    values = NativeTensor.outsideOfCaptures(weight.backend(), type, weight.shape(), Place.FRONT);
  }

  DType dtype() {
    return values.dtype();
  }

  /** The weight that it follows. */
  public NativeTensor weight() {
    return weight;
  }

  /** The values of now, or, in a captured step, of that place in each replay; to be closed. */
  synchronized NativeTensor current() {
    if (!isCurrent()) {
      DeviceCopy.convert(values, weight);
      follow();
    }
    return values.view(0, values.shape());
  }

  /** Whether the values are those of the weight; a replay sees to it before it begins. */
  synchronized boolean isCurrent() {
    StepRecorder recorder = StepRecorder.of(weight.backend());
    return (recorder == null ? version : recorder.versionOf(this)) == weight.version();
  }

  /** The values were overwritten with those that the weight has now. */
  public synchronized void follow() {
    StepRecorder recorder = StepRecorder.of(weight.backend());
    if (recorder == null && version == weight.version()) {
      return; // a replay that only read it: what was computed of it may still need it
    }
    values.touch();
    if (recorder == null) {
      version = weight.version();
    } else {
      recorder.follows(this);
    }
  }

  /** Where an optimizer writes the values. */
  long address() {
    return values.address();
  }

  /** Before a replay that reads or writes the values. */
  public void prepareReplay() {
    weight.requireOpen();
    current().close();
  }

  void close() {
    values.close();
  }
}
