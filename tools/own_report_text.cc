#include "tools/own_report_text.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

#include "tools/visible.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostReportLines = 24;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::string own_report_text(const std::string& report) {
  const std::vector<std::string_view> lines = lines_of(report);
  if (lines.empty()) return "";
  const std::size_t left_out = lines.size() - std::min(lines.size(), kMostReportLines);
  std::string text = "  the program's own handler said";
  if (left_out > 0) text += ", after " + std::to_string(left_out) + " lines more (--json has them)";
  text += ":\n";
  for (std::size_t i = left_out; i < lines.size(); ++i) {
    text += "    " + visible(lines[i]) + "\n";
  }
  return text;
}

}  // namespace crashreel
