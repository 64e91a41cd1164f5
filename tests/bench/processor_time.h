// How much processor time does a scene take, whoever takes it?
//
// What ends inside a sandbox when that is killed has nobody who was told of its time, so it is in
// no process's sum. The kernel counts it for a cgroup that all are in.
#pragma once

#include <string>

namespace crashreel::bench {

class ProcessorTime {
 public:
  // From now on this process, and all that it starts, are in a cgroup of their own; where none can
  // be made, those count that end outside a sandbox alone, and is_whole() says so. One at a time.
  ProcessorTime();
  ProcessorTime(const ProcessorTime&) = delete;
  ProcessorTime& operator=(const ProcessorTime&) = delete;
  ~ProcessorTime();

  bool is_whole() const { return !folder_.empty(); }
  double seconds() const;  // since some time before the start

 private:
  std::string parent_;
  std::string folder_;
};

}  // namespace crashreel::bench
