// Rotary position embedding (Su et al. 2021) in place, the contract of jb_rotary in native/include/jaubert/attention.h:
// the pair (i, i + head_dim / 2) of the token at position p turns by p * base^(-2 i / head_dim), or back.
//
// A thread has kWidth pairs of a token and works out their angles once for all heads. In double precision, and in
// quarters of a turn: of thousands of radians, a float32 would keep few digits. Of what is left, at most an eighth of a
// turn, sine and cosine are float32. kWidth is kVector<T> where head_dim / 2 and x_stride are multiples of it and x
// begins at 16 bytes, and 1 where not. Bytes moved: x twice.
//
// Block kRotaryThreads, any grid: one thread for each kWidth pairs of a token is best.
#ifndef JAUBERT_KERNELS_ATTENTION_ROTARY_CUH
#define JAUBERT_KERNELS_ATTENTION_ROTARY_CUH

#include "common/vector.cuh"

namespace jb {

inline constexpr int kRotaryThreads = 128;

// log2_base is log2(base) in double precision; position_ids [tokens] are in device memory.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kRotaryThreads)
    rotary(T* x, const int32_t* position_ids, int64_t tokens, int heads, int head_dim, int64_t x_stride,
           double log2_base, bool inverse) {
  constexpr double kQuartersPerRadian = 0.63661977236758134308;  // 2 / pi
  const int half = head_dim / 2, parts = half / kWidth;
  const int64_t step = static_cast<int64_t>(gridDim.x) * kRotaryThreads;
  for (int64_t at = static_cast<int64_t>(blockIdx.x) * kRotaryThreads + static_cast<int>(threadIdx.x);
       at < tokens * parts; at += step) {
    const int64_t token = at / parts;
    const int first = static_cast<int>(at % parts) * kWidth;
    float cosine[kWidth], sine[kWidth];
#pragma unroll
    for (int i = 0; i < kWidth; ++i) {
      const double frequency = exp2(-2.0 * (first + i) / head_dim * log2_base) * kQuartersPerRadian;
      const double angle = position_ids[token] * frequency, whole = rint(angle);
      const int quarter = static_cast<int>(static_cast<int64_t>(whole) & 3);
      float s, c;
      sincospif(static_cast<float>((angle - whole) * 0.5), &s, &c);
      cosine[i] = (quarter & 1) == 0 ? c : s;
      sine[i] = (quarter & 1) == 0 ? s : c;
      if (quarter == 1 || quarter == 2) cosine[i] = -cosine[i];
      if ((quarter >= 2) != inverse) sine[i] = -sine[i];
    }
    T* low = x + token * x_stride + first;
    for (int h = 0; h < heads; ++h, low += head_dim) {
      float a[kWidth], b[kWidth], to_low[kWidth], to_high[kWidth];
      load<kWidth>(a, low);
      load<kWidth>(b, low + half);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) {
        to_low[i] = a[i] * cosine[i] - b[i] * sine[i];
        to_high[i] = b[i] * cosine[i] + a[i] * sine[i];
      }
      store<kWidth>(low, to_low);
      store<kWidth>(low + half, to_high);
    }
  }
}

}  // namespace jb

#endif
