// The product of bfloat16 matrices in tiles, for CPUs with a matrix unit (support/amx.h): blocks of 32 x 32 sums, each
// from its first product to its last in the registers of the unit.
#ifndef JAUBERT_CPU_GEMM_TILES_H
#define JAUBERT_CPU_GEMM_TILES_H

#include <algorithm>
#include <cstdint>

#include "gemm/blocked.h"
#include "gemm/pair_product.h"
#include "support/amx.h"

#if defined(JB_SIMD_AVX512)

namespace jb::JB_ISA::gemm {

static_assert(kTileColumns == amx::kBlock && kLanes == amx::kTilePairs);

// What amx::multiply_block computes, to the bit.
inline void multiply_block_plainly(int64_t steps, const float* a, int64_t lda, const float* b, float* sums) {
  for (int64_t i = 0; i < amx::kBlock; ++i) {
    for (int64_t j = 0; j < amx::kBlock; j += kLanes) {
      vf sum{};
      for (int64_t p = 0; p < steps * amx::kTilePairs; p += amx::kTilePairs) {
        vf evens{}, odds{};
        for (int64_t q = p; q < p + amx::kTilePairs; ++q) {
          const vf x = splat(a[i * lda + q]), y = load(b + q * amx::kBlock + j);
          evens = fma(Pairs::even(x), Pairs::even(y), evens);
          odds = fma(Pairs::odd(x), Pairs::odd(y), odds);
        }
        sum += evens + odds;
      }
      store(sums + i * amx::kBlock + j, sum);
    }
  }
}

// How tiles are multiplied: panels of kBlock rows.
struct TilePanels {
  const PairProduct& x;
  amx::Tiles use;
  int64_t words = round_up(x.words(), amx::kTilePairs);  // zeros behind the last
  Parts panels = Parts(x.m, amx::kBlock, amx::kBlock);
  int64_t packed_size = amx::kBlock * row_stride(words);

  struct Session : amx::Session {
    explicit Session(const TilePanels& how) : amx::Session(how.use) {}
  };

  // Whole tiles are read.
  bool can_read_in_place(int64_t rows) const { return rows == amx::kBlock && x.k == 2 * words; }
  int64_t copied_rows() const { return amx::kBlock; }
  int64_t packed_stride() const { return row_stride(words); }

  // Each [kBlock, row_stride(words)]: squares of 16 pairs by 16 rows of what is stored are transposed.
  void pack(jb_ctx ctx, float* packed) const {
    const int64_t stride = row_stride(words), squares = words / kLanes;
    const int64_t grain = std::max<int64_t>(1, kPackGrain / (amx::kBlock * kLanes));
    parallel_for(ctx, panels.count * squares, grain, [&](int64_t begin, int64_t end) {
      for (int64_t unit = begin; unit < end; ++unit) {
        const int64_t row0 = panels.begin(unit / squares), p = unit % squares * kLanes;
        float* const panel = packed + unit / squares * packed_size + p;
        for (int64_t r = 0; r < amx::kBlock; r += kLanes) {
          const int64_t rows = std::clamp<int64_t>(x.m - row0 - r, 0, kLanes);
          vf square[kLanes];
          for (int64_t q = 0; q < kLanes; ++q) {
            const PairedRows pair = x.stored_a(p + q, row0 + r);
            square[q] = rows == kLanes ? pair.load(0) : pair.load_partial(0, rows);
          }
          detail::transpose(square);
          for (int64_t q = 0; q < kLanes; ++q) store(panel + (r + q) * stride, square[q]);
        }
      }
    });
  }
  void multiply(int64_t, const float* a, int64_t lda, const float* b, float* sums) const {
    const auto block = use == amx::Tiles::kUnit ? amx::multiply_block : multiply_block_plainly;
    block(words / amx::kTilePairs, a, lda, b, sums);
  }
};

}  // namespace jb::JB_ISA::gemm

#endif
#endif
