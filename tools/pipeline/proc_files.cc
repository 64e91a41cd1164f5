#include "tools/pipeline/proc_files.h"

#include <dirent.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <string_view>

namespace crashreel {

std::string first_line(const std::string& path) {
  std::string line;
  std::getline(std::ifstream(path), line);
  return line;
}

void for_each_name(const std::string& folder, const std::function<void(const std::string&)>& use) {
  DIR* list = ::opendir(folder.c_str());
  if (list == nullptr) return;
  while (const dirent* entry = ::readdir(list)) {
    if (entry->d_name[0] != '.') use(entry->d_name);
  }
  ::closedir(list);
}

std::string link_of_descriptor(const std::string& process, const std::string& number) {
  char target[4096];
  const ssize_t size = ::readlink((process + "/fd/" + number).c_str(), target, sizeof target);
  return {target, size < 0 ? 0 : static_cast<std::size_t>(size)};
}

std::uint64_t socket_inode(const std::string& link) {
  std::string_view text = link;
  constexpr std::string_view kSocket = "socket:[";
  std::uint64_t inode = 0;
  if (!text.starts_with(kSocket)) return inode;
  text.remove_prefix(kSocket.size());
  std::from_chars(text.data(), text.data() + text.size(), inode);
  return inode;
}

std::set<std::uint64_t> sockets_of(const std::string& process) {
  std::set<std::uint64_t> inodes;
  for_each_name(process + "/fd", [&](const std::string& number) {
    const std::uint64_t inode = socket_inode(link_of_descriptor(process, number));
    if (inode != 0) inodes.insert(inode);
  });
  return inodes;
}

}  // namespace crashreel
