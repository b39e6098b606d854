// What libjaubert_cuda has beyond the functions of the other headers. It needs no driver to be loaded: without one,
// jb_cuda_driver says so and no context can be made.
#ifndef JAUBERT_CUDA_H
#define JAUBERT_CUDA_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// Versions as CUDA spells them (13000 is 13.0): what the driver supports (0: there is no driver), and what this library
// was built with. devices is how many GPUs there are.
JB_API jb_status jb_cuda_driver(int32_t* driver, int32_t* built_with, int32_t* devices);

// The compute capabilities that this library has kernels for, such as "80 90a".
JB_API const char* jb_cuda_architectures(void);

// One GPU: its name (up to 256 bytes, ended by 0), its compute capability (90 is 9.0), its number of multiprocessors,
// its memory and what of that is free.
JB_API jb_status jb_cuda_device(int32_t device, int8_t* name, int32_t* capability, int32_t* multiprocessors,
                                int64_t* memory, int64_t* free_memory);

// A context with a stream of its own on a GPU, for all functions of this folder; null if that fails, and
// jb_last_error() says why. jb_context_destroy ends it.
JB_API jb_ctx jb_cuda_context_create(int32_t device);

// The context's stream, for other libraries.
JB_API jb_out jb_cuda_stream(jb_ctx ctx);

// The matrix products: a cublasHandle_t on the context's stream with a workspace of its own, and the addresses of
// cublasGemmEx and cublasGemmStridedBatchedEx. Until they are given, functions that need them fail.
JB_API jb_status jb_cuda_set_blas(jb_ctx ctx, jb_inout handle, jb_in gemm_ex, jb_in gemm_strided_batched_ex);

// The address of a function of a library that is loaded, under this path or name: as the library itself and those that
// it needs define it, whatever else of the same name the process has. file, which may be null, becomes the path of the
// library that defines it; it has room for `size` bytes, with the 0 at its end. Null if there is none.
JB_API jb_in jb_cuda_function_of(const char* library, const char* function, int8_t* file, int32_t size);

// Waits for all that was begun on the context's stream, and reports the first failure of it. Of an index, an id or a
// label outside, which only the GPU has seen, this and jb_read_... say what the CPU would have said; the data read is
// there all the same, and the error is reported once.
JB_API jb_status jb_cuda_synchronize(jb_ctx ctx);

// A CUDA graph: what is called between begin and end is not run but kept, to be run by each jb_cuda_graph_launch, with
// the same addresses, sizes and arrays of the host. Meanwhile jb_read_..., jb_write_... and jb_cuda_synchronize fail.
// Memory released before end goes with the graph; what the graph uses otherwise must live as long as it does.
JB_API jb_status jb_cuda_capture_begin(jb_ctx ctx);
JB_API jb_out jb_cuda_capture_end(jb_ctx ctx);  // the graph; null if that fails
// Where the sequences of a packed batch lie, from the next launch on: whatever was captured with cu_seqlens = captured
// [sequences + 1] runs with now [sequences + 1]; `captured` stays its name. The sequences may have any lengths, also
// none, but their number and their tokens together have to be the captured ones: these two, and never a length, decide
// on kernels and grids, so that the results have the bits of the same calls with `now`. A batch of fewer tokens is
// filled with a last sequence that nothing looks at.
JB_API jb_status jb_cuda_graph_set_sequences(jb_ctx ctx, jb_inout graph, const int32_t* captured, const int32_t* now,
                                             int64_t sequences);
// Runs it with offsets[i] added to the offset of all numbers and masks drawn with seeds[i] (i < n; every seed of the
// graph has to be there, at most 16), `steps` added to the step of every optimizer, and all learning rates times
// rate_factor. Offsets 0 and (0, 1) are what was captured.
JB_API jb_status jb_cuda_graph_launch(jb_ctx ctx, jb_inout graph, const int64_t* seeds, const int64_t* offsets,
                                      int64_t n, int64_t steps, float rate_factor);
JB_API void jb_cuda_graph_destroy(jb_ctx ctx, jb_inout graph);

// Time on the stream: event_record marks a place, event_elapsed waits for `end` and gives the milliseconds between.
JB_API jb_out jb_cuda_event_create(jb_ctx ctx);
JB_API void jb_cuda_event_destroy(jb_ctx ctx, jb_inout event);
JB_API jb_status jb_cuda_event_record(jb_ctx ctx, jb_inout event);
JB_API jb_status jb_cuda_event_elapsed(jb_ctx ctx, float* milliseconds, jb_in begin, jb_in end);

#ifdef __cplusplus
}
#endif

#endif
