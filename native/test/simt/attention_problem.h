// A batch for the kernels of attention, and how good their results have to be.
#ifndef JAUBERT_TEST_SIMT_ATTENTION_PROBLEM_H
#define JAUBERT_TEST_SIMT_ATTENTION_PROBLEM_H

#include "../attention_reference.h"
#include "attention/sequences.cuh"
#include "simt/check.h"

namespace simt {

struct AttentionCase {
  std::vector<int32_t> lengths;
  int heads, head_dim, window;
  float p;
  int padding = 0;   // rows behind the last sequence
  float factor = 1;  // of the scale 1 / sqrt(head_dim)
};

// One batch whose q, k and v are parts of one [tokens, 3 * heads * head_dim], and so are the gradients.
template <typename T>
class AttentionProblem {
 public:
  static constexpr int64_t kSeed = 77, kOffset = -3;

  explicit AttentionProblem(const AttentionCase& c, float deviation = 1)
      : case_(c), hidden_(c.heads * c.head_dim), right_(reference(c)) {
    tokens_ = right_.cu_seqlens.back() + c.padding;
    qkv_ = normal<T>(int64_t{3} * tokens_ * hidden_, deviation);
    dout_ = normal<T>(int64_t{tokens_} * hidden_);
    const size_t real = static_cast<size_t>(right_.tokens()) * hidden();
    right_.q = part(qkv_, 0), right_.k = part(qkv_, 1), right_.v = part(qkv_, 2);
    std::vector<double> dout = doubles(dout_);
    dout.resize(real);
    right_.run(dout);
    naive_ = size_ = right_;
    for (auto* x : {&size_.out, &size_.dq, &size_.dk, &size_.dv}) std::fill(x->begin(), x->end(), 0.0);
    for (size_t s = 0; s + 1 < right_.cu_seqlens.size(); ++s) {
      for (int h = 0; h < c.heads; ++h) run_naive(right_.cu_seqlens[s], right_.cu_seqlens[s + 1], h);
    }
  }

  int tokens() const { return tokens_; }
  int sequences() const { return static_cast<int>(case_.lengths.size()); }
  size_t hidden() const { return static_cast<size_t>(hidden_); }
  const AttentionCase& options() const { return case_; }
  const std::vector<T>& qkv() const { return qkv_; }
  const std::vector<T>& dout() const { return dout_; }
  const std::vector<int32_t>& cu_seqlens() const { return right_.cu_seqlens; }

  jb::AttentionShape shape(const int32_t* cu_seqlens) const {
    return {
        cu_seqlens, sequences(), tokens_, case_.heads, case_.head_dim, case_.window, static_cast<float>(right_.scale)};
  }
  jb::Dropout mask() const { return dropout(case_.p, kSeed, kOffset); }

  void expect_forward(const std::vector<T>& out, const std::vector<float>& lse) const {
    expect("out", doubles(out), right_.out, naive_.out, size_.out, 2);
    for (int h = 0; h < case_.heads; ++h) {
      for (int t = 0; t < tokens_; ++t) {
        const double actual =
            static_cast<double>(lse[static_cast<size_t>(h) * static_cast<size_t>(tokens_) + static_cast<size_t>(t)]);
        const bool real = t < right_.tokens();
        const double expected = real ? right_.lse[static_cast<size_t>(h * right_.tokens() + t)] : 0;
        if (!(std::abs(actual - expected) <= 4e-6 * (1 + std::abs(expected)))) {
          test::fail(__FILE__, __LINE__, words(), "lse of token ", t, ", head ", h, " is ", actual, ", expected ",
                     expected);
        }
      }
    }
  }

  void expect_backward(const std::vector<T>& dqkv) const {
    expect("dq", part(dqkv, 0), right_.dq, naive_.dq, size_.dq, 3);
    expect("dk", part(dqkv, 1), right_.dk, naive_.dk, size_.dk, 3);
    expect("dv", part(dqkv, 2), right_.dv, naive_.dv, size_.dv, 3);
    for (size_t i = static_cast<size_t>(right_.tokens()) * 3 * hidden(); i < dqkv.size(); ++i) {
      if (jb::to_float(dqkv[i]) != 0) test::fail(__FILE__, __LINE__, words(), "a gradient of padding is not 0");
    }
  }

