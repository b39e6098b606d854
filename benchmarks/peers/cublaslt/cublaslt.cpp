// Times cuBLASLt's matrix products on a GPU, with and without its epilogues: a peer of `./jaubert bench gpu`, which
// compiles and runs it where cublasLt.h is found.
//
//   cublaslt [--dtype bf16|f32] [--tokens 65536] [--seconds 1] [--only REGEX] [--list] [--seed 0]
//
// One line of JSON a work, with the names and shapes of torch_gpu.py: y [rows, columns] = x [rows, inner] w^T, w being
// [columns, inner]. "+bias" adds a row of numbers, "+GELU" is GELU in its tanh form (cuBLASLt has no other), and "for
// training" also keeps what went into it. Times are between two events, on random data; before each call a buffer
// larger than the L2 cache is written. The fastest of the eight algorithms that the heuristic names is measured, with
// 32 MiB of workspace and sums in float32. Some results are first compared with sums in double precision.
#include <cublasLt.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <regex>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int64_t kHidden = 768, kIntermediate = 3072;
constexpr size_t kWorkspaceBytes = 32 << 20, kFlushBytes = 256 << 20;
constexpr int kCandidates = 8, kFewestSamples = 5, kChecked = 200;

void check(cudaError_t status, const char* call) {
  if (status != cudaSuccess) throw std::runtime_error(std::string(call) + ": " + cudaGetErrorString(status));
}

void check(cublasStatus_t status, const char* call) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    throw std::runtime_error(std::string(call) + ": " + cublasLtGetStatusString(status));
  }
}

#define CHECK(call) check(call, #call)

struct Options {
  bool bf16 = true, list = false;
  int64_t tokens = 65536;
  double seconds = 1;
  uint64_t seed = 0;
  std::regex only{""};
};

// The whole of a text as a number.
double number(const std::string& option, const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') throw std::invalid_argument(option + " " + text + ": a number");
  return value;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--list") {
      options.list = true;
      continue;
    }
    if (i + 1 == argc) throw std::invalid_argument(option + ": an option without its value, or none that is known");
    const std::string value = argv[++i];
    if (option == "--dtype") {
      if (value != "bf16" && value != "f32") throw std::invalid_argument("--dtype " + value + ": bf16 or f32");
      options.bf16 = value == "bf16";
    } else if (option == "--tokens") {
      options.tokens = static_cast<int64_t>(number(option, value));
      if (options.tokens < 1 || options.tokens % 2048 != 0) {
        throw std::invalid_argument("--tokens " + value + ": a multiple of 2048");
      }
    } else if (option == "--seconds") {
      options.seconds = number(option, value);
    } else if (option == "--seed") {
      options.seed = static_cast<uint64_t>(number(option, value));
    } else if (option == "--only") {
      options.only = std::regex(value, std::regex::ECMAScript);
    } else if (option != "--threads") {  // which other programs compute with
      throw std::invalid_argument(option + ": no such option");
    }
  }
  return options;
}

// ---- Numbers of 16 or 32 bits
// ----------------------------------------------------------------------------------------

