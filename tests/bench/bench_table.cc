// Lays the JSON lines of benchmarks out as a table for people: stdin to stdout.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace {

using Row = std::vector<std::string>;

std::string number(const nlohmann::json& line, const char* key) {
  if (!line.contains(key) || !line[key].is_number()) return "";
  const double value = line[key].get<double>();
  char text[64];
  // Four digits that count, and never an exponent, which nobody compares at a glance.
  std::snprintf(text, sizeof text, std::abs(value) >= 1000 ? "%.0f" : "%.4g", value);
  return text;
}

std::string word(const nlohmann::json& line, const char* key) {
  return line.contains(key) && line[key].is_string() ? line[key].get<std::string>() : "";
}

Row row_of(const nlohmann::json& line) {
  std::string rival = word(line, "against");
  if (!rival.empty()) rival = number(line, "ratio") + " x " + rival;
  std::string holds;
  if (line.contains("holds") && line["holds"].is_boolean()) {
    holds = number(line, "bar") + (line["holds"].get<bool>() ? " holds" : " MISSED");
  }
  return {word(line, "bench"),
          word(line, "case"),
          number(line, "value"),
          word(line, "unit"),
          number(line, "min"),
          number(line, "max"),
          number(line, "runs"),
          rival,
          holds};
}

void print_table(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  for (const Row& row : rows) {
    std::string text;
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    text.erase(text.find_last_not_of(' ') + 1);
    std::puts(text.c_str());
  }
}

}  // namespace

int main() {
  std::vector<Row> rows = {
      {"bench", "case", "value", "unit", "min", "max", "runs", "ratio", "bar"}};
  for (std::string text; std::getline(std::cin, text);) {
    const auto line = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!line.is_object()) {
      std::fprintf(stderr, "bench_table: not a JSON line: %s\n", text.c_str());
      return 1;
    }
    rows.push_back(row_of(line));
  }
  print_table(rows);
  return 0;
}
