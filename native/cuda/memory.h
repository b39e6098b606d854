// Device memory of a context: blocks that free themselves in the order of the stream, scratch for the length of a call,
// and copies of the host's arrays.
//
// The allocator is CUDA's own: cudaMallocAsync in the order of the stream, from a pool that keeps all that is freed. No
// cache of ours lies on top of it, as one call a tensor is never made: Java asks for segments of 64 MiB and more, and
// for small blocks once, and hands out parts of them itself (internal.memory.Pool), with a pool apart for captured
// steps, whose addresses stay as they are for their replays; and what calls need for themselves is Scratch, which grows
// to what the largest of them takes and is asked for no more.
//
// While a graph is being captured nothing may be allocated, freed or copied on the stream itself, as it would become
// part of the graph; a second stream does that, and is waited for. Everything that captured work refers to is kept by
// the graph.
#ifndef JAUBERT_CUDA_MEMORY_H
#define JAUBERT_CUDA_MEMORY_H

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime.h"

namespace jb::cuda {

// The two streams of a context on a GPU, which has to be the current one, and its pool of memory.
struct Streams {
  cudaStream_t main = nullptr, side = nullptr;
  bool capturing = false;  // on the main stream, which was waited for before

  explicit Streams(int device);
  ~Streams();
  Streams(const Streams&) = delete;
  Streams& operator=(const Streams&) = delete;

  void* allocate(int64_t bytes) const;
  // After all that was begun on the main stream; while capturing, only what captured work does not use. Never throws.
  void release(void* memory) const noexcept;

 private:
  [[noreturn]] void fail_to_allocate(int64_t bytes) const;

  cudaMemPool_t pool_ = nullptr;
};

class Block {
 public:
  Block(const Streams& streams, int64_t bytes)
      : streams_(streams), memory_(static_cast<std::byte*>(streams.allocate(bytes))), bytes_(bytes) {}
  ~Block() { streams_.release(memory_); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  std::byte* data() const { return memory_; }
  int64_t bytes() const { return bytes_; }

 private:
  const Streams& streams_;
  std::byte* memory_;
  int64_t bytes_;
};

using SharedBlock = std::shared_ptr<Block>;
inline constexpr int64_t kAlignment = 256;

inline int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// Memory of one call after the other: as the stream runs them in order, they share it.
class Scratch {
 public:
  explicit Scratch(const Streams& streams) : streams_(streams) {}

  // Gives all back. Blocks that one call needed become one, for the next of its kind. Allocates nothing, so that it
  // cannot fail where memory has run out, and be it to release some.
  void reset() noexcept;
  std::byte* take(int64_t bytes);
  // What captured calls were given.
  std::vector<SharedBlock> captured();

 private:
  const Streams& streams_;
  std::vector<SharedBlock> blocks_, captured_;
  int64_t used_ = 0;  // of the last
  int64_t next_ = 0;  // bytes of the next block, at least
};

// Pinned memory through which copies between host and device go, so that the host's array is free again at the return.
class Staging {
 public:
  explicit Staging(const Streams& streams) : streams_(streams) {}
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  // Returns when the array has been read; the copy goes on in the order of the stream.
  void write(void* device, const void* host, int64_t bytes);
  // Returns when the array has been written.
  void read(void* host, const void* device, int64_t bytes);

 private:
  // A small array takes a slot, too: enough of them that the inputs of a step can wait for the step before it.
  static constexpr int64_t kSlotBytes = int64_t{1} << 18;
  static constexpr int kSlots = 16;
  void open();
  std::byte* slot(int64_t i) const { return memory_ + i * kSlotBytes; }

  const Streams& streams_;
  std::byte* memory_ = nullptr;
  cudaEvent_t free_[kSlots] = {};  // when each slot is
  int next_ = 0;
};

// Arrays of the host that kernels read (where sequences begin, lists of tensors), by the name of their use. A copy is
// only made if the contents differ from the last, which within a step they seldom do.
class HostArrays {
 public:
  HostArrays(const Streams& streams, Staging& staging) : streams_(streams), staging_(staging) {}

  template <typename T>
  const T* on_device(const char* use, const T* host, int64_t n) {
    return reinterpret_cast<const T*>(copy_of(use, host, n * static_cast<int64_t>(sizeof(T))));
  }

  struct Copy {
    std::vector<std::byte> contents;
    SharedBlock block;

    bool holds(const void* host, int64_t bytes) const {
      return contents.size() == static_cast<size_t>(bytes) &&
             (bytes == 0 || std::memcmp(contents.data(), host, contents.size()) == 0);
    }
  };
  struct Captured {
    std::string use;
    Copy copy;
  };

  // Forgets all copies, and gives those that were made while capturing: no later call will overwrite them.
  std::vector<Captured> take_all();

 private:
  const std::byte* copy_of(const char* use, const void* host, int64_t bytes);

  const Streams& streams_;
  Staging& staging_;
  std::map<std::string, Copy> copies_;
  std::vector<Captured> made_;  // while capturing
};

}  // namespace jb::cuda

#endif