uint16_t to_bf16(float x) {  // to the nearest, ties to even
  uint32_t bits;
  std::memcpy(&bits, &x, sizeof(bits));
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float from_bf16(uint16_t x) {
  const uint32_t bits = uint32_t{x} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

// n numbers on the GPU.
class Array {
 public:
  Array(int64_t n, bool bf16) : n_(n), bf16_(bf16) { CHECK(cudaMalloc(&memory_, static_cast<size_t>(n) * size())); }
  ~Array() { cudaFree(memory_); }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;

  void* data() const { return memory_; }

  // Normal numbers; they repeat after about a million, a number of them that fits no matrix.
  void randomize(std::mt19937_64& random, float deviation) {
    const int64_t period = std::min<int64_t>(n_, 1048583);
    std::normal_distribution<float> normal(0, deviation);
    std::vector<uint8_t> host(static_cast<size_t>(period) * size());
    for (int64_t i = 0; i < period; ++i) {
      const float value = normal(random);
      const uint16_t half = to_bf16(value);
      std::memcpy(host.data() + static_cast<size_t>(i) * size(), bf16_ ? static_cast<const void*>(&half) : &value,
                  size());
    }
    for (int64_t i = 0; i < n_; i += period) {
      const auto count = static_cast<size_t>(std::min(period, n_ - i)) * size();
      CHECK(cudaMemcpy(at(i), host.data(), count, cudaMemcpyHostToDevice));
    }
  }

  std::vector<double> read(int64_t begin, int64_t count) const {
    std::vector<uint8_t> host(static_cast<size_t>(count) * size());
    CHECK(cudaMemcpy(host.data(), at(begin), host.size(), cudaMemcpyDeviceToHost));
    std::vector<double> values;
    for (int64_t i = 0; i < count; ++i) {
      uint16_t half;
      float value;
      std::memcpy(bf16_ ? static_cast<void*>(&half) : &value, host.data() + static_cast<size_t>(i) * size(), size());
      values.push_back(static_cast<double>(bf16_ ? from_bf16(half) : value));
    }
    return values;
  }

 private:
  size_t size() const { return bf16_ ? 2 : 4; }
  void* at(int64_t i) const { return static_cast<uint8_t*>(memory_) + static_cast<size_t>(i) * size(); }

  int64_t n_;
  bool bf16_;
  void* memory_ = nullptr;
};

// ---- One product
// -----------------------------------------------------------------------------------------------------

struct Work {
  std::string name;
  int64_t rows, inner, columns;
  cublasLtEpilogue_t epilogue;
  bool as_rate = false;  // GF/s, not milliseconds

  double flops() const {
    return 2 * static_cast<double>(rows) * static_cast<double>(inner) * static_cast<double>(columns);
  }
  bool has_bias() const { return (epilogue & CUBLASLT_EPILOGUE_BIAS) != 0; }
  bool has_gelu() const { return (epilogue & CUBLASLT_EPILOGUE_GELU) != 0; }
  bool keeps_input() const { return epilogue == CUBLASLT_EPILOGUE_GELU_AUX_BIAS; }
};

template <typename T>
using Owned = std::unique_ptr<std::remove_pointer_t<T>, cublasStatus_t (*)(T)>;

Owned<cublasLtMatrixLayout_t> layout(cudaDataType type, int64_t rows, int64_t columns) {
  cublasLtMatrixLayout_t made = nullptr;
  CHECK(cublasLtMatrixLayoutCreate(&made, type, static_cast<uint64_t>(rows), static_cast<uint64_t>(columns), rows));
  return {made, cublasLtMatrixLayoutDestroy};
}

// To cuBLAS, which counts along columns, x, w and y are [inner, rows], [inner, columns] and [columns, rows].
class Product {
 public:
  Product(const Work& work, const Options& options)
      : work_(work),
        random_(options.seed),
        x_(work.rows * work.inner, options.bf16),
        w_(work.columns * work.inner, options.bf16),
        bias_(work.columns, options.bf16),
        y_(work.rows * work.columns, options.bf16),
        kept_(work.keeps_input() ? work.rows * work.columns : 1, options.bf16),
        workspace_(kWorkspaceBytes / 4, false),
        x_layout_(layout(type(options), work.inner, work.rows)),
        w_layout_(layout(type(options), work.inner, work.columns)),
        y_layout_(layout(type(options), work.columns, work.rows)),
        operation_(nullptr, cublasLtMatmulDescDestroy) {
    CHECK(cublasLtCreate(&handle_));
    x_.randomize(random_, 1);
    w_.randomize(random_, 1 / std::sqrt(static_cast<float>(work.inner)));
    bias_.randomize(random_, 1);
    cublasLtMatmulDesc_t made = nullptr;
    CHECK(cublasLtMatmulDescCreate(&made, CUBLAS_COMPUTE_32F, CUDA_R_32F));
    operation_.reset(made);
    set(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, work.epilogue);
    if (work.has_bias()) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias_.data());
    if (work.keeps_input()) {
      set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER, kept_.data());
      set(CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD, work.columns);
    }
  }
  ~Product() { cublasLtDestroy(handle_); }

  std::vector<cublasLtMatmulHeuristicResult_t> candidates() const {
    cublasLtMatmulPreference_t preference = nullptr;
    CHECK(cublasLtMatmulPreferenceCreate(&preference));
    const Owned<cublasLtMatmulPreference_t> owner(preference, cublasLtMatmulPreferenceDestroy);
    CHECK(cublasLtMatmulPreferenceSetAttribute(preference, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, &kWorkspaceBytes,
                                               sizeof(kWorkspaceBytes)));
    std::vector<cublasLtMatmulHeuristicResult_t> found(kCandidates);
    int count = 0;
    CHECK(cublasLtMatmulAlgoGetHeuristic(handle_, operation_.get(), w_layout_.get(), x_layout_.get(), y_layout_.get(),
                                         y_layout_.get(), preference, kCandidates, found.data(), &count));
    found.resize(static_cast<size_t>(count));
    return found;
  }

  cublasStatus_t run(const cublasLtMatmulAlgo_t& algorithm) const {
    const float one = 1, zero = 0;
    return cublasLtMatmul(handle_, operation_.get(), &one, w_.data(), w_layout_.get(), x_.data(), x_layout_.get(),
                          &zero, y_.data(), y_layout_.get(), y_.data(), y_layout_.get(), &algorithm, workspace_.data(),
                          kWorkspaceBytes, nullptr);
  }

  // Of some results, against sums in double precision. A product of other rows, or one that forgets something, is off
  // by about 1.
  void check_results() {
    for (int i = 0; i < kChecked; ++i) {
      const auto row = static_cast<int64_t>(random_() % static_cast<uint64_t>(work_.rows));
      const auto column = static_cast<int64_t>(random_() % static_cast<uint64_t>(work_.columns));
      const auto x = x_.read(row * work_.inner, work_.inner), w = w_.read(column * work_.inner, work_.inner);
      double z = work_.has_bias() ? bias_.read(column, 1)[0] : 0;
      for (size_t k = 0; k < x.size(); ++k) z += x[k] * w[k];
      if (work_.keeps_input()) expect("what went into GELU", row, column, kept_, z);
      const double gelu = z * (1 + std::tanh(std::sqrt(2 / M_PI) * (z + 0.044715 * z * z * z))) / 2;
      expect("the result", row, column, y_, work_.has_gelu() ? gelu : z);
    }
  }

 private:
  static cudaDataType type(const Options& options) { return options.bf16 ? CUDA_R_16BF : CUDA_R_32F; }

  template <typename T>
  void set(cublasLtMatmulDescAttributes_t attribute, const T& value) {
    CHECK(cublasLtMatmulDescSetAttribute(operation_.get(), attribute, &value, sizeof(value)));
  }

  void expect(const char* what, int64_t row, int64_t column, const Array& array, double expected) const {
    const double actual = array.read(row * work_.columns + column, 1)[0];
    if (!(std::abs(actual - expected) <= 0.01 * (1 + std::abs(expected)))) {
      char words[200];
      std::snprintf(words, sizeof(words), "%s at [%lld, %lld] is %g, expected %g", what, static_cast<long long>(row),
                    static_cast<long long>(column), actual, expected);
      throw std::runtime_error(words);
    }
  }

  const Work& work_;
  std::mt19937_64 random_;
  Array x_, w_, bias_, y_, kept_, workspace_;
  Owned<cublasLtMatrixLayout_t> x_layout_, w_layout_, y_layout_;
  Owned<cublasLtMatmulDesc_t> operation_;
  cublasLtHandle_t handle_ = nullptr;
};

