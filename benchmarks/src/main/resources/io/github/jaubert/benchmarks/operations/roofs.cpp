// What the machine reaches at best: products by OpenBLAS, copy and triad of STREAM (McCalpin 1995).
//   roofs sgemm|copy|triad THREADS SECONDS
// Prints a line for each way there is to do it: its name, then GF/s or GB/s of each repetition. Bytes are those the
// program reads and writes; what a cache reads in order to write is not counted.
#include <sys/mman.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

extern "C" {  // OpenBLAS
void openblas_set_num_threads(int threads);
char* openblas_get_corename();
void cblas_sgemm(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a, int lda,
                 const float* b, int ldb, float beta, float* c, int ldc);
}

namespace {

constexpr size_t kLength = size_t{64} << 20;  // elements of an array: 256 MiB, many times a last-level cache
constexpr int kSize = 2048;                   // of the matrices

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

float* array(size_t n) {
  constexpr size_t kHugePage = size_t{2} << 20;
  const size_t bytes = (n * sizeof(float) + kHugePage - 1) / kHugePage * kHugePage;
  void* const memory = std::aligned_alloc(kHugePage, bytes);
  if (memory == nullptr) std::abort();
  madvise(memory, bytes, MADV_HUGEPAGE);
  auto* const values = static_cast<float*>(memory);
  for (size_t i = 0; i < n; ++i) values[i] = static_cast<float>(i % 1000) * 1e-3F - 0.5F;
  return values;
}

void report(const char* name, double amount, double seconds, const std::function<void()>& call) {
  call();
  std::printf("%s", name);
  const double end = now() + seconds;
  for (int i = 0; i < 5 || now() < end; ++i) {
    const double begin = now();
    call();
    std::printf(" %.6g", amount / (now() - begin) * 1e-9);
  }
  std::printf("\n");
}

using Part = void (*)(float* y, const float* x, const float* z, size_t n);

// Each thread has one contiguous part.
void in_parallel(int threads, Part part, float* y, const float* x, const float* z) {
  std::vector<std::thread> helpers;
  const size_t n = kLength / static_cast<size_t>(threads);
  for (int i = 1; i < threads; ++i) {
    const size_t at = static_cast<size_t>(i) * n;
    helpers.emplace_back(part, y + at, x + at, z + at, n);
  }
  part(y, x, z, n);
  for (std::thread& helper : helpers) helper.join();
}

void copy_memcpy(float* y, const float* x, const float*, size_t n) { std::memcpy(y, x, n * sizeof(float)); }

void triad_plain(float* __restrict y, const float* __restrict x, const float* __restrict z, size_t n) {
  for (size_t i = 0; i < n; ++i) y[i] = x[i] + 3 * z[i];
}

#if defined(__AVX2__)
// Stores that go past the caches, so that no line is read in order to be written.
void copy_streaming(float* y, const float* x, const float*, size_t n) {
  for (size_t i = 0; i < n; i += 8) _mm256_stream_ps(y + i, _mm256_load_ps(x + i));
}
void triad_streaming(float* y, const float* x, const float* z, size_t n) {
  for (size_t i = 0; i < n; i += 8) _mm256_stream_ps(y + i, _mm256_load_ps(x + i) + 3 * _mm256_load_ps(z + i));
}
#endif

void streams(bool triad, int threads, double seconds) {
  float *const x = array(kLength), *const y = array(kLength), *const z = triad ? array(kLength) : x;
  const double bytes = (triad ? 3.0 : 2.0) * sizeof(float) * kLength;
  const auto measure = [&](const char* name, Part part) {
    report(name, bytes, seconds / 2, [&] { in_parallel(threads, part, y, x, z); });
  };
  measure(triad ? "plain" : "memcpy", triad ? triad_plain : copy_memcpy);
#if defined(__AVX2__)
  measure("streaming-stores", triad ? triad_streaming : copy_streaming);
#endif
}

void sgemm(int threads, double seconds) {
  openblas_set_num_threads(threads);
  constexpr size_t n = size_t{kSize} * kSize;
  const float *const a = array(n), *const b = array(n);
  float* const c = array(n);
  constexpr int kRowMajor = 101, kNoTrans = 111;  // of cblas.h
  report(openblas_get_corename(), 2.0 * kSize * kSize * kSize, seconds, [&] {
    cblas_sgemm(kRowMajor, kNoTrans, kNoTrans, kSize, kSize, kSize, 1, a, kSize, b, kSize, 0, c, kSize);
  });
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "roofs sgemm|copy|triad THREADS SECONDS\n");
    return 2;
  }
  const std::string what = arguments[1];
  const int threads = std::atoi(arguments[2]);
  const double seconds = std::atof(arguments[3]);
  if (what == "sgemm") {
    sgemm(threads, seconds);
  } else {
    streams(what == "triad", threads, seconds);
  }
}
