#include "harness/sanitizer.h"

#include <algorithm>
#include <array>

#include "capture/reel/telling_functions.h"
#include "harness/linked_libraries.h"

namespace crashreel {
namespace {

struct Setting {
  std::string_view name;
  std::string_view options;
};

// Leaks are no crash, unless that is what is sought. That memory is given back after a time needs a
// clock, which the player has not yet found when the first memory is had. The legend is longer than
// the report.
constexpr std::array kSettings = {
    Setting{"ASAN_OPTIONS",
            "abort_on_error=1:allocator_release_to_os_interval_ms=-1:"
            "print_legend=0"},
    Setting{"UBSAN_OPTIONS",
            "abort_on_error=1:halt_on_error=1:print_stacktrace=1:report_error_type=1"},
    Setting{"TSAN_OPTIONS", "abort_on_error=1:halt_on_error=1"},
    Setting{"MSAN_OPTIONS", "abort_on_error=1"},
};
// LeakSanitizer alone reads the first of these, as a part of AddressSanitizer both.
constexpr std::array kLeakSettings = {"LSAN_OPTIONS", "ASAN_OPTIONS"};

// The last one counts.
void add_setting(std::vector<std::string>& env, std::string_view name, std::string_view options) {
  const std::string begin = std::string(name) + "=";
  const auto found = std::ranges::find_if(
      env, [&](const std::string& variable) { return variable.starts_with(begin); });
  if (found == env.end()) {
    env.push_back(begin + std::string(options));
  } else {
    *found += ":" + std::string(options);
  }
}

constexpr std::size_t kLongestFinding = 200;

std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

// "/src/a.cc:12:3", "a.cc:12", "(/usr/bin/server+0x1234)", "(server+0x1234)".
bool is_place(std::string_view word) {
  const std::size_t colon = word.find(':');
  const bool has_line = colon != std::string_view::npos && colon + 1 < word.size() &&
                        word[colon + 1] >= '0' && word[colon + 1] <= '9';
  return has_line || word.find('/') != std::string_view::npos ||
         word.find("+0x") != std::string_view::npos;
}

// "AddressSanitizer: heap-buffer-overflow /src/a.cc:12:3 in store", "ThreadSanitizer: data race
// a.cc:3 in main": without the place, which is another one in every checkout. How much leaked is
// another number in every run.
std::string without_place(std::string_view summary) {
  const std::size_t tool_end = std::min(summary.find(": "), summary.size());
  if (summary.find(" byte(s) leaked in ") != std::string_view::npos) {
    return std::string(summary.substr(0, tool_end)) + ": memory leaked";
  }
  std::size_t end = std::min(summary.find(' ', tool_end), summary.size());
  while (end < summary.size()) {
    const std::size_t next = std::min(summary.find(' ', end + 1), summary.size());
    const std::string_view word = summary.substr(end + 1, next - end - 1);
    if (word == "in" || is_place(word)) break;
    end = next;
  }
  std::string text(summary.substr(0, end));
  const std::size_t in = summary.rfind(" in ");
  if (in != std::string_view::npos && in >= end) text += summary.substr(in);
  return text;
}

// "#1 0x55d in (anonymous namespace)::store(int) /src/a.cc:3" is store(); empty: no such line.
std::string function_in(std::string_view line) {
  const std::size_t number = line.find_first_not_of(' ');
  const std::size_t in = line.find(" in ");
  if (number == std::string_view::npos || line[number] != '#' || in == std::string_view::npos) {
    return {};
  }
  const std::string name = plain_name(line.substr(in + 4));
  const std::size_t from = name.starts_with("operator ") ? sizeof "operator " : 0;
  return name.substr(0, name.find(' ', from));
}

// The first of the report's functions that is the program's own; the summaries of some name none.
std::string first_function_in(std::string_view report) {
  while (!report.empty()) {
    const std::string_view line = line_at(report, 0);
    const std::string function = function_in(line);
    if (!function.empty() && is_own({"program", {}, 0, function})) return " in " + function;
    report.remove_prefix(std::min(line.size() + 1, report.size()));
  }
  return {};
}

}  // namespace

std::string first_library_of(const std::string& executable) {
  for (const std::string& name : linked_libraries(executable)) {
    if (name.starts_with("libasan.so")) return name;
  }
  return {};
}

bool has_sanitizer(const std::string& executable) {
  for (const std::string& name : linked_libraries(executable)) {
    if (name.find("san.so") != std::string::npos || name.starts_with("libclang_rt.")) return true;
  }
  return names_symbol(executable, "__sanitizer_set_report_fd");
}

void make_findings_fatal(std::vector<std::string>& env, bool seeks_leaks) {
  for (const Setting& setting : kSettings) add_setting(env, setting.name, setting.options);
  for (const char* name : kLeakSettings) {
    add_setting(env, name, seeks_leaks ? "detect_leaks=1" : "detect_leaks=0");
  }
}

bool tells_of_leak(std::string_view text) {
  return text.find("LeakSanitizer: detected memory leaks") != std::string_view::npos ||
         text.find("Sanitizer: memory leaked") != std::string_view::npos;
}

std::string leaking_function(std::string_view finding) {
  const std::size_t in = finding.rfind(" in ");
  return in == std::string_view::npos ? std::string() : std::string(finding.substr(in + 4));
}

std::string finding_in(std::string_view output) {
  constexpr std::string_view kSummary = "SUMMARY: ";
  constexpr std::string_view kUndefined = "runtime error: ";
  const std::size_t error = output.rfind(kUndefined);
  std::string text;
  if (const std::size_t at = output.rfind(kSummary); at != std::string_view::npos) {
    text = without_place(line_at(output, at + kSummary.size()));
  } else if (error != std::string_view::npos) {
    text = line_at(output, error);
  }
  if (text.find("Sanitizer") == std::string::npos && !text.starts_with(kUndefined)) return {};
  if (text.find(" in ") == std::string::npos) {
    text += first_function_in(output.substr(error == std::string_view::npos ? 0 : error));
  }
  if (text.size() > kLongestFinding) text.resize(kLongestFinding);
  return text;
}

}  // namespace crashreel
