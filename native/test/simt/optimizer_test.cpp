// kernels/optimizer under the emulator.
#include "optimizer/adamw.cuh"
#include "simt/check.h"

namespace {

using simt::Buffer;

template <typename G>
struct Tensor {
  std::vector<G> g0;
  std::vector<float> w0, m0, v0;
  Buffer<float> w, m, v;
  Buffer<G> g;
  Buffer<jb::bf16> copy;
  float rate, decay;

  Tensor(int64_t size, float learning_rate, float weight_decay)
      : g0(simt::normal<G>(size)),
        w0(test::normal(size)),
        m0(test::normal(size)),
        v0(test::uniform(size, 0.1f, 2)),
        w("w", w0),
        m("m", m0),
        v("v", v0),
        g("g", g0),
        copy("copy", w0.size()),
        rate(learning_rate),
        decay(weight_decay) {}
};

constexpr int64_t kSizes[] = {1, 0, 3, 64, 4096, 4097, 13001};

template <typename G>
void check(float max_norm, bool bias_correction, bool poisoned) {
  const float beta1 = 0.9f, beta2 = 0.99f, eps = 1e-6f, scale = 0.25f;
  const int64_t step_number = test::integers<int64_t>(1, 1, 50)[0];
  simt::for_each_order(test::random()(), [&] {
    std::vector<std::unique_ptr<Tensor<G>>> all;
    std::vector<jb::OptimizerTensor<G>> tensors;
    std::vector<jb::OptimizerChunk> chunks;
    double squares = 0;
    for (int64_t size : kSizes) {
      const auto number = static_cast<int32_t>(all.size());
      auto t = std::make_unique<Tensor<G>>(size, 0.01f * static_cast<float>(number + 1), number % 2 == 0 ? 0.1f : 0);
      if (poisoned && size == 4097) t->g.data()[4096] = t->g0[4096] = jb::from_float<G>(INFINITY);
      for (double g : simt::doubles(t->g0)) squares += g * g;
      tensors.push_back({t->w.data(), t->g.data(), t->m.data(), t->v.data(), number == 3 ? nullptr : t->copy.data(),
                         size, t->rate, t->decay});
      for (int32_t i = 0; i * jb::kOptimizerChunk < size; ++i) chunks.push_back({number, i});
      all.push_back(std::move(t));
    }
    Buffer<jb::OptimizerTensor<G>> btensors("tensors", tensors);
    Buffer<jb::OptimizerChunk> bchunks("chunks", chunks);
    Buffer<double> sums("sums", chunks.size());
    Buffer<jb::AdamwStep> step("step", 1);
    Buffer<float> norm("norm", 1), rate_scale("rate scale", std::vector<float>{scale});
    Buffer<int64_t> added("added steps", std::vector<int64_t>{step_number - 1});
    const jb::AdamwSettings settings{beta1, beta2, eps, max_norm, 1, added.data(), rate_scale.data(), bias_correction};
    const auto blocks = static_cast<unsigned>(chunks.size());
    SIMT_LAUNCH(jb::gradient_squares<G>, ({blocks, jb::kOptimizerThreads}), sums.data(), btensors.data(),
                bchunks.data());
    SIMT_LAUNCH(jb::global_norm<jb::kNormThreads>, ({1, jb::kNormThreads}), norm.data(), sums.data(),
                static_cast<int>(blocks));
    SIMT_LAUNCH(jb::adamw_prepare<1>, ({1, 1}), step.data(), norm.data(), settings);
    SIMT_LAUNCH(jb::adamw_update<G>, ({blocks, jb::kOptimizerThreads}), btensors.data(), bchunks.data(), step.data(),
                settings);
    if (poisoned) {
      EXPECT(!std::isfinite(norm.values()[0]));
      for (const auto& t : all) {
        EXPECT_SAME_BITS(t->w.values(), t->w0);
        EXPECT_SAME_BITS(t->m.values(), t->m0);
        EXPECT_SAME_BITS(t->v.values(), t->v0);
      }
      return;
    }
    const double length = std::sqrt(squares);
    EXPECT_CLOSE(norm.values(), std::vector<double>{length}, 1e-6, 0);
    const double clip = max_norm > 0 ? std::min(1.0, static_cast<double>(max_norm) / (length + 1e-6)) : 1;
    const double b1 = beta1, b2 = beta2, count = static_cast<double>(step_number);
    const double c1 = bias_correction ? 1 - std::pow(b1, count) : 1, c2 = bias_correction ? 1 - std::pow(b2, count) : 1;
    for (const auto& t : all) {
      const std::vector<double> g = simt::doubles(t->g0);
      const std::vector<float> w = t->w.values(), m = t->m.values(), v = t->v.values();
      const std::vector<jb::bf16> copy = t->copy.values();
      const bool has_copy = &t != &all[3];
      for (size_t i = 0; i < g.size(); ++i) {
        const double gradient = clip * g[i], m0 = t->m0[i], v0 = t->v0[i], w0 = t->w0[i];
        const double right_m = b1 * m0 + (1 - b1) * gradient, right_v = b2 * v0 + (1 - b2) * gradient * gradient;
        const double rate = static_cast<double>(t->rate) * static_cast<double>(scale);
        const double right_w = w0 - rate * (right_m / c1 / (std::sqrt(right_v / c2) + static_cast<double>(eps)) +
                                            static_cast<double>(t->decay) * w0);
        // Roundings of float32: of the terms of m, of v, and of what w is moved by. 1 - beta is one of beta.
        const double unit = 0x1p-22, m_size = std::abs(m0) + std::abs(gradient);
        EXPECT(std::abs(static_cast<double>(m[i]) - right_m) <= unit * m_size);
        EXPECT(std::abs(static_cast<double>(v[i]) - right_v) <= unit * (v0 + gradient * gradient));
        const double moved = rate * (m_size / c1 / std::sqrt(right_v / c2) + std::abs(w0));
        EXPECT(std::abs(static_cast<double>(w[i]) - right_w) <= 4 * unit * (std::abs(w0) + 2 * moved));
        if (has_copy) {
          EXPECT(copy[i].bits == __float2bfloat16_rn(w[i]).bits);
        }
      }
    }
  });
}

}  // namespace

TEST(adamw_with_float32_gradients) {
  check<float>(1, true, false);
  check<float>(0, false, false);
  check<float>(1e6f, true, false);
}

TEST(adamw_with_bfloat16_gradients) { check<jb::bf16>(1, true, false); }

TEST(a_gradient_that_is_not_finite_changes_nothing) {
  check<float>(1, true, true);
  check<jb::bf16>(0, true, true);
}
