#include "tools/pipeline/attendant.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "tools/pipeline/process_sample.h"

namespace crashreel {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBetweenLooks(20);
// A program that is asleep twice in a row, with nothing unread, waits for somebody. One that is
// never asleep is taken as it is after so many looks.
constexpr int kCalmLooks = 2;
constexpr int kMostLooks = 150;

timespec timespec_of(milliseconds time) {
  return {.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
}

Error no_resource(const char* what) {
  return {Trouble::kEnvironment, std::string(what) + ": " + std::strerror(errno)};
}

void watch(int events, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
  ::epoll_ctl(events, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

Result<Attendant> Attendant::make(const AttendOptions& options) {
  Attendant attendant(options);
  attendant.events_.reset(::epoll_create1(EPOLL_CLOEXEC));
  attendant.timer_.reset(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!attendant.events_ || !attendant.timer_) return no_resource("no timer");
  watch(attendant.events_.get(), attendant.timer_.get());
  attendant.set_timer(kBetweenLooks, kBetweenLooks);
  return attendant;
}

Attendant::Attendant(Attendant&& other) noexcept
    : options_(std::move(other.options_)),
      events_(std::move(other.events_)),
      timer_(std::move(other.timer_)),
      driver_(std::move(other.driver_)),
      driver_pid_(std::exchange(other.driver_pid_, -1)),
      stage_(other.stage_),
      looks_(other.looks_),
      calm_(other.calm_),
      driver_status_(other.driver_status_),
      look_(std::move(other.look_)),
      trouble_(std::move(other.trouble_)) {}

Attendant::~Attendant() {
  if (driver_pid_ < 0) return;
  ::kill(-driver_pid_, SIGKILL);
  ::waitpid(driver_pid_, nullptr, 0);
}

void Attendant::set_timer(milliseconds first, milliseconds then) {
  const itimerspec times{.it_interval = timespec_of(then), .it_value = timespec_of(first)};
  ::timerfd_settime(timer_.get(), 0, &times, nullptr);
}

bool Attendant::is_calm(pid_t program) {
  const ProcessSample sample = sample_process(program, options_.ring_path);
  const bool calm = sample.runnable == 0 && sample.unread == 0 && sample.queued == 0;
  calm_ = calm ? calm_ + 1 : 0;
  return ++looks_ >= kMostLooks || calm_ >= kCalmLooks;
}

bool Attendant::enough(pid_t program) {
  look_ = look_at(program, options_.ring_path);
  return true;
}

// A process group of its own, so that all that it started ends with it.
void Attendant::start_driver() {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  ::sigemptyset(&none);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&files, 2, 1);
  std::string shell = "sh", dash_c = "-c";
  char* argv[] = {shell.data(), dash_c.data(), options_.driver.data(), nullptr};
  const int error = ::posix_spawn(&driver_pid_, "/bin/sh", &files, &attributes, argv, environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    driver_pid_ = -1;
    trouble_ = std::string("/bin/sh: ") + std::strerror(error);
    return;
  }
  driver_.reset(static_cast<int>(::syscall(SYS_pidfd_open, driver_pid_, 0)));
  if (driver_) watch(events_.get(), driver_.get());
}

void Attendant::begin_running() {
  stage_ = Stage::kRunning;
  set_timer(options_.most_time, milliseconds(0));
  if (!options_.driver.empty()) start_driver();
}

bool Attendant::driver_ended() {
  siginfo_t info{};
  // Its number stays its own, and that of its group, until all of the group are ended.
  if (driver_pid_ < 0 || driver_status_ ||
      ::waitid(P_PID, static_cast<id_t>(driver_pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      info.si_pid == 0) {
    return false;
  }
  driver_status_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  driver_.reset();  // which takes it out of the set
  return true;
}

bool Attendant::step(pid_t program) {
  if (look_) return true;  // it was killed, and takes its time
  std::uint64_t expirations = 0;
  const bool timed = ::read(timer_.get(), &expirations, sizeof expirations) > 0;
  switch (stage_) {
    case Stage::kStartingUp:
      if (timed && is_calm(program)) begin_running();
      return false;
    case Stage::kRunning:
      if (timed) return enough(program);
      if (!driver_ended()) return false;
      // What it sent last is still to be taken in.
      stage_ = Stage::kSettling;
      looks_ = calm_ = 0;
      set_timer(kBetweenLooks, kBetweenLooks);
      return false;
    case Stage::kSettling:
      return timed && is_calm(program) && enough(program);
  }
  return false;
}

}  // namespace crashreel
