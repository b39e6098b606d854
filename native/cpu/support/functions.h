// The functions of the C ABI that take a context, each named once: what runs on another device than the CPU.
//
// A context begins with the address of its device's functions. The exported function looks there first, so callers bind
// to one library, libjaubert_cpu, whatever the device; see dispatch.h.
#ifndef JAUBERT_CPU_SUPPORT_FUNCTIONS_H
#define JAUBERT_CPU_SUPPORT_FUNCTIONS_H

#include "jaubert/activation.h"
#include "jaubert/attention.h"
#include "jaubert/context.h"
#include "jaubert/dropout.h"
#include "jaubert/elementwise.h"
#include "jaubert/embedding.h"
#include "jaubert/index.h"
#include "jaubert/linear.h"
#include "jaubert/loss.h"
#include "jaubert/matmul.h"
#include "jaubert/norm.h"
#include "jaubert/optimizer.h"
#include "jaubert/random.h"
#include "jaubert/reduce.h"
#include "jaubert/softmax.h"

// Of context.h: compiled once for the CPU.
// clang-format off
#define JB_CONTEXT_FUNCTIONS(X) \
  X(jb_context_destroy) X(jb_set_threads) X(jb_get_threads) X(jb_allocate) X(jb_release) X(jb_discard) \
  X(jb_fill_zero) X(jb_copy) \
  X(jb_read_floats) X(jb_read_ints) X(jb_read_longs) X(jb_read_bytes) \
  X(jb_write_floats) X(jb_write_ints) X(jb_write_longs) X(jb_write_bytes)

// Kernels: compiled for the CPU once for each instruction set.
#define JB_KERNEL_FUNCTIONS(X) \
  X(jb_unary_forward) X(jb_unary_backward) X(jb_binary_forward) X(jb_where_forward) X(jb_cast) X(jb_strided_copy) X(jb_fill) X(jb_arange) X(jb_accumulate) \
  X(jb_reduce_forward) \
  X(jb_softmax_forward) X(jb_softmax_backward) \
  X(jb_matmul) \
  X(jb_linear_forward) X(jb_linear_backward) \
  X(jb_index_rows) X(jb_index_add_rows) X(jb_take_along_rows) X(jb_take_along_rows_backward) X(jb_segment_mean_forward) X(jb_segment_mean_backward) \
  X(jb_layernorm_forward) X(jb_layernorm_backward) X(jb_add_dropout_layernorm_forward) X(jb_add_dropout_layernorm_backward) X(jb_rmsnorm_forward) X(jb_rmsnorm_backward) \
  X(jb_embedding_layernorm_forward) X(jb_embedding_layernorm_backward) \
  X(jb_attention_forward) X(jb_attention_backward) X(jb_rotary) \
  X(jb_geglu_forward) X(jb_geglu_backward) \
  X(jb_cross_entropy_forward) X(jb_cross_entropy_backward) \
  X(jb_random_uniform) X(jb_random_normal) \
  X(jb_dropout) \
  X(jb_global_norm) X(jb_adamw) X(jb_lamb)
// clang-format on

namespace jb {

struct DeviceFunctions {
#define JB_MEMBER(function) decltype(&::function) function;
  JB_CONTEXT_FUNCTIONS(JB_MEMBER)
  JB_KERNEL_FUNCTIONS(JB_MEMBER)
#undef JB_MEMBER
};

}  // namespace jb

// What every context begins with. Null: the CPU.
struct jb_context {
  const jb::DeviceFunctions* device;
};

#endif
