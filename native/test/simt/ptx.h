// The emulated twins of the functions of kernels/common/ptx.cuh, which says what they do.
#ifndef JAUBERT_TEST_SIMT_PTX_H
#define JAUBERT_TEST_SIMT_PTX_H

#include <cmath>
#include <cstdint>

#include "simt/cuda.h"

namespace simt {

// mma.sync m16n8k16: d += a b, with the fragments of the PTX manual; half tells f16 from bf16.
void mma_m16n8k16(float* d, const uint32_t* a, const uint32_t* b, bool half, Site site);
// ldmatrix of `count` 8 x 8 matrices; lane l gives the address of row l % 8 of matrix l / 8.
void ldmatrix(uint32_t* r, int count, const void* row, bool transposed, Site site);

}  // namespace simt

namespace jb::ptx {

inline uint32_t shared_address(const void* p) {
  return static_cast<uint32_t>(static_cast<const unsigned char*>(p) - simt::dynamic_shared());
}

inline void ldmatrix_x4(uint32_t (&r)[4], uint32_t row, SIMT_SITE) {
  simt::ldmatrix(r, 4, simt::dynamic_shared() + row, false, {file, line});
}
inline void ldmatrix_x4_trans(uint32_t (&r)[4], uint32_t row, SIMT_SITE) {
  simt::ldmatrix(r, 4, simt::dynamic_shared() + row, true, {file, line});
}
inline void ldmatrix_x2(uint32_t (&r)[2], uint32_t row, SIMT_SITE) {
  simt::ldmatrix(r, 2, simt::dynamic_shared() + row, false, {file, line});
}
inline void ldmatrix_x2_trans(uint32_t (&r)[2], uint32_t row, SIMT_SITE) {
  simt::ldmatrix(r, 2, simt::dynamic_shared() + row, true, {file, line});
}

inline void mma_m16n8k16_bf16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, SIMT_SITE) {
  const uint32_t b[2] = {b0, b1};
  simt::mma_m16n8k16(d, a, b, false, {file, line});
}
inline void mma_m16n8k16_f16(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, SIMT_SITE) {
  const uint32_t b[2] = {b0, b1};
  simt::mma_m16n8k16(d, a, b, true, {file, line});
}

inline void cp_async_16(uint32_t to, const void* from, int bytes = 16) {
  simt::copy_async(simt::dynamic_shared() + to, from, 16, static_cast<size_t>(bytes));
}
inline void cp_async_commit() { simt::copy_async_commit(); }
template <int kUnderWay>
void cp_async_wait() {
  simt::copy_async_wait(kUnderWay);
}

inline float exp2_approx(float x) { return std::exp2(x); }
inline float reciprocal_approx(float x) { return 1.0f / x; }
inline uint32_t spread_signs(uint32_t x) { return (x >> 31) * 0xffff0000u | (x >> 15 & 1) * 0xffffu; }

}  // namespace jb::ptx

#endif
