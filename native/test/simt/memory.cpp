#include "simt/memory.h"

#include <elf.h>
#include <link.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <vector>

#include "simt/fiber.h"
#include "simt/machine.h"

namespace simt {
namespace {

// Threads among the readers of a cell.
constexpr int16_t kNobody = -1, kSeveralWarps = -2, kSeveralOfWarp0 = -3;  // of warp w: kSeveralOfWarp0 - w

struct Cell {
  uint32_t write_epoch = 0, write_warp_epoch = 0;
  uint32_t read_epoch = 0, read_warp_epoch = 0;
  uint32_t earlier_read_epoch = 0;  // by a block before this one
  uint32_t copy_block = 0;          // the block, counted over all launches, whose cp.async is under way here
  int16_t writer = kNobody, reader = kNobody;
  bool atomic = false;  // the last write was
};

struct Region {
  uintptr_t begin = 0, bytes = 0;
  size_t unit = 1;  // bytes of a cell
  bool shared = false;
  std::string name;
  std::vector<Cell> cells;

  bool holds(uintptr_t p) const { return p - begin < bytes; }
};

struct Copy {
  unsigned char* to;
  const unsigned char* from;
  size_t size, bytes;
};

// A thread's asynchronous copies: those not committed yet, and the groups under way.
struct Copies {
  std::vector<Copy> open;
  std::deque<std::vector<Copy>> groups;
};

struct Memory {
  bool checked = true;
  bool in_kernel = false;  // and its accesses are looked at
  uintptr_t stack_low = 0;

  uint32_t epoch = 1;  // barriers of blocks passed, over all launches
  uint32_t launch_first = 1, block_first = 1, block_number = 0;
  std::vector<uint32_t> warp_epochs = std::vector<uint32_t>(32, 1);

