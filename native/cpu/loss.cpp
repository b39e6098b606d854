// jb_cross_entropy_*.
#include "jaubert/loss.h"

#include "support/arguments.h"
#include "support/index_words.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/row.h"
#include "support/simd_math.h"
#include "support/stores.h"

namespace jb::JB_ISA {
namespace {

void check_labels(const char* name, const int32_t* labels, int64_t rows, int64_t classes, int32_t ignore_index) {
  for (int64_t r = 0; r < rows; ++r) {
    JB_CHECK(labels[r] == ignore_index || (labels[r] >= 0 && labels[r] < classes),
             words_of_label(name, labels[r], r, classes, ignore_index));
  }
}

// In one pass over memory: a part of the row that is still in the first level of cache is summed relative to the
// largest number so far, and the sum is rescaled where that grows (Milakov and Gimelshein 2018, "Online normalizer
// calculation for softmax").
template <typename T>
float log_sum_exp(const T* x, int64_t n) {
  constexpr int64_t kPart = 2048;
  float shift = -kInfinity;
  float total = 0;
  for (int64_t begin = 0; begin < n; begin += kPart) {
    const T* part = x + begin;
    const int64_t size = std::min(kPart, n - begin);
    const float largest_x = largest_of_row(part, size);
    if (largest_x > shift) {
      if (total != 0) total *= std::exp(shift - largest_x);
      shift = largest_x;
    }
    // Of nothing but -inf so far there is no difference; a NaN still shows.
    const float from = shift == -kInfinity ? 0.0f : shift;
    // The next part comes from memory while the exponentials of this one are computed.
    total += sum_row(size, [&](int64_t c, auto lanes) {
      __builtin_prefetch(part + kPart + c);
      return exp_nonpositive(lanes.load(part + c, -kInfinity) - from);
    });
  }
  return (shift == -kInfinity ? 0.0f : shift) + std::log(total);
}

// What label smoothing spreads over the classes of a row is weighed by each class's own weight, as PyTorch does; this
// is the sum of those weights.
float weight_of_all(const float* class_weights, int64_t classes) {
  if (class_weights == nullptr) return static_cast<float>(classes);
  return sum_row(classes, [&](int64_t c, auto lanes) { return lanes.load(class_weights + c); });
}

constexpr int64_t kCost = 8;        // element-operations of an exponential and its surroundings
constexpr int64_t kCostOfRow = 64;  // what even a row of two classes takes

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_cross_entropy_forward)
(jb_ctx ctx, jb_dtype dtype, jb_out loss, jb_in logits, const jb_cross_entropy_args* args) {
  return guard([&] {
    with_cpu_type("cross_entropy", dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_cross_entropy_args& a = given("cross_entropy", args);
      check_cross_entropy("cross_entropy", a);
      const int64_t rows = a.rows, classes = a.classes, ignore_index = a.ignore_index;
      const float label_smoothing = float32(a.label_smoothing), normalizer = float32(a.normalizer);
      float* lse = floats(a.lse);
      const auto* label_of = static_cast<const int32_t*>(a.labels);
      check_labels("cross_entropy", label_of, rows, classes, ignore_index);
      const int64_t grain = grain_for(rows, classes * kCost + kCostOfRow);
      const int64_t chunks = chunk_count(rows, grain);
      Scratch scratch;
      double* losses = scratch.take<double>(chunks);   // of each chunk, weighted
      double* weights = scratch.take<double>(chunks);  // of the rows that count
      int64_t* counted = scratch.take<int64_t>(chunks);
      const float* weight_of = floats(a.class_weights);
      const float all_weights = label_smoothing > 0 ? weight_of_all(weight_of, classes) : 0;
      parallel_for(ctx, rows, grain, [&](int64_t begin, int64_t end) {
        double chunk_loss = 0, chunk_weight = 0;
        int64_t count = 0;
        for (int64_t r = begin; r < end; ++r) {
          const T* x = elements<T>(logits) + r * classes;
          const float row_lse = log_sum_exp(x, classes);
          if (lse != nullptr) lse[r] = row_lse;
          if (label_of[r] == ignore_index) continue;
          // -(1 - e) weight(label) log p(label) - e / classes * sum of weight(c) log p(c)
          const double weight = weight_of == nullptr ? 1.0 : static_cast<double>(weight_of[label_of[r]]);
          double row_loss = weight * (static_cast<double>(row_lse) - static_cast<double>(widen(x[label_of[r]])));
          if (label_smoothing > 0) {
            const float weighted = sum_row(classes, [&](int64_t c, auto lanes) {
              return weight_of == nullptr ? lanes.load(x + c) : lanes.load(weight_of + c) * lanes.load(x + c);
            });
            const double e = static_cast<double>(label_smoothing);
            const double spread = static_cast<double>(all_weights) * static_cast<double>(row_lse);
            row_loss = (1 - e) * row_loss + e / static_cast<double>(classes) * (spread - static_cast<double>(weighted));
          }
          chunk_loss += row_loss;
          chunk_weight += weight;
          ++count;
        }
        losses[begin / grain] = chunk_loss;
        weights[begin / grain] = chunk_weight;
        counted[begin / grain] = count;
      });
      double all_loss = 0, all_weight = 0;
      int64_t count = 0;
      for (int64_t i = 0; i < chunks; ++i) {
        all_loss += losses[i];
        all_weight += weights[i];
        count += counted[i];
      }
      const double divisor = normalizer > 0 ? static_cast<double>(normalizer) : count > 0 ? all_weight : 1.0;
      floats(loss)[0] = static_cast<float>(count > 0 ? all_loss / divisor : 0.0);
      if (a.total != nullptr) floats(a.total)[0] = static_cast<float>(divisor);
    });
  });
}

