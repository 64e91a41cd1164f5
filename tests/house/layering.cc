#include "tests/house/layering.h"

#include <algorithm>
#include <regex>

#include "tests/house/source_tree.h"

namespace crashreel::house {

const std::vector<Folder>& folders() {
  static const std::vector<Folder> table = {
      {"capture/base/", {}},
      {"capture/runtime/", {}},
      {"capture/interpose/", {"capture/runtime/"}},
      {"capture/preload/", {"capture/runtime/", "capture/interpose/"}},
      {"capture/reel/",
       {"capture/base/", "capture/runtime/ring_format.h", "capture/runtime/ring_kept.h",
        "capture/runtime/ring_crash.h", "capture/runtime/ring_sum.h"}},
      {"harness/player/", {"capture/base/system_call.h", "capture/runtime/", "capture/interpose/"}},
      {"harness/keeper/", {"capture/base/system_call.h"}},
      {"harness/symbols/", {"capture/base/"}},
      {"harness/external/",
       {"capture/base/", "capture/runtime/output_digest.h", "harness/player/script.h",
        "harness/player/place.h", "harness/player/session_digest.h", "harness/elf.h"}},
      {"harness/",
       {"capture/base/", "capture/reel/", "capture/runtime/output_digest.h",
        "capture/runtime/adapter.h", "harness/player/script.h", "harness/player/place.h",
        "harness/player/stop.h", "harness/keeper/order.h", "harness/external/"}},
      {"minimizer/", {"capture/base/"}},
      {"corpus/", {"capture/base/", "capture/reel/", "capture/runtime/adapter.h"}},
      {"tools/", {"capture/", "harness/", "minimizer/", "corpus/"}},
  };
  return table;
}

const Folder* folder_of(const std::string& path) {
  const Folder* deepest = nullptr;
  for (const Folder& folder : folders()) {
    if (!path.starts_with(folder.path)) continue;
    if (deepest == nullptr || folder.path.size() > deepest->path.size()) deepest = &folder;
  }
  return deepest;
}

std::vector<std::string> quoted_includes(const std::string& text) {
  static const std::regex include(R"re(^\s*#\s*include\s*"([^"]*)".*)re");
  std::vector<std::string> includes;
  for (const std::string& line : lines_of(text)) {
    std::smatch match;
    if (std::regex_match(line, match, include)) includes.push_back(match[1]);
  }
  return includes;
}

std::vector<std::string> forbidden_includes(const std::string& path, const std::string& text) {
  const Folder* from = folder_of(path);
  if (from == nullptr) return {path + ": lies in no folder of the table"};
  std::vector<std::string> complaints;
  for (const std::string& include : quoted_includes(text)) {
    const bool own = folder_of(include) == from;
    const bool allowed = std::any_of(
        from->may_include.begin(), from->may_include.end(), [&](const std::string& arrow) {
          return arrow.ends_with('/') ? include.starts_with(arrow) : include == arrow;
        });
    if (!own && !allowed) complaints.push_back(path + ": may not include " + include);
  }
  return complaints;
}

}  // namespace crashreel::house
