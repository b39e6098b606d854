// Contexts and host memory: jaubert/context.h.
#include "support/context.h"

#include <sched.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

#include "support/isa.h"
#include "support/parallel.h"

namespace jb {
namespace {

constexpr int32_t kMaxThreads = 1024;
constexpr int64_t kHugePage = int64_t{2} << 20;

int32_t checked_threads(int32_t threads) {
  JB_CHECK(threads >= 0 && threads <= kMaxThreads, "context: {} threads; 0 to {} are possible", threads, kMaxThreads);
  return threads == 0 ? usable_threads() : threads;
}

// CPUs' worth of time per period that control group v2 grants, rounded up; or `otherwise`.
int32_t cgroup_quota(int32_t otherwise) {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return otherwise;
  const double microseconds = std::strtod(quota.c_str(), nullptr);
  const double cpus = microseconds / period;
  if (!(cpus > 0) || cpus > otherwise) return otherwise;
  return static_cast<int32_t>(cpus) + (cpus > static_cast<int32_t>(cpus) ? 1 : 0);
}

void check_bytes(const char* function, const void* y, const void* x, int64_t bytes) {
  JB_CHECK(bytes >= 0, "{}: {} bytes", function, bytes);
  JB_CHECK(bytes == 0 || (y != nullptr && x != nullptr), "{}: a null address for {} bytes", function, bytes);
}

void copy(jb_ctx ctx, const char* function, void* y, const void* x, int64_t bytes) {
  check_bytes(function, y, x, bytes);
  if (y == x) return;
  auto* to = static_cast<std::byte*>(y);
  const auto* from = static_cast<const std::byte*>(x);
  parallel_for(ctx, bytes, grain_for(bytes, 1), [&](int64_t begin, int64_t end) {
    std::memcpy(to + begin, from + begin, static_cast<size_t>(end - begin));
  });
}

template <typename T>
jb_status transfer(jb_ctx ctx, const char* function, void* y, const void* x, int64_t n) {
  return guard([&] {
    JB_CHECK(n >= 0 && n <= INT64_MAX / static_cast<int64_t>(sizeof(T)), "{}: n is {}", function, n);
    copy(ctx, function, y, x, n * static_cast<int64_t>(sizeof(T)));
  });
}

}  // namespace

int32_t usable_threads() {
  cpu_set_t set;
  int32_t cpus = 1;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) cpus = CPU_COUNT(&set);
  return std::max(1, cgroup_quota(cpus));
}

}  // namespace jb

using jb::guard;

extern "C" {

jb_ctx jb_context_create(int32_t threads) {
  jb_ctx ctx = nullptr;
  guard([&] {
    jb::require_supported_cpu();
    ctx = new jb::CpuContext(jb::checked_threads(threads));
  });
  return ctx;
}

const char* jb_isa_name(void) { return jb::isa_name(); }

int32_t jb_bfloat16_is_fast(void) { return jb::bfloat16_is_fast() ? 1 : 0; }
}

namespace jb::cpu {

void jb_context_destroy(jb_ctx ctx) { delete static_cast<CpuContext*>(ctx); }

jb_status jb_set_threads(jb_ctx ctx, int32_t threads) {
  return guard([&] {
    threads_of(ctx);
    static_cast<CpuContext*>(ctx)->threads.store(checked_threads(threads), std::memory_order_relaxed);
  });
}

int32_t jb_get_threads(jb_ctx ctx) {
  int32_t threads = 0;
  guard([&] { threads = threads_of(ctx); });
  return threads;
}

jb_out jb_allocate(jb_ctx ctx, int64_t bytes) {
  void* memory = nullptr;
  guard([&] {
    threads_of(ctx);
    JB_CHECK(bytes >= 0 && bytes <= INT64_MAX / 2, "allocate: {} bytes", bytes);
    const bool huge = bytes >= kHugePage;
    const int64_t alignment = huge ? kHugePage : kCacheLine;
    const int64_t size = std::max(kCacheLine, (bytes + kCacheLine - 1) / kCacheLine * kCacheLine);
    if (posix_memalign(&memory, static_cast<size_t>(alignment), static_cast<size_t>(size)) != 0) {
      memory = nullptr;
      fail(JB_OUT_OF_MEMORY, "allocate: no memory left for {} bytes", bytes);
    }
    // What is left behind the last whole huge page lies on small ones: of a weight of 768 x 768, 2.25 MiB, a second
    // huge page would be seven parts in eight of nothing.
    if (huge) madvise(memory, static_cast<size_t>(size / kHugePage * kHugePage), MADV_HUGEPAGE);
  });
  return memory;
}

void jb_release(jb_ctx, jb_inout memory, int64_t) { std::free(memory); }

jb_status jb_discard(jb_ctx, jb_inout memory, int64_t bytes) {
  return guard([&] {
    jb::check_bytes("discard", memory, memory, bytes);
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto address = reinterpret_cast<uintptr_t>(memory);
    const uintptr_t begin = (address + page - 1) / page * page;
    const uintptr_t end = (address + static_cast<uintptr_t>(bytes)) / page * page;
    // Where the system refuses, the pages stay: nothing is lost but memory.
    if (begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  });
}

jb_status jb_fill_zero(jb_ctx ctx, jb_out y, int64_t bytes) {
  return guard([&] {
    check_bytes("fill_zero", y, y, bytes);
    auto* to = static_cast<std::byte*>(y);
    parallel_for(ctx, bytes, grain_for(bytes, 1),
                 [&](int64_t begin, int64_t end) { std::memset(to + begin, 0, static_cast<size_t>(end - begin)); });
  });
}

jb_status jb_copy(jb_ctx ctx, jb_out y, jb_in x, int64_t bytes) {
  return guard([&] { jb::copy(ctx, "copy", y, x, bytes); });
}

jb_status jb_read_floats(jb_ctx ctx, float* host, jb_in x, int64_t n) {
  return transfer<float>(ctx, "read_floats", host, x, n);
}
jb_status jb_read_ints(jb_ctx ctx, int32_t* host, jb_in x, int64_t n) {
  return transfer<int32_t>(ctx, "read_ints", host, x, n);
}
jb_status jb_read_longs(jb_ctx ctx, int64_t* host, jb_in x, int64_t n) {
  return transfer<int64_t>(ctx, "read_longs", host, x, n);
}
jb_status jb_read_bytes(jb_ctx ctx, int8_t* host, jb_in x, int64_t n) {
  return transfer<int8_t>(ctx, "read_bytes", host, x, n);
}
jb_status jb_write_floats(jb_ctx ctx, jb_out y, const float* host, int64_t n) {
  return transfer<float>(ctx, "write_floats", y, host, n);
}
jb_status jb_write_ints(jb_ctx ctx, jb_out y, const int32_t* host, int64_t n) {
  return transfer<int32_t>(ctx, "write_ints", y, host, n);
}
jb_status jb_write_longs(jb_ctx ctx, jb_out y, const int64_t* host, int64_t n) {
  return transfer<int64_t>(ctx, "write_longs", y, host, n);
}
jb_status jb_write_bytes(jb_ctx ctx, jb_out y, const int8_t* host, int64_t n) {
  return transfer<int8_t>(ctx, "write_bytes", y, host, n);
}

}  // namespace jb::cpu
