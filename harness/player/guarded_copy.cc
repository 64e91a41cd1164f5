#include "harness/player/guarded_copy.h"

#include <ucontext.h>

namespace crashreel::player {

#if defined(__x86_64__)

// The one instruction that may fault has a name, and counts down what is left in a register.
asm(R"(
  .pushsection .text
  .type crashreel_copy, @function
crashreel_copy:
  .cfi_startproc
  endbr64
  mov %rdx, %rcx
crashreel_copy_move:
  rep movsb
crashreel_copy_end:
  mov %rcx, %rax
  ret
  .cfi_endproc
  .size crashreel_copy, . - crashreel_copy
  .popsection
)");

extern "C" {
__attribute__((visibility("hidden"))) std::size_t crashreel_copy(void*, const void*, std::size_t);
extern const char crashreel_copy_move[] __attribute__((visibility("hidden")));
extern const char crashreel_copy_end[] __attribute__((visibility("hidden")));
}

std::size_t copy_guarded(void* to, const void* from, std::size_t size) {
  return crashreel_copy(to, from, size);
}

bool end_guarded_copy(void* context) {
  greg_t& next = static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP];
  if (next != reinterpret_cast<greg_t>(crashreel_copy_move)) return false;
  next = reinterpret_cast<greg_t>(crashreel_copy_end);
  return true;
}

#else

// Nobody copies so, see kCopiesGuarded.
std::size_t copy_guarded(void*, const void*, std::size_t size) {
  return size;
}

bool end_guarded_copy(void*) {
  return false;
}

#endif

}  // namespace crashreel::player