 private:
  static test::Attention reference(const AttentionCase& c) {
    test::Attention a;
    a.cu_seqlens = {0};
    for (int32_t n : c.lengths) a.cu_seqlens.push_back(a.cu_seqlens.back() + n);
    a.heads = c.heads, a.head_dim = c.head_dim, a.window = c.window, a.p = c.p, a.seed = kSeed, a.offset = kOffset;
    // As the kernel gets it.
    a.scale = static_cast<double>(c.factor * static_cast<float>(1 / std::sqrt(static_cast<double>(c.head_dim))));
    return a;
  }

  // Rows of real tokens.
  std::vector<double> part(const std::vector<T>& x, size_t which) const {
    std::vector<double> y;
    for (size_t t = 0; t < static_cast<size_t>(right_.tokens()); ++t) {
      for (size_t i = 0; i < hidden(); ++i)
        y.push_back(static_cast<double>(jb::to_float(x[(3 * t + which) * hidden() + i])));
    }
    return y;
  }

  std::string words() const {
    std::string w = std::string("heads ") + std::to_string(case_.heads) + " of " + std::to_string(case_.head_dim) +
                    ", window " + std::to_string(case_.window) + ", p " + std::to_string(case_.p) + ", lengths";
    for (int32_t n : case_.lengths) w.append(" ").append(std::to_string(n));
    return w + ": ";
  }

  // The rule of check.h for each sequence by itself: how exact a result can be depends on how many tokens it has, and
  // an error that is large for a long sequence would be a small one for a short.
  void expect(const char* what, const std::vector<double>& actual, const std::vector<double>& expected,
              const std::vector<double>& naive, const std::vector<double>& size, double factor) const {
    for (size_t s = 0; s + 1 < right_.cu_seqlens.size(); ++s) {
      const auto slice = [&](const std::vector<double>& x) {
        const auto begin = x.begin() + static_cast<int64_t>(right_.cu_seqlens[s]) * hidden_;
        return std::vector<double>(begin, begin + int64_t{case_.lengths[s]} * hidden_);
      };
      std::vector<double> rounding = slice(size);
      const std::vector<double> right = slice(expected);
      for (size_t i = 0; i < rounding.size(); ++i)
        rounding[i] = kRounding<T> * (rounding[i] + std::abs(right[i])) + 1e-30;
      const std::string name = words() + what + " of sequence " + std::to_string(s);
      expect_as_good(__FILE__, __LINE__, name.c_str(), slice(actual), right, slice(naive), rounding, factor);
    }
    for (size_t i = expected.size(); i < actual.size(); ++i) {
      if (actual[i] != 0) test::fail(__FILE__, __LINE__, words(), what, " of padding is ", actual[i]);
    }
  }

