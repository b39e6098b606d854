#include "index_checks.h"

#include "support/index_words.h"

namespace jb::cuda {

namespace {

std::string words(IndexKind kind, const IndexError& error) {
  const auto position = static_cast<int64_t>(~error.word >> 32), range = static_cast<int64_t>(error.range);
  const auto value = static_cast<int32_t>(static_cast<uint32_t>(~error.word));
  switch (kind) {
    case IndexKind::kIndexRows:
      return words_of_index("index_rows", position, value, range);
    case IndexKind::kIndexAddRows:
      return words_of_index("index_add_rows", position, value, range);
    case IndexKind::kTakeAlongRows:
      return words_of_index("take_along_rows", position, value, range);
    case IndexKind::kTakeAlongRowsBackward:
      return words_of_index("take_along_rows_backward", position, value, range);
    case IndexKind::kLabel:
      return words_of_label("cross_entropy", value, position, range, error.ignored);
    case IndexKind::kWordId:
      return words_of_id("word", value, position, range);
    case IndexKind::kPositionId:
      return words_of_id("position", value, position, range);
    case IndexKind::kTypeId:
      return words_of_id("type", value, position, range);
  }
  return "an index of no kind";
}

}  // namespace

IndexChecks::~IndexChecks() {
  if (copy_ != nullptr) cudaFreeHost(copy_);
}

void IndexChecks::open() {
  if (copy_ == nullptr) {
    void* memory = nullptr;
    JB_CUDA(cudaMallocHost(&memory, static_cast<size_t>(kBytes)));
    copy_ = static_cast<IndexError*>(memory);
  }
  auto errors = std::make_shared<Block>(streams_, kBytes);
  const cudaStream_t stream = streams_.capturing ? streams_.side : streams_.main;
  JB_CUDA(cudaMemsetAsync(errors->data(), 0, static_cast<size_t>(kBytes), stream));
  if (streams_.capturing) JB_CUDA(cudaStreamSynchronize(stream));
  errors_ = std::move(errors);
}

IndexErrors IndexChecks::next() {
  if (errors_ == nullptr) open();
  has_news_ = has_news_ || !streams_.capturing;
  return {reinterpret_cast<IndexError*>(errors_->data()), ++launches_};
}

void IndexChecks::before_wait() {
  if (!has_news_) return;
  JB_CUDA(cudaMemcpyAsync(copy_, errors_->data(), static_cast<size_t>(kBytes), cudaMemcpyDeviceToHost, streams_.main));
}

void IndexChecks::report() {
  if (!has_news_) return;
  has_news_ = false;
  int first = -1;
  for (int kind = 0; kind < kIndexKinds; ++kind) {
    if (copy_[kind].launch != 0 && (first < 0 || copy_[kind].launch < copy_[first].launch)) first = kind;
  }
  if (first < 0) return;
  JB_CUDA(cudaMemsetAsync(errors_->data(), 0, static_cast<size_t>(kBytes), streams_.main));
  fail(JB_INVALID_ARGUMENT, "{} (found by the GPU in a call before this one)",
       words(static_cast<IndexKind>(first), copy_[first]));
}

}  // namespace jb::cuda