  Region dynamic, fixed;
  std::vector<Region*> buffers;  // by address
  Region* last = nullptr;
  std::vector<Copies> copies = std::vector<Copies>(1024);
  bool copied = false;  // since the block began
};

Memory memory;

alignas(1024) unsigned char dynamic_arena[kSharedLimit];

// The program or library that this file is part of: its thread-local storage, where nothing but __shared__ variables is
// declared (cuda.h), and its constants.
struct Module {
  static constexpr int kMost = 8;
  uintptr_t shared_bytes = 0, shared_offset = 0;  // from where shared_anchor is
  struct Range {
    uintptr_t begin, end;
  } constants[kMost];
  int count = 0;
};
Module loaded;

// What of the thread-local storage has a known address on every thread.
thread_local unsigned char shared_anchor;

void find_module() {
  const volatile unsigned char touched = shared_anchor;  // from here on the thread's storage exists
  static_cast<void>(touched);
  dl_iterate_phdr(
      [](dl_phdr_info* info, size_t, void*) {
        const auto* const end = info->dlpi_phdr + info->dlpi_phnum;
        const auto holds = [&](const ElfW(Phdr) & h, const void* p) {
          return h.p_type == PT_LOAD && reinterpret_cast<uintptr_t>(p) - info->dlpi_addr - h.p_vaddr < h.p_memsz;
        };
        if (!std::any_of(info->dlpi_phdr, end, [&](const ElfW(Phdr) & h) { return holds(h, &loaded); })) return 0;
        for (const auto* h = info->dlpi_phdr; h != end; ++h) {
          const uintptr_t begin = info->dlpi_addr + h->p_vaddr;
          const bool constant = (h->p_type == PT_LOAD && (h->p_flags & PF_W) == 0) || h->p_type == PT_GNU_RELRO;
          if (constant && loaded.count < Module::kMost) loaded.constants[loaded.count++] = {begin, begin + h->p_memsz};
          if (h->p_type == PT_TLS && info->dlpi_tls_data != nullptr) {
            loaded.shared_bytes = h->p_memsz;
            loaded.shared_offset =
                reinterpret_cast<uintptr_t>(&shared_anchor) - reinterpret_cast<uintptr_t>(info->dlpi_tls_data);
          }
        }
        return 1;
      },
      nullptr);
  memory.fixed.unit = 1;
  memory.dynamic.unit = 2;  // it is large, and nothing smaller is kept there
  memory.fixed.shared = memory.dynamic.shared = true;
  memory.fixed.name = "__shared__ variables";
  memory.dynamic.name = "dynamic shared memory";
  memory.fixed.bytes = loaded.shared_bytes;
  memory.fixed.cells.resize(memory.fixed.bytes);
  memory.dynamic.begin = reinterpret_cast<uintptr_t>(dynamic_arena);
  memory.dynamic.cells.resize(kSharedLimit / 2);
}

const char* name_of(Access kind) {
  return kind == Access::kRead ? "read" : kind == Access::kWrite ? "write" : "atomic operation";
}

// An address as a person would write it: a buffer and the element.
std::string place(const Region& r, uintptr_t p) {
  if (r.shared) return format("%s, byte %zu", r.name.c_str(), static_cast<size_t>(p - r.begin));
  return format("%s[%zu]", r.name.c_str(), static_cast<size_t>((p - r.begin) / r.unit));
}

[[noreturn]] void report_outside(uintptr_t p, size_t size, Access kind) {
  std::string words = format("%s of %zu bytes at %p, which is no memory of the launch", name_of(kind), size,
                             reinterpret_cast<void*>(p));
  const Region* nearest = nullptr;
  uintptr_t distance = 4096;
  const auto consider = [&](const Region& r) {
    const uintptr_t d = p < r.begin ? r.begin - p : p + size - (r.begin + r.bytes);
    if (d < distance) distance = d, nearest = &r;
  };
  consider(memory.dynamic);
  for (const Region* r : memory.buffers) consider(*r);
  if (nearest != nullptr) {
    words = format("%s of %zu bytes out of bounds: %zu bytes %s %s, which has %zu", name_of(kind), size,
                   static_cast<size_t>(p < nearest->begin ? nearest->begin - p : p - (nearest->begin + nearest->bytes)),
                   p < nearest->begin ? "before the begin of" : "past the end of", nearest->name.c_str(),
                   static_cast<size_t>(nearest->bytes));
  }
  fail(words);
}

// What separates an access from an earlier one.
enum class Conflict { kNone, kThread, kBlock };

Conflict conflict_with(int16_t thread, uint32_t epoch, uint32_t warp_epoch, bool shared) {
  if (epoch < memory.block_first) return !shared && epoch >= memory.launch_first ? Conflict::kBlock : Conflict::kNone;
  if (thread == kNobody || epoch < memory.epoch) return Conflict::kNone;
  const Where self = where();
  if (thread == static_cast<int16_t>(self.thread)) return Conflict::kNone;
  const int warp = thread >= 0 ? thread / 32 : thread <= kSeveralOfWarp0 ? kSeveralOfWarp0 - thread : -1;
  const bool same_warp = warp == static_cast<int>(self.warp());
  return same_warp && warp_epoch < memory.warp_epochs[self.warp()] ? Conflict::kNone : Conflict::kThread;
}

[[noreturn]] void report_race(const Region& r, uintptr_t p, Access kind, Conflict conflict, const char* earlier,
                              int16_t thread) {
  const std::string who = conflict == Conflict::kBlock ? "another block"
                          : thread >= 0                ? "thread " + thread_name(static_cast<uint32_t>(thread))
                                                       : "several threads";
  fail(format("race: %s of ", name_of(kind)) + place(r, p) + ", which " + who + " " + earlier +
       (conflict == Conflict::kBlock ? " in the same launch" : " with no barrier between"));
}

void touch(Region& r, Cell& c, uintptr_t p, Access kind) {
  const Where self = where();
  const uint32_t warp_epoch = memory.warp_epochs[self.warp()];
  if (c.copy_block == memory.block_number) {
    fail(format("%s of ", name_of(kind)) + place(r, p) +
         ", which cp.async has not delivered: nobody waited for it yet");
  }
  if (!(kind == Access::kAtomic && c.atomic)) {
    const Conflict conflict = conflict_with(c.writer, c.write_epoch, c.write_warp_epoch, r.shared);
    if (conflict != Conflict::kNone) report_race(r, p, kind, conflict, "wrote", c.writer);
  }
  if (kind == Access::kRead) {
    const auto thread = static_cast<int16_t>(self.thread);
    const auto own_warp = static_cast<int16_t>(kSeveralOfWarp0 - static_cast<int16_t>(self.warp()));
    if (c.read_epoch != memory.epoch) {
      if (c.read_epoch < memory.block_first) c.earlier_read_epoch = c.read_epoch;
      c.reader = thread;
    } else if (c.reader >= 0 ? c.reader / 32 == thread / 32 : c.reader == own_warp) {
      // Of readers of the own warp only those count since its last barrier.
      c.reader = c.read_warp_epoch < warp_epoch || c.reader == thread ? thread : own_warp;
    } else {
      c.reader = kSeveralWarps;
    }
    c.read_epoch = memory.epoch;
    c.read_warp_epoch = warp_epoch;
    return;
  }
  Conflict conflict = conflict_with(c.reader, c.read_epoch, c.read_warp_epoch, r.shared);
  if (conflict == Conflict::kNone && !r.shared && c.earlier_read_epoch >= memory.launch_first) {
    conflict = Conflict::kBlock;
  }
  if (conflict != Conflict::kNone) report_race(r, p, kind, conflict, "read", c.reader);
  c.writer = static_cast<int16_t>(self.thread);
  c.write_epoch = memory.epoch;
  c.write_warp_epoch = warp_epoch;
  c.atomic = kind == Access::kAtomic;
}

Region* find(uintptr_t p) {
  if (memory.dynamic.holds(p)) return &memory.dynamic;
  if (memory.fixed.holds(p)) return &memory.fixed;
  if (memory.last != nullptr && memory.last->holds(p)) return memory.last;
  auto it = std::upper_bound(memory.buffers.begin(), memory.buffers.end(), p,
                             [](uintptr_t a, const Region* r) { return a < r->begin; });
  if (it == memory.buffers.begin() || !(*--it)->holds(p)) return nullptr;
  return memory.last = *it;
}

// Constants of the program itself, such as a table that the compiler made.
bool is_constant(uintptr_t p) {
  return std::any_of(loaded.constants, loaded.constants + loaded.count,
                     [&](const Module::Range& r) { return p >= r.begin && p < r.end; });
}

// Cells of at most `unit` bytes from now on, each with what is known of the one that it was part of.
void refine(Region& r, size_t unit) {
  std::vector<Cell> cells((r.bytes + unit - 1) / unit);
  for (size_t i = 0; i < cells.size(); ++i) cells[i] = r.cells[i * unit / r.unit];
  r.cells = std::move(cells);
  r.unit = unit;
}

void check(uintptr_t p, size_t size, Access kind) {
  Region* r = find(p);
  if (r == nullptr || p + size > r->begin + r->bytes) {
    if (r == nullptr && kind == Access::kRead && is_constant(p)) return;
    report_outside(p, size, kind);
  }
  if (!r->shared && ((p - r->begin) | size) % r->unit != 0) {
    const size_t both = (p - r->begin) | size;
    refine(*r, both & -both);
  }
  const size_t first = (p - r->begin) / r->unit, last = (p + size - 1 - r->begin) / r->unit;
  for (size_t i = first; i <= last; ++i) touch(*r, r->cells[i], r->begin + i * r->unit, kind);
}

void land(const Copy& c) {
  std::memcpy(c.to, c.from, c.bytes);
  std::memset(c.to + c.bytes, 0, c.size - c.bytes);
  const auto p = reinterpret_cast<uintptr_t>(c.to);
  Region& r = *find(p);
  for (size_t i = (p - r.begin) / r.unit; i <= (p + c.size - 1 - r.begin) / r.unit; ++i) {
    r.cells[i].copy_block = 0;
    touch(r, r.cells[i], r.begin + i * r.unit, Access::kWrite);
  }
}

}  // namespace

void access(const void* address, size_t size, Access kind) {
  const auto p = reinterpret_cast<uintptr_t>(address);
  if (!memory.in_kernel || p - memory.stack_low < Fiber::kBytes) return;
  // Instrumented code of the host may run on other threads meanwhile.
  if (reinterpret_cast<uintptr_t>(__builtin_frame_address(0)) - memory.stack_low >= Fiber::kBytes) return;
  const Inside inside;
  check(p, size, kind);
}

void access_aligned(const void* address, size_t size, Access kind) {
  const auto p = reinterpret_cast<uintptr_t>(address);
  if (memory.in_kernel && p % size != 0) {
    const Inside inside;
    fail(format("misaligned %s of %zu bytes at %p", name_of(kind), size, address));
  }
  access(address, size, kind);
}

void load_unchecked(void* to, const void* address, size_t size) { std::memcpy(to, address, size); }
void store_unchecked(void* address, const void* from, size_t size) { std::memcpy(address, from, size); }

void load(void* to, const void* address, size_t size) {
  access_aligned(address, size, Access::kRead);
  load_unchecked(to, address, size);
}

void store(void* address, const void* from, size_t size) {
  access_aligned(address, size, Access::kWrite);
  store_unchecked(address, from, size);
}

void register_buffer(const void* begin, size_t bytes, size_t element, const std::string& name) {
  auto* r = new Region;
  r->begin = reinterpret_cast<uintptr_t>(begin);
  r->bytes = bytes;
  r->unit = element;
  r->name = name;
  r->cells.resize((bytes + element - 1) / element);
  memory.buffers.insert(std::upper_bound(memory.buffers.begin(), memory.buffers.end(), r,
                                         [](const Region* a, const Region* b) { return a->begin < b->begin; }),
                        r);
}

void unregister_buffer(const void* begin) {
  auto it = std::find_if(memory.buffers.begin(), memory.buffers.end(),
                         [&](const Region* r) { return r->begin == reinterpret_cast<uintptr_t>(begin); });
  if (it == memory.buffers.end()) return;
  if (memory.last == *it) memory.last = nullptr;
  delete *it;
  memory.buffers.erase(it);
}

void set_checked(bool checked) { memory.checked = checked; }
bool checked() { return memory.checked; }

unsigned char* dynamic_shared() { return dynamic_arena; }

void copy_async(void* to, const void* from, size_t size, size_t bytes) {
  if (bytes > size) fail(format("cp.async of %zu bytes into %zu", bytes, size));
  const auto p = reinterpret_cast<uintptr_t>(to);
  if (!memory.checked) {
    std::memcpy(to, from, bytes);
    std::memset(static_cast<unsigned char*>(to) + bytes, 0, size - bytes);
    return;
  }
  memory.copied = true;
  if (!memory.dynamic.holds(p) && !memory.fixed.holds(p)) fail("cp.async to memory that is not shared");
  access_aligned(to, size, Access::kWrite);
  if (bytes > 0) access(from, bytes, Access::kRead);
  if (reinterpret_cast<uintptr_t>(from) % size != 0)
    fail(format("cp.async of %zu bytes from the misaligned %p", size, from));
  const Inside inside;
  std::memset(to, kPoison, size);
  Region& r = *find(p);
  for (size_t i = (p - r.begin) / r.unit; i <= (p + size - 1 - r.begin) / r.unit; ++i) {
    r.cells[i].copy_block = memory.block_number;
  }
  memory.copies[where().thread].open.push_back(
      {static_cast<unsigned char*>(to), static_cast<const unsigned char*>(from), size, bytes});
}

void copy_async_commit() {
  if (!memory.checked) return;
  const Inside inside;
  Copies& c = memory.copies[where().thread];
  c.groups.push_back(std::move(c.open));
  c.open.clear();
}

void copy_async_wait(int newest_that_may_be_under_way) {
  if (!memory.checked) return;
  const Inside inside;
  Copies& c = memory.copies[where().thread];
  while (c.groups.size() > static_cast<size_t>(newest_that_may_be_under_way)) {
    for (const Copy& copy : c.groups.front()) land(copy);
    c.groups.pop_front();
  }
}

void end_thread() {
  const Copies& c = memory.copies[where().thread];
  const auto copies_something = [](const std::vector<Copy>& group) { return !group.empty(); };
  if (!c.open.empty() || std::any_of(c.groups.begin(), c.groups.end(), copies_something)) {
    fail("returns with a cp.async under way");
  }
}

void begin_launch(size_t shared) {
  if (memory.dynamic.begin == 0) find_module();
  memory.fixed.begin = reinterpret_cast<uintptr_t>(&shared_anchor) - loaded.shared_offset;  // of this thread
  memory.dynamic.bytes = shared;
  memory.launch_first = ++memory.epoch;
}

void begin_block() {
  memory.block_first = ++memory.epoch;
  ++memory.block_number;
  std::fill(memory.warp_epochs.begin(), memory.warp_epochs.end(), 1u);
  if (memory.copied) std::fill(memory.copies.begin(), memory.copies.end(), Copies{});
  memory.copied = false;
  if (!memory.checked) return;
  std::memset(dynamic_arena, kPoison, memory.dynamic.bytes);
  std::memset(reinterpret_cast<void*>(memory.fixed.begin), kPoison, memory.fixed.bytes);
}

void block_barrier_passed() { ++memory.epoch; }
void warp_barrier_passed(uint32_t warp) { ++memory.warp_epochs[warp]; }

void set_running(bool in_kernel, uintptr_t stack_low) {
  memory.in_kernel = in_kernel && memory.checked;
  if (in_kernel) memory.stack_low = stack_low;
}

}  // namespace simt

