#include "capture/reel/telling_functions.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace crashreel {
namespace {

constexpr std::array<std::string_view, 14> kSystemLibraries = {
    "libc.so", "libc-",   "ld-linux", "libpthread", "libstdc++", "libc++",  "libgcc_s",
    "libm.so", "libasan", "libubsan", "libtsan",    "liblsan",   "libmsan", "[vdso]"};

// Of programs into which these libraries are linked, and of libraries that have names.
constexpr std::array<std::string_view, 22> kAborting = {"abort",
                                                        "raise",
                                                        "gsignal",
                                                        "pthread_kill",
                                                        "__GI_raise",
                                                        "__GI_abort",
                                                        "__pthread_kill_implementation",
                                                        "__pthread_kill_internal",
                                                        "__assert_fail",
                                                        "__assert_fail_base",
                                                        "__assert_perror_fail",
                                                        "__assert",
                                                        "__libc_message",
                                                        "__libc_fatal",
                                                        "__fortify_fail",
                                                        "__chk_fail",
                                                        "__stack_chk_fail",
                                                        "std::terminate",
                                                        "std::unexpected",
                                                        "__gnu_cxx::__verbose_terminate_handler",
                                                        "__cxxabiv1::__terminate",
                                                        "__cxa_throw"};
constexpr std::array<std::string_view, 3> kAbortingBegins = {"__cxa_",
                                                             "__cxxabiv1::", "std::__throw_"};
constexpr std::array<std::string_view, 16> kAllocating = {
    "malloc",      "calloc",       "realloc",       "free",
    "cfree",       "memalign",     "aligned_alloc", "posix_memalign",
    "_int_malloc", "_int_free",    "_int_realloc",  "malloc_printerr",
    "sysmalloc",   "unlink_chunk", "operator new",  "operator delete"};
constexpr std::array<std::string_view, 4> kAllocatingBegins = {"__libc_", "malloc_consolidate",
                                                               "tcache_", "operator "};
constexpr std::array<std::string_view, 10> kSanitizing = {
    "__asan", "__sanitizer", "__interceptor", "___interceptor", "__ubsan",
    "__tsan", "__msan",      "__lsan",        "__interception", "__sancov"};

// UndefinedBehaviorSanitizer's, which have no prefix of its own.
constexpr std::array<std::string_view, 22> kHandling = {
    "handleTypeMismatchImpl",       "handleAlignmentAssumptionImpl",
    "handleIntegerOverflowImpl",    "handleNegateOverflowImpl",
    "handleDivremOverflowImpl",     "handleShiftOutOfBoundsImpl",
    "handleOutOfBoundsImpl",        "handleLocalOutOfBoundsImpl",
    "handleBuiltinUnreachableImpl", "handleMissingReturnImpl",
    "handleVLABoundNotPositive",    "handleFloatCastOverflow",
    "handleLoadInvalidValue",       "handleImplicitConversion",
    "handleInvalidBuiltin",         "handleInvalidObjCCast",
    "handleNonNullReturn",          "handleNonNullArg",
    "handlePointerOverflowImpl",    "handleCFIBadIcall",
    "handleFunctionTypeMismatch",   "handleDynamicTypeCacheMiss"};

template <typename List>
bool has(const List& list, std::string_view name) {
  return std::find(list.begin(), list.end(), name) != list.end();
}

template <typename List>
bool begins_with_one_of(const List& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(),
                     [&](std::string_view begin) { return name.starts_with(begin); });
}

bool is_allocating(std::string_view name) {
  if (has(kAllocating, name)) return true;
  // "__libc_malloc", "operator new[]".
  for (const std::string_view begin : kAllocatingBegins) {
    if (!name.starts_with(begin)) continue;
    const std::string_view rest = name.substr(begin.size());
    if (begin == "operator ") return rest.starts_with("new") || rest.starts_with("delete");
    return begin != "__libc_" || has(kAllocating, rest);
  }
  return false;
}

// Whose a function is, by its frame's module and its name.
Report report_by(const Frame& frame, std::string_view name) {
  const bool is_sanitizers = begins_with_one_of(kSanitizing, name) || has(kHandling, name);
  if (is_sanitizers) return Report::kSanitizer;
  const bool is_system = is_of_the_system(frame);
  if (is_system && frame.module.find("san.so") != std::string::npos) return Report::kSanitizer;
  if (is_allocating(name)) return Report::kAllocator;
  if (has(kAborting, name) || begins_with_one_of(kAbortingBegins, name)) return Report::kAbort;
  return is_system ? Report::kSystem : Report::kNone;
}

// The more of them say so, the more is known: abort() within free() is the allocator's word.
Report stronger(Report a, Report b) {
  return std::max(a, b);
}

