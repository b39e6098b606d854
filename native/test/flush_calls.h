// Calls of every kernel that computes with float32, for tests that none of them sees a denormal number or gives one.
//
// A call has the same results, to the bit, where its denormal inputs are 0 of their sign, and none of the results is
// denormal. The inputs are full of such numbers, and of normal ones whose products and quotients are.
#ifndef JAUBERT_TEST_FLUSH_CALLS_H
#define JAUBERT_TEST_FLUSH_CALLS_H

#include <bit>
#include <functional>

#include "jaubert/activation.h"
#include "jaubert/attention.h"
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
#include "test.h"

namespace test {

inline bool is_denormal(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return (bits & 0x7f800000) == 0 && (bits & 0x007fffff) != 0;
}
inline float flushed(float x) {
  return is_denormal(x) ? std::bit_cast<float>(std::bit_cast<uint32_t>(x) & 0x80000000) : x;
}

// Numbers of every size: denormal ones, zeros, the smallest normal ones, some whose products are denormal, and others.
inline std::vector<float> numbers_of_all_sizes(int64_t n) {
  constexpr int64_t kMost = 4099;  // a prime; behind so many they begin again
  const int64_t drawn = std::min(n, kMost);
  std::vector<float> x = normal(drawn);
  const std::vector<int32_t> kind = integers(drawn, 0, 10), exponent = integers(drawn, -80, -50);
  const std::vector<int32_t> places = integers(drawn, 1, 0x800000);
  for (size_t i = 0; i < x.size(); ++i) {
    const float sign = x[i] < 0 ? -1.0f : 1.0f;
    if (kind[i] < 3) {
      const uint32_t bits = static_cast<uint32_t>(places[i]) >> integers(1, 0, 23)[0];
      x[i] = std::bit_cast<float>(std::max(bits, 1u) | (x[i] < 0 ? 0x80000000 : 0));
    } else if (kind[i] == 3) {
      x[i] = 0 * sign;
    } else if (kind[i] == 4) {
      x[i] = 0x1p-126f * sign;
    } else if (kind[i] == 5) {
      x[i] *= 20;
    } else if (kind[i] < 8) {
      x[i] = std::ldexp(x[i], exponent[i]);
    }
  }
  x.reserve(static_cast<size_t>(n));
  for (int64_t i = drawn; i < n; ++i) x.push_back(x[static_cast<size_t>(i - kMost)]);
  return x;
}

// What a call is made with, on its device.
struct FlushArrays {
  float* y[8];
  const float* x[8];
  const int32_t* ids[2];
};

struct FlushCall {
  std::string name;
  std::vector<int64_t> inputs;   // sizes
  std::vector<int64_t> results;  // sizes; cleared before the call
  std::function<jb_status(jb_ctx, const FlushArrays&)> call;
  std::vector<std::vector<int32_t>> ids = {};
  bool floats = true;  // whether the results are
};

// The results, all in one.
inline std::vector<float> results_of(jb_ctx ctx, const FlushCall& c, const std::vector<std::vector<float>>& inputs) {
  FlushArrays arrays{};
  std::vector<std::pair<void*, int64_t>> memory;
  const auto allocate = [&](int64_t n) {
    memory.emplace_back(jb_allocate(ctx, 4 * n), 4 * n);
    if (memory.back().first == nullptr) throw Failure(jb_last_error());
    return memory.back().first;
  };
  const auto require = [&](jb_status status) {
    if (status != JB_OK) throw Failure(c.name + ": " + jb_last_error());
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    auto* x = static_cast<float*>(allocate(c.inputs[i]));
    require(jb_write_floats(ctx, x, inputs[i].data(), c.inputs[i]));
    arrays.x[i] = x;
  }
  for (size_t i = 0; i < c.ids.size(); ++i) {
    const auto n = static_cast<int64_t>(c.ids[i].size());
    auto* ids = static_cast<int32_t*>(allocate(n));
    require(jb_write_ints(ctx, ids, c.ids[i].data(), n));
    arrays.ids[i] = ids;
  }
  for (size_t i = 0; i < c.results.size(); ++i) {
    arrays.y[i] = static_cast<float*>(allocate(c.results[i]));
    require(jb_fill_zero(ctx, arrays.y[i], 4 * c.results[i]));
  }
  require(c.call(ctx, arrays));
  std::vector<float> all;
  for (size_t i = 0; i < c.results.size(); ++i) {
    std::vector<float> y(static_cast<size_t>(c.results[i]));
    require(jb_read_floats(ctx, y.data(), arrays.y[i], c.results[i]));
    all.insert(all.end(), y.begin(), y.end());
  }
  for (const auto& [address, bytes] : memory) jb_release(ctx, address, bytes);
  return all;
}

inline std::vector<std::vector<float>> inputs_of(const FlushCall& c) {
  std::vector<std::vector<float>> inputs;
  for (int64_t n : c.inputs) inputs.push_back(numbers_of_all_sizes(n));
  return inputs;
}

inline void expect_same_results(const FlushCall& c, const std::string& with, const std::vector<float>& a,
                                const std::vector<float>& b) {
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(float)) != 0) {
      fail(__FILE__, __LINE__, c.name, ", result ", i, ": ", a[i], ", and ", b[i], " ", with);
    }
  }
}

