#include "jaubert/optimizer.h"

#include "cuda/both.h"
#include "cuda/narrow.h"

namespace {

constexpr int64_t kSizes[] = {1, 0, 3, 64, 4096, 4097, 13001};
constexpr int64_t kTensors = 7;

using Step = decltype(&jb_adamw);

struct Model {
  std::vector<test::Array<float>> w, g, m, v;
  std::vector<test::Array<jb::bf16>> copy;
  std::vector<int64_t> addresses[2][4], copies[2];  // copies of all but one
  std::vector<float> rates, decays;

  explicit Model(const test::Both& both) {
    for (int64_t size : kSizes) {
      w.push_back(both.array(test::normal(size)));
      g.push_back(both.array(test::normal(size)));
      m.push_back(both.array(test::normal(size)));
      v.push_back(both.array(test::uniform(size, 0.1f, 2)));
      rates.push_back(test::uniform(1, 0.001f, 0.1f)[0]);
      decays.push_back(rates.size() % 2 == 0 ? 0.0f : 0.1f);
      for (int d = 0; d < 2; ++d) {
        const test::Array<float>* all[4] = {&w.back(), &g.back(), &m.back(), &v.back()};
        for (int k = 0; k < 4; ++k) addresses[d][k].push_back(reinterpret_cast<int64_t>((*all[k])[d]));
      }
      copy.push_back(both.array(std::vector<jb::bf16>(static_cast<size_t>(size))));
      for (int d = 0; d < 2; ++d) {
        copies[d].push_back(size == 4096 ? 0 : reinterpret_cast<int64_t>(copy.back()[d]));
      }
    }
  }
  const int64_t* of(int d, int k) const { return addresses[d][k].data(); }

  jb_status step(Step function, jb_ctx ctx, int d, const jb_adam_args* args) const {
    return function(ctx, of(d, 0), of(d, 1), of(d, 2), of(d, 3), copies[d].data(), kSizes, rates.data(), decays.data(),
                    args);
  }

  void expect_same() const {
    for (size_t t = 0; t < kTensors; ++t) {
      EXPECT_SAME(m[t], 1e-6, 1e-7);
      EXPECT_SAME(v[t], 2e-6, 1e-7);
      EXPECT_SAME(w[t], 2e-6, 2e-6);
      for (int d = 0; d < 2; ++d) {
        const std::vector<float> weights = w[t].values(d);
        const std::vector<jb::bf16> rounded = copy[t].values(d);
        for (size_t i = 0; i < weights.size(); ++i) {
          EXPECT(rounded[i].bits == (copies[d][t] == 0 ? jb::bf16{} : jb::from_float<jb::bf16>(weights[i])).bits);
        }
      }
    }
  }
};

jb_adam_args first_step() {
  return {.tensors = kTensors, .beta1 = 0.9f, .beta2 = 0.99f, .eps = 1e-6f, .step = 1, .bias_correction = 1};
}

void check(Step step, float max_norm, int32_t bias_correction) {
  test::Both both;
  const Model model(both);
  auto norm = both.empty<float>(1);
  for (int64_t number = 1; number < 4; ++number) {
    BOTH_OK(jb_global_norm(ctx, norm[d], model.of(d, 1), kSizes, kTensors));
    EXPECT_SAME(norm, 1e-6, 0);
    const auto args = [&](int d) {
      jb_adam_args all = first_step();
      all.norm = max_norm == 0 && number == 2 ? nullptr : norm[d];
      all.max_norm = max_norm;
      all.step = number;
      all.bias_correction = bias_correction;
      return all;
    };
    BOTH_OK(model.step(step, ctx, d, test::at(args(d))));
    model.expect_same();
  }
}

}  // namespace

TEST(adamw) {
  check(jb_adamw, 1, 1);
  check(jb_adamw, 0, 0);
}

TEST(lamb) {
  check(jb_lamb, 1, 1);
  check(jb_lamb, 0, 0);
}

TEST(a_norm_that_is_not_finite_changes_nothing) {
  test::Both both;
  const Model model(both);
  auto norm = both.array(std::vector<float>{NAN});
  const auto args = [&](int d) {
    jb_adam_args all = first_step();
    all.norm = norm[d];
    all.max_norm = 1;
    return all;
  };
  for (Step step : {jb_adamw, jb_lamb}) {
    BOTH_OK(model.step(step, ctx, d, test::at(args(d))));
    for (size_t t = 0; t < kTensors; ++t) {
      EXPECT_EQUAL(model.w[t]);
      EXPECT_EQUAL(model.m[t]);
      for (const jb::bf16 x : model.copy[t].values(1)) EXPECT(x.bits == 0);
    }
  }
}

TEST(refuses) {
  test::Both both;
  const Model model(both);
  const auto step = [&](jb_ctx ctx, int d, float max_norm, float beta1, int64_t number, int64_t tensors) {
    jb_adam_args args = first_step();
    args.tensors = tensors;
    args.max_norm = max_norm;
    args.beta1 = beta1;
    args.step = number;
    return model.step(jb_adamw, ctx, d, &args);
  };
  BOTH_REFUSE(step(ctx, d, 0, 0.9f, 0, kTensors), "step is 0");
  BOTH_REFUSE(step(ctx, d, 0, 1, 1, kTensors), "beta1 is 1");
  BOTH_REFUSE(step(ctx, d, 1, 0.9f, 1, kTensors), "max_norm is 1, but norm is null");
  BOTH_REFUSE(step(ctx, d, 0, 0.9f, 1, -1), "adamw: -1 tensors");
  BOTH_REFUSE(model.step(jb_adamw, ctx, d, nullptr), "adamw: args is null");
  BOTH_REFUSE(model.step(jb_lamb, ctx, d, nullptr), "lamb: args is null");
  std::vector<int64_t> copies = model.copies[1];
  copies[3] += 2;
  const jb_adam_args args = first_step();
  EXPECT_REFUSED(jb_lamb(both.cuda(), model.of(1, 0), model.of(1, 1), model.of(1, 2), model.of(1, 3), copies.data(),
                         kSizes, model.rates.data(), model.decays.data(), &args),
                 "tensor 3 has to begin at multiples of 16 bytes");
}
