// jb_global_norm, jb_adamw and jb_lamb.
#include <vector>

#include "context.h"
#include "functions.h"
#include "launch.h"
#include "optimizer/lamb.cuh"

namespace jb::cuda {
namespace {

using Tensor = OptimizerTensor<float>;

// The lists that kernels walk, on the device.
struct Lists {
  const Tensor* tensors;
  const OptimizerChunk* chunks;
  const int32_t* first_chunks;
  int64_t count, chunk_count;

  Launch by_chunks() const { return {static_cast<unsigned>(chunk_count), kOptimizerThreads}; }
};

Lists lists_of(Context& c, const char* function, const std::vector<Tensor>& tensors) {
  std::vector<OptimizerChunk> chunks;
  std::vector<int32_t> first_chunks{0};
  for (size_t t = 0; t < tensors.size(); ++t) {
    const Tensor& tensor = tensors[t];
    JB_CHECK(tensor.size == 0 || aligned({tensor.w, tensor.g, tensor.m, tensor.v, tensor.copy}),
             "{}: on a GPU tensor {} has to begin at multiples of 16 bytes, but is at {}, {}, {}, {} and {}", function,
             t, static_cast<const void*>(tensor.w), static_cast<const void*>(tensor.g),
             static_cast<const void*>(tensor.m), static_cast<const void*>(tensor.v),
             static_cast<const void*>(tensor.copy));
    for (int64_t i = 0; i * kOptimizerChunk < tensor.size; ++i) {
      chunks.push_back({static_cast<int32_t>(t), static_cast<int32_t>(i)});
    }
    first_chunks.push_back(checked_int(function, "the number of chunks", static_cast<int64_t>(chunks.size())));
  }
  const auto on_device = [&](const char* use, const auto& list) {
    return c.host_arrays().on_device((std::string(function) + use).c_str(), list.data(),
                                     static_cast<int64_t>(list.size()));
  };
  return {on_device(" tensors", tensors), on_device(" chunks", chunks), on_device(" first chunks", first_chunks),
          static_cast<int64_t>(tensors.size()), static_cast<int64_t>(chunks.size())};
}

// The arrays that AdamW and LAMB are given alike.
struct Arrays {
  const int64_t *parameters, *gradients, *m, *v, *copies, *sizes;
  const float *learning_rates, *weight_decays;

  std::vector<Tensor> list(const char* function, int64_t tensors) const {
    std::vector<Tensor> result;
    for (int64_t t = 0; t < tensors; ++t) {
      check_optimizer_size(function, t, sizes[t]);
      const auto address = [t](const int64_t* addresses) { return reinterpret_cast<float*>(addresses[t]); };
      result.push_back({address(parameters), address(gradients), address(m), address(v),
                        copies == nullptr ? nullptr : reinterpret_cast<bf16*>(copies[t]), sizes[t], learning_rates[t],
                        weight_decays[t]});
    }
    return result;
  }
};

// body(lists, step, settings) after the numbers of the step were made.
template <typename Body>
jb_status run_step(jb_ctx ctx, const char* function, const Arrays& arrays, const jb_adam_args* args, Body&& body) {
  return run(ctx, [&](Context& c) {
    const jb_adam_args& a = given(function, args);
    JB_CHECK(a.tensors >= 0, "{}: {} tensors", function, a.tensors);
    check_optimizer_step(function, a);
    const Lists lists = lists_of(c, function, arrays.list(function, a.tensors));
    if (lists.chunk_count == 0) return;
    const Replay* replay = c.replay();
    const AdamwSettings settings{float32(a.beta1),
                                 float32(a.beta2),
                                 float32(a.eps),
                                 float32(a.max_norm),
                                 a.step,
                                 replay == nullptr ? nullptr : &replay->steps,
                                 replay == nullptr ? nullptr : &replay->rate_factor,
                                 a.bias_correction != 0};
    auto* step = c.take<AdamwStep>(1);
    JB_LAUNCH(c, adamw_prepare<1>, {1, 1}, step, as<float>(a.norm), settings);
    body(c, lists, step, settings);
  });
}

}  // namespace

jb_status jb_global_norm(jb_ctx ctx, jb_out norm, const int64_t* gradients, const int64_t* sizes, int64_t tensors) {
  return run(ctx, [&](Context& c) {
    const char* name = "global_norm";
    JB_CHECK(tensors >= 0, "{}: {} tensors", name, tensors);
    std::vector<Tensor> list;
    for (int64_t t = 0; t < tensors; ++t) {
      check_optimizer_size(name, t, sizes[t]);
      Tensor tensor{};
      tensor.g = reinterpret_cast<const float*>(gradients[t]);
      tensor.size = sizes[t];
      list.push_back(tensor);
    }
    const Lists lists = lists_of(c, name, list);
    auto* sums = c.take<double>(lists.chunk_count);
    if (lists.chunk_count > 0) {
      JB_LAUNCH(c, gradient_squares<float>, lists.by_chunks(), sums, lists.tensors, lists.chunks);
    }
    JB_LAUNCH(c, global_norm<kNormThreads>, {1, kNormThreads}, as<float>(norm), sums,
              static_cast<int>(lists.chunk_count));
  });
}

jb_status jb_adamw(jb_ctx ctx, const int64_t* parameters, const int64_t* gradients, const int64_t* m, const int64_t* v,
                   const int64_t* copies, const int64_t* sizes, const float* learning_rates, const float* weight_decays,
                   const jb_adam_args* args) {
  const Arrays arrays{parameters, gradients, m, v, copies, sizes, learning_rates, weight_decays};
  return run_step(ctx, "adamw", arrays, args,
                  [](Context& c, const Lists& lists, const AdamwStep* numbers, const AdamwSettings& settings) {
                    JB_LAUNCH(c, adamw_update<float>, lists.by_chunks(), lists.tensors, lists.chunks, numbers,
                              settings);
                  });
}

jb_status jb_lamb(jb_ctx ctx, const int64_t* parameters, const int64_t* gradients, const int64_t* m, const int64_t* v,
                  const int64_t* copies, const int64_t* sizes, const float* learning_rates, const float* weight_decays,
                  const jb_adam_args* args) {
  const Arrays arrays{parameters, gradients, m, v, copies, sizes, learning_rates, weight_decays};
  return run_step(
      ctx, "lamb", arrays, args,
      [](Context& c, const Lists& lists, const AdamwStep* numbers, const AdamwSettings& settings) {
        auto* squares = c.take<LambSquares>(lists.chunk_count);
        auto* rates = c.take<float>(lists.count);
        JB_LAUNCH(c, lamb_moments<float>, lists.by_chunks(), squares, lists.tensors, lists.chunks, numbers, settings);
        JB_LAUNCH(c, (lamb_rates<float, kLambRateThreads>), {static_cast<unsigned>(lists.count), kLambRateThreads},
                  rates, squares, lists.first_chunks, lists.tensors, numbers);
        JB_LAUNCH(c, lamb_update<float>, lists.by_chunks(), rates, lists.tensors, lists.chunks, numbers, settings);
      });
}

}  // namespace jb::cuda
