#include "tools/pipeline/unrecorded.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string_view>

#include "tools/pipeline/proc_files.h"

namespace crashreel {
namespace {

struct DescriptorRule {
  std::string_view link;  // how it begins
  const char* what;
  const char* remark;
};

constexpr DescriptorRule kDescriptorRules[] = {
    {"anon_inode:[io_uring]", "io_uring",
     "what comes through it passes no call that could be recorded: let the program fall back to "
     "plain calls"},
    {"anon_inode:inotify", "inotify",
     "it acts on changes of files, which are not recorded and which no replay brings"},
    {"anon_inode:[fanotify]", "fanotify",
     "it acts on changes of files, which are not recorded and which no replay brings"},
    {"anon_inode:[userfaultfd]", "userfaultfd", "faults that another process answers"},
    {"anon_inode:[perf_event]", "perf events", "counters of the machine differ from run to run"},
    {"anon_inode:bpf", "bpf", "what it reads there is the kernel's, and not recorded"},
};

// Devices of which nothing comes that would be an input, or whose bytes are recorded; folders of
// what is none.
constexpr std::string_view kKnownDevices[] = {"/dev/null",   "/dev/zero",    "/dev/full",
                                              "/dev/random", "/dev/urandom", "/dev/tty",
                                              "/dev/pts/",   "/dev/shm/",    "/dev/console"};

std::optional<Unrecorded> unrecorded_device(const std::string& path) {
  if (!path.starts_with("/dev/")) return std::nullopt;
  const bool known =
      std::any_of(std::begin(kKnownDevices), std::end(kKnownDevices), [&](std::string_view name) {
        return name.ends_with('/') ? path.starts_with(name) : path == name;
      });
  if (known) return std::nullopt;
  return Unrecorded{"device", path, "what it reads from a device is not recorded"};
}

void add(std::optional<Unrecorded> found, std::vector<Unrecorded>& all) {
  if (!found) return;
  const auto same = std::find_if(
      all.begin(), all.end(), [&](const Unrecorded& other) { return other.what == found->what; });
  if (same != all.end()) {
    ++same->count;
  } else {
    all.push_back(*std::move(found));
  }
}

// Sockets of these families are in tables of their own, which name the inode in different columns.
struct SocketTable {
  const char* path;  // below /proc/PID/net
  const char* kind;
};
constexpr SocketTable kUnrecordedSockets[] = {
    {"netlink", "netlink"}, {"packet", "packet"}, {"raw", "raw"}, {"raw6", "raw"}};

bool names_one_of(const std::string& line, const std::set<std::uint64_t>& inodes) {
  std::istringstream words(line);
  std::string word;
  while (words >> word) {
    if (word.size() > 3 && word.find_first_not_of("0123456789") == std::string::npos &&
        word.size() < 20 && inodes.contains(std::stoull(word))) {
      return true;
    }
  }
  return false;
}

std::uint32_t established_connections(const std::string& process,
                                      const std::set<std::uint64_t>& own) {
  constexpr std::string_view kEstablished = "01";
  std::uint32_t count = 0;
  for (const char* table : {"/net/tcp", "/net/tcp6"}) {
    std::ifstream lines(process + table);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream fields(line);
      std::string slot, local, remote, state;
      const bool established = fields >> slot >> local >> remote >> state && state == kEstablished;
      if (established && names_one_of(line, own)) ++count;
    }
  }
  return count;
}

void look_at_sockets(const std::string& process, ProcessLook& look) {
  const std::set<std::uint64_t> own = sockets_of(process);
  if (own.empty()) return;
  for (const SocketTable& table : kUnrecordedSockets) {
    std::ifstream lines(process + "/net/" + table.path);
    for (std::string line; std::getline(lines, line);) {
      if (!names_one_of(line, own)) continue;
      add(Unrecorded{"socket of another kind", table.kind,
                     "of sockets, TCP, UDP and unix ones are recorded"},
          look.unrecorded);
    }
  }
  // The kernel may pass a line over when others come and go meanwhile; it makes none up.
  constexpr int kReadings = 3;
  for (int i = 0; i < kReadings; ++i) {
    look.connections = std::max(look.connections, established_connections(process, own));
  }
}

void look_at_tasks(const std::string& process, ProcessLook& look) {
  for_each_name(process + "/task", [&](const std::string& thread) {
    std::istringstream children(first_line(process + "/task/" + thread + "/children"));
    for (std::string child; children >> child;) ++look.children;
  });
}

}  // namespace

std::optional<Unrecorded> unrecorded_descriptor(const std::string& link) {
  for (const DescriptorRule& rule : kDescriptorRules) {
    if (link.starts_with(rule.link)) return Unrecorded{rule.what, "", rule.remark};
  }
  return unrecorded_device(link);
}

// "7f1c-7f1d rw-s 00000000 00:19 4711  /dev/shm/pool". Without a path, or made for /dev/zero, it is
// shared with the program's own children alone.
std::optional<Unrecorded> unrecorded_mapping(const std::string& line,
                                             const std::string& ring_path) {
  std::istringstream fields(line);
  std::string range, rights, offset, device, inode, path;
  if (!(fields >> range >> rights >> offset >> device >> inode)) return std::nullopt;
  std::getline(fields >> std::ws, path);
  const bool shared = rights.size() == 4 && rights[1] == 'w' && rights[3] == 's';
  if (!shared || path.empty() || path == ring_path || path.starts_with("/dev/zero")) {
    return std::nullopt;
  }
  if (path.starts_with("anon_inode:")) return unrecorded_descriptor(path);
  return Unrecorded{"shared memory", path,
                    "what others write there is not recorded; what it held before is state that a "
                    "replay lacks"};
}

ProcessLook look_at(pid_t process, const std::string& ring_path) {
  const std::string folder = "/proc/" + std::to_string(process);
  ProcessLook look;
  look_at_tasks(folder, look);
  for_each_name(folder + "/fd", [&](const std::string& number) {
    add(unrecorded_descriptor(link_of_descriptor(folder, number)), look.unrecorded);
  });
  look_at_sockets(folder, look);
  std::ifstream maps(folder + "/maps");
  std::vector<Unrecorded> shared;
  for (std::string line; std::getline(maps, line);)
    add(unrecorded_mapping(line, ring_path), shared);
  for (Unrecorded& found : shared) {
    const bool known =
        std::any_of(look.unrecorded.begin(), look.unrecorded.end(),
                    [&](const Unrecorded& other) { return other.what == found.what; });
    if (!known) look.unrecorded.push_back(std::move(found));
  }
  return look;
}

}  // namespace crashreel
