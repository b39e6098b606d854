// The input of a BERT encoder, sum = word[word_ids] + position[position_ids] + type[type_ids], y =
// dropout(LayerNorm(sum)), in one kernel; the contract is that of native/include/jaubert/embedding.h. Backward to sum,
// gamma and beta is layernorm_backward with Mask::kOfY; backward to a table is below.
//
// sum and y are T, tables and parameters float32. sum is rounded to T before anything is made of it. A kernel cannot
// refuse an id: one outside its table makes the row NaN, no memory outside is read, and it is noted
// (common/index_error.cuh).
#ifndef JAUBERT_KERNELS_EMBEDDING_EMBEDDING_CUH
#define JAUBERT_KERNELS_EMBEDDING_EMBEDDING_CUH

#include "common/index_error.cuh"
#include "norm/layernorm.cuh"

namespace jb {

// table [rows, hidden] and ids [tokens]; a null table adds nothing.
struct EmbeddingTable {
  const float* table;
  const int32_t* ids;
  int rows;

  __device__ __forceinline__ void check(IndexKind kind, int64_t token, const IndexErrors& errors) const {
    if (table == nullptr) return;
    const int32_t id = ids[token];
    if (id < 0 || id >= rows) note(errors, kind, token, id, rows);
  }
};

struct Embeddings {
  EmbeddingTable word, position, type;

  // By one thread, of a token whose row is not of numbers, which an id outside makes it: so others pay for no check.
  __device__ __forceinline__ void check(int64_t token, const IndexErrors& errors) const {
    word.check(IndexKind::kWordId, token, errors);
    position.check(IndexKind::kPositionId, token, errors);
    type.check(IndexKind::kTypeId, token, errors);
  }
};

// s += table[ids[token]] of kWidth elements from column c.
template <int kWidth>
__device__ __forceinline__ void add_embedding(float (&s)[kWidth], const EmbeddingTable& from, int64_t token, int c,
                                              int hidden) {
  if (from.table == nullptr) return;
  const int32_t id = from.ids[token];
  float x[kWidth];
  fill(x, __uint_as_float(0x7fc00000u));
  if (id >= 0 && id < from.rows) load<kWidth, Cache::kConstant>(x, from.table + static_cast<int64_t>(id) * hidden + c);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) s[i] += x[i];
}

template <typename T, int kWidth>
__device__ __forceinline__ void add_embeddings(float (&s)[kWidth], const Embeddings& from, int64_t token, int c,
                                               int hidden) {
  fill(s, 0.0f);
  add_embedding(s, from.word, token, c, hidden);
  add_embedding(s, from.position, token, c, hidden);
  add_embedding(s, from.type, token, c, hidden);
  round_to<T>(s);
}

// A warp a token, for hidden of layernorm_vectors<T>() > 0; block kLayernormThreads, any grid. With 4 vectors of
// float32 ptxas is kept from aiming at more than 8 blocks of a multiprocessor, and spilling for it.
template <typename T, int kVectors, bool kDropout>
__global__ void __launch_bounds__(kLayernormThreads, sizeof(T) == 4 && kVectors == 4 ? 8 : 0)
    embedding_forward(LayernormOutputs<T> to, Embeddings from, const float* gamma, const float* beta, int64_t tokens,
                      int hidden, float eps, Dropout dropout, IndexErrors errors) {
  constexpr int kWidth = kVector<T>, kRows = kLayernormThreads / kWarp;
  constexpr Mask kMask = kDropout ? Mask::kOfY : Mask::kNone;
  const uint64_t first = kDropout ? dropout.first_offset() : 0;
  for (int64_t token = static_cast<int64_t>(blockIdx.x) * kRows + warp_number(); token < tokens;
       token += static_cast<int64_t>(gridDim.x) * kRows) {
    float s[kVectors][kWidth];
#pragma unroll
    for (int v = 0; v < kVectors; ++v) {
      const int c = (v * kWarp + lane_number()) * kWidth;
      fill(s[v], 0.0f);
      if (c < hidden) add_embeddings<T>(s[v], from, token, c, hidden);
    }
    const float mean = finish_row<kMask, kVectors>(to, s, gamma, beta, token, hidden, eps, dropout, first);
    if (mean != mean && lane_number() == 0) from.check(token, errors);
  }
}

// A block a token, for any other hidden; block kLayernormWideThreads, any grid. The 4 keeps ptxas from aiming at more
// blocks, and spilling for it.
template <typename T, int kWidth, bool kDropout>
__global__ void __launch_bounds__(kLayernormWideThreads, 4)
    embedding_forward_wide(LayernormOutputs<T> to, Embeddings from, const float* gamma, const float* beta,
                           int64_t tokens, int hidden, float eps, Dropout dropout, IndexErrors errors) {
  __shared__ float scratch[kLayernormWideThreads / kWarp];
  constexpr Mask kMask = kDropout ? Mask::kOfY : Mask::kNone;
  const uint64_t first = kDropout ? dropout.first_offset() : 0;
  T* const kept = to.sum != nullptr ? to.sum : to.y;
  for (int64_t token = blockIdx.x; token < tokens; token += gridDim.x) {
    float s[kWidth];
    float total = 0;
    for (int c = static_cast<int>(threadIdx.x) * kWidth; c < hidden; c += kLayernormWideThreads * kWidth) {
      add_embeddings<T>(s, from, token, c, hidden);
      store<kWidth>(kept + token * hidden + c, s);
#pragma unroll
      for (int i = 0; i < kWidth; ++i) total += s[i];
    }
    const float mean =
        finish_wide_row<kMask, kWidth>(to, kept, total, gamma, beta, token, hidden, eps, dropout, first, scratch);
    if (mean != mean && threadIdx.x == 0) from.check(token, errors);
  }
}

