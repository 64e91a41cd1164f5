// A server that does harm to the machine that it runs on, as far as it is let: a line is what to
// do, and each is answered by what came of it. All of it has an end.
//
//   hostile PORT
#include <fcntl.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "tests/zoo/lines.h"

namespace {

using Command = std::string (*)();

void ignore_all() {
  for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_IGN);
}

[[noreturn]] void stay() {
  for (;;) ::pause();
}

// The children live on.
std::string bomb() {
  int made = 0;
  for (int i = 0; i < 500; ++i) {
    const pid_t child = ::fork();
    if (child == 0) stay();
    if (child > 0) ++made;
  }
  return "forked " + std::to_string(made);
}

// Each child is the next one's father, and ends: nobody stays where he was.
std::string chain() {
  if (::fork() == 0) {
    for (int i = 0; i < 500; ++i) {
      if (::fork() > 0) ::_exit(0);
    }
    stay();
  }
  return "away";
}

// As daemon(3), by hand: no terminal, no parent, no descriptors, and no ear for signals.
std::string daemonize() {
  const pid_t child = ::fork();
  if (child == 0) {
    ::setsid();
    if (::fork() > 0) ::_exit(0);
    ignore_all();
    ::syscall(SYS_close_range, 0U, ~0U, 0);
    (void)!::chdir("/");
    stay();
  }
  ::waitpid(child, nullptr, 0);
  return "away";
}

std::string ignore() {
  ignore_all();
  if (::fork() == 0) stay();
  return "deaf";
}

std::string fill() {
  const std::string block(1 << 20, 'x');
  const int fd = ::open("much", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  for (int i = 0; i < 64; ++i) {
    if (::write(fd, block.data(), block.size()) < 0) return std::strerror(errno);
  }
  return "64 MiB";
}

// What is the player's, too.
std::string close_all() {
  ::syscall(SYS_close_range, 3U, ~0U, 0);
  return "closed";
}

std::string unset_all() {
  ::clearenv();
  return "unset";
}

std::string written(const char* path) {
  const int fd = ::open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) return std::strerror(errno);
  ::close(fd);
  return "written";
}

std::string write_tmp() {
  return written("/tmp/crashreel-hostile") + ", " + written("/dev/shm/crashreel-hostile");
}

std::string write_elsewhere() {
  return written("/var/crashreel-hostile") + ", " + written("/crashreel-hostile");
}

// Whose it is, what may be done with it and how much has room there.
std::string describe_run() {
  struct stat status = {};
  struct statvfs all = {};
  if (::stat("/run", &status) != 0 || ::statvfs("/run", &all) != 0) return std::strerror(errno);
  char text[80];
  std::snprintf(text, sizeof text, "%o of %u, %s %s, %llu MiB", status.st_mode & 07777,
                status.st_uid, (all.f_flag & ST_NOSUID) != 0 ? "nosuid" : "suid",
                (all.f_flag & ST_NODEV) != 0 ? "nodev" : "dev",
                static_cast<unsigned long long>(all.f_blocks) * all.f_frsize >> 20);
  return text;
}

// What is read-only is to be no more than it was, once more.
std::string remount() {
  const int result = ::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND, nullptr);
  return result == 0 ? written("/crashreel-hostile") : std::strerror(errno);
}

// A name without a file, held by a child.
std::string bind_abstract() {
  if (::fork() == 0) {
    sockaddr_un name = {};
    name.sun_family = AF_UNIX;
    std::strcpy(name.sun_path + 1, "crashreel-hostile");
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    ::syscall(SYS_bind, fd, &name, sizeof name);
    ::syscall(SYS_listen, fd, 1);
    stay();
  }
  return "bound";
}

std::string networks() {
  std::string names;
  struct if_nameindex* const all = ::if_nameindex();
  for (auto* one = all; one != nullptr && one->if_index != 0; ++one) {
    names += std::string(names.empty() ? "" : " ") + one->if_name;
  }
  ::if_freenameindex(all);
  return names;
}

// Whom it can: in a sandbox its own. Where there is none it would be everybody here.
std::string kill_all() {
  std::string first;
  std::getline(std::ifstream("/proc/1/comm"), first);
  if (!first.starts_with("crashreel-keep")) return "spared";
  ::kill(-1, SIGTERM);
  ::kill(1, SIGKILL);
  return "killed";
}

constexpr struct {
  const char* word;
  Command command;
} kCommands[] = {{"BOMB", bomb},         {"CHAIN", chain},      {"DAEMON", daemonize},
                 {"IGNORE", ignore},     {"FILL", fill},        {"CLOSE", close_all},
                 {"UNSET", unset_all},   {"TMP", write_tmp},    {"ELSEWHERE", write_elsewhere},
                 {"REMOUNT", remount},   {"RUN", describe_run}, {"ABSTRACT", bind_abstract},
                 {"NETWORKS", networks}, {"KILL", kill_all}};

// What it does is said on standard output.
void obey(const std::string& line) {
  for (const auto& one : kCommands) {
    if (line == one.word) std::printf("%s: %s\n", one.word, one.command().c_str());
  }
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = zoo::listen_on(argc > 1 ? argv[1] : "0");
  zoo::serve_lines(listener, [](int fd, const std::string& line) {
    obey(line);
    zoo::answer(fd, line + "\n");
  });
}
