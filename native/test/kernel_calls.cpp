// Fixed calls of the kernels, whose instructions cmake/InstructionCounts.cmake counts and compares with
// instructions.txt. Each call runs twice: once so that scratch memory and tables exist, then inside measured_call,
// where callgrind counts. Prints what it was built with, then the names of the calls in their order.
#include <gnu/libc-version.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <random>
#include <string>
#include <vector>

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

namespace {

jb_ctx ctx;
std::mt19937 generator(1);  // the same inputs always: some kernels do more for some numbers

void check(jb_status status) {
  if (status == JB_OK) return;
  std::fprintf(stderr, "kernel_calls: %s\n", jb_last_error());
  std::exit(1);
}

template <typename T>
T* memory(int64_t n) {
  void* const result = jb_allocate(ctx, n * static_cast<int64_t>(sizeof(T)));
  if (result == nullptr) check(JB_OUT_OF_MEMORY);
  check(jb_fill_zero(ctx, result, n * static_cast<int64_t>(sizeof(T))));
  return static_cast<T*>(result);
}

float* zeros(int64_t n) { return memory<float>(n); }

float* normal(int64_t n, float deviation = 1) {
  std::normal_distribution<float> distribution(0, deviation);
  float* const values = memory<float>(n);
  for (int64_t i = 0; i < n; ++i) values[i] = distribution(generator);
  return values;
}

int32_t* integers(int64_t n, int32_t bound) {
  int32_t* const values = memory<int32_t>(n);
  for (int64_t i = 0; i < n; ++i) values[i] = static_cast<int32_t>(generator() % static_cast<uint32_t>(bound));
  return values;
}

}  // namespace

// What callgrind looks for.
extern "C" __attribute__((noinline, noipa)) void measured_call(const std::function<jb_status()>& call) {
  check(call());
}

namespace {

void count(const std::string& name, const std::function<jb_status()>& call) {
  check(call());
  std::printf("%s\n", name.c_str());
  measured_call(call);
}

void matmul() {
  for (const auto& [m, n, k] : std::vector<std::array<int64_t, 3>>{{192, 200, 256}, {8, 8, 8}}) {
    const float *a = normal(m * k), *b = normal(k * n);
    float* c = zeros(m * n);
    const jb_matmul_args args{.m = m, .n = n, .k = k, .alpha = 1, .batch = 1};
    count("matmul_" + std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k),
          [=] { return jb_matmul(ctx, c, a, b, &args); });
  }
}

void linear() {
  constexpr int64_t in = 192, out = 384;
  const float *weight = normal(out * in, 0.1F), *bias = normal(out);
  for (const int64_t rows : {4, 133}) {
    const float *x = normal(rows * in), *dy = normal(rows * out);
    float *y = zeros(rows * out), *before = zeros(rows * out), *scratch = zeros(rows * out);
    float *dx = zeros(rows * in), *dweight = zeros(out * in), *dbias = zeros(out);
    const std::string suffix = "_rows" + std::to_string(rows);
    const jb_linear_args args{.weight = weight,
                              .bias = bias,
                              .preactivation = before,
                              .rows = rows,
                              .out = out,
                              .in = in,
                              .activation = JB_ACT_GELU};
    count("linear_gelu_forward" + suffix, [=] { return jb_linear_forward(ctx, JB_F32, y, x, &args); });
    count("linear_gelu_backward" + suffix,
          [=] { return jb_linear_backward(ctx, JB_F32, dx, dweight, dbias, scratch, dy, x, &args); });
  }
}

void attention() {
  constexpr int64_t heads = 2;
  struct Case {
    const char* name;
    std::vector<int32_t> starts;
    int64_t dim;
    float p;
  };
  const std::vector<Case> cases{{"d32_s128", {0, 128}, 32, 0},
                                {"d64_s128", {0, 128}, 64, 0},
                                {"d64_s256", {0, 256}, 64, 0},
                                {"d32_mixed", {0, 23, 40, 53, 105, 112, 150}, 32, 0},
                                {"d32_s128_dropout", {0, 128}, 32, 0.1F}};
  for (const auto& [name, starts, dim, p] : cases) {
    const int64_t tokens = starts.back(), n = tokens * heads * dim;
    const float *q = normal(n), *k = normal(n), *v = normal(n), *dout = normal(n);
    float *out = zeros(n), *lse = zeros(heads * tokens), *dq = zeros(n), *dk = zeros(n), *dv = zeros(n);
    const int32_t* const at = starts.data();
    const jb_attention_args args{.q = q,
                                 .k = k,
                                 .v = v,
                                 .lse = lse,
                                 .sequences = static_cast<int64_t>(starts.size()) - 1,
                                 .heads = heads,
                                 .head_dim = dim,
                                 .window = -1,
                                 .scale = 0.125F,
                                 .p = p,
                                 .seed = 1,
                                 .offset = 2};
    count(std::string("attention_forward_") + name, [=] { return jb_attention_forward(ctx, JB_F32, out, at, &args); });
    count(std::string("attention_backward_") + name,
          [=] { return jb_attention_backward(ctx, JB_F32, dq, dk, dv, dout, out, at, &args); });
  }
  constexpr int64_t tokens = 64, dim = 64;
  float* x = normal(tokens * heads * dim);
  const int32_t* positions = integers(tokens, 512);
  count("rotary", [=] { return jb_rotary(ctx, JB_F32, x, positions, tokens, heads, dim, 10000, 0); });
}

