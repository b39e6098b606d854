// Attention over packed sequences in double precision, with every weight in memory, for tests.
#ifndef JAUBERT_TEST_ATTENTION_REFERENCE_H
#define JAUBERT_TEST_ATTENTION_REFERENCE_H

#include <cmath>
#include <cstdint>
#include <vector>

#include "philox_reference.h"

namespace test {

struct Attention {
  std::vector<int32_t> cu_seqlens;
  int64_t heads, head_dim;
  double scale;
  int64_t window;
  float p;
  int64_t seed, offset;
  // [tokens, heads, head_dim], contiguous
  std::vector<double> q, k, v;

  std::vector<double> out, lse;
  std::vector<double> dq, dk, dv;

  int64_t tokens() const { return cu_seqlens.back(); }

  // Fills out and lse, and the gradients if dout is not empty.
  void run(const std::vector<double>& dout) {
    out.assign(q.size(), 0);
    dq = dk = dv = out;
    lse.assign(static_cast<size_t>(heads * tokens()), 0);
    for (size_t s = 0; s + 1 < cu_seqlens.size(); ++s) {
      for (int64_t h = 0; h < heads; ++h) {
        for (int64_t t = cu_seqlens[s]; t < cu_seqlens[s + 1]; ++t)
          run_query(cu_seqlens[s], cu_seqlens[s + 1], h, t, dout);
      }
    }
  }

 private:
  size_t at(int64_t t, int64_t h, int64_t c) const { return static_cast<size_t>((t * heads + h) * head_dim + c); }

  void run_query(int64_t begin, int64_t end, int64_t h, int64_t t, const std::vector<double>& dout) {
    const auto n = static_cast<size_t>(end - begin);
    std::vector<double> weight(n), keep(n), dweight(n);
    double top = -INFINITY, total = 0;
    for (size_t j = 0; j < n; ++j) {
      const int64_t key = begin + static_cast<int64_t>(j);
      double score = 0;
      for (int64_t c = 0; c < head_dim; ++c) score += scale * q[at(t, h, c)] * k[at(key, h, c)];
      if (window >= 0 && std::abs(t - key) > window) score = -INFINITY;
      weight[j] = score;
      top = std::max(top, score);
      const auto index = (static_cast<uint64_t>(t * heads + h) << 18) + j;
      keep[j] = keeps(seed, offset, index, p) ? 1 / (1 - static_cast<double>(p)) : 0;
    }
    for (double& w : weight) total += w = std::exp(w - top);
    for (double& w : weight) w /= total;
    lse[static_cast<size_t>(h * tokens() + t)] = top + std::log(total);
    double dot = 0;
    for (size_t j = 0; j < n; ++j) {
      const int64_t key = begin + static_cast<int64_t>(j);
      for (int64_t c = 0; c < head_dim; ++c) {
        out[at(t, h, c)] += keep[j] * weight[j] * v[at(key, h, c)];
        if (dout.empty()) continue;
        dv[at(key, h, c)] += keep[j] * weight[j] * dout[at(t, h, c)];
        dweight[j] += keep[j] * dout[at(t, h, c)] * v[at(key, h, c)];
      }
      dot += weight[j] * dweight[j];
    }
    for (size_t j = 0; j < n && !dout.empty(); ++j) {
      const int64_t key = begin + static_cast<int64_t>(j);
      const double dscore = weight[j] * (dweight[j] - dot);
      for (int64_t c = 0; c < head_dim; ++c) {
        dq[at(t, h, c)] += scale * dscore * k[at(key, h, c)];
        dk[at(key, h, c)] += scale * dscore * q[at(t, h, c)];
      }
    }
  }
};

}  // namespace test

#endif