// The call flushes on this device; gives its results.
inline std::vector<float> expect_flushes(jb_ctx ctx, const FlushCall& c,
                                         const std::vector<std::vector<float>>& inputs) {
  const std::vector<float> results = results_of(ctx, c, inputs);
  std::vector<std::vector<float>> zeros = inputs;
  for (std::vector<float>& x : zeros) {
    for (float& value : x) value = flushed(value);
  }
  expect_same_results(c, "of inputs without denormal numbers", results, results_of(ctx, c, zeros));
  for (size_t i = 0; c.floats && i < results.size(); ++i) {
    if (is_denormal(results[i])) fail(__FILE__, __LINE__, c.name, ", result ", i, " is ", results[i]);
  }
  return results;
}

// ---- One value from one or two --------------------------------------------------------------------------------------

inline void add_elementwise_calls(std::vector<FlushCall>& calls, int64_t n) {
  struct Unary {
    jb_unary_op op;
    float alpha, beta;
  };
  constexpr float kDenormal = 1e-40f;
  std::vector<Unary> all = {{JB_AFFINE, 1e-20f, 0},
                            {JB_AFFINE, -1, 0},
                            {JB_POW, 1, 0},
                            {JB_POW, 2, 0},
                            {JB_POW, 3, 0},
                            {JB_POW, -1, 0},
                            {JB_POW, 0.5f, 0},
                            {JB_POW, 1.5f, 0},
                            {JB_CLAMP, -1, 1},
                            {JB_CLAMP, kDenormal, 1},
                            {JB_CLAMP, -1, -kDenormal},
                            {JB_DIVIDE, 3, 0},
                            {JB_DIVIDE, 1e20f, 0},
                            {JB_DIVIDE, kDenormal, 0}};
  for (jb_unary_op op = JB_ABS; op < JB_DIVIDE; ++op) all.push_back({op, 0, 0});
  for (const auto [op, alpha, beta] : all) {
    const std::string name = "unary " + std::to_string(op) + " with " + std::to_string(alpha);
    calls.push_back({name, {n}, {n}, [=](jb_ctx ctx, const FlushArrays& a) {
                       return jb_unary_forward(ctx, op, a.y[0], a.x[0], n, alpha, beta);
                     }});
    calls.push_back({name + " backward", {n, n, n}, {n}, [=](jb_ctx ctx, const FlushArrays& a) {
                       return jb_unary_backward(ctx, op, a.y[0], a.x[0], a.x[1], a.x[2], n, alpha, beta);
                     }});
  }
  // [rows, 3] with a row, and with its transpose.
  const int64_t rows = n / 3;
  for (jb_binary_op op = JB_ADD; op <= JB_GE; ++op) {
    for (int form = 0; form < 3; ++form) {
      calls.push_back({"binary " + std::to_string(op),
                       {3 * rows, 3 * rows},
                       {3 * rows},
                       [=](jb_ctx ctx, const FlushArrays& a) {
                         const int64_t shape[] = {rows, 3}, plain[] = {3, 1}, row[] = {0, 1}, turned[] = {1, rows};
                         return jb_binary_forward(ctx, op, JB_F32, a.y[0], a.x[0], a.x[1], 2, shape, plain,
                                                  form == 0   ? plain
                                                  : form == 1 ? row
                                                              : turned);
                       },
                       {},
                       op < JB_EQ});
    }
  }
  calls.push_back({"accumulate", {n, n}, {n}, [=](jb_ctx ctx, const FlushArrays& a) {
                     const jb_status copied = jb_copy(ctx, a.y[0], a.x[0], 4 * n);
                     return copied != JB_OK ? copied : jb_accumulate(ctx, JB_F32, a.y[0], a.x[1], n, 0.75f);
                   }});
  calls.push_back({"strided accumulate", {3 * rows, 3 * rows}, {3 * rows}, [=](jb_ctx ctx, const FlushArrays& a) {
                     const int64_t shape[] = {rows, 3}, plain[] = {3, 1}, turned[] = {1, rows};
                     const jb_status copied = jb_copy(ctx, a.y[0], a.x[0], 12 * rows);
                     return copied != JB_OK ? copied
                                            : jb_strided_copy(ctx, JB_F32, a.y[0], a.x[1], 2, shape, plain, turned, 1);
                   }});
  for (jb_dtype to = JB_F32; to <= JB_BOOL; ++to) {
    calls.push_back({"cast to " + std::to_string(to),
                     {n},
                     {2 * n},
                     [=](jb_ctx ctx, const FlushArrays& a) { return jb_cast(ctx, a.y[0], to, a.x[0], JB_F32, n); },
                     {},
                     to == JB_F32});
  }
  calls.push_back({"fill and arange", {}, {n, n}, [=](jb_ctx ctx, const FlushArrays& a) {
                     const jb_status filled = jb_fill(ctx, JB_F32, a.y[0], n, 1e-40);
                     return filled != JB_OK ? filled : jb_arange(ctx, JB_F32, a.y[1], n, -1e-40, 1e-42);
                   }});
  calls.push_back({"dropout", {n}, {n, n}, [=](jb_ctx ctx, const FlushArrays& a) {
                     const jb_status kept = jb_dropout(ctx, JB_F32, a.y[0], a.x[0], n, 0, 5, 0);
                     return kept != JB_OK ? kept : jb_dropout(ctx, JB_F32, a.y[1], a.x[0], n, 0.3f, 5, 0);
                   }});
  calls.push_back({"random numbers", {}, {n, n, n}, [=](jb_ctx ctx, const FlushArrays& a) {
                     jb_status status = jb_random_uniform(ctx, a.y[0], n, 0, 0x1p-125f, 5, 0);
                     if (status == JB_OK) status = jb_random_uniform(ctx, a.y[1], n, -1e-40f, 0x1p-126f, 5, 0);
                     return status != JB_OK ? status : jb_random_normal(ctx, a.y[2], n, 0, 0x1p-125f, 5, 0);
                   }});
}

