// What kernels have noted of indices, ids and labels outside (kernels/common/index_error.cuh), on its way to the
// caller: as an error of the first call afterwards that waits for the device, in the words of the CPU.
#ifndef JAUBERT_CUDA_INDEX_CHECKS_H
#define JAUBERT_CUDA_INDEX_CHECKS_H

#include "common/index_error.h"
#include "memory.h"

namespace jb::cuda {

class IndexChecks {
 public:
  explicit IndexChecks(const Streams& streams) : streams_(streams) {}
  ~IndexChecks();
  IndexChecks(const IndexChecks&) = delete;
  IndexChecks& operator=(const IndexChecks&) = delete;

  // For a launch that may note something.
  IndexErrors next();
  // Launches of that kind run again, in a graph.
  void repeat() { has_news_ = errors_ != nullptr; }

  // Around a wait for the main stream, so that what was noted costs no wait of its own. report() throws the first of
  // it, and forgets the rest.
  void before_wait();
  void report();

 private:
  static constexpr int64_t kBytes = kIndexKinds * static_cast<int64_t>(sizeof(IndexError));
  void open();

  const Streams& streams_;
  SharedBlock errors_;          // [kIndexKinds], on the device
  IndexError* copy_ = nullptr;  // of it, in pinned memory
  uint64_t launches_ = 0;
  bool has_news_ = false;
};

}  // namespace jb::cuda

#endif
