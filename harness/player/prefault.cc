// libcrashreel-prefault.so: brings in the pages that the loader is about to write.
//
// Before main the loader writes the program's and its libraries' addresses into their tables. Each
// page of these costs it a fault, or two: where it has read in the neighbourhood the page is mapped
// already, to be read, and has to be copied and to be flushed from the processor. In a server with
// twenty libraries these are 200 of the 660 faults of a start, at ten microseconds each in a
// virtual machine. Here they become one call for each object.
//
// The loader relocates in the reverse order of how it found things, and calls resolvers of indirect
// functions (IFUNC) as it comes to them. The player asks for this library, as the program does for
// its own, so it is found behind all that the program itself names, and relocated before them, when
// everything has its place in memory. (What these name in turn comes before it, and is passed over:
// the kernel refuses pages that can't be written any more.) A hint to the kernel: the program can't
// tell. Without Linux 5.14, or with a loader that goes another way, the faults come as ever.
//
// Nothing here is called that a program could have put its own in place of: that is not relocated.
#include <link.h>
#include <sys/syscall.h>

#include <cstdint>

#include "capture/base/system_call.h"

// The loader's own list of what it has loaded. Without it there is nothing to do.
#pragma weak _r_debug

namespace crashreel::prefault {
namespace {

constexpr long kPopulateWrite = 23;          // MADV_POPULATE_WRITE
constexpr std::uintptr_t kPageBytes = 4096;  // with larger ones the kernel refuses most of it
constexpr std::uintptr_t kMostPages = 8192;  // of one object; of what lies behind none is asked for
constexpr unsigned kWordBits = 64;

struct Table {
  std::uintptr_t begin = 0;
  std::uintptr_t bytes = 0;
};

struct Tables {
  Table data;   // DT_RELA
  Table calls;  // DT_JMPREL
};

Tables tables_of(const link_map& object) {
  Tables tables;
  for (const ElfW(Dyn)* entry = object.l_ld; entry->d_tag != DT_NULL; ++entry) {
    if (entry->d_tag == DT_RELA) tables.data.begin = entry->d_un.d_ptr;
    if (entry->d_tag == DT_RELASZ) tables.data.bytes = entry->d_un.d_val;
    if (entry->d_tag == DT_JMPREL) tables.calls.begin = entry->d_un.d_ptr;
    if (entry->d_tag == DT_PLTRELSZ) tables.calls.bytes = entry->d_un.d_val;
  }
  // Some loaders leave them as they are in the file.
  if (tables.data.begin < object.l_addr) tables.data.begin += object.l_addr;
  if (tables.calls.begin < object.l_addr) tables.calls.begin += object.l_addr;
  return tables;
}

template <typename Each>
void each_place(const link_map& object, const Table& table, const Each& each) {
  const auto* entry = reinterpret_cast<const ElfW(Rela)*>(table.begin);
  const auto* const end = entry + table.bytes / sizeof *entry;
  for (; entry != end; ++entry) each(object.l_addr + entry->r_offset);
}

// Each place in this object that the loader writes to.
template <typename Each>
void each_place(const link_map& object, const Tables& tables, const Each& each) {
  each_place(object, tables.data, each);
  each_place(object, tables.calls, each);
}

// Static, and emptied as it is read: to clear one on the stack compilers call memset.
constinit std::uint64_t words[kMostPages / kWordBits];

class Pages {
 public:
  explicit Pages(std::uintptr_t lowest) : first_(lowest / kPageBytes) {}

  void add(std::uintptr_t address) {
    const std::uintptr_t page = address / kPageBytes - first_;
    if (page >= kMostPages) return;
    words[page / kWordBits] |= bit(page);
    if (page >= end_) end_ = page + 1;
  }

  void bring_in() {
    for (std::uintptr_t page = 0; page < end_; ++page) {
      const std::uintptr_t begin = page;
      while (page < end_ && take(page)) ++page;
      if (page == begin) continue;
      kernel_call(SYS_madvise, (first_ + begin) * kPageBytes, (page - begin) * kPageBytes,
                  kPopulateWrite);
    }
  }

 private:
  static std::uint64_t bit(std::uintptr_t page) { return std::uint64_t{1} << page % kWordBits; }
  static bool take(std::uintptr_t page) {
    std::uint64_t& word = words[page / kWordBits];
    const bool was_there = (word & bit(page)) != 0;
    word &= ~bit(page);
    return was_there;
  }

  std::uintptr_t first_;
  std::uintptr_t end_ = 0;
};

void bring_in(const link_map& object) {
  const Tables tables = tables_of(object);
  std::uintptr_t lowest = UINTPTR_MAX;
  each_place(object, tables, [&](std::uintptr_t place) {
    if (place < lowest) lowest = place;
  });
  if (lowest == UINTPTR_MAX) return;
  Pages pages(lowest);
  each_place(object, tables, [&](std::uintptr_t place) { pages.add(place); });
  pages.bring_in();
}

// As which the indirect function is resolved.
void prefaulted() {}

}  // namespace

auto bring_in_all() -> void (*)() {
  const link_map* object = &_r_debug == nullptr ? nullptr : _r_debug.r_map;
  for (; object != nullptr; object = object->l_next) bring_in(*object);
  return prefaulted;
}

}  // namespace crashreel::prefault

extern "C" {

__attribute__((used)) static auto crashreel_bring_in() -> void (*)() {
  return crashreel::prefault::bring_in_all();
}

static void crashreel_prefault() __attribute__((ifunc("crashreel_bring_in")));

// Whoever calls it makes the linker ask for the resolver. Nobody calls this.
__attribute__((visibility("default"))) void crashreel_prefaulted() {
  crashreel_prefault();
}

}  // extern "C"