// --- What the compiler calls ---

#define SIMT_ACCESS(bytes)                                                                           \
  void __tsan_read##bytes(void* p) { simt::access_aligned(p, bytes, simt::Access::kRead); }          \
  void __tsan_write##bytes(void* p) { simt::access_aligned(p, bytes, simt::Access::kWrite); }        \
  void __tsan_unaligned_read##bytes(void* p) { simt::access(p, bytes, simt::Access::kRead); }        \
  void __tsan_unaligned_write##bytes(void* p) { simt::access(p, bytes, simt::Access::kWrite); }      \
  void __tsan_volatile_read##bytes(void* p) { simt::access_aligned(p, bytes, simt::Access::kRead); } \
  void __tsan_volatile_write##bytes(void* p) { simt::access_aligned(p, bytes, simt::Access::kWrite); }

// Faults of -fsanitize=bounds,alignment,shift,signed-integer-overflow,integer-divide-by-zero. All descriptions begin
// with the place in the source.
struct SourceLocation {
  const char* file;
  uint32_t line, column;
};

static void report_fault(const void* description, const char* what) {
  const auto* place = static_cast<const SourceLocation*>(description);
  simt::set_running(false, 0);
  simt::fail(std::string(what) + simt::format(" at %s:%u", place->file, place->line));
}

