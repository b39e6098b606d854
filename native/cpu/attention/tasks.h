// What both directions of attention share: the checked arguments, and how the work is dealt out.
#ifndef JAUBERT_CPU_ATTENTION_TASKS_H
#define JAUBERT_CPU_ATTENTION_TASKS_H

#include <algorithm>

#include "attention/scores.h"
#include "support/arguments.h"
#include "support/parallel.h"
#include "support/philox.h"

namespace jb::JB_ISA {

// Scores are in units of log 2, so that weights are powers of 2.
inline constexpr float kLn2 = 0.693147181f;
inline constexpr float kLog2E = 1.44269504f;

// Sequence lengths, and what of the options does not depend on the direction.
struct AttentionShape {
  const int32_t* cu_seqlens;
  int64_t sequences;
  int64_t heads;
  int64_t head_dim;
  int64_t window;  // < 0: none
  float p;
  int64_t tokens;
  int64_t longest;  // sequence

  int64_t hidden() const { return heads * head_dim; }  // elements of a token
  int64_t begin(int64_t s) const { return cu_seqlens[s]; }
  int64_t length(int64_t s) const { return cu_seqlens[s + 1] - cu_seqlens[s]; }
};

inline AttentionShape check_attention(const char* name, const int32_t* cu_seqlens, const jb_attention_args& of) {
  const auto [tokens, longest] = checked_attention(name, cu_seqlens, of);
  // A window as wide as the batch is none; so sums with it cannot overflow.
  return {.cu_seqlens = cu_seqlens,
          .sequences = of.sequences,
          .heads = of.heads,
          .head_dim = of.head_dim,
          .window = of.window >= tokens ? -1 : of.window,
          .p = float32(of.p),
          .tokens = tokens,
          .longest = longest};
}

// Queries [begin, end) of one head of one sequence.
struct AttentionTask {
  int64_t sequence;
  int64_t head;
  int64_t begin;
  int64_t end;
};

// body(task, workspace) for every sequence, head and range of at most `range` queries. Short sequences are so many that
// dealing them out one by one would cost more than they do; tasks are put together until they are worth a thread's
// while. A task's result does not depend on its neighbours, so neither do bits on the grouping.
template <typename Workspace, typename Body>
void for_each_task(jb_ctx ctx, const AttentionShape& shape, int64_t range, Body&& body) {
  Scratch scratch;
  int64_t* first = scratch.take<int64_t>(shape.sequences + 1);  // task of each sequence
  first[0] = 0;
  for (int64_t s = 0; s < shape.sequences; ++s) {
    first[s + 1] = first[s] + shape.heads * chunk_count(shape.length(s), range);
  }
  const int64_t tasks = first[shape.sequences];
  int64_t* group = scratch.take<int64_t>(tasks + 1);  // first task of each group
  int64_t groups = 0;
  constexpr int64_t kEnough = int64_t{1} << 19;  // multiply-adds of one product: some 20 microseconds
  int64_t cost = kEnough;
  for (int64_t s = 0; s < shape.sequences; ++s) {
    const int64_t n = shape.length(s);
    const int64_t keys = shape.window < 0 ? n : std::min(n, 2 * shape.window + kKeyTile);
    const int64_t task_cost = std::min(n, range) * (keys + 16) * shape.head_dim;
    for (int64_t t = first[s]; t < first[s + 1]; ++t) {
      if (cost >= kEnough) {
        group[groups++] = t;
        cost = 0;
      }
      cost += task_cost;
    }
  }
  group[groups] = tasks;
  parallel_for(ctx, groups, 1, [&](int64_t begin, int64_t end) {
    Scratch own;
    const Workspace workspace(own, shape);
    for (int64_t g = begin; g < end; ++g) {
      int64_t s = std::upper_bound(first, first + shape.sequences + 1, group[g]) - first - 1;
      const auto task_of = [&](int64_t t) {
        while (t >= first[s + 1]) ++s;
        // Ranges of one head follow each other, then the next head.
        const int64_t ranges = (first[s + 1] - first[s]) / shape.heads;
        const int64_t at = (t - first[s]) % ranges * range;
        return AttentionTask{s, (t - first[s]) / ranges, at, std::min(at + range, shape.length(s))};
      };
      AttentionTask task = task_of(group[g]);
      for (int64_t t = group[g]; t < group[g + 1]; ++t) {
        const AttentionTask next = t + 1 < tasks ? task_of(t + 1) : task;
        body(task, next, workspace);
        task = next;
      }
    }
  });
}

// The keys [begin, end) that queries [first, last] of a sequence of n may look at; begin is a multiple of kLanes and 8.
struct KeyRange {
  int64_t begin;
  int64_t end;
};

inline KeyRange keys_of(int64_t first, int64_t last, int64_t n, int64_t window) {
  if (window < 0) return {0, n};
  constexpr int64_t kStep = std::max(kLanes, 8);
  return {std::max<int64_t>(0, first - window) / kStep * kStep, std::min(n, last + window + 1)};
}

// Products of pairs are of what lies in memory, so that scores still have to be multiplied by what is between.
template <int M, int N>
JB_INLINE void scale_scores(vf (&scores)[M][N], float scale) {
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) scores[i][n] *= scale;
  }
}

