// Which functions of a stack tell one crash from another?
//
// Those that both builds of a program have, under names that both give them: functions that one
// compiler inlined and the other called, without the arguments of templates, a recursion once
// however deep it went, and without those that only report a crash (abort() and what calls it, what
// std::terminate() does), hand out memory, or are the system's or a sanitizer's own. The stack may
// be hostile: any bytes are names. Reads no files; time is linear in the names.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "capture/reel/reel.h"

namespace crashreel {

// Between the functions of one frame's symbol, innermost first: "leaf < middle < outer" is a call
// of outer() into which the other two were inlined.
inline constexpr std::string_view kInlinedIn = " < ";

// At least one: the frame's functions, innermost first; of one without a symbol the empty name.
std::vector<std::string_view> functions_of(const Frame& frame);

// "ns::twice<int>" and "ns::(anonymous namespace)::twice<long>" are both "ns::twice<>"; "{lambda}"
// is one of any compiler.
std::string plain_name(std::string_view function);

// Of a library that stands between a program and the kernel, in whatever release; or of no file.
bool is_of_the_system(const Frame& frame);

// The program's own, as far as module and symbol tell: no part of a report (below).
bool is_own(const Frame& frame);

// What a stack begins with that is no function of the program's own.
enum class Report {
  kNone,       // it ends in the program
  kSystem,     // in a library of the system: memcpy(), say
  kAbort,      // it ended itself: abort(), a failed assertion, an exception that nobody caught
  kAllocator,  // malloc() and the like, which ends a program, or dies, over a broken heap
  kSanitizer,
};

struct TellingFunctions {
  Report report = Report::kNone;
  // Plain names, innermost first, at most as many as were asked for. Of a frame without a symbol
  // "module/build id+0x12", which says the same in one build alone.
  std::vector<std::string> names;
};

// Of an overflowed stack, whose frames are a set, all of them, in the order of the alphabet.
TellingFunctions telling_functions(const Signature& signature, std::size_t most);

// The kind of a stack that overflowed; its frames are those of the recursion.
inline constexpr char kOverflowKind[] = "SIGSEGV (stack overflow)";

}  // namespace crashreel
