// The instances of adamw.cuh that no launcher has yet.
#include "optimizer/adamw.cuh"

namespace jb {

#define JB_ADAMW(G)                                                                                            \
  template __global__ void gradient_squares<G>(double*, const OptimizerTensor<G>*, const OptimizerChunk*);     \
  template __global__ void adamw_update<G>(const OptimizerTensor<G>*, const OptimizerChunk*, const AdamwStep*, \
                                           AdamwSettings);

JB_ADAMW(bf16)

}  // namespace jb