// ---- Rows -----------------------------------------------------------------------------------------------------------

inline void add_row_calls(std::vector<FlushCall>& calls, int64_t rows, int64_t width) {
  const int64_t n = rows * width;
  const std::vector<int32_t> labels = integers(rows, 0, width), ids = integers(rows, 0, 7);
  const auto both = [](jb_status first, const std::function<jb_status()>& second) {
    return first != JB_OK ? first : second();
  };
  for (jb_reduce_op op = JB_SUM; op <= JB_ARGMIN; ++op) {
    for (int form = 0; form < 3; ++form) {  // along rows, along columns, and along a middle axis
      calls.push_back({"reduce " + std::to_string(op),
                       {n},
                       {2 * n},
                       [=](jb_ctx ctx, const FlushArrays& a) {
                         const int64_t outer = form == 0 ? rows : form == 1 ? 1 : rows / 5;
                         const int64_t axis = form == 0 ? width : form == 1 ? rows : 5;
                         return jb_reduce_forward(ctx, op, JB_F32, a.y[0], a.x[0], outer, axis, form == 0 ? 1 : width);
                       },
                       {},
                       op < JB_ARGMAX});
    }
  }
  for (int32_t log : {0, 1}) {
    calls.push_back({log != 0 ? "log softmax" : "softmax", {n, n}, {n, n}, [=](jb_ctx ctx, const FlushArrays& a) {
                       return both(jb_softmax_forward(ctx, a.y[0], a.x[0], rows, width, log),
                                   [&] { return jb_softmax_backward(ctx, a.y[1], a.x[1], a.y[0], rows, width, log); });
                     }});
  }
  calls.push_back(
      {"layernorm", {n, width, width, n}, {n, rows, rows, n, width, width}, [=](jb_ctx ctx, const FlushArrays& a) {
         const jb_layernorm_args args{.gamma = a.x[1],
                                      .beta = a.x[2],
                                      .mean = a.y[1],
                                      .rstd = a.y[2],
                                      .rows = rows,
                                      .hidden = width,
                                      .eps = 1e-12f};
         return both(jb_layernorm_forward(ctx, JB_F32, a.y[0], a.x[0], &args),
                     [&] { return jb_layernorm_backward(ctx, JB_F32, a.y[3], a.y[4], a.y[5], a.x[3], a.x[0], &args); });
       }});
  calls.push_back(
      {"rmsnorm", {n, width, n}, {n, rows, n, width}, [=](jb_ctx ctx, const FlushArrays& a) {
         return both(jb_rmsnorm_forward(ctx, JB_F32, a.y[0], a.y[1], a.x[0], a.x[1], rows, width, 1e-12f), [&] {
           return jb_rmsnorm_backward(ctx, JB_F32, a.y[2], a.y[3], a.x[2], a.x[0], a.y[1], a.x[1], rows, width, 0);
         });
       }});
  calls.push_back({"dropout with layernorm",
                   {n, n, width, width, width, n},
                   {n, n, rows, rows, n, n, width, width},
                   [=](jb_ctx ctx, const FlushArrays& a) {
                     const jb_layernorm_args args{.gamma = a.x[3],
                                                  .beta = a.x[4],
                                                  .mean = a.y[2],
                                                  .rstd = a.y[3],
                                                  .rows = rows,
                                                  .hidden = width,
                                                  .eps = 1e-12f,
                                                  .residual = a.x[1],
                                                  .bias = a.x[2],
                                                  .p = 0.1f,
                                                  .seed = 3};
                     return both(jb_add_dropout_layernorm_forward(ctx, JB_F32, a.y[0], a.y[1], a.x[0], &args), [&] {
                       return jb_add_dropout_layernorm_backward(ctx, JB_F32, a.y[4], a.y[5], nullptr, a.y[6], a.y[7],
                                                                a.x[5], a.y[1], &args);
                     });
                   }});
  calls.push_back({"embedding",
                   {7 * width, 7 * width, width, width, n},
                   {n, n, rows, rows, n, width, width},
                   [=](jb_ctx ctx, const FlushArrays& a) {
                     const jb_embedding_args args{.word = a.x[0],
                                                  .position = a.x[1],
                                                  .word_ids = a.ids[0],
                                                  .position_ids = a.ids[0],
                                                  .gamma = a.x[2],
                                                  .beta = a.x[3],
                                                  .mean = a.y[2],
                                                  .rstd = a.y[3],
                                                  .tokens = rows,
                                                  .hidden = width,
                                                  .word_rows = 7,
                                                  .position_rows = 7,
                                                  .eps = 1e-12f,
                                                  .seed = 3};
                     return both(jb_embedding_layernorm_forward(ctx, JB_F32, a.y[0], a.y[1], &args), [&] {
                       return jb_embedding_layernorm_backward(ctx, JB_F32, a.y[4], a.y[5], a.y[6], a.x[4], a.y[1],
                                                              &args);
                     });
                   },
                   {ids}});
  calls.push_back({"index_add_rows",
                   {n},
                   {7 * width},
                   [=](jb_ctx ctx, const FlushArrays& a) {
                     return jb_index_add_rows(ctx, JB_F32, a.y[0], a.x[0], a.ids[0], JB_I32, rows, 7, width, 0);
                   },
                   {ids}});
  calls.push_back({"take_along_rows backward",
                   {rows},
                   {n},
                   [=](jb_ctx ctx, const FlushArrays& a) {
                     return jb_take_along_rows_backward(ctx, a.y[0], a.x[0], a.ids[0], JB_I32, rows, width, 1);
                   },
                   {labels}});
  calls.push_back({"segment mean", {n, 3 * width}, {3 * width, n}, [=](jb_ctx ctx, const FlushArrays& a) {
                     const int32_t ends[] = {0, 1, 1, static_cast<int32_t>(rows)};
                     return both(jb_segment_mean_forward(ctx, a.y[0], a.x[0], ends, 3, width),
                                 [&] { return jb_segment_mean_backward(ctx, a.y[1], a.x[1], ends, 3, width); });
                   }});
  calls.push_back({"cross entropy",
                   {n, 1},
                   {1, rows, 1, n},
                   [=](jb_ctx ctx, const FlushArrays& a) {
                     const jb_cross_entropy_args args{.labels = a.ids[0],
                                                      .lse = a.y[1],
                                                      .total = a.y[2],
                                                      .rows = rows,
                                                      .classes = width,
                                                      .ignore_index = -100,
                                                      .label_smoothing = 0.1f};
                     return both(jb_cross_entropy_forward(ctx, JB_F32, a.y[0], a.x[0], &args),
                                 [&] { return jb_cross_entropy_backward(ctx, JB_F32, a.y[3], a.x[1], a.x[0], &args); });
                   },
                   {labels}});
  calls.push_back({"geglu", {2 * n, n}, {n, 2 * n}, [=](jb_ctx ctx, const FlushArrays& a) {
                     return both(jb_geglu_forward(ctx, JB_F32, a.y[0], a.x[0], rows, width),
                                 [&] { return jb_geglu_backward(ctx, JB_F32, a.y[1], a.x[1], a.x[0], rows, width); });
                   }});
}

