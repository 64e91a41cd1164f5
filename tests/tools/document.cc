#include "tests/tools/document.h"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <optional>

namespace crashreel::testing {

namespace {

// The info of the block that it is in, empty for none; and the line.
void each_line(
    const std::string& path,
    const std::function<void(const std::optional<std::string>&, const std::string&)>& see) {
  std::ifstream file(CRASHREEL_SOURCE_DIR "/" + path);
  EXPECT_TRUE(file.is_open()) << path;
  std::optional<std::string> block;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("```")) {
      see(block, line);
    } else if (block) {
      block.reset();
    } else {
      block = line.substr(3);
    }
  }
}

}  // namespace

std::vector<std::string> lines_of_blocks(const std::string& path, const std::string& language) {
  std::vector<std::string> lines;
  each_line(path, [&](const std::optional<std::string>& block, const std::string& line) {
    if (block && (language.empty() || *block == language)) lines.push_back(line);
  });
  return lines;
}

std::string prose_of(const std::string& path) {
  std::string prose;
  each_line(path, [&](const std::optional<std::string>& block, const std::string& line) {
    if (!block) prose += line + " ";
  });
  return prose;
}

namespace {

std::string text_of_blocks(const std::string& path, const std::string& language) {
  std::string text;
  for (const std::string& line : lines_of_blocks(path, language)) text += line + "\n";
  EXPECT_NE(text, "") << path << ": no block is marked '" << language << "'";
  return text;
}

}  // namespace

std::string commands_in_scene(const std::string& path, const std::string& scene) {
  return text_of_blocks(path, "sh " + scene);
}

std::string commands_of_document(const std::string& path) {
  std::string commands = text_of_blocks(path, "sh");
  const std::string built = "$PWD/build/release";
  const std::size_t at = commands.find(built);
  return at == std::string::npos ? commands
                                 : commands.replace(at, built.size(), CRASHREEL_BUILD_DIR);
}

}  // namespace crashreel::testing
