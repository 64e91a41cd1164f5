// A folder of one test's own, gone when the test is.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "capture/base/check.h"

namespace crashreel {

class Folder {
 public:
  Folder() {
    std::string path = std::filesystem::temp_directory_path() / "crashreel-test.XXXXXX";
    CRASHREEL_CHECK(::mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::string path_;
};

inline void put_file(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string file_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  CRASHREEL_CHECK(in.good());
  return {std::istreambuf_iterator<char>(in), {}};
}

// A file below /proc; empty where its process has ended meanwhile, as the kernel says while it is
// read.
inline std::string process_file(const std::string& path) try {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
} catch (const std::ios_base::failure&) {
  return {};
}

}  // namespace crashreel