// ---- Attention, rotary embedding and optimizers ---------------------------------------------------------------------

inline void add_model_calls(std::vector<FlushCall>& calls, int64_t tokens) {
  constexpr int64_t kHeads = 2, kDim = 14;
  const int64_t n = tokens * kHeads * kDim;
  calls.push_back({"attention", {n, n, n, n}, {n, kHeads * tokens, n, n, n}, [=](jb_ctx ctx, const FlushArrays& a) {
                     const int32_t ends[] = {0, 1, static_cast<int32_t>(tokens)};
                     const jb_attention_args args{.q = a.x[0],
                                                  .k = a.x[1],
                                                  .v = a.x[2],
                                                  .lse = a.y[1],
                                                  .sequences = 2,
                                                  .heads = kHeads,
                                                  .head_dim = kDim,
                                                  .window = -1,
                                                  .scale = 0.25f,
                                                  .p = 0.1f,
                                                  .seed = 3};
                     const jb_status status = jb_attention_forward(ctx, JB_F32, a.y[0], ends, &args);
                     if (status != JB_OK) return status;
                     return jb_attention_backward(ctx, JB_F32, a.y[2], a.y[3], a.y[4], a.x[3], a.y[0], ends, &args);
                   }});
  calls.push_back({"rotary",
                   {n},
                   {n},
                   [=](jb_ctx ctx, const FlushArrays& a) {
                     const jb_status copied = jb_copy(ctx, a.y[0], a.x[0], 4 * n);
                     return copied != JB_OK ? copied
                                            : jb_rotary(ctx, JB_F32, a.y[0], a.ids[0], tokens, kHeads, kDim, 10000, 0);
                   },
                   {integers(tokens, 0, 100)}});
  calls.push_back({"global norm", {n}, {1}, [=](jb_ctx ctx, const FlushArrays& a) {
                     const int64_t gradient[] = {reinterpret_cast<int64_t>(a.x[0])};
                     return jb_global_norm(ctx, a.y[0], gradient, &n, 1);
                   }});
  for (const auto step : {jb_adamw, jb_lamb}) {
    // v in the place of a square: its root is taken.
    calls.push_back(
        {step == jb_adamw ? "adamw" : "lamb", {n, n, n, n}, {n, n, n}, [=](jb_ctx ctx, const FlushArrays& a) {
           for (int i = 0; i < 2; ++i) {
             const jb_status copied = jb_copy(ctx, a.y[i], a.x[i], 4 * n);
             if (copied != JB_OK) return copied;
           }
           const jb_status squared = jb_unary_forward(ctx, JB_ABS, a.y[2], a.x[2], n, 0, 0);
           if (squared != JB_OK) return squared;
           int64_t at[4];
           for (int i = 0; i < 3; ++i) at[i] = reinterpret_cast<int64_t>(a.y[i]);
           at[3] = reinterpret_cast<int64_t>(a.x[3]);
           const float rate = 1e-3f, decay = 0.01f;
           const jb_adam_args args{
               .tensors = 1, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .step = 3, .bias_correction = 1};
           return step(ctx, &at[0], &at[3], &at[1], &at[2], nullptr, &n, &rate, &decay, &args);
         }});
  }
}

