package io.github.jaubert.internal.tape;

import io.github.jaubert.internal.memory.Backend;
import io.github.jaubert.internal.memory.Recorder;

/** What is told, besides, which gradients and copies of weights a captured step meets. */
public interface StepRecorder extends Recorder {
  /** The one of a device, or null while no step is captured there. */
  static StepRecorder of(Backend backend) {
    return (StepRecorder) backend.recorder(); // the backend knows only what memory has to tell it
  }

  /** The step asks for the gradient of a leaf of the program, or changes it. */
  void meets(AutogradMeta leaf);

  /** Which version of its weight a copy has at this place of the step. */
  int versionOf(WeightCopy copy);

  /** A copy was written with the values that its weight has at this place of the step. */
  void follows(WeightCopy copy);
}