std::string name_in(const Frame& frame, std::string_view function) {
  if (!function.empty()) return plain_name(function);
  char offset[32];
  const auto end = std::to_chars(offset, offset + sizeof offset, frame.offset, 16).ptr;
  return frame.module + "/" + frame.build_id + "+0x" + std::string(offset, end);
}

// What a compiler puts between a lambda and who calls it through a pointer.
bool is_thunk(std::string_view name) {
  return name.ends_with("::_FUN") || name == "_FUN" || name.ends_with("::__invoke");
}

// "f f f g" is "f g", and "even odd even odd g" is "even odd g".
bool ends_a_cycle(const std::vector<std::string>& names, const std::string& next) {
  constexpr std::size_t kLongestCycle = 4;
  for (std::size_t length = 1; length <= std::min(kLongestCycle, names.size()); ++length) {
    if (names[names.size() - length] == next) return true;
  }
  return false;
}

// The program's own; `report` becomes what the stack begins with.
std::vector<std::string> own_names(const Signature& signature, Report& report) {
  std::vector<std::string> names;
  bool in_report = true;
  for (const Frame& frame : signature.frames) {
    for (const std::string_view function : functions_of(frame)) {
      const Report by = report_by(frame, function);
      if (in_report) report = stronger(report, by);
      if (by != Report::kNone) continue;
      in_report = false;
      std::string name = name_in(frame, function);
      if (!is_thunk(name) && !ends_a_cycle(names, name)) names.push_back(std::move(name));
    }
  }
  return names;
}

// Where the bracket that is open at `at` ends: behind it, or at the end.
std::size_t behind_bracket(std::string_view text, std::size_t at, char open, char close) {
  int depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == open) ++depth;
    if (text[at] == close && --depth == 0) return at + 1;
  }
  return text.size();
}

// The "<<=" of "operator<<=", which opens no bracket.
std::size_t operator_size(std::string_view text) {
  constexpr std::string_view kOperator = "operator";
  if (!text.starts_with(kOperator)) return 0;
  for (const std::string_view sign :
       {"<=>", "<<=", ">>=", "->*", "<<", ">>", "<=", ">=", "->", "()", "<", ">"}) {
    if (text.substr(kOperator.size()).starts_with(sign)) return kOperator.size() + sign.size();
  }
  return 0;
}

}  // namespace

std::vector<std::string_view> functions_of(const Frame& frame) {
  std::vector<std::string_view> functions;
  std::string_view rest = frame.symbol;
  for (std::size_t at = rest.find(kInlinedIn); at != std::string_view::npos;
       at = rest.find(kInlinedIn)) {
    functions.push_back(rest.substr(0, at));
    rest.remove_prefix(at + kInlinedIn.size());
  }
  functions.push_back(rest);
  return functions;
}

std::string plain_name(std::string_view function) {
  std::string plain;
  while (!function.empty()) {
    std::size_t used = 1;
    if (const std::size_t size = operator_size(function); size != 0) {
      plain += function.substr(0, used = size);
    } else if (function.starts_with("(anonymous namespace)::")) {
      used = std::string_view("(anonymous namespace)::").size();
    } else if (function.starts_with("std::__1::") || function.starts_with("std::__cxx11::")) {
      plain += "std::";
      used = function.find("::", 5) + 2;
    } else if (function.starts_with("{lambda") || function.starts_with("'lambda") ||
               function.starts_with("$_")) {
      plain += "{lambda}";
      used = function[0] == '{' ? behind_bracket(function, 0, '{', '}')
                                : std::min(function.find("::"), function.size());
    } else if (function[0] == '<') {
      plain += "<>";
      used = behind_bracket(function, 0, '<', '>');
    } else if (function[0] == '(') {
      used = behind_bracket(function, 0, '(', ')');
    } else if (function[0] == '[') {
      const std::size_t end = behind_bracket(function, 0, '[', ']');
      if (!function.starts_with("[abi:")) plain += function.substr(0, end);
      used = end;
    } else {
      plain += function[0];
    }
    function.remove_prefix(used);
  }
  return plain;
}

bool is_of_the_system(const Frame& frame) {
  return frame.module.empty() || begins_with_one_of(kSystemLibraries, frame.module);
}

bool is_own(const Frame& frame) {
  const auto functions = functions_of(frame);
  return std::any_of(functions.begin(), functions.end(), [&](std::string_view function) {
    return report_by(frame, function) == Report::kNone;
  });
}

TellingFunctions telling_functions(const Signature& signature, std::size_t most) {
  TellingFunctions telling;
  telling.names = own_names(signature, telling.report);
  if (signature.kind == kOverflowKind) {
    std::sort(telling.names.begin(), telling.names.end());
    const auto end = std::unique(telling.names.begin(), telling.names.end());
    telling.names.erase(end, telling.names.end());
  } else if (telling.names.size() > most) {
    telling.names.resize(most);
  }
  return telling;
}

}  // namespace crashreel
