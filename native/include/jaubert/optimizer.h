// Optimizers over many tensors in one call, with clipping by the global norm, and no value that the host has to read.
// The arrays hold one entry a tensor and lie in host memory; addresses are those of float32 tensors on the device.
#ifndef JAUBERT_OPTIMIZER_H
#define JAUBERT_OPTIMIZER_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// norm [1] = sqrt(sum of squares of all gradients), in double precision inside.
JB_API jb_status jb_global_norm(jb_ctx ctx, jb_out norm, const int64_t* gradients, const int64_t* sizes,
                                int64_t tensors);

typedef struct jb_adam_args {
  int64_t tensors;  // entries of the arrays
  jb_in norm;       // [1] float32 of all gradients, for max_norm; may be null without
  double max_norm;  // g is the gradient times min(1, max_norm / (norm + 1e-6)); 0 does not clip
  double beta1, beta2, eps;
  int64_t step;             // counts from 1
  int64_t bias_correction;  // 0 leaves both divisors at 1
} jb_adam_args;

// AdamW (Loshchilov and Hutter 2019): m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2,
//   w -= lr * (m / (1 - beta1^step) / (sqrt(v / (1 - beta2^step)) + eps) + weight_decay * w).
// copies are addresses of bfloat16 tensors that get the new parameters, too, so that layers need not convert them:
// null, or 0 for a tensor without.
// If norm is not finite nothing is changed.
JB_API jb_status jb_adamw(jb_ctx ctx, const int64_t* parameters, const int64_t* gradients, const int64_t* m,
                          const int64_t* v, const int64_t* copies, const int64_t* sizes, const float* learning_rates,
                          const float* weight_decays, const jb_adam_args* args);

// LAMB (You et al. 2020): the update u of AdamW (weight decay inside), scaled per tensor by |w| / |u|; by 1 if either
// is 0, or if the tensor has no weight decay, as in the authors' program and NVIDIA's.
JB_API jb_status jb_lamb(jb_ctx ctx, const int64_t* parameters, const int64_t* gradients, const int64_t* m,
                         const int64_t* v, const int64_t* copies, const int64_t* sizes, const float* learning_rates,
                         const float* weight_decays, const jb_adam_args* args);

#ifdef __cplusplus
}
#endif

#endif
