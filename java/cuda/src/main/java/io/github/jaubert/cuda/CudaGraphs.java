package io.github.jaubert.cuda;

import io.github.jaubert.internal.device.DeviceGraphs;

/** CUDA graphs on the stream of a context. */
record CudaGraphs(long context) implements DeviceGraphs {
  @Override
  public int begin() {
    return Cuda.jb_cuda_capture_begin(context);
  }

  @Override
  public long end() {
    return Cuda.jb_cuda_capture_end(context);
  }

  @Override
  public int launch(long graph, long[] seeds, long[] offsets, long steps, float rateFactor) {
    return Cuda.jb_cuda_graph_launch(
        context, graph, seeds, offsets, seeds.length, steps, rateFactor);
  }

  @Override
  public int setSequences(long graph, int[] captured, int[] now) {
    return Cuda.jb_cuda_graph_set_sequences(context, graph, captured, now, now.length - 1);
  }

  @Override
  public void destroy(long graph) {
    Cuda.jb_cuda_graph_destroy(context, graph);
  }
}
