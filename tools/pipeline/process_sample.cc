#include "tools/pipeline/process_sample.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

#include "capture/base/owned_fd.h"
#include "capture/reel/ring_image.h"
#include "tools/pipeline/proc_files.h"

namespace crashreel {
namespace {

using std::chrono::nanoseconds;

// The fields of a stat file behind the name, which may hold anything: state, ppid, ...
std::istringstream behind_name(const std::string& stat) {
  const std::size_t end = stat.rfind(')');
  return std::istringstream(end == std::string::npos ? "" : stat.substr(end + 1));
}

void sample_threads(const std::string& process, ProcessSample& sample) {
  for_each_name(process + "/task", [&](const std::string& thread) {
    char state = 0;
    if (!(behind_name(first_line(process + "/task/" + thread + "/stat")) >> state)) return;
    ++sample.threads;
    if (state == 'R') ++sample.runnable;
    if (state == 'T' || state == 't') sample.stopped = true;
  });
}

nanoseconds cpu_of(const std::string& process) {
  std::istringstream fields = behind_name(first_line(process + "/stat"));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  std::int64_t user = 0, system = 0;
  fields >> user >> system;
  return nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK) * (user + system);
}

// A line of net/tcp: "sl local remote state tx:rx tr:when retransmits uid timeout inode". Of a
// listener rx is the number of clients that wait to be accepted.
void sample_connection(const std::string& line, const std::set<std::uint64_t>& own,
                       ProcessSample& sample) {
  constexpr std::string_view kListens = "0A";
  std::istringstream fields(line);
  std::string slot, local, remote, state, queues, timer, retransmits, user, timeout;
  std::uint64_t inode = 0;
  if (!(fields >> slot >> local >> remote >> state >> queues >> timer >> retransmits >> user >>
        timeout >> inode) ||
      !own.contains(inode)) {
    return;
  }
  const std::size_t colon = queues.find(':');
  if (colon == std::string::npos) return;
  if (queues.find_first_not_of('0', colon + 1) == std::string::npos) return;
  ++(state == kListens ? sample.queued : sample.unread);
}

void sample_connections(const std::string& process, ProcessSample& sample) {
  const std::set<std::uint64_t> own = sockets_of(process);
  if (own.empty()) return;
  for (const char* table : {"/net/tcp", "/net/tcp6"}) {
    std::ifstream lines(process + table);
    std::string line;
    std::getline(lines, line);  // names of the columns
    while (std::getline(lines, line)) sample_connection(line, own, sample);
  }
}

// Every record changes the commit word of its chunk.
std::uint64_t progress_of(const std::string& ring_path) {
  const auto image = RingImage::open(ring_path);
  const OwnedFd fd(::open(ring_path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!image || !fd) return 0;
  const ring::Superblock& super = image->super();
  std::uint64_t progress = 0;
  for (std::uint64_t i = 0; i < super.chunk_count; ++i) {
    std::uint64_t word = 0;
    const auto at = static_cast<off_t>(super.chunks_offset + i * super.chunk_bytes);
    if (::pread(fd.get(), &word, sizeof word, at) != sizeof word) break;
    progress = progress * 0x100000001b3 + word;
  }
  return progress;
}

}  // namespace

ProcessSample sample_process(pid_t process, const std::string& ring_path) {
  const std::string folder = "/proc/" + std::to_string(process);
  ProcessSample sample;
  sample.at = std::chrono::steady_clock::now().time_since_epoch();
  sample.progress = progress_of(ring_path);
  sample.cpu = cpu_of(folder);
  sample_threads(folder, sample);
  sample_connections(folder, sample);
  return sample;
}

}  // namespace crashreel
