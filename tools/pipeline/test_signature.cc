#include "tools/pipeline/test_signature.h"

#include <cctype>
#include <string_view>
#include <vector>

#include "harness/signature.h"

namespace crashreel {
namespace {

constexpr std::size_t kFrames = 3;

std::string_view line_at(std::string_view text, std::size_t at) {
  return text.substr(at, std::min(text.find('\n', at), text.size()) - at);
}

// Without what differs from run to run: numbers and addresses.
std::string without_numbers(std::string_view line) {
  std::string text;
  for (std::size_t at = 0; at < line.size();) {
    if (std::isdigit(static_cast<unsigned char>(line[at])) == 0) {
      text += line[at++];
      continue;
    }
    while (at < line.size() && std::isxdigit(static_cast<unsigned char>(line[at])) != 0) ++at;
    if (at < line.size() && line[at] == 'x') {  // the rest of an address
      ++at;
      continue;
    }
    text += '#';
  }
  return text;
}

// "    #1 0x55d0c0ffee in parse(char const*) /src/file.c:12:3": the function; without symbols
// "    #1 0x55d0c0ffee  (/usr/bin/tool+0x1234)": "tool+0x1234".
std::string function_of(std::string_view line) {
  const std::size_t in = line.find(" in ");
  if (in != std::string_view::npos) {
    const std::string_view rest = line.substr(in + 4);
    return std::string(rest.substr(0, rest.find_first_of("( ")));
  }
  const std::size_t open = line.find('('), close = line.find_first_of(") ", open);
  if (open == std::string_view::npos || close == std::string_view::npos) return {};
  const std::string_view place = line.substr(open + 1, close - open - 1);
  if (place.find('+') == std::string_view::npos) return {};
  return std::string(place.substr(place.rfind('/') + 1));
}

// " file.c:12" of the same line: no directory, which a build can move, and no column. Empty where
// there is none.
std::string line_of(std::string_view line) {
  std::string_view place = line.substr(line.rfind(' ') + 1);
  place = place.substr(place.rfind('/') + 1);
  const std::size_t colon = place.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == place.size()) return {};
  std::size_t end = colon + 1;
  while (end < place.size() && std::isdigit(static_cast<unsigned char>(place[end])) != 0) ++end;
  return end == colon + 1 ? std::string() : " " + std::string(place.substr(0, end));
}

// "==42==ERROR: AddressSanitizer: heap-buffer-overflow on address ...", and its first stack.
std::string sanitizer_report(std::string_view text) {
  std::size_t at = text.find("Sanitizer: ");
  if (at == std::string_view::npos) return {};
  at += std::string_view("Sanitizer: ").size();
  const std::string_view line = line_at(text, at);
  std::string report(line.substr(0, line.find(' ')));
  std::size_t frames = 0;
  for (at += line.size() + 1; at < text.size() && frames < kFrames;) {
    const std::string_view frame = line_at(text, at);
    at += frame.size() + 1;
    const std::size_t begin = frame.find_first_not_of(' ');
    const bool is_frame = begin != std::string_view::npos && frame[begin] == '#';
    if (!is_frame && frames > 0) break;
    if (!is_frame) continue;
    const std::string function = function_of(frame);
    if (function.empty()) continue;
    report += (frames == 0 ? " in " : " < ") + function;
    if (frames++ == 0) report += line_of(frame);
  }
  return report;
}

// A line that tells of a death.
std::string last_words(std::string_view text) {
  for (const std::string_view words : {"Assertion ", "terminate called ", "panicked at ",
                                       "runtime error: ", "stack smashing ", "panic: "}) {
    const std::size_t at = text.find(words);
    if (at != std::string_view::npos) return without_numbers(line_at(text, at));
  }
  return {};
}

}  // namespace

TestSignature signature_of(const TestRun& run) {
  TestSignature signature;
  signature.text = sanitizer_report(run.errors);
  const std::string words = last_words(run.errors);
  if (signature.text.empty()) signature.text = words;
  signature.crashed = run.signal != 0 || !signature.text.empty();
  if (run.signal != 0) {
    const std::string name = signal_name(run.signal);
    signature.text = signature.text.empty() ? name : name + ": " + signature.text;
  } else if (signature.crashed) {
    signature.text += " (status " + std::to_string(run.status) + ")";
  }
  return signature;
}

}  // namespace crashreel
