#include "simt/machine.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <numeric>
#include <random>

#include "simt/fiber.h"
#include "simt/memory.h"
#include "support/flush.h"

namespace simt {
namespace {

enum class State { kReady, kAtBarrier, kInCollective, kReturned };

struct Collective {
  uint32_t mask = 0, arrived = 0;
  Complete complete = nullptr;
  const char* what = nullptr;
  Site site{};
  void* arguments[32] = {};
};

struct Thread {
  State state = State::kReady;
  Site site{};        // of the wait
  uint32_t mask = 0;  // of the collective waited for
  const char* what = "";
};

struct Machine {
  Order order = Order::kForward;
  std::mt19937_64 random;

  const char* kernel = "";
  Shape shape;
  void (*body)(const void*) = nullptr;
  const void* arguments = nullptr;

  Dim block;
  uint32_t running = 0;
  std::vector<Thread> threads;
  std::vector<std::vector<Collective>> collectives;  // that some lanes of a warp wait for
  uint32_t at_barrier = 0, returned = 0;
  int votes = 0, last_votes = 0;
  bool failed = false;
  std::string failure;

  Fibers fibers;
};

Machine machine;

std::string dims(const char* name, Dim d) { return format("%s (%u, %u, %u)", name, d.x, d.y, d.z); }

Dim index_in(Dim extent, uint64_t number) {
  return {static_cast<uint32_t>(number % extent.x), static_cast<uint32_t>(number / extent.x % extent.y),
          static_cast<uint32_t>(number / extent.x / extent.y)};
}

std::string at(Site site) {
  const std::string file = site.file;
  return file.substr(file.rfind('/') + 1) + ":" + std::to_string(site.line);
}

void enter_kernel() { set_running(true, machine.fibers[machine.running].low()); }
void leave_kernel() { set_running(false, 0); }

// Suspends the running thread until another, or the scheduler, makes it ready.
void wait(State state) {
  machine.threads[machine.running].state = state;
  machine.fibers[machine.running].suspend();
}

void thread_main() {
  enter_kernel();
  machine.body(machine.arguments);
  leave_kernel();
  end_thread();
  ++machine.returned;
  wait(State::kReturned);
}

std::vector<uint32_t> sequence(size_t n) {
  std::vector<uint32_t> numbers(n);
  std::iota(numbers.begin(), numbers.end(), 0u);
  if (machine.order == Order::kReversed) std::reverse(numbers.begin(), numbers.end());
  if (machine.order == Order::kShuffled) std::shuffle(numbers.begin(), numbers.end(), machine.random);
  return numbers;
}

std::string state_of(uint32_t thread) {
  const Thread& t = machine.threads[thread];
  const std::string name = "thread " + thread_name(thread);
  switch (t.state) {
    case State::kReturned:
      return name + " has returned";
    case State::kAtBarrier:
      return name + " waits at the barrier of " + at(t.site);
    case State::kInCollective:
      return name + " waits at " + t.what + " of " + at(t.site) + format(" with mask 0x%08x", t.mask);
    default:
      return name + " is ready";
  }
}

// Nobody can go on. Says who waits, and for whom.
[[noreturn]] void report_standstill() {
  const size_t n = machine.threads.size();
  size_t waiting = n, other = n;
  for (size_t i = 0; i < n && waiting == n; ++i) {
    if (machine.threads[i].state != State::kReturned) waiting = i;
  }
  const Thread& first = machine.threads[waiting];
  machine.running = static_cast<uint32_t>(waiting);
  if (first.state == State::kAtBarrier) {
    for (size_t i = 0; i < n && other == n; ++i) {
      if (machine.threads[i].state != State::kAtBarrier) other = i;
    }
    fail("the barrier of " + at(first.site) + format(" was reached by %u of %zu threads: ", machine.at_barrier, n) +
         state_of(static_cast<uint32_t>(other)));
  }
  const uint32_t warp = static_cast<uint32_t>(waiting) / 32;
  for (uint32_t lane = 0; lane < 32 && other == n; ++lane) {
    const size_t i = warp * 32 + lane;
    if ((first.mask >> lane & 1) == 0) continue;
    if (i >= n)
      fail(std::string(first.what) + " of " + at(first.site) +
           format(" has mask 0x%08x, which names lane %u; the block has none there", first.mask, lane));
    const Thread& t = machine.threads[i];
    if (t.state != State::kInCollective || t.mask != first.mask || !(t.site == first.site)) other = i;
  }
  fail(std::string(first.what) + " of " + at(first.site) +
       format(" with mask 0x%08x waits for lanes that do not come: ", first.mask) +
       state_of(static_cast<uint32_t>(other == n ? waiting : other)));
}

void release_barrier() {
  for (uint32_t i = 1; i < machine.threads.size(); ++i) {
    if (!(machine.threads[i].site == machine.threads[0].site)) {
      machine.running = i;
      fail("threads meet at different barriers: " + state_of(0) + ", " + state_of(i));
    }
  }
  for (Thread& t : machine.threads) t.state = State::kReady;
  machine.at_barrier = 0;
  machine.last_votes = machine.votes;
  machine.votes = 0;
  block_barrier_passed();
}

void run_block() {
  const size_t n = static_cast<size_t>(machine.shape.block.count());
  machine.threads.assign(n, {});
  machine.collectives.assign((n + 31) / 32, {});
  machine.at_barrier = machine.returned = 0;
  machine.votes = 0;
  begin_block();
  for (size_t i = 0; i < n; ++i) machine.fibers[i].start(thread_main);
  const std::vector<uint32_t> order = sequence(n);
  while (machine.returned < n) {
    bool progress = false;
    for (uint32_t i : order) {
      if (machine.threads[i].state != State::kReady) continue;
      progress = true;
      machine.running = i;
      machine.fibers[i].resume();
      if (machine.failed) throw Failure(machine.failure);
    }
    if (machine.at_barrier == n) {
      release_barrier();
    } else if (!progress) {
      report_standstill();
    }
  }
}

}  // namespace

void set_order(Order order, uint64_t seed) {
  machine.order = order;
  machine.random.seed(seed);
}

void run(const char* kernel, const Shape& shape, void (*body)(const void*), const void* arguments) {
  machine.kernel = kernel;
  machine.shape = shape;
  machine.body = body;
  machine.arguments = arguments;
  machine.failed = false;
  machine.running = 0;
  machine.threads.clear();
  const uint64_t threads = shape.block.count();
  if (threads == 0 || threads > 1024) throw Failure(format("%s: a block of %zu threads", kernel, size_t{threads}));
  if (shape.grid.count() == 0 || shape.grid.y > 65535 || shape.grid.z > 65535) {
    throw Failure(std::string(kernel) + ": " + dims("grid", shape.grid) + " cannot be launched");
  }
  if (shape.shared > kSharedLimit) throw Failure(format("%s: %zu bytes of shared memory", kernel, shape.shared));
  const jb::FlushDenormals as_a_gpu;  // for which the kernels are compiled with -ftz=true
  begin_launch(shape.shared);
  for (uint32_t number : sequence(static_cast<size_t>(shape.grid.count()))) {
    machine.block = index_in(shape.grid, number);
    run_block();
  }
}

Dim thread_index() { return index_in(machine.shape.block, machine.running); }
Dim block_index() { return machine.block; }
Dim block_dim() { return machine.shape.block; }
Dim grid_dim() { return machine.shape.grid; }

Inside::Inside() { leave_kernel(); }
Inside::~Inside() { enter_kernel(); }

Where where() { return {machine.running}; }

std::string thread_name(uint32_t thread) { return dims("", index_in(machine.shape.block, thread)).substr(1); }

void block_barrier(Site site) {
  const Inside inside;
  machine.threads[machine.running].site = site;
  ++machine.at_barrier;
  wait(State::kAtBarrier);
}

int block_barrier_count(bool value, Site site) {
  machine.votes += value ? 1 : 0;
  block_barrier(site);
  return machine.last_votes;
}

void warp_collective(uint32_t mask, Complete complete, void* argument, const char* what, Site site) {
  const Inside inside;
  const uint32_t self = machine.running, lane = self % 32, warp = self / 32;
  if ((mask >> lane & 1) == 0) {
    fail(std::string(what) + " of " + at(site) +
         format(" has mask 0x%08x, which lacks the caller's lane %u", mask, lane));
  }
  std::vector<Collective>& pending = machine.collectives[warp];
  auto it = std::find_if(pending.begin(), pending.end(), [&](const Collective& c) {
    return c.mask == mask && c.site == site && c.complete == complete && (c.arrived >> lane & 1) == 0;
  });
  if (it == pending.end()) {
    it = pending.insert(pending.end(), Collective{});
    it->mask = mask;
    it->complete = complete;
    it->what = what;
    it->site = site;
  }
  it->arrived |= 1u << lane;
  it->arguments[lane] = argument;
  if (it->arrived != mask) {
    Thread& t = machine.threads[self];
    t.site = site;
    t.mask = mask;
    t.what = what;
    wait(State::kInCollective);
    return;
  }
  const Collective done = *it;
  pending.erase(it);
  complete(done.arguments, mask);
  for (uint32_t l = 0; l < 32; ++l) {
    if ((mask >> l & 1) != 0) machine.threads[warp * 32 + l].state = State::kReady;
  }
}

void fail(const std::string& words) {
  leave_kernel();
  machine.failure = std::string(machine.kernel) + ": " + dims("block", machine.block) + ", thread " +
                    thread_name(machine.running) + ": " + words;
  machine.failed = true;
  // On a thread's stack: never come back. (What lies on that stack are numbers; nothing has to be destroyed.)
  Fiber& fiber = machine.fibers[machine.running];
  if (fiber.holds(reinterpret_cast<uintptr_t>(__builtin_frame_address(0)))) fiber.suspend();
  throw Failure(machine.failure);
}

std::string format(const char* pattern, ...) {
  char text[512];
  va_list list;
  va_start(list, pattern);
  std::vsnprintf(text, sizeof(text), pattern, list);
  va_end(list);
  return text;
}

}  // namespace simt
