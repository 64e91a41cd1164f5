#include "tests/tools/document.h"

#include <gtest/gtest.h>

#include <fstream>

namespace crashreel::testing {

std::vector<std::string> lines_of_blocks(const std::string& path, const std::string& language) {
  std::ifstream file(CRASHREEL_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  std::vector<std::string> lines;
  bool inside = false;
  bool wanted = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      inside = !inside;
      wanted = inside && (language.empty() || line == "```" + language);
    } else if (wanted) {
      lines.push_back(line);
    }
  }
  return lines;
}

std::string commands_of_document(const std::string& path) {
  std::string commands;
  for (const std::string& line : lines_of_blocks(path, "sh")) commands += line + "\n";
  const std::string built = "$PWD/build/release";
  const std::size_t at = commands.find(built);
  return at == std::string::npos ? commands
                                 : commands.replace(at, built.size(), CRASHREEL_BUILD_DIR);
}

}  // namespace crashreel::testing
