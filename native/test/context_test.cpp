#include <fstream>
#include <sstream>

#include "test.h"

namespace {

// Of memory that was written to, wherever the system keeps it: under pressure it may have moved some to swap.
int64_t written_bytes() {
  std::ifstream file("/proc/self/status");
  int64_t kilobytes = 0;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string name;
    int64_t value = 0;
    if (words >> name >> value && (name == "RssAnon:" || name == "VmSwap:")) kilobytes += value;
  }
  return kilobytes * 1024;
}

}  // namespace

TEST(threads_are_set_and_checked) {
  const test::Context ctx(3);
  EXPECT(jb_get_threads(ctx) == 3);
  EXPECT_OK(jb_set_threads(ctx, 1));
  EXPECT(jb_get_threads(ctx) == 1);
  EXPECT_REFUSED(jb_set_threads(ctx, -1), "-1 threads");
  EXPECT(jb_get_threads(ctx) == 1);
  EXPECT_OK(jb_set_threads(ctx, 0));
  EXPECT(jb_get_threads(ctx) >= 1);
  EXPECT(jb_context_create(-5) == nullptr);
  EXPECT_REFUSED(jb_set_threads(nullptr, 1), "context is null");
}

TEST(memory_is_aligned_written_and_read) {
  const test::Context ctx;
  for (int64_t n : {0, 1, 17, 1000, 700001}) {
    const std::vector<float> values = test::normal(n);
    const int64_t bytes = n * 4;
    void* x = jb_allocate(ctx, bytes);
    void* y = jb_allocate(ctx, bytes);
    EXPECT(x != nullptr && y != nullptr && x != y);
    EXPECT(reinterpret_cast<uintptr_t>(x) % 64 == 0);
    if (bytes >= 2 << 20) EXPECT(reinterpret_cast<uintptr_t>(x) % (2 << 20) == 0);
    std::vector<float> back(values.size(), -1);
    EXPECT_OK(jb_write_floats(ctx, x, values.data(), n));
    EXPECT_OK(jb_copy(ctx, y, x, bytes));
    EXPECT_OK(jb_read_floats(ctx, back.data(), y, n));
    EXPECT_SAME_BITS(back, values);
    EXPECT_OK(jb_fill_zero(ctx, y, bytes));
    EXPECT_OK(jb_read_floats(ctx, back.data(), y, n));
    EXPECT_SAME_BITS(back, std::vector<float>(values.size(), 0.0F));
    jb_release(ctx, x, bytes);
    jb_release(ctx, y, bytes);
  }
}

TEST(huge_pages_take_little_more_than_was_asked_for) {
  const test::Context ctx;
  constexpr int64_t kBytes = 768 * 768 * 4;  // 2.25 MiB: one huge page and an eighth of another
  constexpr int64_t kBlocks = 32;
  const int64_t before = written_bytes();
  std::vector<void*> blocks;
  for (int64_t i = 0; i < kBlocks; ++i) {
    blocks.push_back(jb_allocate(ctx, kBytes));
    EXPECT(blocks.back() != nullptr);
    EXPECT_OK(jb_fill_zero(ctx, blocks.back(), kBytes));
  }
  const int64_t taken = written_bytes() - before;
  for (void* block : blocks) jb_release(ctx, block, kBytes);
  EXPECT(taken >= kBlocks * kBytes);
  EXPECT(taken < kBlocks * kBytes * 5 / 4);
}

TEST(what_is_discarded_is_given_back_and_the_rest_stays) {
  const test::Context ctx;
  constexpr int64_t kBytes = int64_t{64} << 20;
  constexpr int64_t kEdge = 100'000;  // ends within a page
  auto* memory = static_cast<char*>(jb_allocate(ctx, kBytes));
  EXPECT(memory != nullptr);
  const int64_t before = written_bytes();
  std::fill_n(memory, kBytes, 'x');
  EXPECT(written_bytes() - before >= kBytes);
  EXPECT_OK(jb_discard(ctx, memory + kEdge, kBytes - 2 * kEdge));
  EXPECT(written_bytes() - before < kBytes / 8);
  EXPECT(std::string(memory, kEdge) == std::string(kEdge, 'x'));
  EXPECT(std::string(memory + kBytes - kEdge, kEdge) == std::string(kEdge, 'x'));
  std::fill_n(memory, kBytes, 'y');
  EXPECT(memory[kBytes / 2] == 'y');
  EXPECT_OK(jb_discard(ctx, memory + 1, 10));  // within a page: nothing to give back
  EXPECT(memory[1] == 'y');
  jb_release(ctx, memory, kBytes);
  EXPECT_REFUSED(jb_discard(ctx, nullptr, 1), "null");
  EXPECT_REFUSED(jb_discard(ctx, memory, -1), "-1 bytes");
}

TEST(impossible_sizes_are_refused) {
  const test::Context ctx;
  char byte = 0;
  EXPECT(jb_allocate(ctx, -1) == nullptr);
  EXPECT(std::string(jb_last_error()).find("-1 bytes") != std::string::npos);
  EXPECT(jb_allocate(ctx, int64_t{1} << 60) == nullptr);
  EXPECT_REFUSED(jb_copy(ctx, &byte, &byte, -3), "-3 bytes");
  EXPECT_REFUSED(jb_copy(ctx, nullptr, &byte, 1), "null");
  EXPECT_REFUSED(jb_read_longs(ctx, nullptr, nullptr, INT64_MAX), "read_longs");
}

TEST(the_library_names_what_it_runs_on) {
  const char* gemm = std::getenv("JAUBERT_GEMM");
  const bool openblas = gemm != nullptr && std::string(gemm) == "openblas";
  EXPECT(std::string(jb_blas_name()).find(openblas ? "OpenBLAS" : "Jaubert GEMM") == 0);
  const char* wanted = std::getenv("JAUBERT_ISA");
  if (wanted != nullptr && std::string(wanted) == "avx2") EXPECT(std::string(jb_isa_name()) == "avx2");
}
