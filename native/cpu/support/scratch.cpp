#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "support/context.h"

namespace jb {
namespace {

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};

struct Block {
  std::unique_ptr<std::byte, Free> memory;
  int64_t size = 0;
  int64_t used = 0;
};

constexpr int64_t kSmallestBlock = int64_t{256} << 10;

// Blocks are never moved while in use, so a request that does not fit opens a further one. Once all is given back,
// they are replaced by a single block of their total size: the next call of the same kind finds everything in one.
struct Arena {
  std::vector<Block> blocks;
  size_t current = 0;

  Block& open(int64_t size) {
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(kCacheLine, static_cast<size_t>(size)));
    if (memory == nullptr) fail(JB_OUT_OF_MEMORY, "no memory left for {} bytes of scratch", size);
    Block block;
    block.memory.reset(memory);
    block.size = size;
    blocks.push_back(std::move(block));
    return blocks.back();
  }
};

thread_local Arena arena;

}  // namespace

Scratch::Scratch() : block_(arena.current), used_(0) {
  if (!arena.blocks.empty()) used_ = arena.blocks[block_].used;
}

Scratch::~Scratch() {
  if (arena.blocks.empty()) return;
  for (size_t i = block_ + 1; i < arena.blocks.size(); ++i) arena.blocks[i].used = 0;
  arena.blocks[block_].used = used_;
  arena.current = block_;
  if (block_ == 0 && used_ == 0 && arena.blocks.size() > 1) {
    int64_t total = 0;
    for (const Block& block : arena.blocks) total += block.size;
    arena.blocks.clear();
    try {
      arena.open(total);
    } catch (...) {
      arena.blocks.clear();  // the next call opens what it needs, or fails in words
    }
  }
}

void* Scratch::take_bytes(int64_t bytes) {
  if (bytes < 0) fail(JB_INVALID_ARGUMENT, "{} bytes of scratch", bytes);
  const int64_t size = std::max(kCacheLine, (bytes + kCacheLine - 1) / kCacheLine * kCacheLine);
  while (arena.current < arena.blocks.size()) {
    Block& block = arena.blocks[arena.current];
    if (block.size - block.used >= size) {
      void* memory = block.memory.get() + block.used;
      block.used += size;
      return memory;
    }
    if (arena.current + 1 == arena.blocks.size()) break;
    ++arena.current;
  }
  const int64_t last = arena.blocks.empty() ? 0 : arena.blocks.back().size;
  Block& block = arena.open(std::max({size, 2 * last, kSmallestBlock}));
  arena.current = arena.blocks.size() - 1;
  block.used = size;
  return block.memory.get();
}

}  // namespace jb
