package io.github.jaubert.internal.memory;

/**
 * What is told which blocks a step uses while it is captured on a device, where the device records
 * the step and runs nothing.
 */
public interface Recorder {
  /**
   * Refuses threads other than the one that captures.
   *
   * @throws IllegalStateException in another thread
   */
  void requireThread();

  /** The device was given an address of this block. */
  void uses(Storage block);

  /** A block is overwritten, now and by each replay. */
  void overwrites(Storage block);
}