void normalization() {
  constexpr int64_t rows = 65, hidden = 388, n = rows * hidden;
  const float *x = normal(n), *residual = normal(n), *dy = normal(n);
  const float *bias = normal(hidden), *gamma = normal(hidden), *beta = normal(hidden);
  float *y = zeros(n), *sum = zeros(n), *mean = zeros(rows), *rstd = zeros(rows), *dx = zeros(n), *dresidual = zeros(n);
  float *dbias = zeros(hidden), *dgamma = zeros(hidden), *dbeta = zeros(hidden);
  constexpr float eps = 1e-12F, p = 0.1F;
  const jb_layernorm_args args{.gamma = gamma,
                               .beta = beta,
                               .mean = mean,
                               .rstd = rstd,
                               .rows = rows,
                               .hidden = hidden,
                               .eps = eps,
                               .residual = residual,
                               .bias = bias,
                               .p = p,
                               .seed = 1,
                               .offset = 2};
  count("layernorm_forward", [=] { return jb_layernorm_forward(ctx, JB_F32, y, x, &args); });
  count("layernorm_backward", [=] { return jb_layernorm_backward(ctx, JB_F32, dx, dgamma, dbeta, dy, x, &args); });
  count("add_dropout_layernorm_forward",
        [=] { return jb_add_dropout_layernorm_forward(ctx, JB_F32, y, sum, x, &args); });
  count("add_dropout_layernorm_backward", [=] {
    return jb_add_dropout_layernorm_backward(ctx, JB_F32, dx, dresidual, dbias, dgamma, dbeta, dy, sum, &args);
  });
  count("rmsnorm_forward", [=] { return jb_rmsnorm_forward(ctx, JB_F32, y, rstd, x, gamma, rows, hidden, eps); });
  count("rmsnorm_backward",
        [=] { return jb_rmsnorm_backward(ctx, JB_F32, dx, dgamma, dy, x, rstd, gamma, rows, hidden, 0); });
  constexpr int64_t words = 1000, places = 512;
  const float *word = normal(words * hidden), *position = normal(places * hidden), *type = normal(2 * hidden);
  const int32_t *ids = integers(rows, words), *at = integers(rows, places), *types = integers(rows, 2);
  const jb_embedding_args embedding{.word = word,
                                    .position = position,
                                    .type = type,
                                    .word_ids = ids,
                                    .position_ids = at,
                                    .type_ids = types,
                                    .gamma = gamma,
                                    .beta = beta,
                                    .mean = mean,
                                    .rstd = rstd,
                                    .tokens = rows,
                                    .hidden = hidden,
                                    .word_rows = words,
                                    .position_rows = places,
                                    .type_rows = 2,
                                    .eps = eps,
                                    .p = p,
                                    .seed = 1,
                                    .offset = 2};
  count("embedding_layernorm_forward", [=] { return jb_embedding_layernorm_forward(ctx, JB_F32, y, sum, &embedding); });
  count("embedding_layernorm_backward",
        [=] { return jb_embedding_layernorm_backward(ctx, JB_F32, dx, dgamma, dbeta, dy, sum, &embedding); });
  float* dword = zeros(words * hidden);
  count("index_rows", [=] { return jb_index_rows(ctx, JB_F32, y, word, ids, JB_I32, rows, words, hidden); });
  count("index_add_rows",
        [=] { return jb_index_add_rows(ctx, JB_F32, dword, dy, ids, JB_I32, rows, words, hidden, 1); });
}

