// What is said of each wrong call that only CUDA refuses, or that it checks by itself, and of each failure of cuBLAS.
// Other files have more: memory_test.cpp those of the runtime, graph_test.cpp those of graphs.
#include "cuda/both.h"
#include "jaubert/activation.h"
#include "jaubert/elementwise.h"
#include "jaubert/embedding.h"
#include "jaubert/index.h"
#include "jaubert/linear.h"
#include "jaubert/matmul.h"
#include "jaubert/norm.h"
#include "jaubert/optimizer.h"
#include "jaubert/softmax.h"
#include "simt/faults.h"

namespace {

void expect_words(const std::string& words) {
  if (jb_last_error() != words) test::fail(__FILE__, __LINE__, jb_last_error(), " is not ", words);
}

#define EXPECT_STATUS(expected, call, words) \
  do {                                       \
    EXPECT((call) == (expected));            \
    expect_words(words);                     \
  } while (false)

int status_of_blas = 0;
int fake_gemm() { return status_of_blas; }  // called with arguments, which it leaves alone

}  // namespace

TEST(each_failure_of_cublas_has_words) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  auto x = both.array(test::normal(24)), y = both.array(test::normal(24));
  const auto* gemm = reinterpret_cast<const void*>(&fake_gemm);
  int handle = 0;
  EXPECT_OK(jb_cuda_set_blas(ctx, &handle, gemm, gemm));
  constexpr std::pair<int, const char*> kStatus[] = {
      {1, "NOT_INITIALIZED"}, {3, "ALLOC_FAILED"},      {7, "INVALID_VALUE"},   {8, "ARCH_MISMATCH"},
      {11, "MAPPING_ERROR"},  {13, "EXECUTION_FAILED"}, {14, "INTERNAL_ERROR"}, {15, "NOT_SUPPORTED"},
      {16, "LICENSE_ERROR"},  {99, "unknown"}};
  const jb_matmul_args one{.transpose_b = 1, .m = 3, .n = 2, .k = 4, .alpha = 1, .batch = 1};
  const jb_matmul_args three{
      .m = 2, .n = 2, .k = 2, .alpha = 1, .batch = 3, .stride_a = 4, .stride_b = 4, .stride_c = 4};
  const jb_linear_args linear{.weight = x[1], .rows = 2, .out = 4, .in = 3};
  for (const auto& [number, name] : kStatus) {
    status_of_blas = number;
    const jb_status expected = number == 3 ? JB_OUT_OF_MEMORY : JB_DEVICE_ERROR;
    const std::string words = ": cuBLAS failed with status " + std::to_string(number) + " (" + name + ") for ";
    EXPECT_STATUS(expected, jb_matmul(ctx, y[1], x[1], x[1], &one),
                  "matmul" + words + "1 products of m = 3, n = 2, k = 4");
    EXPECT_STATUS(expected, jb_matmul(ctx, y[1], x[1], x[1], &three),
                  "matmul" + words + "3 products of m = 2, n = 2, k = 2");
    EXPECT_STATUS(expected, jb_linear_forward(ctx, JB_F32, y[1], x[1], &linear),
                  "linear" + words + "1 products of m = 2, n = 4, k = 3");
    EXPECT_STATUS(expected, jb_linear_backward(ctx, JB_F32, y[1], nullptr, nullptr, nullptr, x[1], nullptr, &linear),
                  "linear_backward" + words + "1 products of m = 2, n = 3, k = 4");
  }
  status_of_blas = 0;
  EXPECT_OK(jb_matmul(ctx, y[1], x[1], x[1], &one));
}

TEST(products_need_cublas) {
  jb_simt_fail("emulated_blas", 1, 0, 1);
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  auto x = both.array(test::normal(6)), y = both.empty<float>(4);
  jb_matmul_args args{.transpose_b = 1, .m = 2, .n = 2, .k = 3, .alpha = 1, .batch = 1};
  EXPECT_STATUS(JB_DEVICE_ERROR, jb_matmul(ctx, y[1], x[1], x[1], &args),
                "matmul: cuBLAS was not given by jb_cuda_set_blas");
  args.k = 0;
  EXPECT_OK(jb_matmul(ctx, y[1], nullptr, nullptr, &args));  // a sum of nothing needs none
  const auto* gemm = reinterpret_cast<const void*>(&fake_gemm);
  EXPECT_REFUSED(jb_cuda_set_blas(ctx, nullptr, gemm, gemm), "set_blas: handle 0, cublasGemmEx 0x");
  EXPECT_REFUSED(jb_cuda_set_blas(ctx, y[1], nullptr, gemm), ", cublasGemmEx 0 and cublasGemmStridedBatchedEx 0x");
  EXPECT_REFUSED(jb_cuda_set_blas(ctx, y[1], gemm, nullptr), " and cublasGemmStridedBatchedEx 0 must not be null");
}

