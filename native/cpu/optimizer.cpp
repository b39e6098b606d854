// jb_global_norm, jb_adamw and jb_lamb.
#include "jaubert/optimizer.h"

#include "optimizer_blocks.h"
#include "support/kernel.h"
#include "support/row.h"

namespace jb::JB_ISA {
namespace {

float* address(int64_t pointer) { return reinterpret_cast<float*>(pointer); }

// The sum of the squares of term(c, lanes) over n elements, in double precision.
template <typename Term>
JB_INLINE double sum_of_squares(int64_t n, Term&& term) {
  vd lower[4] = {}, upper[4] = {};
  const auto add = [&](int k, int64_t c, auto lanes) {
    const vf x = lanes.or_zero(term(c, lanes));
    const vd low = lower_as_double(x), high = upper_as_double(x);
    lower[k] += low * low;
    upper[k] += high * high;
  };
  // Several running sums, added in a fixed order, hide the latency of an addition.
  int64_t c = 0;
  for (; c + 4 * kLanes <= n; c += 4 * kLanes) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) add(k, c + k * kLanes, AllLanes{});
  }
  for (; c + kLanes <= n; c += kLanes) add(0, c, AllLanes{});
  if (c < n) add(1, c, FirstLanes{n - c});
  return sum(((lower[0] + lower[1]) + (lower[2] + lower[3])) + ((upper[0] + upper[1]) + (upper[2] + upper[3])));
}

double sum_of_squares(const float* x, int64_t n) {
  return sum_of_squares(n, [&](int64_t c, auto lanes) { return lanes.load(x + c); });
}

// The numbers of one step, in the form the loops want them.
struct Step {
  float beta1, beta2;
  float rest1, rest2;  // 1 - beta1, 1 - beta2
  float eps;
  float gradient_scale;            // of clipping
  float inverse_correction1;       // 1 / (1 - beta1^step)
  float inverse_root_correction2;  // 1 / sqrt(1 - beta2^step)
};

struct Moments {
  vf m;
  vf v;
};

JB_INLINE Moments next_moments(const Step& s, vf g, vf m, vf v) {
  g = g * s.gradient_scale;
  return {fma(m, splat(s.beta1), g * s.rest1), fma(v, splat(s.beta2), g * g * s.rest2)};
}

// m / (1 - beta1^step) / (sqrt(v / (1 - beta2^step)) + eps) + weight_decay * w
JB_INLINE vf direction(const Step& s, Moments x, vf w, float weight_decay) {
  const vf root = fma(sqrt(x.v), splat(s.inverse_root_correction2), splat(s.eps));
  return fma(w, splat(weight_decay), x.m * s.inverse_correction1 / root);
}

// Where a parameter is written: and, if it has one, to its copy.
struct Parameter {
  float* w;
  BFloat16* copy;  // or null

  Parameter(const int64_t* parameters, const int64_t* copies, const TensorBlock& b)
      : w(address(parameters[b.tensor]) + b.begin),
        copy(copies == nullptr || copies[b.tensor] == 0 ? nullptr
                                                        : reinterpret_cast<BFloat16*>(copies[b.tensor]) + b.begin) {}

  // w[c] = next(c, lanes, w[c]) for n elements.
  template <typename Next>
  JB_INLINE void update(int64_t n, Next&& next) const {
    const auto each = [&](auto has_copy) {
      for_row(n, [&](int64_t c, auto lanes) {
        const vf x = next(c, lanes, lanes.load(w + c));
        lanes.store(w + c, x);
        if constexpr (has_copy) lanes.store(copy + c, x);
      });
    };
    if (copy == nullptr) return each(std::false_type{});
    each(std::true_type{});
  }
};

// Whether there is anything to do, and with which numbers.
bool make_step(const char* name, Step& s, const jb_adam_args& a) {
  check_optimizer_step(name, a);
  const float beta1 = float32(a.beta1), beta2 = float32(a.beta2), max_norm = float32(a.max_norm);
  s = {beta1, beta2, 1 - beta1, 1 - beta2, float32(a.eps), 1, 1, 1};
  if (a.bias_correction != 0) {
    const double count = static_cast<double>(a.step);
    s.inverse_correction1 = static_cast<float>(1 / (1 - std::pow(static_cast<double>(beta1), count)));
    s.inverse_root_correction2 = static_cast<float>(1 / std::sqrt(1 - std::pow(static_cast<double>(beta2), count)));
  }
  if (a.norm != nullptr) {
    const float length = floats(a.norm)[0];
    if (!std::isfinite(length)) return false;
    if (max_norm > 0) s.gradient_scale = std::min(1.0f, max_norm / (length + 1e-6f));
  }
  return true;
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_global_norm)
(jb_ctx ctx, jb_out norm, const int64_t* gradients, const int64_t* sizes, int64_t tensors) {
  return guard([&] {
    Scratch scratch;
    const TensorBlocks blocks(scratch, "global_norm", sizes, tensors);
    double* squares = scratch.take<double>(blocks.count());
    blocks.for_each(ctx, [&](const TensorBlock& b) {
      squares[b.number] = sum_of_squares(address(gradients[b.tensor]) + b.begin, b.size);
    });
    double total = 0;
    for (int64_t b = 0; b < blocks.count(); ++b) total += squares[b];
    floats(norm)[0] = static_cast<float>(std::sqrt(total));
  });
}

