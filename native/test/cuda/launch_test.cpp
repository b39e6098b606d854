// How kernels are made ready for launches: shared memory that has to be asked for, and kernels that a graph launches
// first. What the emulated runtime refuses here is what CUDA refuses.
#include "cuda/both.h"
#include "jaubert/attention.h"
#include "jaubert/index.h"
#include "simt/check.h"
#include "simt/faults.h"

namespace {

constexpr int kInvalidValue = 1, kNotWhileCapturing = 900;

// A forward and a backward pass for matrix units. With heads of 96 elements and more, backward takes more than 48 KiB
// of shared memory.
struct Attention {
  static constexpr int64_t kTokens = 24;
  int64_t width;
  test::Array<jb::bf16> q, out, dq, dk;
  test::Array<float> lse;

  Attention(const test::Both& both, int64_t head_dim)
      : width(head_dim),
        q(both.array(simt::to<jb::bf16>(test::normal(kTokens * head_dim)))),
        out(both.array(std::vector<jb::bf16>(static_cast<size_t>(kTokens * head_dim)))),
        dq(both.array(std::vector<jb::bf16>(static_cast<size_t>(kTokens * head_dim)))),
        dk(both.array(std::vector<jb::bf16>(static_cast<size_t>(kTokens * head_dim)))),
        lse(both.empty<float>(kTokens)) {}

  jb_status call(jb_ctx ctx) const {
    const int32_t begins[] = {0, 10, 24};
    const jb_attention_args args{.q = q[1],
                                 .k = q[1],
                                 .v = q[1],
                                 .lse = lse[1],
                                 .sequences = 2,
                                 .heads = 1,
                                 .head_dim = width,
                                 .window = -1,
                                 .scale = 0.1f};
    EXPECT_OK(jb_attention_forward(ctx, JB_BF16, out[1], begins, &args));
    return jb_attention_backward(ctx, JB_BF16, dq[1], dk[1], nullptr, q[1], out[1], begins, &args);
  }
};

}  // namespace

TEST(a_kernel_may_be_launched_first_while_captured) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const Attention small(both, 32), large(both, 128);
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  EXPECT_OK(small.call(ctx));
  EXPECT_OK(large.call(ctx));  // which also has to ask for shared memory
  const jb_out graph = jb_cuda_capture_end(ctx);
  EXPECT(graph != nullptr);
  EXPECT_OK(jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 0, 0, 1));
  const auto small_dq = simt::doubles(small.dq.values(1)), large_dq = simt::doubles(large.dq.values(1));
  EXPECT_OK(small.call(ctx));
  EXPECT_OK(large.call(ctx));
  EXPECT_SAME_BITS(small_dq, simt::doubles(small.dq.values(1)));
  EXPECT_SAME_BITS(large_dq, simt::doubles(large.dq.values(1)));
  jb_cuda_graph_destroy(ctx, graph);
}

TEST(shared_memory_is_asked_for_once) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const Attention attention(both, 96);
  jb_simt_fail("cudaFuncSetAttribute", kInvalidValue, 0, 1);
  EXPECT(attention.call(ctx) == JB_DEVICE_ERROR);
  EXPECT(std::string(jb_last_error()).find("cudaFuncSetAttribute(") != std::string::npos);
  EXPECT_OK(attention.call(ctx));  // a failure is not taken for an answer
  jb_simt_fail("cudaFuncSetAttribute", kInvalidValue, 0, 1);
  EXPECT_OK(attention.call(ctx));
  const test::Both other;  // another context of the same GPU
  const Attention there(other, 96);
  EXPECT_OK(there.call(other.cuda()));
  jb_simt_fail("cudaFuncSetAttribute", 0, 0, 0);
}

TEST(a_kernel_that_cannot_be_loaded_is_said_before_the_capture) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const jb_ctx second = jb_cuda_context_create(1);  // where nothing is loaded yet
  EXPECT(second != nullptr);
  jb_simt_fail("cudaFuncGetAttributes", kNotWhileCapturing, 5, 1);
  EXPECT(jb_cuda_capture_begin(second) == JB_DEVICE_ERROR);
  EXPECT(std::string(jb_last_error()).find("cudaFuncGetAttributes(") != std::string::npos);
  EXPECT_OK(jb_cuda_capture_begin(ctx));  // of the first GPU, whose kernels are there
  EXPECT_OK(jb_cuda_capture_begin(second));
  for (const jb_ctx c : {ctx, second}) {
    const jb_out graph = jb_cuda_capture_end(c);
    EXPECT(graph != nullptr);
    jb_cuda_graph_destroy(c, graph);
  }
  jb_context_destroy(second);
}