JB_KERNEL(jb_cross_entropy_backward)
(jb_ctx ctx, jb_dtype dtype, jb_out dlogits, jb_in dloss, jb_in logits, const jb_cross_entropy_args* args) {
  return guard([&] {
    with_cpu_type("cross_entropy backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_cross_entropy_args& a = given("cross_entropy backward", args);
      check_cross_entropy("cross_entropy backward", a);
      const int64_t rows = a.rows, classes = a.classes, ignore_index = a.ignore_index;
      const float label_smoothing = float32(a.label_smoothing);
      const float* lse = floats(a.lse);
      const auto* label_of = static_cast<const int32_t*>(a.labels);
      check_labels("cross_entropy backward", label_of, rows, classes, ignore_index);
      const float per_weight = floats(dloss)[0] / floats(a.total)[0];
      const float spread = label_smoothing / static_cast<float>(classes);
      const float* weight_of = floats(a.class_weights);
      const float all_weights = label_smoothing > 0 ? weight_of_all(weight_of, classes) : 0;
      with_stores<T>(dlogits == logits ? 0 : rows * classes, [&](auto write) {
        parallel_for(ctx, rows, grain_for(rows, classes * kCost + kCostOfRow), [&](int64_t begin, int64_t end) {
          for (int64_t r = begin; r < end; ++r) {
            T* to = elements<T>(dlogits) + r * classes;
            if (label_of[r] == ignore_index) {
              for_row_at(write, to, classes, [&](int64_t c, auto lanes) { write(lanes, to + c, vf{}); });
              continue;
            }
            const T* x = elements<T>(logits) + r * classes;
            // Of -w(label) (1 - e) log p(label) - e / classes * sum of w(c) log p(c): p(c) times the weight of all
            // these terms, less each class's own.
            const float label_weight = weight_of == nullptr ? 1 : weight_of[label_of[r]];
            const float of_label = per_weight * (1 - label_smoothing) * label_weight;
            const float of_class = per_weight * spread;
            const vf of_all = splat(weight_of == nullptr ? per_weight : of_label + of_class * all_weights);
            const vf row_lse = splat(lse[r]);
            const vf label_logit = splat(widen(x[label_of[r]]));
            // exp() may exceed 1 by a rounding of lse, so it is the general one.
            const auto gradient = [&](vf logit, vf own) { return exp(logit - row_lse) * of_all - own; };
            for_row_at(write, to, classes, [&](int64_t c, auto lanes) {
              const vf own = weight_of == nullptr ? splat(of_class) : lanes.load(weight_of + c) * of_class;
              write(lanes, to + c, gradient(lanes.load(x + c), own));
            });
            // Not from what is written: where that is rounded, little would be left of the difference.
            const vf own = splat(label_weight * of_class);
            to[label_of[r]] = narrow_to<T>(gradient(label_logit, own)[0] - of_label);
          }
          write.finish();
        });
      });
    });
  });
}
