// What the zoo's adapters have in common: an input is a command, "VERB/ARGUMENT", and a program is
// a type with these members, any of which it may leave out:
//
//   void command(std::uint32_t session, std::string_view verb, std::string_view argument);
//   void closed(std::uint32_t session);
//   void idle(std::uint64_t nanoseconds);
//
// ZOO_ADAPTER(Type) makes it an adapter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "capture/runtime/adapter.h"

namespace zoo {

// Where there is nothing; a compiler does not know that.
inline int* volatile nothing = nullptr;

// The planted bugs end here: a write through a pointer that should not have been followed.
// With ZOO_MENDED, for measurements, they do not.
inline void follow_dangling_pointer() {
#ifndef ZOO_MENDED
  *nothing = 1;
#endif
}

struct Silent {
  void closed(std::uint32_t) {}
  void idle(std::uint64_t) {}
};

template <typename Program>
void take_input(Program& program, std::uint32_t session, std::uint32_t kind,
                std::string_view text) {
  if (kind == CRASHREEL_INPUT_CLOSE) program.closed(session);
  if (kind != CRASHREEL_INPUT_DATA) return;
  const std::size_t slash = text.find('/');
  const bool has_argument = slash != std::string_view::npos;
  program.command(session, text.substr(0, slash),
                  has_argument ? text.substr(slash + 1) : std::string_view());
}

}  // namespace zoo

#define ZOO_ADAPTER(Program)                                                              \
  void* crashreel_adapter_start() {                                                       \
    return new Program;                                                                   \
  }                                                                                       \
  void crashreel_adapter_input(void* instance, std::uint32_t session, std::uint32_t kind, \
                               const void* bytes, std::size_t size) {                     \
    zoo::take_input(*static_cast<Program*>(instance), session, kind,                      \
                    {static_cast<const char*>(bytes), size});                             \
  }                                                                                       \
  void crashreel_adapter_idle(void* instance, std::uint64_t nanoseconds) {                \
    static_cast<Program*>(instance)->idle(nanoseconds);                                   \
  }                                                                                       \
  void crashreel_adapter_stop(void* instance) {                                           \
    delete static_cast<Program*>(instance);                                               \
  }
