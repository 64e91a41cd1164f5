// Who stays beside a recorded program until enough was seen of it?
//
// Waits until the program has started up, runs a command that talks to it, if there is one, and
// after that, or after a time, looks at what the program holds (unrecorded.h) and has it ended. It
// gives its moments through one descriptor to whoever waits for the program (recorded_run.h).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>

#include "capture/base/owned_fd.h"
#include "capture/base/result.h"
#include "tools/pipeline/unrecorded.h"

namespace crashreel {

struct AttendOptions {
  std::string driver;  // for sh; its standard output becomes our standard error; empty: none
  std::chrono::milliseconds most_time{0};  // from when the program has started up
  std::string ring_path;
};

class Attendant {
 public:
  static Result<Attendant> make(const AttendOptions& options);
  Attendant(Attendant&&) noexcept;
  Attendant& operator=(Attendant&&) = delete;
  ~Attendant();  // ends the command and all that it started in its process group

  // Readable whenever step() has something to do.
  int fd() const { return events_.get(); }
  // True: it was looked at, and can be ended.
  bool step(pid_t program);

  // Nothing where the program ended before.
  const std::optional<ProcessLook>& look() const { return look_; }
  // How the command ended, 128 + signal as shells say; nothing where it did not end by itself.
  std::optional<int> driver_status() const { return driver_status_; }
  const std::string& trouble() const { return trouble_; }

 private:
  enum class Stage { kStartingUp, kRunning, kSettling };

  explicit Attendant(const AttendOptions& options) : options_(options) {}
  bool is_calm(pid_t program);
  void begin_running();
  void start_driver();
  bool driver_ended();
  void set_timer(std::chrono::milliseconds first, std::chrono::milliseconds then);
  bool enough(pid_t program);

  AttendOptions options_;
  OwnedFd events_;  // an epoll set of both below
  OwnedFd timer_;
  OwnedFd driver_;  // readable once it has ended
  pid_t driver_pid_ = -1;
  Stage stage_ = Stage::kStartingUp;
  int looks_ = 0;
  int calm_ = 0;  // looks in a row that found nothing running
  std::optional<int> driver_status_;
  std::optional<ProcessLook> look_;
  std::string trouble_;
};

}  // namespace crashreel