// ---- Matrix products: ours on the CPU; those of a GPU are cuBLAS's --------------------------------------------------

inline void add_product_calls(std::vector<FlushCall>& calls, int64_t m, int64_t n, int64_t k) {
  for (int32_t turned : {0, 1}) {
    calls.push_back({"matmul", {m * k, k * n, m * n}, {m * n}, [=](jb_ctx ctx, const FlushArrays& a) {
                       const jb_status copied = jb_copy(ctx, a.y[0], a.x[2], 4 * m * n);
                       const jb_matmul_args args{.transpose_a = turned,
                                                 .transpose_b = turned,
                                                 .m = m,
                                                 .n = n,
                                                 .k = k,
                                                 .alpha = 0.5f,
                                                 .beta = 0.75f,
                                                 .batch = 1};
                       return copied != JB_OK ? copied : jb_matmul(ctx, a.y[0], a.x[0], a.x[1], &args);
                     }});
  }
  for (jb_activation act = JB_NO_ACTIVATION; act <= JB_ACT_TANH; ++act) {
    calls.push_back({"linear with activation " + std::to_string(act),
                     {m * k, n * k, n, m * n},
                     {m * n, m * n, m * k, n * k, n, m * n},
                     [=](jb_ctx ctx, const FlushArrays& a) {
                       jb_linear_args args{.weight = a.x[1],
                                           .bias = a.x[2],
                                           .preactivation = a.y[1],
                                           .rows = m,
                                           .out = n,
                                           .in = k,
                                           .activation = act};
                       const jb_status status = jb_linear_forward(ctx, JB_F32, a.y[0], a.x[0], &args);
                       if (status != JB_OK) return status;
                       if (act == JB_ACT_TANH) args.preactivation = a.y[0];
                       return jb_linear_backward(ctx, JB_F32, a.y[2], a.y[3], a.y[4], a.y[5], a.x[3], a.x[0], &args);
                     }});
  }
}

}  // namespace test

#endif
