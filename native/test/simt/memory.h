// Every load and store of a kernel, looked at.
//
// Kernels are compiled with GCC's -fsanitize=thread, which puts a call of __tsan_read4(address) or its like before each
// access that may reach memory of others. memory.cpp defines these functions, instead of linking the sanitizer: so
// plain pointers in unchanged kernels are checked, for
//   * bounds: an address must lie in a registered buffer, in the block's shared memory or on the thread's own stack;
//   * alignment (together with -fsanitize=alignment);
//   * races: two accesses of one place by different threads, one of them a write and not both atomic, with no barrier
//   of
//     the block (or __syncwarp, within a warp) between; in global memory also two of different blocks.
//
// For that a cell of shadow memory, for every element of a buffer, byte of a __shared__ variable and two bytes of
// dynamic shared memory, keeps its last writer and its readers, with the number of barriers passed then (the "epoch").
// It is exact for writers. Of readers it keeps one, or their warp, or "several", which suffices to know whether a later
// write waits for them all.
#ifndef JAUBERT_TEST_SIMT_MEMORY_H
#define JAUBERT_TEST_SIMT_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <string>

namespace simt {

enum class Access { kRead, kWrite, kAtomic };

// An access by the running thread, as the sanitizer's calls report it.
void access(const void* address, size_t size, Access kind);
// The same for an instruction that wants its address to be a multiple of the size (vectors, cp.async, ldmatrix).
void access_aligned(const void* address, size_t size, Access kind);

// Such an instruction itself. The unchecked ones follow an access_aligned().
void load(void* to, const void* address, size_t size);
void store(void* address, const void* from, size_t size);
void load_unchecked(void* to, const void* address, size_t size);
void store_unchecked(void* address, const void* from, size_t size);

// --- Global memory, `element` bytes to a cell; smaller or otherwise aligned accesses make the cells smaller ---
void register_buffer(const void* begin, size_t bytes, size_t element, const std::string& name);
void unregister_buffer(const void* begin);

// --- Shared memory: the arena for dynamic memory, then what is declared __shared__ ---
constexpr size_t kSharedLimit = 227 * 1024;  // of a block on compute capability 9.0
constexpr unsigned char kPoison = 0xFF;      // makes NaN of every floating-point type
unsigned char* dynamic_shared();             // as large as the launch said, aligned to 1024

// cp.async: nothing is copied before its group is waited for, and until then the destination is poison, and reading it
// a failure. bytes of source are copied, and zeros follow up to size.
void copy_async(void* to, const void* from, size_t size, size_t bytes);
void copy_async_commit();
void copy_async_wait(int newest_that_may_be_under_way);

// Without checks kernels run several times as fast. Before the first launch.
void set_checked(bool checked);
bool checked();

// --- For machine.cpp ---
void begin_launch(size_t shared);
void begin_block();
void block_barrier_passed();
void warp_barrier_passed(uint32_t warp);
void end_thread();  // fails if copies are under way
void set_running(bool in_kernel, uintptr_t stack_low);

}  // namespace simt

#endif
