#include "support/amx.h"

#include <bit>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "support/flush.h"
#include "support/isa.h"

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#define JB_HAS_AMX 1
#endif

namespace jb::amx {
namespace {

#ifdef JB_HAS_AMX

// All eight tiles at their full size.
struct alignas(64) Configuration {
  uint8_t palette = 1;
  uint8_t start_row = 0;
  uint8_t reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
static_assert(sizeof(Configuration) == 64);

bool processor_has_it() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  constexpr unsigned kOsSavesMore = 1u << 27;  // OSXSAVE
  if (__get_cpuid(1, &a, &b, &c, &d) == 0 || (c & kOsSavesMore) == 0) return false;
  constexpr unsigned kBf16 = 1u << 22, kTile = 1u << 24;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & kBf16) == 0 || (d & kTile) == 0) return false;
  uint32_t low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  constexpr uint32_t kTileState = 3u << 17;  // of configuration and data
  return (low & kTileState) == kTileState;
}

// Linux grants the large state only to a process that asks, and not if a thread's signal stack could not hold it.
bool system_permits() {
  constexpr long kRequestPermission = 0x1023, kTileData = 18;
  return syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}

void configure() {
  static constexpr Configuration kConfiguration;
  asm volatile("ldtilecfg %0" ::"m"(kConfiguration) : "memory");
}

void release() { asm volatile("tilerelease" ::: "memory"); }

// One block of small numbers, so that no product is lost, against the same in the order that the unit documents.
bool computes_as_it_should() {
  constexpr int64_t kSteps = 2, kWords = kSteps * kTilePairs;
  std::mt19937 random(7);
  const auto draw = [&](size_t n) {
    std::vector<uint32_t> words(n);
    for (uint32_t& word : words) word = (static_cast<uint32_t>(random()) & 0x83ff83ff) | 0x3c003c00;
    return words;
  };
  const std::vector<uint32_t> a = draw(kBlock * kWords), b = draw(kWords * kBlock);
  std::vector<float> found(kBlock * kBlock);
  configure();
  multiply_block(kSteps, reinterpret_cast<const float*>(a.data()), kWords, reinterpret_cast<const float*>(b.data()),
                 found.data());
  release();
  const FlushDenormals flush;
  const auto even = [](uint32_t x) { return std::bit_cast<float>(x << 16); };
  const auto odd = [](uint32_t x) { return std::bit_cast<float>(x & 0xffff0000); };
  for (size_t i = 0; i < kBlock; ++i) {
    for (size_t j = 0; j < kBlock; ++j) {
      float sum = 0;
      for (size_t p = 0; p < kWords; p += kTilePairs) {
        float evens = 0, odds = 0;
        for (size_t q = p; q < p + kTilePairs; ++q) {
          const uint32_t x = a[i * kWords + q], y = b[q * kBlock + j];
          evens = std::fma(even(x), even(y), evens);
          odds = std::fma(odd(x), odd(y), odds);
        }
        sum += evens + odds;
      }
      if (std::memcmp(&sum, &found[i * kBlock + j], sizeof(sum)) != 0) return false;
    }
  }
  return true;
}

#else

bool processor_has_it() { return false; }
bool system_permits() { return false; }
bool computes_as_it_should() { return false; }
void configure() {}
void release() {}

#endif

Tiles choose() {
  const char* wanted = std::getenv("JAUBERT_TILES");
  const auto is_wanted = [&](const char* name) { return wanted != nullptr && std::strcmp(wanted, name) == 0; };
  if (isa() != Isa::kAvx512 && isa() != Isa::kAvx512Bf16) return Tiles::kNone;
  if (is_wanted("plain")) return Tiles::kPlain;
  if (is_wanted("none") || isa() != Isa::kAvx512Bf16) return Tiles::kNone;
  return processor_has_it() && system_permits() && computes_as_it_should() ? Tiles::kUnit : Tiles::kNone;
}

}  // namespace

Tiles tiles() {
  static const Tiles chosen = choose();
  return chosen;
}

Session::Session(Tiles use) : unit_(use == Tiles::kUnit) {
  if (unit_) configure();
}

Session::~Session() {
  if (unit_) release();
}

void multiply_block(int64_t steps, const float* a, int64_t lda, const float* b, float* sums) {
#ifdef JB_HAS_AMX
  const float* const lower = a + kTilePairs * lda;
  const int64_t row_a = lda * 4, row_b = kBlock * 4;  // bytes
  asm volatile("tilezero %%tmm0\n tilezero %%tmm1\n tilezero %%tmm2\n tilezero %%tmm3" ::: "memory");
  for (int64_t s = 0; s < steps; ++s) {
    asm volatile(
        "tileloadd (%[upper],%[row_a],1), %%tmm4\n"
        "tileloadd (%[left],%[row_b],1), %%tmm6\n"
        "tileloadd 64(%[left],%[row_b],1), %%tmm7\n"
        "tileloadd (%[lower],%[row_a],1), %%tmm5\n"
        "tdpbf16ps %%tmm6, %%tmm4, %%tmm0\n"
        "tdpbf16ps %%tmm7, %%tmm4, %%tmm1\n"
        "tdpbf16ps %%tmm6, %%tmm5, %%tmm2\n"
        "tdpbf16ps %%tmm7, %%tmm5, %%tmm3\n" ::[upper] "r"(a + s * kTilePairs),
        [lower] "r"(lower + s * kTilePairs), [row_a] "r"(row_a), [left] "r"(b + s * kTilePairs * kBlock),
        [row_b] "r"(row_b)
        : "memory");
  }
  asm volatile(
      "tilestored %%tmm0, (%[upper],%[row],1)\n"
      "tilestored %%tmm1, 64(%[upper],%[row],1)\n"
      "tilestored %%tmm2, (%[lower],%[row],1)\n"
      "tilestored %%tmm3, 64(%[lower],%[row],1)\n" ::[upper] "r"(sums),
      [lower] "r"(sums + 16 * kBlock), [row] "r"(row_b)
      : "memory");
#else
  (void)steps, (void)a, (void)lda, (void)b, (void)sums;
#endif
}

}  // namespace jb::amx
