// Contexts and the memory of their device.
#ifndef JAUBERT_CONTEXT_H
#define JAUBERT_CONTEXT_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// A context that computes with up to `threads` threads, the calling one included (0: as many as the process may use).
// Null if that fails. All contexts of a process share one pool of threads.
JB_API jb_ctx jb_context_create(int32_t threads);
JB_API void jb_context_destroy(jb_ctx ctx);

JB_API jb_status jb_set_threads(jb_ctx ctx, int32_t threads);
JB_API int32_t jb_get_threads(jb_ctx ctx);

// The instruction set that the kernels were chosen for, such as "avx512" or "avx2", and the BLAS behind the matrix
// products.
JB_API const char* jb_isa_name(void);
JB_API const char* jb_blas_name(void);
// 1 if the CPU multiplies matrices of bfloat16 faster than of float32, else 0.
JB_API int32_t jb_bfloat16_is_fast(void);

// Memory of the context's device, aligned to 64 bytes and not cleared; null if there is none left.
// Regions of 2 MiB and more are placed so that the system can back them with huge pages. On the CPU memory that was
// never written to takes address space only.
JB_API jb_out jb_allocate(jb_ctx ctx, int64_t bytes);
JB_API void jb_release(jb_ctx ctx, jb_inout memory, int64_t bytes);

// Part of such memory whose content is needed no more: it stays allocated, and holds anything when it is next read. A
// device that gives memory when it is first written to, as the CPU does, takes back whole pages of it.
JB_API jb_status jb_discard(jb_ctx ctx, jb_inout memory, int64_t bytes);

JB_API jb_status jb_fill_zero(jb_ctx ctx, jb_out y, int64_t bytes);
JB_API jb_status jb_copy(jb_ctx ctx, jb_out y, jb_in x, int64_t bytes);

// Between the device and an array of the host.
JB_API jb_status jb_read_floats(jb_ctx ctx, float* host, jb_in x, int64_t n);
JB_API jb_status jb_read_ints(jb_ctx ctx, int32_t* host, jb_in x, int64_t n);
JB_API jb_status jb_read_longs(jb_ctx ctx, int64_t* host, jb_in x, int64_t n);
JB_API jb_status jb_read_bytes(jb_ctx ctx, int8_t* host, jb_in x, int64_t n);
JB_API jb_status jb_write_floats(jb_ctx ctx, jb_out y, const float* host, int64_t n);
JB_API jb_status jb_write_ints(jb_ctx ctx, jb_out y, const int32_t* host, int64_t n);
JB_API jb_status jb_write_longs(jb_ctx ctx, jb_out y, const int64_t* host, int64_t n);
JB_API jb_status jb_write_bytes(jb_ctx ctx, jb_out y, const int8_t* host, int64_t n);

#ifdef __cplusplus
}
#endif

#endif
