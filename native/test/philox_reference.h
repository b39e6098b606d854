// Philox4x32 written down once more, straight from the paper, for tests.
#ifndef JAUBERT_TEST_PHILOX_REFERENCE_H
#define JAUBERT_TEST_PHILOX_REFERENCE_H

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace test {

// Word `word` of the counter (group, offset).
inline uint32_t philox_word(int rounds, int64_t seed, int64_t offset, uint64_t group, uint64_t word) {
  uint32_t c[4], k[2];
  c[0] = static_cast<uint32_t>(group);
  c[1] = static_cast<uint32_t>(group >> 32);
  c[2] = static_cast<uint32_t>(offset);
  c[3] = static_cast<uint32_t>(static_cast<uint64_t>(offset) >> 32);
  k[0] = static_cast<uint32_t>(seed);
  k[1] = static_cast<uint32_t>(static_cast<uint64_t>(seed) >> 32);
  for (int round = 0; round < rounds; ++round) {
    const uint64_t left = uint64_t{0xD2511F53} * c[0], right = uint64_t{0xCD9E8D57} * c[2];
    const uint32_t c1 = c[1], c3 = c[3];
    c[0] = static_cast<uint32_t>(right >> 32) ^ c1 ^ k[0];
    c[1] = static_cast<uint32_t>(right);
    c[2] = static_cast<uint32_t>(left >> 32) ^ c3 ^ k[1];
    c[3] = static_cast<uint32_t>(left);
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c[word];
}

// Number `index` of (seed, offset), as jaubert/random.h defines it.
inline uint32_t philox(int64_t seed, int64_t offset, uint64_t index) {
  return philox_word(10, seed, offset, index / 4, index % 4);
}

// Whether a dropout mask keeps element `index`.
inline bool keeps(int64_t seed, int64_t offset, uint64_t index, float p) {
  const uint32_t word = philox_word(7, seed, offset, index / 8, index % 8 / 2);
  const uint32_t number = index % 2 == 0 ? word & 0xffff : word >> 16;
  return number >= std::min(std::lround(static_cast<double>(p) * 65536), 65535L);
}

}  // namespace test

#endif