  // What a plain implementation gives that computes in float32, and keeps weights, gradients of scores and results as
  // T. In size_ instead of results: the sums of the absolute values of what they are made of, in such units that one
  // rounding of that to T is kRounding<T>. It includes the rounding of a score's terms to float32, which its weight is
  // off by.
  void run_naive(int begin, int end, int h) {
    const auto n = static_cast<size_t>(end - begin), d = static_cast<size_t>(case_.head_dim);
    const auto at = [&](size_t t) { return (static_cast<size_t>(begin) + t) * hidden() + static_cast<size_t>(h) * d; };
    const auto narrow = [](double x) { return static_cast<float>(x); };
    const auto round = [](float x) { return simt::rounded<T>(x); };
    const float factor = narrow(1 / (1 - static_cast<double>(case_.p))), scale = narrow(right_.scale);
    std::vector<float> dk(n * d), dv(n * d), weight(n), drop(n), score_size(n);
    const float fine = narrow(kRounding<float> / kRounding<T>);
    for (size_t i = 0; i < n; ++i) {
      float top = -INFINITY, total = 0;
      for (size_t j = 0; j < n; ++j) {
        float score = 0, terms = 0;
        for (size_t c = 0; c < d; ++c) {
          const float product = narrow(right_.q[at(i) + c]) * narrow(right_.k[at(j) + c]);
          score += product, terms += std::abs(product);
        }
        const auto distance = static_cast<int64_t>(i) - static_cast<int64_t>(j);
        weight[j] = case_.window >= 0 && std::abs(distance) > case_.window ? -INFINITY : score * scale;
        top = std::max(top, weight[j]);
        score_size[j] = 1 + fine * terms * scale;
        const auto line = static_cast<uint64_t>((begin + static_cast<int64_t>(i)) * case_.heads + h);
        drop[j] = test::keeps(kSeed, kOffset, (line << 18) + j, case_.p) ? factor : 0;
      }
      for (float& w : weight) total += w = std::exp(w - top);
      std::vector<float> out(d), dq(d), sizes(d), dq_sizes(d);
      float delta = 0, delta_size = 0, delta_square = 0;
      for (size_t j = 0; j < n; ++j) {
        weight[j] /= total;
        const float dropped = round(weight[j] * drop[j]);
        for (size_t c = 0; c < d; ++c) {
          out[c] += dropped * narrow(right_.v[at(j) + c]);
          sizes[c] += std::abs(dropped * narrow(right_.v[at(j) + c])) * score_size[j];
          const float part = dropped * jb::to_float(dout_[at(i) + c]);
          dv[j * d + c] += part;
          size_.dv[at(j) + c] += static_cast<double>(std::abs(part) * score_size[j]);
        }
      }
      for (size_t c = 0; c < d; ++c) {
        naive_.out[at(i) + c] = static_cast<double>(round(out[c]));
        size_.out[at(i) + c] = static_cast<double>(sizes[c]);
        delta += round(out[c]) * jb::to_float(dout_[at(i) + c]);
        delta_size += std::abs(out[c] * jb::to_float(dout_[at(i) + c]));
        delta_square += out[c] * jb::to_float(dout_[at(i) + c]) * out[c] * jb::to_float(dout_[at(i) + c]);
      }
      for (size_t j = 0; j < n; ++j) {
        float dweight = 0, dweight_size = 0;
        for (size_t c = 0; c < d; ++c) {
          const float product = jb::to_float(dout_[at(i) + c]) * narrow(right_.v[at(j) + c]);
          dweight += product, dweight_size += std::abs(product);
        }
        const float dscore = round(weight[j] * (dweight * drop[j] - delta));
        // The difference may be 0, and then off by the float32 sums and by the elements of out, rounded each by itself.
        const float size = std::abs(dscore) * score_size[j] +
                           weight[j] * ((dweight_size * drop[j] + delta_size) * fine + std::sqrt(delta_square));
        for (size_t c = 0; c < d; ++c) {
          const float to_q = dscore * narrow(right_.k[at(j) + c]), to_k = dscore * narrow(right_.q[at(i) + c]);
          dq[c] += to_q;
          dq_sizes[c] += std::abs(size * narrow(right_.k[at(j) + c]));
          dk[j * d + c] += to_k;
          size_.dk[at(j) + c] += static_cast<double>(std::abs(size * narrow(right_.q[at(i) + c])) * scale);
        }
      }
      for (size_t c = 0; c < d; ++c) {
        naive_.dq[at(i) + c] = static_cast<double>(round(scale * dq[c]));
        size_.dq[at(i) + c] = static_cast<double>(scale * dq_sizes[c]);
      }
    }
    for (size_t j = 0; j < n; ++j) {
      for (size_t c = 0; c < d; ++c) {
        naive_.dk[at(j) + c] = static_cast<double>(round(scale * dk[j * d + c]));
        naive_.dv[at(j) + c] = static_cast<double>(round(dv[j * d + c]));
      }
    }
  }

  AttentionCase case_;
  int hidden_, tokens_;
  test::Attention right_, naive_, size_;
  std::vector<T> qkv_, dout_;
};

}  // namespace simt

#endif