TEST(a_machine_that_is_not_fit_is_described) {
  const auto refused = [](const std::string& words) {
    EXPECT(jb_cuda_context_create(0) == nullptr);
    expect_words("context: " + words);
  };
  jb_simt_machine(0, 0, 90, 4);
  refused("there is no NVIDIA driver; one for CUDA 13.0 or later is needed");
  int32_t driver = -1, built_with = 0, devices = -1;
  EXPECT_OK(jb_cuda_driver(&driver, &built_with, &devices));
  EXPECT(driver == 0 && built_with == 13000 && devices == 0);
  jb_simt_machine(12080, 1, 90, 4);
  refused("the NVIDIA driver is for CUDA 12.8; one for 13.0 or later is needed");
  EXPECT_STATUS(JB_UNSUPPORTED, jb_cuda_device(0, nullptr, nullptr, nullptr, nullptr, nullptr),
                "device: the NVIDIA driver is for CUDA 12.8; one for 13.0 or later is needed");
  EXPECT_OK(jb_cuda_driver(&driver, &built_with, &devices));
  EXPECT(driver == 12080 && devices == 0);
  jb_simt_machine(13010, 0, 90, 4);
  refused("GPU 0 of 0");
  jb_simt_machine(13000, 1, 75, 4);
  refused("GPU 0 (emulated GPU) has compute capability 7.5; 8.0 or later is needed");
  int32_t capability = 0;
  EXPECT_OK(jb_cuda_device(0, nullptr, &capability, nullptr, nullptr, nullptr));
  EXPECT(capability == 75);
  jb_simt_machine(13000, 1, 90, 4);
  const test::Both both;  // fit again
  EXPECT_STATUS(JB_INVALID_ARGUMENT, jb_cuda_device(1, nullptr, nullptr, nullptr, nullptr, nullptr),
                "device: GPU 1 of 1");
  EXPECT_STATUS(JB_UNSUPPORTED, jb_set_threads(both.cuda(), 3), "context: 3 threads, but a GPU has none to set");
  EXPECT(jb_get_threads(both.cuda()) == 1);
}

TEST(graphs_and_events_refuse) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const jb_out event = jb_cuda_event_create(ctx);
  float milliseconds = 0;
  EXPECT_STATUS(JB_INVALID_ARGUMENT, jb_cuda_event_record(ctx, nullptr), "event: it is null");
  EXPECT_STATUS(JB_INVALID_ARGUMENT, jb_cuda_event_elapsed(ctx, &milliseconds, nullptr, event),
                "event: an argument is null");
  // Of a packed batch so long that a mask has room for no sequence of all its tokens.
  const int64_t tokens = 262146;
  const auto x = both.empty<float>(tokens), means = both.empty<float>(2);
  const int32_t captured[] = {0, 131073, 262146}, one[] = {0, 262146, 262146};
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  EXPECT_OK(jb_segment_mean_forward(ctx, means[1], x[1], captured, 2, 1));
  EXPECT_STATUS(JB_INVALID_ARGUMENT, jb_cuda_event_record(ctx, event), "event: recorded while a graph is captured");
  EXPECT_STATUS(JB_UNSUPPORTED, jb_cuda_synchronize(ctx),
                "synchronize: not while a graph is captured; nothing runs yet");
  const jb_out graph = jb_cuda_capture_end(ctx);
  EXPECT(graph != nullptr);
  EXPECT_STATUS(JB_INVALID_ARGUMENT, jb_cuda_graph_set_sequences(ctx, graph, captured, one, 2),
                "graph: a sequence has 262146 tokens; with dropout the most is 262144");
  EXPECT_STATUS(JB_INVALID_ARGUMENT, jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 1, 0, 1),
                "graph: 1 seeds, or a null address");
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  jb_cuda_graph_destroy(ctx, graph);
  expect_words("graph: destroyed while another is captured");
  jb_layernorm_args args{.gamma = x[1], .beta = x[1], .rows = 1, .hidden = 4, .eps = 1e-6f, .p = 0.5f};
  for (; args.seed < 16; ++args.seed) {
    EXPECT_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, x[1], nullptr, x[1], &args));
  }
  EXPECT_STATUS(JB_UNSUPPORTED, jb_add_dropout_layernorm_forward(ctx, JB_F32, x[1], nullptr, x[1], &args),
                "capture: a graph can draw with 16 seeds, not more");
  jb_cuda_graph_destroy(ctx, jb_cuda_capture_end(ctx));
  jb_cuda_graph_destroy(ctx, graph);
  jb_cuda_event_destroy(ctx, event);
}

