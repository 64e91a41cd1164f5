// A stock server in a folder of its own, recorded or not, and clients that keep it busy, for
// measuring what the recorder costs it (overhead_bench.cc).
#pragma once

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "capture/base/exec_words.h"
#include "tests/bench/bench.h"
#include "tests/bench/overhead_probe.h"

namespace crashreel::bench {

namespace fs = std::filesystem;

inline constexpr int kConnections = 20;

struct Scene {
  std::string name;
  std::vector<std::string> argv;  // PORT and FOLDER are filled in
  std::string request;
  std::size_t pipelined;  // requests in one write
  double bar;             // 0: none was set
  bool every_clock = false;
  double inside_bar = 0;  // of the share inside our calls; 0: none was set
};

inline int free_port() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* bound = reinterpret_cast<sockaddr*>(&address);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CRASHREEL_CHECK(::bind(fd, bound, size) == 0 && ::getsockname(fd, bound, &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

class Folder {
 public:
  Folder() {
    char path[] = "/tmp/crashreel-bench-XXXXXX";
    CRASHREEL_CHECK(::mkdtemp(path) != nullptr);
    path_ = path;
    ::chmod(path, 0755);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// One process that does all the work, so that its time is the server's.
inline void configure_nginx(const std::string& folder, int port) {
  std::ofstream(folder + "/nginx.conf")
      << "daemon off; master_process off; pid " << folder << "/pid; error_log /dev/null;\n"
      << "events { worker_connections 64; }\n"
      << "http { access_log off; keepalive_requests 1000000000; client_body_temp_path " << folder
      << "/b; proxy_temp_path " << folder << "/p; fastcgi_temp_path " << folder
      << "/f; uwsgi_temp_path " << folder << "/u; scgi_temp_path " << folder
      << "/s; server { listen 127.0.0.1:" << port << "; root " << folder << "; } }\n";
  std::ofstream(folder + "/page") << std::string(4096, 'x');
}

// A server of its own folder, gone with this.
class Server {
 public:
  // With the probe around the recorder, or around nothing, where `probed`.
  Server(const Scene& scene, bool recorded, bool probed = false) : port_(free_port()) {
    configure_nginx(folder_.path(), port_);
    std::vector<std::string> argv = scene.argv;
    for (std::string& word : argv) {
      if (word == "PORT") word = std::to_string(port_);
      if (word.starts_with("FOLDER")) word.replace(0, 6, folder_.path());
    }
    std::vector<std::string> environment = {"PATH=/usr/bin:/bin"};
    std::string preload;
    const auto add = [&](const char* library) {
      preload += (preload.empty() ? "" : ":") + std::string(CRASHREEL_BUILD_DIR) + library;
    };
    if (probed) add("/bench/liboverhead_outer.so");
    if (recorded) add("/lib/libcrashreel-record.so");
    if (probed) add("/bench/liboverhead_inner.so");
    if (!preload.empty()) environment.push_back("LD_PRELOAD=" + preload);
    if (recorded) {
      ring_ = "/dev/shm/crashreel-bench-" + std::to_string(::getpid()) +
              (probed ? "-probed.ring" : ".ring");
      environment.push_back("CRASHREEL_RING=" + ring_);
      if (scene.every_clock) environment.push_back("CRASHREEL_CLOCK=every");
    }
    if (probed) environment.push_back("CRASHREEL_PROBE=" + map_sums());
    spawn(argv, environment);
  }
  ~Server() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    if (!ring_.empty()) ::unlink(ring_.c_str());
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Tries until somebody listens there.
  int connect() const {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    for (int tries = 0; tries < 1000; ++tries) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) {
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        return fd;
      }
      ::close(fd);
      ::poll(nullptr, 0, 10);
    }
    CRASHREEL_CHECK(!"the server does not listen");
    return -1;
  }

  // All threads that it has: none ends meanwhile.
  double cpu_seconds() const {
    const std::string tasks = "/proc/" + std::to_string(pid_) + "/task";
    double sum = 0;
    for (const fs::directory_entry& task : fs::directory_iterator(tasks)) {
      double nanoseconds = 0;
      std::ifstream(task.path() / "schedstat") >> nanoseconds;
      sum += nanoseconds * 1e-9;
    }
    return sum;
  }

  ProbeSums probe_sums() const {
    ProbeSums sums;
    for (int kind = 0; kind < kProbedKinds; ++kind) {
      sums.cycles[kind] = __atomic_load_n(&sums_->cycles[kind], __ATOMIC_RELAXED);
      sums.calls[kind] = __atomic_load_n(&sums_->calls[kind], __ATOMIC_RELAXED);
    }
    return sums;
  }

  bool is_recorded() const { return ring_.empty() || fs::exists(ring_); }

 private:
  void spawn(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    for (const int fd : {0, 1, 2}) {
      ::posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    }
    CRASHREEL_CHECK(::posix_spawn(&pid_, argv[0].c_str(), &files, nullptr, exec_words(argv).data(),
                                  exec_words(environment).data()) == 0);
    ::posix_spawn_file_actions_destroy(&files);
  }

  // The file's name; it stays mapped.
  std::string map_sums() {
    const std::string path = folder_.path() + "/sums";
    const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
    CRASHREEL_CHECK(file >= 0 && ::fchmod(file, 0666) == 0);
    CRASHREEL_CHECK(::ftruncate(file, sizeof(ProbeSums)) == 0);
    void* page = ::mmap(nullptr, sizeof(ProbeSums), PROT_READ, MAP_SHARED, file, 0);
    ::close(file);
    CRASHREEL_CHECK(page != MAP_FAILED);
    sums_ = static_cast<const ProbeSums*>(page);
    return path;
  }

  Folder folder_;
  const ProbeSums* sums_ = nullptr;
  int port_;
  std::string ring_;
  pid_t pid_ = -1;
};

// Clients that each send, wait for the whole answer, and send again.
class Load {
 public:
  Load(const Server& server, const Scene& scene) : server_(server) {
    for (std::size_t i = 0; i < scene.pipelined; ++i) request_ += scene.request;
    const int first = server.connect();
    answer_bytes_ = scene.pipelined * size_of_answer(first, scene.request);
    clients_.push_back({first, POLLIN, 0});
    while (clients_.size() < kConnections) clients_.push_back({server.connect(), POLLIN, 0});
    left_.resize(clients_.size());
  }
  ~Load() {
    for (const pollfd& client : clients_) ::close(client.fd);
  }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Seconds of the server's processor for so many rounds of all clients.
  double burst(std::size_t rounds) {
    const double before = server_.cpu_seconds();
    std::vector<std::size_t> to_go(clients_.size(), rounds);
    std::size_t busy = clients_.size();
    for (std::size_t i = 0; i < clients_.size(); ++i) ask(i);
    while (busy > 0) {
      ::poll(clients_.data(), clients_.size(), -1);
      for (std::size_t i = 0; i < clients_.size(); ++i) {
        if (clients_[i].revents == 0 || !take(i)) continue;
        if (--to_go[i] == 0) {
          --busy;
        } else {
          ask(i);
        }
      }
    }
    return server_.cpu_seconds() - before;
  }

 private:
  static void send_all(int fd, const std::string& bytes) {
    for (std::size_t sent = 0; sent < bytes.size();) {
      const ssize_t put = ::send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      CRASHREEL_CHECK(put > 0);
      sent += static_cast<std::size_t>(put);
    }
  }

  // Every answer of a scene is as long as the first one.
  static std::size_t size_of_answer(int fd, const std::string& request) {
    send_all(fd, request);
    std::size_t size = 0;
    char bytes[65536];
    pollfd polled = {fd, POLLIN, 0};
    while (::poll(&polled, 1, size == 0 ? 10'000 : 300) == 1) {
      const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
      CRASHREEL_CHECK(got > 0);
      size += static_cast<std::size_t>(got);
    }
    CRASHREEL_CHECK(size > 0);
    return size;
  }

  void ask(std::size_t client) {
    left_[client] = answer_bytes_;
    send_all(clients_[client].fd, request_);
  }

  // Is the answer whole?
  bool take(std::size_t client) {
    char bytes[65536];
    const ssize_t got = ::recv(clients_[client].fd, bytes, sizeof bytes, 0);
    CRASHREEL_CHECK(got > 0 && static_cast<std::size_t>(got) <= left_[client]);
    left_[client] -= static_cast<std::size_t>(got);
    return left_[client] == 0;
  }

  const Server& server_;
  std::string request_;
  std::size_t answer_bytes_ = 0;
  std::vector<pollfd> clients_;
  std::vector<std::size_t> left_;
};

}  // namespace crashreel::bench
