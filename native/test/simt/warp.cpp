// What the lanes of a warp do together: shuffles, votes, matrix products and the loads for them.
#include <cstring>

#include "simt/cuda.h"
#include "simt/ptx.h"

namespace simt {
namespace {

struct ShuffleLane {
  Shuffle kind;
  uint64_t value, result;
  int32_t argument, width;
};

void complete_shuffle(void* const* lanes, uint32_t mask) {
  for (int lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    auto& own = *static_cast<ShuffleLane*>(lanes[lane]);
    const int begin = lane / own.width * own.width, end = begin + own.width;
    int from = lane;
    switch (own.kind) {
      case Shuffle::kIndex:
        from = begin + (own.argument & (own.width - 1));
        break;
      case Shuffle::kUp:
        if (lane - own.argument >= begin) from = lane - own.argument;
        break;
      case Shuffle::kDown:
        if (lane + own.argument < end) from = lane + own.argument;
        break;
      case Shuffle::kXor:
        if ((lane ^ own.argument) < end) from = lane ^ own.argument;
        break;
    }
    if ((mask >> from & 1) == 0) {
      fail(format("a shuffle with mask 0x%08x makes lane %d read from lane %d, which takes no part", mask, lane, from));
    }
    own.result = static_cast<ShuffleLane*>(lanes[from])->value;
  }
}

struct BallotLane {
  bool value;
  uint32_t result;
};

void complete_ballot(void* const* lanes, uint32_t mask) {
  uint32_t votes = 0;
  for (int lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) != 0 && static_cast<BallotLane*>(lanes[lane])->value) votes |= 1u << lane;
  }
  for (int lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) != 0) static_cast<BallotLane*>(lanes[lane])->result = votes;
  }
}

struct MatchLane {
  uint64_t value;
  uint32_t result;
};

void complete_match(void* const* lanes, uint32_t mask) {
  for (int lane = 0; lane < 32; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    auto& own = *static_cast<MatchLane*>(lanes[lane]);
    own.result = 0;
    for (int other = 0; other < 32; ++other) {
      if ((mask >> other & 1) != 0 && static_cast<MatchLane*>(lanes[other])->value == own.value) {
        own.result |= 1u << other;
      }
    }
  }
}

void complete_barrier(void* const*, uint32_t mask) {
  // Of a warp the last of a block, there may be fewer lanes than 32; only a barrier of all orders their accesses.
  const uint32_t threads = static_cast<uint32_t>(block_dim().count()), first = where().warp() * 32;
  const uint32_t lanes = threads - first < 32 ? threads - first : 32;
  const uint32_t all = lanes == 32 ? 0xffffffffu : (1u << lanes) - 1;
  if ((mask & all) == all) warp_barrier_passed(where().warp());
}

struct MmaLane {
  float* d;
  const uint32_t* a;
  const uint32_t* b;
};

float element(uint32_t pair, int which, bool half) {
  const auto bits = static_cast<uint16_t>(which == 0 ? pair : pair >> 16);
  return half ? __half2float({bits}) : __bfloat162float({bits});
}

// With g = lane / 4 and t = lane % 4: a[r] holds row g + 8 (r % 2), columns 2 t + 8 (r / 2) and the next; b[r] holds
// column g, rows 2 t + 8 r and the next; d[r] holds row g + 8 (r / 2), column 2 t + r % 2.
template <bool kHalf>
void complete_mma(void* const* lanes, uint32_t) {
  float a[16][16], b[8][16];
  for (int lane = 0; lane < 32; ++lane) {
    const auto& own = *static_cast<const MmaLane*>(lanes[lane]);
    const int g = lane / 4, t = lane % 4;
    for (int r = 0; r < 4; ++r) {
      for (int e = 0; e < 2; ++e) a[g + 8 * (r % 2)][2 * t + 8 * (r / 2) + e] = element(own.a[r], e, kHalf);
    }
    for (int r = 0; r < 2; ++r) {
      for (int e = 0; e < 2; ++e) b[g][2 * t + 8 * r + e] = element(own.b[r], e, kHalf);
    }
  }
  for (int lane = 0; lane < 32; ++lane) {
    const auto& own = *static_cast<const MmaLane*>(lanes[lane]);
    const int g = lane / 4, t = lane % 4;
    for (int r = 0; r < 4; ++r) {
      const float* row = a[g + 8 * (r / 2)];
      const float* column = b[2 * t + r % 2];
      float sum = 0;
      for (int k = 0; k < 16; ++k) sum += row[k] * column[k];
      own.d[r] += sum;
    }
  }
}

struct LdmatrixLane {
  uint32_t* r;
  const unsigned char* row;
  int count;
};

template <bool kTransposed>
void complete_ldmatrix(void* const* lanes, uint32_t) {
  const int count = static_cast<LdmatrixLane*>(lanes[0])->count;
  for (int m = 0; m < count; ++m) {
    uint16_t matrix[8][8];
    for (int i = 0; i < 8; ++i) std::memcpy(matrix[i], static_cast<LdmatrixLane*>(lanes[8 * m + i])->row, 16);
    for (int lane = 0; lane < 32; ++lane) {
      const int g = lane / 4, t = lane % 4;
      const uint32_t low = kTransposed ? matrix[2 * t][g] : matrix[g][2 * t];
      const uint32_t high = kTransposed ? matrix[2 * t + 1][g] : matrix[g][2 * t + 1];
      static_cast<LdmatrixLane*>(lanes[lane])->r[m] = low | high << 16;
    }
  }
}

constexpr uint32_t kAll = 0xffffffffu;

}  // namespace

void warp_barrier(uint32_t mask, Site site) { warp_collective(mask, complete_barrier, nullptr, "__syncwarp", site); }

uint64_t shuffle(Shuffle kind, uint32_t mask, uint64_t value, int32_t argument, int32_t width, Site site) {
  ShuffleLane lane{kind, value, 0, argument, width};
  warp_collective(mask, complete_shuffle, &lane, "a shuffle", site);
  return lane.result;
}

uint32_t ballot(uint32_t mask, bool value, Site site) {
  BallotLane lane{value, 0};
  warp_collective(mask, complete_ballot, &lane, "a vote", site);
  return lane.result;
}

uint32_t match_any(uint32_t mask, uint64_t value, Site site) {
  MatchLane lane{value, 0};
  warp_collective(mask, complete_match, &lane, "__match_any_sync", site);
  return lane.result;
}

void mma_m16n8k16(float* d, const uint32_t* a, const uint32_t* b, bool half, Site site) {
  MmaLane lane{d, a, b};
  warp_collective(kAll, half ? complete_mma<true> : complete_mma<false>, &lane, "mma.sync", site);
}

void ldmatrix(uint32_t* r, int count, const void* row, bool transposed, Site site) {
  // Only the lanes of the matrices wanted give an address.
  if (where().lane() < 8 * static_cast<uint32_t>(count)) access_aligned(row, 16, Access::kRead);
  LdmatrixLane lane{r, static_cast<const unsigned char*>(row), count};
  warp_collective(kAll, transposed ? complete_ldmatrix<true> : complete_ldmatrix<false>, &lane, "ldmatrix", site);
}

}  // namespace simt
