// What every family of the C ABI shares: how memory, element types and failures are spelled.
//
// The contract of all functions in this folder, on every device:
//   * arguments come in the order context, outputs, inputs, sizes, options;
//   * where that would be more than about ten values, what forward and backward have in common stands in a struct
//   beside
//     them, the last argument. Each field has eight bytes: an address, an int64_t, or a double that holds a float32, an
//     int32 or a flag as the function's comment says. Null and 0 mean that a field is not used;
//   * tensors are row-major and contiguous; [T, H] means T rows of H elements;
//   * a jb_dtype behind the context is the type of the activations, and the function says which arguments those are;
//     parameters, statistics and gradients of parameters are float32 whatever it is. It is JB_F32 or JB_BF16, on a GPU
//     for attention and jb_rotary also JB_F16; other types are JB_UNSUPPORTED. Arithmetic is float32;
//   * a null output is one the caller does not want, a null optional input is one it does not have;
//   * nothing is allocated for the caller; scratch memory belongs to the context;
//   * a denormal number of float32 or bfloat16 (less than 2^-126, 1.18e-38) is 0 of its sign to whatever computes, a
//     conversion included, and no result is one; those of float16, which float32 has as normal ones, stay. What only
//     moves elements keeps their bits: copies, jb_where_forward, rows and elements picked by index. The caller's own
//     arithmetic is left as it was. Matrix units and cuBLAS have rules of their own: a product on a GPU may see
//     denormal operands, and give such results;
//   * every reduction has an order that depends on shapes alone, so a result has the same bits for any number of
//   threads;
//   * the return value is a jb_status, and jb_last_error() then says in words what was wrong.
#ifndef JAUBERT_COMMON_H
#define JAUBERT_COMMON_H

#include <stdint.h>

#if defined(__GNUC__)
#define JB_API __attribute__((visibility("default")))
#else
#define JB_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

// Device memory that a function writes, reads, or both. The element type is named beside each use.
typedef void* jb_out;
typedef const void* jb_in;
typedef void* jb_inout;

// What a call runs on: threads and scratch memory of a CPU, or the stream of a GPU.
typedef struct jb_context* jb_ctx;

typedef int32_t jb_status;
enum { JB_OK = 0, JB_INVALID_ARGUMENT = 1, JB_OUT_OF_MEMORY = 2, JB_UNSUPPORTED = 3, JB_DEVICE_ERROR = 4 };

typedef int32_t jb_dtype;
enum { JB_F32 = 0, JB_BF16 = 1, JB_F16 = 2, JB_I32 = 3, JB_I64 = 4, JB_BOOL = 5 };

// The words for the last failure on this thread; never null, empty if there was none.
JB_API const char* jb_last_error(void);

#ifdef __cplusplus
}
#endif

#endif
