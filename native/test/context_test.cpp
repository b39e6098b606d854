#include "test.h"

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
