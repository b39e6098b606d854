// The record of indices outside, as index_error.cuh writes it and the host reads it.
#ifndef JAUBERT_KERNELS_COMMON_INDEX_ERROR_H
#define JAUBERT_KERNELS_COMMON_INDEX_ERROR_H

namespace jb {

// In the order in which one launch that has several of them would be refused on the CPU.
enum class IndexKind : int {
  kIndexRows,
  kIndexAddRows,
  kTakeAlongRows,
  kTakeAlongRowsBackward,
  kLabel,
  kWordId,
  kPositionId,
  kTypeId,
};
inline constexpr int kIndexKinds = 8;

// The first of a kind; zeros if there is none.
struct IndexError {
  unsigned long long launch;  // its number, from 1
  unsigned long long word;    // ~(position << 32 | value), of a position and a value that are cut to 32 bits
  unsigned long long range;   // [0, range) was allowed
  int ignored;                // and this label
};

// For one launch.
struct IndexErrors {
  IndexError* of_kinds;  // [kIndexKinds], or null: nothing is noted
  unsigned long long launch;
};

}  // namespace jb

#endif
