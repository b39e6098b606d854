// The matrix unit of Intel's CPUs since Sapphire Rapids (2023): AMX, of which kernels use the product of bfloat16
// tiles.
//
// A tile is 16 rows of 64 bytes. The unit multiplies a tile of A, 16 rows of 16 pairs along the summed index, by a tile
// of B, 16 pairs by 16 columns, into 16 x 16 float32 sums. Of each sum the even and the odd products are added up by
// themselves, each rounded once and flushed, then both are added together and to what was there.
#ifndef JAUBERT_CPU_SUPPORT_AMX_H
#define JAUBERT_CPU_SUPPORT_AMX_H

#include <cstdint>

namespace jb::amx {

inline constexpr int64_t kTilePairs = 16;  // along the summed index
inline constexpr int64_t kBlock = 32;      // rows and columns of 2 x 2 tiles of C: 4 loads for 4 products

// Who multiplies tiles: nobody, so that vectors are multiplied instead; the unit; or plain code with the same bits, for
// tests where there is no unit.
enum class Tiles { kNone, kUnit, kPlain };

// The unit if this CPU has it, the system lets the process use it and it computes what it should. The environment
// variable JAUBERT_TILES chooses otherwise: none, or plain. Constant through the life of the process.
Tiles tiles();

// While one lives, this thread may multiply blocks by the unit. The state of the unit is large and would be saved
// at every change of threads, so it is given back before a kernel ends.
class Session {
 public:
  explicit Session(Tiles use);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

 private:
  const bool unit_;
};

// sums [kBlock, kBlock] = A B by the unit: A is [kBlock, steps * kTilePairs] words with `lda` words from row to row, B
// [steps * kTilePairs, kBlock] words.
void multiply_block(int64_t steps, const float* a, int64_t lda, const float* b, float* sums);

}  // namespace jb::amx

#endif