void elementwise() {
  constexpr int64_t n = 20'003;
  const float *x = normal(n), *z = normal(n);
  float *y = zeros(n), *dx = zeros(n);
  const std::vector<std::pair<const char*, jb_unary_op>> unary{
      {"gelu", JB_GELU}, {"gelu_tanh", JB_GELU_TANH}, {"exp", JB_EXP}, {"tanh", JB_TANH}, {"affine", JB_AFFINE}};
  for (const auto& [name, op] : unary) {
    count(std::string(name) + "_forward", [=, op = op] { return jb_unary_forward(ctx, op, y, x, n, 2, 1); });
    count(std::string(name) + "_backward", [=, op = op] { return jb_unary_backward(ctx, op, dx, z, x, y, n, 2, 1); });
  }
  count("geglu_forward", [=] { return jb_geglu_forward(ctx, JB_F32, y, x, 50, 200); });
  count("geglu_backward", [=] { return jb_geglu_backward(ctx, JB_F32, dx, z, x, 50, 200); });
  static const int64_t shape[] = {100, 200}, whole[] = {200, 1}, row[] = {0, 1}, swapped[] = {1, 100};
  count("add", [=] { return jb_binary_forward(ctx, JB_ADD, JB_F32, y, x, z, 2, shape, whole, whole); });
  count("add_broadcast_row", [=] { return jb_binary_forward(ctx, JB_ADD, JB_F32, y, x, z, 2, shape, whole, row); });
  count("transpose", [=] { return jb_strided_copy(ctx, JB_F32, y, x, 2, shape, whole, swapped, 0); });
  count("accumulate", [=] { return jb_accumulate(ctx, JB_F32, y, x, n, 1); });
  auto* half = memory<uint16_t>(n);
  count("cast_to_bf16", [=] { return jb_cast(ctx, half, JB_BF16, x, JB_F32, n); });
  count("cast_from_bf16", [=] { return jb_cast(ctx, y, JB_F32, half, JB_BF16, n); });
  count("dropout", [=] { return jb_dropout(ctx, JB_F32, y, x, n, 0.1F, 1, 2); });
  count("random_normal", [=] { return jb_random_normal(ctx, y, n, 0, 1, 1, 2); });
}

void reductions() {
  constexpr int64_t rows = 100, columns = 203, n = rows * columns;
  const float *x = normal(n), *dy = normal(n);
  float *y = zeros(n), *dx = zeros(n);
  count("sum_last_axis", [=] { return jb_reduce_forward(ctx, JB_SUM, JB_F32, y, x, rows, columns, 1); });
  count("sum_first_axis", [=] { return jb_reduce_forward(ctx, JB_SUM, JB_F32, y, x, 1, rows, columns); });
  count("max_last_axis", [=] { return jb_reduce_forward(ctx, JB_MAX, JB_F32, y, x, rows, columns, 1); });
  count("softmax_forward", [=] { return jb_softmax_forward(ctx, y, x, rows, columns, 0); });
  count("softmax_backward", [=] { return jb_softmax_backward(ctx, dx, dy, y, rows, columns, 0); });
  static const int32_t starts[] = {0, 23, 40, 100};
  count("segment_mean_forward", [=] { return jb_segment_mean_forward(ctx, y, x, starts, 3, columns); });
  count("segment_mean_backward", [=] { return jb_segment_mean_backward(ctx, dx, dy, starts, 3, columns); });
}

void training() {
  constexpr int64_t rows = 3, classes = 30'522;
  const float* logits = normal(rows * classes);
  const int32_t* labels = integers(rows, classes);
  float *loss = zeros(1), *lse = zeros(rows), *total = zeros(1), *dlogits = zeros(rows * classes), *dloss = normal(1);
  const jb_cross_entropy_args entropy{
      .labels = labels, .lse = lse, .total = total, .rows = rows, .classes = classes, .ignore_index = -100};
  count("cross_entropy_forward", [=] { return jb_cross_entropy_forward(ctx, JB_F32, loss, logits, &entropy); });
  count("cross_entropy_backward",
        [=] { return jb_cross_entropy_backward(ctx, JB_F32, dlogits, dloss, logits, &entropy); });
  static const int64_t sizes[] = {20'000, 768, 30'003};
  static int64_t parameters[3], gradients[3], means[3], squares[3];
  static const float rates[] = {1e-3F, 1e-3F, 1e-3F}, decays[] = {0.01F, 0, 0.01F};
  for (int i = 0; i < 3; ++i) {
    parameters[i] = reinterpret_cast<int64_t>(normal(sizes[i]));
    gradients[i] = reinterpret_cast<int64_t>(normal(sizes[i]));
    means[i] = reinterpret_cast<int64_t>(zeros(sizes[i]));
    squares[i] = reinterpret_cast<int64_t>(zeros(sizes[i]));
  }
  float* norm = zeros(1);
  count("global_norm", [=] { return jb_global_norm(ctx, norm, gradients, sizes, 3); });
  jb_adam_args adam{.tensors = 3,
                    .norm = norm,
                    .max_norm = 1,
                    .beta1 = 0.9F,
                    .beta2 = 0.999F,
                    .eps = 1e-8F,
                    .step = 1,
                    .bias_correction = 1};
  count("adamw",
        [=] { return jb_adamw(ctx, parameters, gradients, means, squares, nullptr, sizes, rates, decays, &adam); });
  adam.step = 2;
  count("lamb",
        [=] { return jb_lamb(ctx, parameters, gradients, means, squares, nullptr, sizes, rates, decays, &adam); });
}

}  // namespace

int main() {
  ctx = jb_context_create(1);
  if (ctx == nullptr) check(JB_UNSUPPORTED);
  std::printf("g++ %d.%d.%d, glibc %s, %s\n", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__, gnu_get_libc_version(),
              jb_isa_name());
  matmul();
  linear();
  attention();
  normalization();
  elementwise();
  reductions();
  training();
  jb_context_destroy(ctx);
  return 0;
}