JB_KERNEL(jb_adamw)
(jb_ctx ctx, const int64_t* parameters, const int64_t* gradients, const int64_t* m, const int64_t* v,
 const int64_t* copies, const int64_t* sizes, const float* learning_rates, const float* weight_decays,
 const jb_adam_args* args) {
  return guard([&] {
    Scratch scratch;
    const jb_adam_args& a = given("adamw", args);
    const TensorBlocks blocks(scratch, "adamw", sizes, a.tensors);
    Step s;
    if (!make_step("adamw", s, a)) return;
    blocks.for_each(ctx, [&](const TensorBlock& b) {
      const Parameter parameter(parameters, copies, b);
      const float* g = address(gradients[b.tensor]) + b.begin;
      float* first = address(m[b.tensor]) + b.begin;
      float* second = address(v[b.tensor]) + b.begin;
      const float rate = learning_rates[b.tensor], decay = weight_decays[b.tensor];
      parameter.update(b.size, [&](int64_t c, auto lanes, vf weight) {
        const Moments x = next_moments(s, lanes.load(g + c), lanes.load(first + c), lanes.load(second + c));
        lanes.store(first + c, x.m);
        lanes.store(second + c, x.v);
        return fnma(splat(rate), direction(s, x, weight, decay), weight);
      });
    });
  });
}

JB_KERNEL(jb_lamb)
(jb_ctx ctx, const int64_t* parameters, const int64_t* gradients, const int64_t* m, const int64_t* v,
 const int64_t* copies, const int64_t* sizes, const float* learning_rates, const float* weight_decays,
 const jb_adam_args* args) {
  return guard([&] {
    Scratch scratch;
    const jb_adam_args& a = given("lamb", args);
    const TensorBlocks blocks(scratch, "lamb", sizes, a.tensors);
    Step s;
    if (!make_step("lamb", s, a)) return;
    // First the moments, and the squared lengths of weights and updates by blocks; the update itself is cheaper to
    // compute again than to keep.
    double* weight_squares = scratch.take<double>(blocks.count());
    double* update_squares = scratch.take<double>(blocks.count());
    blocks.for_each(ctx, [&](const TensorBlock& b) {
      const float* w = address(parameters[b.tensor]) + b.begin;
      const float* g = address(gradients[b.tensor]) + b.begin;
      float* first = address(m[b.tensor]) + b.begin;
      float* second = address(v[b.tensor]) + b.begin;
      update_squares[b.number] = sum_of_squares(b.size, [&](int64_t c, auto lanes) {
        const Moments x = next_moments(s, lanes.load(g + c), lanes.load(first + c), lanes.load(second + c));
        lanes.store(first + c, x.m);
        lanes.store(second + c, x.v);
        return direction(s, x, lanes.load(w + c), weight_decays[b.tensor]);
      });
      weight_squares[b.number] = sum_of_squares(w, b.size);
    });
    float* rates = scratch.take<float>(a.tensors);
    for (int64_t t = 0; t < a.tensors; ++t) {
      double weight_square = 0, update_square = 0;
      for (int64_t b = blocks.first(t); b < blocks.first(t + 1); ++b) {
        weight_square += weight_squares[b];
        update_square += update_squares[b];
      }
      const bool plain = weight_decays[t] == 0 || weight_square == 0 || update_square == 0;
      const double trust = plain ? 1.0 : std::sqrt(weight_square) / std::sqrt(update_square);
      rates[t] = static_cast<float>(static_cast<double>(learning_rates[t]) * trust);
    }
    blocks.for_each(ctx, [&](const TensorBlock& b) {
      const Parameter parameter(parameters, copies, b);
      const float* first = address(m[b.tensor]) + b.begin;
      const float* second = address(v[b.tensor]) + b.begin;
      parameter.update(b.size, [&](int64_t c, auto lanes, vf weight) {
        const vf update =
            direction(s, {lanes.load(first + c), lanes.load(second + c)}, weight, weight_decays[b.tensor]);
        return fnma(splat(rates[b.tensor]), update, weight);
      });
    });
  });
}
