// The product of bfloat16 matrices in tiles, for CPUs with a matrix unit (support/amx.h): blocks of 32 x 32 sums, each
// from its first product to its last in the registers of the unit.
#ifndef JAUBERT_CPU_GEMM_TILES_H
#define JAUBERT_CPU_GEMM_TILES_H

#include <algorithm>
#include <cstdint>
#include <cstring>

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

// Blocks of rows of an A stored transposed, each [kBlock, row_stride(words)]: squares of 16 pairs by 16 rows are
// transposed.
inline void pack_a_blocks(jb_ctx ctx, const PairProduct& x, const Parts& blocks, int64_t words, float* packed) {
  const int64_t stride = row_stride(words), squares = words / kLanes;
  parallel_for(ctx, blocks.count * squares, std::max<int64_t>(1, kPackGrain / (amx::kBlock * kLanes)),
               [&](int64_t begin, int64_t end) {
                 for (int64_t unit = begin; unit < end; ++unit) {
                   const int64_t row0 = blocks.begin(unit / squares), p = unit % squares * kLanes;
                   float* const block = packed + unit / squares * amx::kBlock * stride + p;
                   for (int64_t r = 0; r < amx::kBlock; r += kLanes) {
                     const int64_t rows = std::clamp<int64_t>(x.m - row0 - r, 0, kLanes);
                     vf square[kLanes];
                     for (int64_t q = 0; q < kLanes; ++q) {
                       const PairedRows pair = x.stored_a(p + q, row0 + r);
                       square[q] = rows == kLanes ? pair.load(0) : pair.load_partial(0, rows);
                     }
                     detail::transpose(square);
                     for (int64_t q = 0; q < kLanes; ++q) store(block + (r + q) * stride, square[q]);
                   }
                 }
               });
}

inline void multiply_tiles(jb_ctx ctx, const PairProduct& x, amx::Tiles use, const Finish& finish) {
  const int64_t words = round_up(x.words(), amx::kTilePairs);  // zeros behind the last
  const int64_t stride = row_stride(words);
  const Parts blocks(x.m, amx::kBlock, amx::kBlock);
  const Parts depths(words, 1, words);
  const Parts wide(x.n, kTileColumns, std::max(kSlab / words, kWidestTile));
  const bool in_place = x.has_words_of_a() && x.k % (2 * amx::kTilePairs) == 0 && x.lda % 2048 != 0;
  Scratch scratch;
  float* const packed_b = scratch.take<float>(wide.size * words);
  float* const packed_a = x.transpose_a ? scratch.take<float>(blocks.count * amx::kBlock * stride) : nullptr;
  if (x.transpose_a) pack_a_blocks(ctx, x, blocks, words, packed_a);
  for (int64_t w = 0; w < wide.count; ++w) {
    const int64_t column0 = wide.begin(w), columns = wide.length(w);
    pack_b(ctx, x, column0, columns, 0, depths, packed_b);
    const Tiling tiling(blocks.count, columns, words);
    const Parts &down = tiling.down, &across = tiling.across;
    parallel_for(ctx, down.count * across.count, 1, [&](int64_t begin, int64_t end) {
      const amx::Session session(use);
      Scratch own;
      float* const copy = x.transpose_a ? nullptr : own.take<float>(amx::kBlock * stride);
      alignas(64) float sums[amx::kBlock * amx::kBlock];
      for (int64_t task = begin; task < end; ++task) {
        const int64_t i0 = task % down.count, j0 = task / down.count;
        for (int64_t i = down.begin(i0); i < down.end(i0); ++i) {
          const int64_t row = blocks.begin(i), rows = blocks.length(i);
          const float* a = x.transpose_a ? packed_a + i * amx::kBlock * stride : copy;
          int64_t lda = stride;
          if (in_place && rows == amx::kBlock) {
            a = words_of(x.a + row * x.lda);
            lda = x.lda / 2;
          } else if (!x.transpose_a) {
            std::memset(copy, 0, static_cast<size_t>(amx::kBlock * stride) * sizeof(float));
            for (int64_t r = 0; r < rows; ++r) {
              std::memcpy(copy + r * stride, x.a + (row + r) * x.lda, static_cast<size_t>(x.k) * sizeof(BFloat16));
            }
          }
          for (int64_t j = across.begin(j0); j < across.end(j0); j += kTileColumns) {
            const auto multiply = use == amx::Tiles::kUnit ? amx::multiply_block : multiply_block_plainly;
            multiply(words / amx::kTilePairs, a, lda, packed_b + j * words, sums);
            finish(row, rows, column0 + j, std::min<int64_t>(kTileColumns, columns - j), sums, amx::kBlock);
          }
        }
      }
    });
  }
}

}  // namespace jb::JB_ISA::gemm

#endif
#endif
