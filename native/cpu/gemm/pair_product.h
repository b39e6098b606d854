// A product of bfloat16 matrices, how their memory is read as words, and what takes the sums.
#ifndef JAUBERT_CPU_GEMM_PAIR_PRODUCT_H
#define JAUBERT_CPU_GEMM_PAIR_PRODUCT_H

#include <cstdint>

#include "gemm/parts.h"
#include "gemm/words.h"

namespace jb::JB_ISA::gemm {

// op(A) op(B), row-major; op(A) is [m, k], op(B) is [k, n].
struct PairProduct {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  const BFloat16* a;
  const BFloat16* b;
  int64_t lda = transpose_a ? m : k;
  int64_t ldb = transpose_b ? k : n;

  int64_t words() const { return ceil_div(k, 2); }  // of the summed index
  // Whether rows of what is stored, which lie along the summed index, can be read as words in place.
  bool has_words_of_a() const { return !transpose_a && can_be_read(a, lda); }
  bool has_words_of_b() const { return transpose_b && can_be_read(b, ldb); }
  // What is stored, from element i of row r on; of a factor whose rows lie across the summed index r counts words.
  PairedRows stored_a(int64_t r, int64_t i) const { return across(a + i, lda, r); }
  auto stored_b(int64_t r, int64_t i) const { return Stored{*this, r, i}; }

  // Columns of op(B) are rows of what is stored, or words across them.
  struct Stored {
    const PairProduct& x;
    int64_t r, i;

    JB_INLINE vf load(int64_t at) const {
      return x.transpose_b ? along().load(at) : x.across(x.b + i, x.ldb, r).load(at);
    }
    JB_INLINE vf load_partial(int64_t at, int64_t n) const {
      return x.transpose_b ? along().load_partial(at, n) : x.across(x.b + i, x.ldb, r).load_partial(at, n);
    }

   private:
    JB_INLINE PairRow along() const { return {x.b + r * x.ldb + 2 * i, x.k - 2 * i}; }
  };

 private:
  bool can_be_read(const BFloat16* x, int64_t ld) const {
    return ld % 2 == 0 && k % 2 == 0 && reinterpret_cast<uintptr_t>(x) % sizeof(float) == 0;
  }
  JB_INLINE PairedRows across(const BFloat16* x, int64_t stride, int64_t word) const {
    const BFloat16* const even = x + 2 * word * stride;
    return {2 * word < k ? even : nullptr, 2 * word + 1 < k ? even + stride : nullptr};
  }
};

inline const float* words_of(const BFloat16* x) { return reinterpret_cast<const float*>(x); }

// Words from row to row of a copy of a panel of A: an odd number of cache lines, so that rows fall into different sets.
inline int64_t row_stride(int64_t words) { return (ceil_div(words, 16) | 1) * 16; }

// What takes the sums of each part of a product: a function of (first row, rows, first column, columns, sums, stride).
// One type for all of them: the product is compiled once, and calls it for some hundred sums at a time.
class Finish {
 public:
  template <typename Function>
  Finish(const Function& function)  // NOLINT: passed as one
      : object_(&function),
        call_([](const void* object, int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums,
                 int64_t stride) {
          (*static_cast<const Function*>(object))(row, rows, column, columns, sums, stride);
        }) {}

  void operator()(int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums, int64_t stride) const {
    call_(object_, row, rows, column, columns, sums, stride);
  }

 private:
  const void* object_;
  void (*call_)(const void*, int64_t, int64_t, int64_t, int64_t, const float*, int64_t);
};

}  // namespace jb::JB_ISA::gemm

#endif