#define SIMT_FAULT2(name, what) \
  void __ubsan_handle_##name(void* d, void*) { report_fault(d, what); }
#define SIMT_FAULT3(name, what) \
  void __ubsan_handle_##name(void* d, void*, void*) { report_fault(d, what); }

extern "C" {
SIMT_ACCESS(1)
SIMT_ACCESS(2)
SIMT_ACCESS(4)
SIMT_ACCESS(8)
SIMT_ACCESS(16)
void __tsan_read_range(void* p, size_t bytes) { simt::access(p, bytes, simt::Access::kRead); }
void __tsan_write_range(void* p, size_t bytes) { simt::access(p, bytes, simt::Access::kWrite); }
void __tsan_vptr_update(void**, void*) {}
void __tsan_vptr_read(void**) {}
void __tsan_func_entry(void*) {}
void __tsan_func_exit() {}
void __tsan_init() {}
SIMT_FAULT2(out_of_bounds, "array index out of bounds")
SIMT_FAULT2(type_mismatch_v1, "misaligned pointer")
SIMT_FAULT3(shift_out_of_bounds, "shift by too much")
SIMT_FAULT3(add_overflow, "overflow of a signed sum")
SIMT_FAULT3(sub_overflow, "overflow of a signed difference")
SIMT_FAULT3(mul_overflow, "overflow of a signed product")
SIMT_FAULT2(negate_overflow, "overflow of a negation")
SIMT_FAULT3(divrem_overflow, "division by zero")
}
