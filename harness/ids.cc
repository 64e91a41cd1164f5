#include "harness/ids.h"

#include <unistd.h>

#include <fstream>
#include <string>

#include "harness/kernel_file.h"

namespace crashreel {
namespace {

// Of lines "inside outside count" those that say what there is here.
std::string same_ids(const char* own_map) {
  std::ifstream file(own_map);
  std::string all;
  for (std::string inside, outside, count; file >> inside >> outside >> count;) {
    all += inside + " " + inside + " " + count + "\n";
  }
  return all;
}

std::string one_id(unsigned id) {
  return std::to_string(id) + " " + std::to_string(id) + " 1\n";
}

}  // namespace

bool give_ids(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  if (write_kernel_file(folder + "/uid_map", same_ids("/proc/self/uid_map"))) {
    return write_kernel_file(folder + "/gid_map", same_ids("/proc/self/gid_map"));
  }
  write_kernel_file(folder + "/setgroups", "deny");
  return write_kernel_file(folder + "/uid_map", one_id(::geteuid())) &&
         write_kernel_file(folder + "/gid_map", one_id(::getegid()));
}

}  // namespace crashreel