TEST(what_is_too_large_or_misplaced_for_a_gpu_is_named) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  auto x = both.array(test::normal(16));
  const int64_t much = int64_t{1} << 31;
  EXPECT_STATUS(JB_INVALID_ARGUMENT, jb_softmax_forward(ctx, x[1], x[1], 1, much, 0),
                "softmax: columns is 2147483648; on a GPU 0 to 2147483647 are possible");
  EXPECT_STATUS(JB_INVALID_ARGUMENT, jb_index_add_rows(ctx, JB_F32, x[1], x[1], x[1], JB_I32, much, 1, 1, 0),
                "index_add_rows: 2147483648 indices; on a GPU less than 2147483648 are possible");
  const int64_t parameter = reinterpret_cast<int64_t>(x[1]), other = parameter + 4, size = 3;
  const float rate = 0.1f;
  const jb_adam_args args{.tensors = 1, .beta1 = 0.9f, .beta2 = 0.99f, .eps = 1e-6f, .step = 1, .bias_correction = 1};
  EXPECT_REFUSED(jb_adamw(ctx, &parameter, &other, &parameter, &parameter, nullptr, &size, &rate, &rate, &args),
                 "adamw: on a GPU tensor 0 has to begin at multiples of 16 bytes, but is at 0x");
}

TEST(both_refuse) {
  const test::Both both;
  auto x = both.array(test::normal(16));
  const int32_t begins[] = {0, 2};
  BOTH_REFUSE(jb_segment_mean_forward(ctx, x[d], x[d], begins, 1, -1), "segment_mean: width is -1");
  BOTH_REFUSE(jb_segment_mean_backward(ctx, x[d], x[d], begins, 1, -1), "segment_mean backward: width is -1");
  BOTH_REFUSE(jb_softmax_backward(ctx, x[d], x[d], x[d], 2, -4, 0), "softmax backward: y is [2, -4]");
  BOTH_REFUSE(jb_geglu_backward(ctx, JB_F32, x[d], x[d], x[d], -1, 2), "geglu backward: dy is [-1, 2]");
  const auto norm = [&](int d) {
    return jb_layernorm_args{
        .gamma = x[d], .mean = x[d], .rstd = x[d], .rows = 2, .hidden = 4, .p = 0.5f, .seed = 1, .offset = 2};
  };
  BOTH_REFUSE(jb_add_dropout_layernorm_backward(ctx, JB_F32, x[d], x[d], nullptr, nullptr, nullptr, x[d], x[d],
                                                test::at(norm(d))),
              "add_dropout_layernorm backward: dx and dresidual are one memory, but differ by the dropout of p = 0.5");
  const auto embedding = [&](int d) {
    return jb_embedding_args{.word = x[d],
                             .position = x[d],
                             .type = x[d],
                             .word_ids = x[d],
                             .position_ids = x[d],
                             .gamma = x[d],
                             .beta = x[d],
                             .tokens = 1,
                             .hidden = 4,
                             .word_rows = 1,
                             .position_rows = 1,
                             .type_rows = 1,
                             .eps = 1e-6f};
  };
  BOTH_REFUSE(jb_embedding_layernorm_forward(ctx, JB_F32, x[d], nullptr, test::at(embedding(d))),
              "embedding: type and type_ids have to be null together");
  const int64_t shape[] = {4}, strides[] = {1};
  BOTH_REFUSE(jb_strided_copy(ctx, JB_I32, x[d], x[d], 1, shape, strides, strides, 1),
              "strided_copy: accumulate is for float32, not int32");
}
