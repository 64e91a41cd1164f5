// What happens when an invariant of ours is broken? The process ends at once, in release builds
// too, naming the condition and the place: going on would turn a bug into a wrong answer.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace crashreel {

[[noreturn]] inline void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "crashreel: %s:%d: broken invariant: %s\n", file, line, condition);
  std::abort();
}

}  // namespace crashreel

// An expression, so that it fits before a comma: `return CRASHREEL_CHECK(x), y;`
#define CRASHREEL_CHECK(condition) \
  ((condition) ? (void)0 : ::crashreel::check_failed(#condition, __FILE__, __LINE__))
