// What the launchers of activations and of the linear layer share.
#ifndef JAUBERT_CUDA_ACTIVATION_H
#define JAUBERT_CUDA_ACTIVATION_H

#include <algorithm>

#include "activation/activation.cuh"
#include "launch.h"

namespace jb::cuda {

// The grid of kernels where a thread keeps its columns and walks down the rows.
inline Launch by_columns(const Context& c, int64_t rows, int64_t width, int each) {
  const unsigned across = blocks(width, int64_t{kActivationThreads} * each);
  const unsigned all = c.blocks_for(rows * width, kActivationThreads, each);
  const int64_t down = std::max<int64_t>(1, all / across);
  return {dim3(across, static_cast<unsigned>(std::min({down, std::max<int64_t>(rows, 1), int64_t{65535}}))),
          kActivationThreads};
}

}  // namespace jb::cuda

#endif
