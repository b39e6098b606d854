#include "support/blas.h"

#include <dlfcn.h>

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

// What is used of OpenBLAS; types and numbers are those of its cblas.h, built with 32-bit integers.
struct OpenBlas {
  enum Order : int { kRowMajor = 101 };
  enum Transpose : int { kNoTrans = 111, kTrans = 112 };
  void (*sgemm)(Order, Transpose, Transpose, int m, int n, int k, float alpha, const float* a, int lda, const float* b,
                int ldb, float beta, float* c, int ldc);
  int (*get_num_threads)();
  void (*set_num_threads)(int);
  char* (*get_config)();
  char* (*get_corename)();
};

constexpr const char* kLibrary = "libopenblas.so.0";

template <typename Function>
void find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  if (function == nullptr) fail(JB_UNSUPPORTED, "JAUBERT_GEMM=openblas: {} has no {}", kLibrary, name);
}

// Loaded when it is first needed: few ask for it.
const OpenBlas& library() {
  static const OpenBlas functions = [] {
    void* const library = dlopen(kLibrary, RTLD_NOW);
    if (library == nullptr) fail(JB_UNSUPPORTED, "JAUBERT_GEMM=openblas: {}", dlerror());
    OpenBlas f{};
    find(library, "cblas_sgemm", f.sgemm);
    find(library, "openblas_get_num_threads", f.get_num_threads);
    find(library, "openblas_set_num_threads", f.set_num_threads);
    find(library, "openblas_get_config", f.get_config);
    find(library, "openblas_get_corename", f.get_corename);
    return f;
  }();
  return functions;
}

std::mutex mutex;
int users = 0;
int threads_of_others = 1;

int size(const char* name, int64_t value) {
  if (value > std::numeric_limits<int>::max()) fail(JB_UNSUPPORTED, "sgemm: {} = {} is beyond OpenBLAS", name, value);
  return static_cast<int>(value);
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
  const OpenBlas& openblas = library();
  std::lock_guard lock(mutex);
  if (users++ == 0) {
    threads_of_others = openblas.get_num_threads();
    if (threads_of_others != 1) openblas.set_num_threads(1);
  }
}

Serial::~Serial() {
  std::lock_guard lock(mutex);
  if (--users == 0 && threads_of_others != 1) library().set_num_threads(threads_of_others);
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
  const auto operation = [](bool transpose) { return transpose ? OpenBlas::kTrans : OpenBlas::kNoTrans; };
  library().sgemm(OpenBlas::kRowMajor, operation(transpose_a), operation(transpose_b), size("m", m), size("n", n),
                  size("k", k), alpha, a, size("lda", lda), b, size("ldb", ldb), beta, c, size("ldc", ldc));
}

}  // namespace jb::blas

extern "C" const char* jb_blas_name(void) {
  static const std::string name = [] {
    if (!jb::blas::use_openblas()) return std::string("Jaubert GEMM for ") + jb::isa_name();
    std::string words;
    const jb_status status = jb::guard(
        [&] { words = std::string(jb::blas::library().get_config()) + " on " + jb::blas::library().get_corename(); });
    return status == JB_OK ? words : std::string(jb_last_error());
  }();
  return name.c_str();
}