// --- The gradient of a table: dtable[ids[t]] += dsum[t] for all tokens t, with no atomics ---
//
// It is given the tokens sorted by id: sorted [tokens] are the ids, order [tokens] the tokens they belong to (in their
// own order among equals, so that the sums have one order). The sorted list is cut into windows of kTableWindow. The
// first kernel adds up each run of equal ids within a window: a run that lies inside goes to the table at once, one
// that crosses an edge to edges [windows, 2, hidden]: 0 for a run that came from the window before, 1 for one that
// begins here and goes on. The second kernel adds up the pieces of each run that goes on.

inline constexpr int kTableThreads = 64, kTableWindow = 64;

// Window w as positions [begin, end) of the sorted list.
struct TableWindow {
  int64_t begin, end;
  __device__ __forceinline__ TableWindow(int64_t w, int64_t tokens)
      : begin(w * kTableWindow), end(min(begin + kTableWindow, tokens)) {}
};

// Grid (windows, columns / (kTableThreads * kWidth) rounded up, also in z: first_column()), block kTableThreads. Ids
// outside [0, rows) are left out.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kTableThreads)
    table_gradient(float* dtable, float* edges, const T* dsum, const int32_t* sorted, const int32_t* order,
                   int64_t tokens, int rows, int hidden) {
  const uint32_t c = first_column<kTableThreads, kWidth>();
  if (c >= static_cast<uint32_t>(hidden)) return;
  const TableWindow window(blockIdx.x, tokens);
  const bool comes_in = window.begin > 0 && sorted[window.begin - 1] == sorted[window.begin];
  const bool goes_on = window.end < tokens && sorted[window.end] == sorted[window.end - 1];
  float sum[kWidth];
  fill(sum, 0.0f);
  const auto finish = [&](int32_t id, bool is_first, bool is_last) {
    float* to = nullptr;
    if (is_first && comes_in) {
      to = edges + (static_cast<int64_t>(blockIdx.x) * 2) * hidden + c;
    } else if (is_last && goes_on) {
      to = edges + (static_cast<int64_t>(blockIdx.x) * 2 + 1) * hidden + c;
    }
    if (to != nullptr) {
#pragma unroll
      for (int i = 0; i < kWidth; ++i) to[i] = sum[i];
    } else if (id >= 0 && id < rows) {
      to = dtable + static_cast<int64_t>(id) * hidden + c;
#pragma unroll
      for (int i = 0; i < kWidth; ++i) to[i] += sum[i];
    }
    fill(sum, 0.0f);
  };
  constexpr int kAhead = 4;  // rows loaded before the first of them is used
  int32_t id = sorted[window.begin];
  bool is_first = true;
  for (int64_t p = window.begin; p < window.end; p += kAhead) {
    float x[kAhead][kWidth];
#pragma unroll
    for (int k = 0; k < kAhead; ++k) {
      if (p + k < window.end) load<kWidth>(x[k], dsum + static_cast<int64_t>(order[p + k]) * hidden + c);
    }
#pragma unroll
    for (int k = 0; k < kAhead; ++k) {
      if (p + k < window.end) {
        if (sorted[p + k] != id) {
          finish(id, is_first, false);
          is_first = false;
          id = sorted[p + k];
        }
#pragma unroll
        for (int i = 0; i < kWidth; ++i) sum[i] += x[k][i];
      }
    }
  }
  finish(id, is_first, true);
}

// Grid (windows, columns / kTableThreads rounded up, also in z), block kTableThreads.
template <int kThreads>
__global__ void __launch_bounds__(kThreads)
    table_gradient_edges(float* dtable, const float* edges, const int32_t* sorted, int64_t tokens, int rows,
                         int hidden) {
  const uint32_t c = first_column<kThreads, 1>();
  TableWindow window(blockIdx.x, tokens);
  if (c >= static_cast<uint32_t>(hidden) || window.end >= tokens) return;
  const int32_t id = sorted[window.end];
  if (sorted[window.end - 1] != id || id < 0 || id >= rows) return;                              // no run goes on
  if (sorted[window.begin] == id && window.begin > 0 && sorted[window.begin - 1] == id) return;  // nor begins here
  float sum = edges[(static_cast<int64_t>(blockIdx.x) * 2 + 1) * hidden + c];
  for (int64_t w = blockIdx.x + 1; window.end < tokens && sorted[window.end] == id; ++w) {
    sum += edges[w * 2 * hidden + c];
    window = TableWindow(w, tokens);
  }
  dtable[static_cast<int64_t>(id) * hidden + c] += sum;
}

}  // namespace jb

#endif
