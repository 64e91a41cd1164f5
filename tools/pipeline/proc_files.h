// How are the files below /proc read? What can't be read counts as empty.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>

namespace crashreel {

std::string first_line(const std::string& path);

// Of a folder, but for those that begin with a dot.
void for_each_name(const std::string& folder, const std::function<void(const std::string&)>& use);

// What a descriptor is, "socket:[4711]" or a path; `process` is "/proc/PID".
std::string link_of_descriptor(const std::string& process, const std::string& number);

// The number in "socket:[4711]"; 0 where it is none.
std::uint64_t socket_inode(const std::string& link);

// Of the sockets that a process has open.
std::set<std::uint64_t> sockets_of(const std::string& process);

}  // namespace crashreel