// ---- Time
// ------------------------------------------------------------------------------------------------------------

class Clock {
 public:
  Clock() : flush_(kFlushBytes / 4, false) {
    CHECK(cudaEventCreate(&begin_));
    CHECK(cudaEventCreate(&end_));
  }
  ~Clock() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }

  // Milliseconds of a call whose inputs come from memory.
  double once(const std::function<void()>& call) {
    CHECK(cudaMemsetAsync(flush_.data(), 0, kFlushBytes));
    CHECK(cudaEventRecord(begin_));
    call();
    CHECK(cudaEventRecord(end_));
    CHECK(cudaEventSynchronize(end_));
    float milliseconds = 0;
    CHECK(cudaEventElapsedTime(&milliseconds, begin_, end_));
    return static_cast<double>(milliseconds);
  }

  std::vector<double> samples(const std::function<void()>& call, double seconds) {
    const auto begin = std::chrono::steady_clock::now();
    const auto since = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
    do once(call);  // warms up
    while (since() < seconds / 4);
    std::vector<double> samples;
    while (samples.size() < kFewestSamples || since() < seconds) samples.push_back(once(call));
    return samples;
  }

 private:
  Array flush_;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

struct Measured {
  std::vector<double> milliseconds;
  int chosen, of;  // which of the heuristic's algorithms, from 1
};

