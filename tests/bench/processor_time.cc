#include "tests/bench/processor_time.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "capture/base/check.h"
#include "harness/cgroup.h"
#include "harness/kernel_file.h"
#include "tests/bench/bench.h"

namespace crashreel::bench {
namespace {

// Of all that have ended so far.
double children_seconds() {
  rusage usage = {};
  CRASHREEL_CHECK(::getrusage(RUSAGE_CHILDREN, &usage) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace

ProcessorTime::ProcessorTime() : parent_(own_cgroup("cpuacct")) {
  const std::string folder = parent_ + "/crashreel-" + std::to_string(::getpid()) + "-bench";
  if (parent_.empty() || ::mkdir(folder.c_str(), 0755) != 0) return;
  folder_ = folder;
  if (write_kernel_file(folder + "/cgroup.procs", std::to_string(::getpid()))) return;
  ::rmdir(folder.c_str());
  folder_.clear();
}

ProcessorTime::~ProcessorTime() {
  if (folder_.empty()) return;
  write_kernel_file(parent_ + "/cgroup.procs", std::to_string(::getpid()));
  ::rmdir(folder_.c_str());
}

double ProcessorTime::seconds() const {
  if (!is_whole()) return children_seconds() + cpu_seconds();
  double units = 0;
  if (std::ifstream nanoseconds(folder_ + "/cpuacct.usage"); nanoseconds >> units) {
    return units * 1e-9;
  }
  std::ifstream file(folder_ + "/cpu.stat");  // of the second version
  for (std::string name; file >> name >> units;) {
    if (name == "usage_usec") return units * 1e-6;
  }
  CRASHREEL_CHECK(false);  // a cgroup of either version has one of them
  return 0;
}

}  // namespace crashreel::bench
