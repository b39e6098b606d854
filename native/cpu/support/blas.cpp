#include "support/blas.h"

#include <cblas.h>

#include <cstdlib>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>

#include "jaubert/context.h"
#include "support/error.h"
#include "support/isa.h"

namespace jb::blas {
namespace {

std::mutex mutex;
int users = 0;
int threads_of_others = 1;

blasint size(const char* name, int64_t value) {
  if (value > std::numeric_limits<blasint>::max())
    fail(JB_UNSUPPORTED, "sgemm: {} = {} is beyond OpenBLAS", name, value);
  return static_cast<blasint>(value);
}

}  // namespace

bool use_openblas() {
  static const bool chosen = [] {
    const char* const value = std::getenv("JAUBERT_GEMM");
    return value != nullptr && std::string_view(value) == "openblas";
  }();
  return chosen;
}

Serial::Serial() {
  std::lock_guard lock(mutex);
  if (users++ == 0) {
    threads_of_others = openblas_get_num_threads();
    if (threads_of_others != 1) openblas_set_num_threads(1);
  }
}

Serial::~Serial() {
  std::lock_guard lock(mutex);
  if (--users == 0 && threads_of_others != 1) openblas_set_num_threads(threads_of_others);
}

void sgemm(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a,
           int64_t lda, const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  if (m == 0 || n == 0) return;
  if (k == 0) {
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = beta == 0 ? 0 : beta * c[i * ldc + j];
    }
    return;
  }
  cblas_sgemm(CblasRowMajor, transpose_a ? CblasTrans : CblasNoTrans, transpose_b ? CblasTrans : CblasNoTrans,
              size("m", m), size("n", n), size("k", k), alpha, a, size("lda", lda), b, size("ldb", ldb), beta, c,
              size("ldc", ldc));
}

}  // namespace jb::blas

extern "C" const char* jb_blas_name(void) {
  static const std::string name = jb::blas::use_openblas()
                                      ? std::string(openblas_get_config()) + " on " + openblas_get_corename()
                                      : std::string("Jaubert GEMM for ") + jb::isa_name();
  return name.c_str();
}