Measured measure(const Work& work, const Options& options, Clock& clock) {
  Product product(work, options);
  const auto candidates = product.candidates();
  int best = -1;
  double fastest = INFINITY;
  for (size_t i = 0; i < candidates.size(); ++i) {
    if (candidates[i].state != CUBLAS_STATUS_SUCCESS || product.run(candidates[i].algo) != CUBLAS_STATUS_SUCCESS) {
      continue;
    }
    std::vector<double> times;
    for (int turn = 0; turn < kFewestSamples; ++turn) {
      times.push_back(clock.once([&] { CHECK(product.run(candidates[i].algo)); }));
    }
    if (median(times) < fastest) {
      fastest = median(times);
      best = static_cast<int>(i);
    }
  }
  if (best < 0) throw std::runtime_error("the heuristic names no algorithm that works");
  const auto call = [&] { CHECK(product.run(candidates[static_cast<size_t>(best)].algo)); };
  const auto samples = clock.samples(call, options.seconds);
  product.check_results();
  return {samples, best + 1, static_cast<int>(candidates.size())};
}

void print(const Work& work, const Measured& measured, const Options& options, const std::string& peer) {
  std::vector<double> samples = measured.milliseconds;
  if (work.as_rate) {
    for (double& sample : samples) sample = work.flops() / 1e6 / sample;
  }
  std::printf("{\"work\": \"%s\", \"unit\": \"%s\", \"value\": %.9g, \"samples\": [", work.name.c_str(),
              work.as_rate ? "GF/s" : "ms", median(samples));
  for (size_t i = 0; i < samples.size(); ++i) std::printf("%s%.9g", i == 0 ? "" : ", ", samples[i]);
  std::printf("], \"flops\": %.9g, \"variant\": \"algorithm %d of %d%s\", \"dtype\": \"%s\", \"peer\": \"%s\"}\n",
              work.flops(), measured.chosen, measured.of, work.has_gelu() ? ", tanh" : "",
              options.bf16 ? "bf16" : "f32", peer.c_str());
  std::fflush(stdout);
}

std::vector<Work> works(int64_t tokens) {
  const int64_t square = tokens / 8;
  const std::string up = " 768x3072";
  return {
      {"GEMM " + std::to_string(square), square, square, square, CUBLASLT_EPILOGUE_DEFAULT, true},
      {"GEMM 768x768", tokens, kHidden, kHidden, CUBLASLT_EPILOGUE_DEFAULT},
      {"GEMM" + up, tokens, kHidden, kIntermediate, CUBLASLT_EPILOGUE_DEFAULT},
      {"GEMM 3072x768", tokens, kIntermediate, kHidden, CUBLASLT_EPILOGUE_DEFAULT},
      {"GEMM+bias" + up, tokens, kHidden, kIntermediate, CUBLASLT_EPILOGUE_BIAS},
      {"GEMM+bias+GELU" + up, tokens, kHidden, kIntermediate, CUBLASLT_EPILOGUE_GELU_BIAS},
      {"GEMM+bias+GELU for training" + up, tokens, kHidden, kIntermediate, CUBLASLT_EPILOGUE_GELU_AUX_BIAS},
  };
}

// cuBLASLt's version and the GPU's name.
std::string describe() {
  int driver = 0, gpus = 0;
  CHECK(cudaDriverGetVersion(&driver));
  if (driver == 0) throw std::runtime_error("no GPU: there is no driver");
  if (const cudaError_t status = cudaGetDeviceCount(&gpus); status != cudaSuccess) {
    throw std::runtime_error(std::string("no GPU: ") + cudaGetErrorString(status));
  }
  cudaDeviceProp device{};
  CHECK(cudaGetDeviceProperties(&device, 0));
  const size_t version = cublasLtGetVersion();
  return "cuBLASLt " + std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100) + ", " + device.name;
}

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  std::vector<Work> wanted;
  for (Work& work : works(options.tokens)) {
    if (std::regex_search(work.name, options.only)) wanted.push_back(std::move(work));
  }
  if (options.list) {
    for (const Work& work : wanted) std::puts(work.name.c_str());
    return EXIT_SUCCESS;
  }
  const std::string peer = describe();
  Clock clock;
  bool any = false;
  for (const Work& work : wanted) {
    try {
      print(work, measure(work, options, clock), options, peer);
      any = true;
    } catch (const std::runtime_error& e) {  // what cuBLASLt cannot do, or does wrong, is left out
      std::fprintf(stderr, "cublaslt: %s: %s\n", work.name.c_str(), e.what());
    }
  }
  return any ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "cublaslt: %s\n", e.what());
    return EXIT_FAILURE;
  }
}
