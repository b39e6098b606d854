// Elementary functions on vectors of float.
//
// Range reduction follows Cody and Waite (1980) and, for the logarithm, Tang (1990) as fdlibm arranges it; polynomials
// are minimax fits (Remez's criterion by Lawson's iteration in 40 digits, coefficients rounded to float one after the
// other, lowest first, the rest fitted again). test_simd.cpp sweeps every function against libm in double precision and
// holds it to the bound named here. All are right at +-0, +-inf and NaN, and for subnormal arguments and results where
// the thread has such numbers; in kernels it has not (flush.h).
#ifndef JAUBERT_CPU_SUPPORT_SIMD_MATH_H
#define JAUBERT_CPU_SUPPORT_SIMD_MATH_H

#include "support/simd.h"

namespace jb::JB_ISA {

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

namespace detail {

// c[0] + c[1] x + c[2] x^2 + ...
template <int N>
JB_INLINE vf polynomial(const float (&c)[N], vf x) {
  vf y = splat(c[N - 1]);
  for (int i = N - 2; i >= 0; --i) y = fma(y, x, splat(c[i]));
  return y;
}

// ln 2 = kLn2High + kLn2Low; the upper part has 9 trailing zero bits, so its products with exponents are exact.
inline constexpr float kLn2High = 0.693145751953125f;
inline constexpr float kLn2Low = 1.42860682030941723212e-6f;
inline constexpr float kLog2E = 1.44269504088896341f;

// (e^r - 1 - r) / r^2 on [-ln2 / 2, ln2 / 2]; the error of e^r is 3e-9.
inline constexpr float kExpTail[] = {0.49999994f, 0.166665211f, 0.0416682735f, 0.00836868584f, 0.00138201367f};

// y * 2^n for integral n from -278 to 276: in two steps, as 2^n itself may not be a float.
JB_INLINE vf scale_by_power(vf y, vf n) {
#if defined(JB_SIMD_AVX512)
  return (vf)_mm512_scalef_ps((__m512)y, (__m512)n);
#else
  const vi whole = to_int(n);
  const vi half = whole >> 1;
  const vf first = bits_to_float((half + 127) << 23);
  const vf second = bits_to_float((whole - half + 127) << 23);
  return y * first * second;
#endif
}

// erfc-like: P(u) / (t + 4) = e^(t^2 / 2) * Phi(-t) for t in [0, 14.5], u = (t - 4) / (t + 4); error 2e-8.
inline constexpr float kMills[] = {0.755285144f,    -0.607896686f,  0.387136519f,   -0.186521232f,   0.0604070686f,
                                   -0.00753581384f, -0.0035260478f, 0.00158249226f, 0.000200598835f, -0.00012551299f};

}  // namespace detail

// e^x, within 1 ulp.
JB_INLINE vf exp(vf x) {
  // Beyond these bounds the result is infinite or 0 anyway; NaN passes through both.
  const vf bounded = max(splat(-104.0f), min(splat(89.0f), x));
  const vf n = round(bounded * detail::kLog2E);
  const vf r = fnma(n, splat(detail::kLn2Low), fnma(n, splat(detail::kLn2High), bounded));
  const vf y = fma(r * r, detail::polynomial(detail::kExpTail, r), r) + 1.0f;
  return detail::scale_by_power(y, n);
}

// e^x where x <= 0 (or above by a rounding) and results below 1.3e-38 may be 0: what softmax needs. Within 1 ulp.
JB_INLINE vf exp_nonpositive(vf x) {
#if defined(JB_SIMD_AVX512)
  constexpr float kLowest = -104.0f;
#else
  constexpr float kLowest = -88.0f;
#endif
  const vf bounded = max(splat(kLowest), x);
  const vf n = round(bounded * detail::kLog2E);
  const vf r = fnma(n, splat(detail::kLn2Low), fnma(n, splat(detail::kLn2High), bounded));
  const vf y = fma(r * r, detail::polynomial(detail::kExpTail, r), r) + 1.0f;
#if defined(JB_SIMD_AVX512)
  return detail::scale_by_power(y, n);
#else
  const vf power = bits_to_float((to_int(n) + 127) << 23);
  return select(x < splat(-87.3f), vf{}, y * power);
#endif
}

// 2^x under the same terms: a softmax whose scores are multiplied by log2(e) beforehand has no use for the other.
JB_INLINE vf exp2_nonpositive(vf x) {
  constexpr float kTail[] = {1.0f,           0.693147182f,   0.240226477f,   0.0555035993f,
                             0.00961850584f, 0.00133908063f, 0.000153264642f};  // on [-1/2, 1/2], error 3e-9
#if defined(JB_SIMD_AVX512)
  const vf bounded = max(splat(-150.0f), x);
  const vf n = round(bounded);
  return detail::scale_by_power(detail::polynomial(kTail, bounded - n), n);
#else
  const vf bounded = max(splat(-126.0f), x);
  const vf n = round(bounded);
  const vf power = bits_to_float((to_int(n) + 127) << 23);
  return select(x < splat(-126.0f), vf{}, detail::polynomial(kTail, bounded - n) * power);
#endif
}

// Natural logarithm, within 1 ulp; NaN below 0, -inf at 0.
JB_INLINE vf log(vf x) {
  // x = 2^n * (1 + f) with 1 + f in [sqrt(1/2), sqrt(2)).
  const vi subnormal = x < splat(std::numeric_limits<float>::min());
  const vf normal = select(subnormal, x * 0x1p25f, x);
  const vu bits = (vu)normal + (0x3f800000u - 0x3f3504f3u);  // unsigned: a NaN's may pass the sign
  vf n = to_float(((vi)bits >> 23) - 127);
  n = select(subnormal, n - 25.0f, n);
  const vf f = (vf)((bits & 0x007fffffu) + 0x3f3504f3u) - 1.0f;
  // log(1 + f) = 2 atanh(s) = f - (f^2 / 2 - s (f^2 / 2 + R(s^2))).
  constexpr float kAtanhTail[] = {0.666666627f, 0.400009692f, 0.284991682f, 0.242683157f};
  const vf s = f / (f + 2.0f);
  const vf z = s * s;
  const vf half_square = f * f * 0.5f;
  const vf r = z * detail::polynomial(kAtanhTail, z);
  const vf low = fma(s, half_square + r, n * detail::kLn2Low);
  vf y = fma(n, splat(detail::kLn2High), f - (half_square - low));
  y = select(x == splat(kInfinity), x, y);
  y = select(x == vf{}, splat(-kInfinity), y);
  return select((x < vf{}) | (x != x), splat(std::numeric_limits<float>::quiet_NaN()), y);
}

// log(1 + x) for x >= 0, within 2 ulp: the rounding of 1 + x is put back to first order.
JB_INLINE vf log1p_nonnegative(vf x) {
  const vf u = x + 1.0f;
  const vf y = log(u) + (x - (u - 1.0f)) / u;
  return select(x < splat(0x1p24f), y, log(x));
}

// Within 2.5 ulp.
JB_INLINE vf tanh(vf x) {
  // With e = e^(2|x|) - 1 it is e / (e + 2); e keeps its digits for small x. From 9.02 on it rounds to 1.
  const vf t = min(splat(9.1f), abs(x)) * 2.0f;
  const vf n = round(t * detail::kLog2E);
  const vf r = fnma(n, splat(detail::kLn2Low), fnma(n, splat(detail::kLn2High), t));
  const vf tail = fma(r * r, detail::polynomial(detail::kExpTail, r), r);
  const vf power = bits_to_float((to_int(n) + 127) << 23);
  const vf e = fma(tail, power, power - 1.0f);
  return select(x != x, x, copysign(e / (e + 2.0f), x));
}

// 1 / (1 + e^-x), within 2.5 ulp.
JB_INLINE vf sigmoid(vf x) {
  const vf e = exp(-abs(x));
  return select(x < vf{}, e, splat(1.0f)) / (e + 1.0f);
}

// Phi(-|x|), the lower tail of the standard normal distribution, and e^(-x^2 / 2).
struct NormalTail {
  vf tail;
  vf density;  // without the factor 1 / sqrt(2 pi)
};

JB_INLINE NormalTail normal_tail(vf x) {
  const vf t = min(splat(14.5f), abs(x));
  // e^(-t^2 / 2): what t * t loses by rounding would be multiplied by the exponential, so it is put back.
  const vf square = t * t;
  const vf lost = fma(t, t, -square);
  const vf e = exp(square * -0.5f);
  const vf density = fma(e, lost * -0.5f, e);
  const vf inverse = 1.0f / (t + 4.0f);
  const vf u = (t - 4.0f) * inverse;
  return {density * (detail::polynomial(detail::kMills, u) * inverse), density};
}

// Within 2 ulp.
JB_INLINE vf erf(vf x) {
  constexpr float kNearZero[] = {0.128379166f,  -0.37612626f,    0.112835787f,   -0.0268533472f,
                                 0.0051871622f, -0.00079978531f, 7.80690316e-05f};
  const vf z = x * x;
  const vf near = fma(x, detail::polynomial(kNearZero, z), x);
  const vf far = fnma(splat(2.0f), normal_tail(x * 1.41421356f).tail, splat(1.0f));
  return select(abs(x) < splat(1.0f), near, copysign(far, x));
}

// x * Phi(x), within 5.5 ulp while that is a normal number (x > -12.9).
JB_INLINE vf gelu(vf x) {
  const vf bounded = max(splat(-15.0f), min(splat(15.0f), x));
  const vf q = normal_tail(x).tail * bounded;
  return select(x > vf{}, x - q, q);
}

inline constexpr float kInverseSqrtTwoPi = 0.398942280401432678f;

// d/dx gelu(x) = Phi(x) + x phi(x); error 3e-7 (it passes through 0).
JB_INLINE vf gelu_derivative(vf x) {
  const NormalTail n = normal_tail(x);
  const vf phi = select(x > vf{}, 1.0f - n.tail, n.tail);
  const vf bounded = max(splat(-15.0f), min(splat(15.0f), x));
  return fma(bounded * kInverseSqrtTwoPi, n.density, phi);
}

inline constexpr float kSqrtTwoOverPi = 0.797884560802865356f;

// x (1 + tanh(u)) / 2 = x sigmoid(2 u), u = sqrt(2 / pi) (x + 0.044715 x^3): "gelu_new". Within 4 ulp for x > -1; the
// relative error grows with 2 |u| below, while the absolute one stays under 1e-7.
JB_INLINE vf gelu_tanh(vf x) {
  const vf bounded = max(splat(-20.0f), min(splat(20.0f), x));
  const vf u2 = bounded * (2.0f * kSqrtTwoOverPi) * fma(bounded * bounded, splat(0.044715f), splat(1.0f));
  return max(splat(-20.0f), x) * sigmoid(u2);
}

// s + x s (1 - s) (2 u)' with s = sigmoid(2 u); error 5e-7.
JB_INLINE vf gelu_tanh_derivative(vf x) {
  const vf bounded = max(splat(-20.0f), min(splat(20.0f), x));
  const vf square = bounded * bounded;
  const vf u2 = bounded * (2.0f * kSqrtTwoOverPi) * fma(square, splat(0.044715f), splat(1.0f));
  const vf slope = (2.0f * kSqrtTwoOverPi) * fma(square, splat(3.0f * 0.044715f), splat(1.0f));
  // s (1 - s) from e^-|2u|, since 1 - s loses its digits where s is near 1.
  const vf e = exp(-abs(u2));
  const vf larger = 1.0f / (e + 1.0f);
  const vf smaller = e * larger;
  return fma(bounded * slope, larger * smaller, select(x < vf{}, smaller, larger));
}

struct SinCos {
  vf sin;
  vf cos;
};

// Both within 2 ulp of the largest value nearby (error 1e-7), for |x| <= 1e5; lanes beyond that ask libm.
JB_INLINE SinCos sincos(vf x) {
  // x = n * pi / 2 + r, pi / 2 in three parts (Cody and Waite).
  const vf n = round(x * 0.636619772367581343f);
  vf r = fnma(n, splat(1.5707963705062866f), x);
  r = fnma(n, splat(-4.371138828673793e-8f), r);
  r = fnma(n, splat(-1.7151245100058819e-15f), r);
  constexpr float kSin[] = {-0.166666552f, 0.00833218731f, -0.000195179091f};
  constexpr float kCos[] = {0.0416666456f, -0.00138873095f, 2.44323364e-05f};
  const vf z = r * r;
  const vf s = fma(r * z, detail::polynomial(kSin, z), r);
  const vf c = fma(z * z, detail::polynomial(kCos, z), fma(z, splat(-0.5f), splat(1.0f)));
  const vi small = abs(x) <= splat(1e5f);
  const vi quadrant = to_int(select(small, n, vf{}));
  const vi swap = (quadrant & 1) != vi{};
  const vi sin_sign = (quadrant & 2) << 30;
  const vi cos_sign = ((quadrant + 1) & 2) << 30;
  SinCos y{bits_to_float(float_to_bits(select(swap, c, s)) ^ sin_sign),
           bits_to_float(float_to_bits(select(swap, s, c)) ^ cos_sign)};
  if (sum(select(small, vf{}, splat(1.0f))) != 0.0f) [[unlikely]] {
    for (int i = 0; i < kLanes; ++i) {
      if (small[i]) continue;
      y.sin[i] = std::sin(x[i]);
      y.cos[i] = std::cos(x[i]);
    }
  }
  return y;
}

}  // namespace jb::JB_ISA

#endif