// Puts -inf where a query may not look: in scores vf[M][N] whose first row is query `query` and first column key `key`,
// and of whose columns `keys` are keys at all.
template <int M, int N>
JB_INLINE void mask_scores(vf (&scores)[M][N], int64_t keys, int64_t query, int64_t key, int64_t window) {
  const vf lowest = splat(-kInfinity);
  if (window < 0) {
    const vi seen = lane_numbers() < splat_int(static_cast<int32_t>(keys - (N - 1) * kLanes));
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) scores[i][N - 1] = select(seen, scores[i][N - 1], lowest);
    return;
  }
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
    const int64_t at = query + i - key;
    const vi low = splat_int(static_cast<int32_t>(std::max<int64_t>(at - window, 0)));
    const vi high = splat_int(static_cast<int32_t>(std::min(at + window + 1, keys)));
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) {
      const vi column = lane_numbers() + n * kLanes;
      scores[i][n] = select((column >= low) & (column < high), scores[i][n], lowest);
    }
  }
}

// visit(row, column, mask) for every vector of the dropout mask of a tile whose first row is packed row `token` of
// `head` and first column key `key`, a multiple of 8.
template <typename Visit>
JB_INLINE void for_each_mask(const Dropout& dropout, int64_t rows, int64_t keys, int64_t token, int64_t heads,
                             int64_t head, int64_t key, Visit&& visit) {
  for (int64_t r = 0; r < rows; r += 4) {
    const int64_t count = std::min<int64_t>(4, rows - r);
    uint64_t groups[4];
    for (int64_t k = 0; k < 4; ++k) {
      const int64_t line = (token + r + std::min(k, count - 1)) * heads + head;
      groups[k] = static_cast<uint64_t>(line) << 15;
    }
    const Philox<7>::Rows places(groups);
    const auto place = [&]<int K>(int64_t c) {
      PhiloxWords numbers[K];
      dropout.numbers.four_rows(numbers, places, static_cast<uint32_t>((key + c) / 8));
      for (int64_t k = 0; k < count; ++k) {
#pragma GCC unroll 2
        for (int j = 0; j < K; ++j) {
          const vi_short masks = dropout.keep(numbers[j].words[k]);
#pragma GCC unroll 2
          for (int half = 0; half < 2; ++half) {
            const int64_t column = c + (2 * j + half) * kLanes;
            if (column < keys) visit(r + k, column, half_of(masks, half));
          }
        }
      }
    };
    int64_t c = 0;
    for (; c + 2 * kLanes < keys; c += 4 * kLanes) place.template operator()<2>(c);
    if (c < keys) place.template operator()<1>(c);
  }
}

}  // namespace jb::JB_ISA

#endif
