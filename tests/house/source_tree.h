// Which files make up the project? The house rules read the source tree itself, so that a new file
// is held to them without being registered anywhere.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace crashreel::house {

inline const std::filesystem::path kRoot = CRASHREEL_SOURCE_DIR;

struct SourceFile {
  std::string path;  // from the repository's root, with '/'
  std::string text;
};

// Every regular file below the root for which `wanted(path)` holds, in the order of their paths.
// Build folders and the version control's own are never among them.
std::vector<SourceFile> source_files(const std::filesystem::path& root,
                                     const std::function<bool(const std::string& path)>& wanted);

// Below one of the product's folders, as opposed to tests, scripts and documents.
bool in_product(const std::string& path);

bool is_cxx(const std::string& path);
bool is_header(const std::string& path);

std::vector<std::string> lines_of(const std::string& text);

}  // namespace crashreel::house
