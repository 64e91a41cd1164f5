#include "tests/house/source_tree.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <sstream>

namespace crashreel::house {

std::vector<SourceFile> source_files(const std::filesystem::path& root,
                                     const std::function<bool(const std::string& path)>& wanted) {
  std::vector<SourceFile> files;
  for (auto entry = std::filesystem::recursive_directory_iterator(root);
       entry != std::filesystem::recursive_directory_iterator(); ++entry) {
    const std::string path = entry->path().lexically_relative(root).generic_string();
    if (path == "build" || path == ".git" || path == ".cache") {
      entry.disable_recursion_pending();
    } else if (entry->is_regular_file() && !entry->is_symlink() && wanted(path)) {
      std::ifstream file(entry->path(), std::ios::binary);
      files.push_back({path, std::string(std::istreambuf_iterator<char>(file), {})});
    }
  }
  std::sort(files.begin(), files.end(),
            [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
  return files;
}

bool in_product(const std::string& path) {
  for (const char* folder : {"capture/", "harness/", "minimizer/", "corpus/", "tools/"}) {
    if (path.starts_with(folder)) return true;
  }
  return false;
}

bool is_header(const std::string& path) {
  return path.ends_with(".h");
}

bool is_cxx(const std::string& path) {
  return is_header(path) || path.ends_with(".cc") || path.ends_with(".c");
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace crashreel::house
