// A kernel as the host sees it, made ready for launches once a GPU.
#ifndef JAUBERT_CUDA_KERNEL_H
#define JAUBERT_CUDA_KERNEL_H

#include <atomic>
#include <cstdint>

namespace jb::cuda {

class Kernel {
 public:
  explicit Kernel(const void* function) noexcept;
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // Loads all kernels of the library on the current GPU, whose number is `device`: before work is captured, as drivers
  // before CUDA 12.3 refuse to load one meanwhile.
  static void load_all(int device);

  // Lets launches on the current GPU have this many bytes of dynamic shared memory. Where that has to be asked for, it
  // is asked for once, and for as much as a block of this GPU can have: it holds for all contexts, and a launch that
  // asked for its own size would take it from those that need more.
  void allow_shared(int device, int64_t bytes) {
    constexpr int64_t kForAll = 48 << 10;
    if (bytes > kForAll) allow_most_shared(device);
  }

 private:
  // GPUs. Those with numbers from 64 on are never in it: what would be done once is done each time.
  class Devices {
   public:
    bool has(int device) const { return (bits_.load(std::memory_order_acquire) & bit(device)) != 0; }
    void add(int device) { bits_.fetch_or(bit(device), std::memory_order_release); }

   private:
    static uint64_t bit(int device) { return device < 64 ? uint64_t{1} << device : 0; }
    std::atomic<uint64_t> bits_{0};
  };

  void load(int device);
  void allow_most_shared(int device);

  const void* function_;
  Kernel* next_;
  Devices loaded_, shared_;
};

// There is one for each kernel that any launcher names, from when the library is loaded on.
template <auto* kFunction>
inline Kernel kernel_of{reinterpret_cast<const void*>(kFunction)};

}  // namespace jb::cuda

#endif
