// May this file include that one? The table of folders and the arrows between them, and the check
// of a text against it. It knows nothing of how a program is built or linked.
#pragma once

#include <string>
#include <vector>

namespace crashreel::house {

// A folder of the product and what its files may include besides each other: folders (ending in
// '/') or single headers. Tests may include everything and are not in the table.
struct Folder {
  std::string path;
  std::vector<std::string> may_include;
};

// The table. A new arrow is added here and in the architecture's document, in one commit that says
// why.
const std::vector<Folder>& folders();

// The folder that a file belongs to: the deepest whose path the file's begins with, or null.
const Folder* folder_of(const std::string& path);

// What is wrong with the quoted includes of a file at `path` with this text: a line for each.
std::vector<std::string> forbidden_includes(const std::string& path, const std::string& text);

// The quoted includes of a text, as they are written.
std::vector<std::string> quoted_includes(const std::string& text);

}  // namespace crashreel::house
