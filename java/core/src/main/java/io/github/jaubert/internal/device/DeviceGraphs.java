package io.github.jaubert.internal.device;

/**
 * Graphs of a device: work that is recorded once and then begun by one call. Addresses and sizes
 * stay as they were recorded; see {@code jaubert/cuda.h}. Statuses are those of the C ABI.
 */
public interface DeviceGraphs {
  /** From here on work is recorded and not run. */
  int begin();

  /** Ends the recording; 0 if that fails. */
  long end();

  /**
   * Begins what was recorded.
   *
   * @param seeds of the numbers it draws, some of them perhaps not
   * @param offsets what is added to the offset of the numbers drawn with each
   * @param steps added to the steps of optimizers
   * @param rateFactor of their learning rates
   */
  int launch(long graph, long[] seeds, long[] offsets, long steps, float rateFactor);

  /** Sequences that take the place of others from the next launch on, as {@code cu_seqlens}. */
  int setSequences(long graph, int[] captured, int[] now);

  /** Frees a graph. */
  void destroy(long graph);
}
