#include "tests/tools/document.h"

#include <gtest/gtest.h>

#include <fstream>

namespace crashreel::testing {

std::string commands_of_document(const std::string& path) {
  std::ifstream file(CRASHREEL_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  std::string commands, line;
  bool inside = false;
  while (std::getline(file, line)) {
    if (line.starts_with("```")) {
      inside = line == "```sh";
    } else if (inside) {
      commands += line + "\n";
    }
  }
  const std::string built = "$PWD/build/release";
  const std::size_t at = commands.find(built);
  return at == std::string::npos ? commands
                                 : commands.replace(at, built.size(), CRASHREEL_BUILD_DIR);
}

}  // namespace crashreel::testing
