// The machine that the emulator pretends to be: a grid of blocks of threads, each thread a fiber, run one after the
// other on one system thread.
//
// A thread runs until it waits: at a barrier of the block or at a collective operation of its warp (a shuffle, a
// vote, an mma). Which one goes next is a choice (Order), so that code that needs a barrier and has none meets an order
// in which it fails; memory.h finds most of that in any order. What goes wrong ends the launch with a Failure that
// names kernel, block and thread.
#ifndef JAUBERT_TEST_SIMT_MACHINE_H
#define JAUBERT_TEST_SIMT_MACHINE_H

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

namespace simt {

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Dim {
  uint32_t x = 1, y = 1, z = 1;
  constexpr Dim(uint32_t x_ = 1, uint32_t y_ = 1, uint32_t z_ = 1) : x(x_), y(y_), z(z_) {}
  uint64_t count() const { return uint64_t{x} * y * z; }
};

// Where in the source something was called. Functions of cuda.h take it as their last argument, by default from the
// place of the call.
struct Site {
  const char* file = "";
  int line = 0;
  bool operator==(const Site&) const = default;
};
#define SIMT_SITE const char *file = __builtin_FILE(), int line = __builtin_LINE()

enum class Order { kForward, kReversed, kShuffled };

// In what order threads and blocks run from now on.
void set_order(Order order, uint64_t seed = 0);

struct Shape {
  Dim grid, block;
  size_t shared = 0;  // bytes of dynamic shared memory
};

// Runs body(arguments) once for each thread. Throws a Failure.
void run(const char* kernel, const Shape& shape, void (*body)(const void*), const void* arguments);

// What a thread asks. The answers do not change while it runs, hence the attribute: a call may be hoisted.
[[gnu::const]] Dim thread_index();
[[gnu::const]] Dim block_index();
[[gnu::const]] Dim block_dim();
[[gnu::const]] Dim grid_dim();

// Waits for all threads of the block. Each must come, by way of the same line.
void block_barrier(Site site);
// The same with a vote: how many threads gave true.
int block_barrier_count(bool value, Site site);

// A collective operation of the lanes in mask: the last to come calls complete(arguments of lanes, mask) for all.
using Complete = void (*)(void* const* arguments, uint32_t mask);
void warp_collective(uint32_t mask, Complete complete, void* argument, const char* what, Site site);

// Ends the launch: "kernel: block (0, 0, 0), thread (3, 0, 0): " and the words.
[[noreturn]] void fail(const std::string& words);
std::string format(const char* pattern, ...) __attribute__((format(printf, 1, 2)));

// --- For the other parts of the emulator ---

// While one exists, memory accesses are the emulator's own and not the kernel's. Every function that a kernel calls has
// one; also while a thread waits there.
class Inside {
 public:
  Inside();
  ~Inside();
};

struct Where {
  uint32_t thread;  // its number in the block, x fastest
  uint32_t lane() const { return thread % 32; }
  uint32_t warp() const { return thread / 32; }
};
Where where();
std::string thread_name(uint32_t thread);  // "(3, 0, 0)"

}  // namespace simt

#endif
