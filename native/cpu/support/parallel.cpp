#include "support/parallel.h"

#include <chrono>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "support/flush.h"

namespace jb::detail {
namespace {

thread_local bool inside = false;

void pause_briefly() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Waits without sleeping for a while; false if the condition does not come true in it.
template <typename Condition, typename Between>
bool spin_until(std::chrono::microseconds limit, Condition&& condition, Between&& between) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + limit;
  do {
    for (int i = 0; i < 16; ++i) {
      if (condition()) return true;
      pause_briefly();
    }
    between();
  } while (Clock::now() < deadline);
  return condition();
}

// A sleeping worker costs the next loop about 40 microseconds to wake, and between two loops of a training step there
// are often a hundred of serial work. Meanwhile it leaves its CPU to whoever wants it.
constexpr std::chrono::microseconds kWorkerSpins{200};
// A caller waits for the end of a chunk that is being worked on. It does not yield, for it has work to go on with; and
// it sleeps soon, for its CPU may be the one that its worker is queued for.
constexpr std::chrono::microseconds kCallerSpins{50};

// One call of parallel_for. It lives on the caller's stack: a worker joins it under the pool's lock while it is listed,
// and the caller leaves only when it is unlisted and no worker is inside.
struct Job {
  int64_t n;
  int64_t grain;
  int64_t chunks;
  ChunkBody call;
  void* body;
  const int32_t places_at_start;     // for workers beside the caller
  int32_t places = places_at_start;  // left; under the lock
  std::atomic<int32_t> workers{0};   // inside; raised under the lock
  std::atomic<int64_t> next{0};      // the first chunk that nobody took
  int64_t failed_chunk = 0;          // under the lock, as is
  std::exception_ptr failure{};
  Job* following = nullptr;

  bool has_work() const { return next.load(std::memory_order_relaxed) < chunks; }
};

class Pool {
 public:
  void run(Job& job, int32_t threads) {
    {
      const std::unique_lock lock = acquire();
      start_workers(threads - 1);
      job.following = jobs_;
      jobs_ = &job;
      version_.fetch_add(1, std::memory_order_release);
    }
    // A worker that is about to sleep looks at version_ again under the lock, so none misses the job.
    const int32_t sleepers = asleep_.load(std::memory_order_relaxed);
    for (int32_t i = 0; i < std::min(sleepers, job.places_at_start); ++i) wake_.notify_one();
    work_on(job);
    {
      const std::unique_lock lock = acquire();
      Job** link = &jobs_;
      while (*link != &job) link = &(*link)->following;
      *link = job.following;
    }
    const auto done = [&job] { return job.workers.load(std::memory_order_acquire) == 0; };
    if (!spin_until(kCallerSpins, done, [] {})) {
      std::unique_lock lock = acquire();
      left_.wait(lock, done);
    }
    if (job.failure) std::rethrow_exception(job.failure);
  }

 private:
  // The lock is held for some tens of instructions: to sleep for it would cost a thousand times that.
  std::unique_lock<std::mutex> acquire() {
    std::unique_lock lock(mutex_, std::try_to_lock);
    for (int i = 0; i < 200 && !lock; ++i) {
      pause_briefly();
      (void)lock.try_lock();
    }
    if (!lock) lock.lock();
    return lock;
  }

  void start_workers(int32_t count) {
    try {
      for (; started_ < count; ++started_) std::thread([this] { serve(); }).detach();
    } catch (const std::system_error&) {
      // The system gives no more threads: those there are, the calling one at least, do the work.
    }
  }

  void work_on(Job& job) {
    inside = true;
    for (;;) {
      const int64_t chunk = job.next.fetch_add(1, std::memory_order_relaxed);
      if (chunk >= job.chunks) break;
      const int64_t begin = chunk * job.grain;
      try {
        job.call(job.body, begin, std::min(job.n, begin + job.grain));
      } catch (...) {
        job.next.store(job.chunks, std::memory_order_relaxed);
        std::lock_guard lock(mutex_);
        if (!job.failure || chunk < job.failed_chunk) {
          job.failed_chunk = chunk;
          job.failure = std::current_exception();
        }
      }
    }
    inside = false;
  }

  // A listed job with work and a free place, or null. Under the lock.
  Job* join() {
    for (Job* job = jobs_; job != nullptr; job = job->following) {
      if (job->places > 0 && job->has_work()) {
        --job->places;
        job->workers.fetch_add(1, std::memory_order_relaxed);
        return job;
      }
    }
    return nullptr;
  }

  [[noreturn]] void serve() {
    const FlushDenormals for_good;  // as the calling thread has it inside a kernel
    std::unique_lock lock = acquire();
    for (;;) {
      if (Job* job = join()) {
        lock.unlock();
        work_on(*job);
        lock = acquire();
        // The last touch of *job. The lock is held so that a caller about to sleep on left_ cannot miss it.
        if (job->workers.fetch_sub(1, std::memory_order_release) == 1) left_.notify_all();
        continue;
      }
      const uint64_t seen = version_.load(std::memory_order_relaxed);
      lock.unlock();
      const auto news = [this, seen] { return version_.load(std::memory_order_acquire) != seen; };
      const bool found = spin_until(kWorkerSpins, news, std::this_thread::yield);
      lock = acquire();
      if (found || news()) continue;
      asleep_.fetch_add(1, std::memory_order_relaxed);
      wake_.wait(lock, news);
      asleep_.fetch_sub(1, std::memory_order_relaxed);
    }
  }

  std::mutex mutex_;
  std::condition_variable wake_;      // workers wait here for version_ to change
  std::condition_variable left_;      // callers wait here for their last worker
  std::atomic<uint64_t> version_{0};  // counts the jobs ever listed
  std::atomic<int32_t> asleep_{0};
  Job* jobs_ = nullptr;
  int32_t started_ = 0;
};

Pool& pool() {
  // Never destroyed: when the process ends, workers may still wait on it.
  static Pool* const instance = new Pool;
  return *instance;
}

}  // namespace

bool inside_parallel() { return inside; }

void run_on_pool(int32_t threads, int64_t n, int64_t grain, ChunkBody call, void* body) {
  const int64_t chunks = chunk_count(n, grain);
  const auto places = static_cast<int32_t>(std::min<int64_t>(threads, chunks)) - 1;
  Job job{.n = n, .grain = grain, .chunks = chunks, .call = call, .body = body, .places_at_start = places};
  pool().run(job, threads);
}

}  // namespace jb::detail
