// What does it cost a stock server to be recorded? Two instances of it run side by side, one with
// the recorder preloaded, times of delivery and digests of its answers on, as they are by default;
// the same burst of requests goes to one and the other, turn by turn in alternating order, and the
// processor time that each spent on its burst is read from the kernel. The figure that has to stay
// below the bar is the upper end of the 95 % interval of the ratio's median (bootstrapped from the
// pairs); the scene names both ends. A busy machine widens the interval: measure on a quiet one.
//
// Servers that are not installed are passed over, and said so on stderr.
#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "tests/bench/bench.h"

using namespace crashreel::bench;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kPairs = 60;
constexpr int kConnections = 20;
constexpr double kBurstSeconds = 0.25;  // of the unrecorded server's processor

struct Scene {
  std::string name;
  std::vector<std::string> argv;  // PORT and FOLDER are filled in
  std::string request;
  std::size_t pipelined;  // requests in one write
  double bar;             // 0: none was set
  bool every_clock = false;
};

std::string resp(const std::vector<std::string>& words) {
  std::string text = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  }
  return text;
}

std::vector<Scene> scenes() {
  const std::vector<std::string> redis = {"/usr/bin/redis-server", "--port", "PORT",  "--save", "",
                                          "--appendonly",          "no",     "--dir", "FOLDER"};
  const std::vector<std::string> memcached = {
      "/usr/bin/memcached", "-u", "nobody", "-l", "127.0.0.1", "-p", "PORT", "-t", "4"};
  const std::vector<std::string> nginx = {"/usr/sbin/nginx", "-p", "FOLDER", "-c",
                                          "FOLDER/nginx.conf"};
  const auto set = [](std::size_t size) { return resp({"SET", "key", std::string(size, 'x')}); };
  const std::string store = "set key 0 0 16\r\n" + std::string(16, 'x') + "\r\n";
  const std::string get = "GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n";
  return {{"redis-server, SET of 16 B", redis, set(16), 1, 1.02},
          {"redis-server, SET of 1 KiB, 16 in flight", redis, set(1024), 16, 1.05},
          {"redis-server, SET of 64 KiB", redis, set(65536), 1, 1.15},
          {"redis-server, SET of 16 B, --clock=every", redis, set(16), 1, 0, true},
          {"memcached -t 4, set of 16 B", memcached, store, 1, 0},
          {"nginx, GET of 4 KiB", nginx, get, 1, 0}};
}

int free_port() {
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
void configure_nginx(const std::string& folder, int port) {
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
  Server(const Scene& scene, bool recorded) : port_(free_port()) {
    configure_nginx(folder_.path(), port_);
    std::vector<std::string> argv = scene.argv;
    for (std::string& word : argv) {
      if (word == "PORT") word = std::to_string(port_);
      if (word.starts_with("FOLDER")) word.replace(0, 6, folder_.path());
    }
    std::vector<std::string> environment = {"PATH=/usr/bin:/bin"};
    if (recorded) {
      environment.push_back("LD_PRELOAD=" CRASHREEL_BUILD_DIR "/lib/libcrashreel-record.so");
      ring_ = "/dev/shm/crashreel-bench-" + std::to_string(::getpid()) + ".ring";
      environment.push_back("CRASHREEL_RING=" + ring_);
      if (scene.every_clock) environment.push_back("CRASHREEL_CLOCK=every");
    }
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

  bool is_recorded() const { return ring_.empty() || fs::exists(ring_); }

 private:
  void spawn(const std::vector<std::string>& argv, const std::vector<std::string>& environment) {
    const auto pointers = [](const std::vector<std::string>& texts) {
      std::vector<char*> list;
      for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
      list.push_back(nullptr);
      return list;
    };
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    for (const int fd : {0, 1, 2}) {
      ::posix_spawn_file_actions_addopen(&files, fd, "/dev/null", O_RDWR, 0);
    }
    CRASHREEL_CHECK(::posix_spawn(&pid_, argv[0].c_str(), &files, nullptr, pointers(argv).data(),
                                  pointers(environment).data()) == 0);
    ::posix_spawn_file_actions_destroy(&files);
  }

  Folder folder_;
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

struct Interval {
  double low = 0;
  double high = 0;
};

// Where the median would lie in 95 of 100 such measurements.
Interval of_median(const std::vector<double>& values) {
  std::mt19937_64 random(1);
  std::uniform_int_distribution<std::size_t> any(0, values.size() - 1);
  std::vector<double> medians;
  for (int i = 0; i < 2000; ++i) {
    std::vector<double> sample;
    for (std::size_t j = 0; j < values.size(); ++j) sample.push_back(values[any(random)]);
    medians.push_back(median(std::move(sample)));
  }
  std::sort(medians.begin(), medians.end());
  return {medians[50], medians[1949]};
}

void measure(const Scene& scene) {
  if (::access(scene.argv[0].c_str(), X_OK) != 0) {
    std::fprintf(stderr, "overhead: %s is not installed\n", scene.argv[0].c_str());
    return;
  }
  const Server plain(scene, false);
  const Server recorded(scene, true);
  Load to_plain(plain, scene);
  Load to_recorded(recorded, scene);
  CRASHREEL_CHECK(recorded.is_recorded());
  const double trial = to_plain.burst(200) / 200;
  const auto rounds = static_cast<std::size_t>(std::max(20.0, kBurstSeconds / trial));
  const double per_burst = 1e6 / static_cast<double>(rounds * kConnections * scene.pipelined);

  std::vector<double> ours, theirs, ratios;
  for (std::size_t pair = 0; pair < kPairs; ++pair) {
    const bool ours_first = pair % 2 == 0;
    double mine = ours_first ? to_recorded.burst(rounds) : 0;
    const double other = to_plain.burst(rounds);
    if (!ours_first) mine = to_recorded.burst(rounds);
    ours.push_back(mine * per_burst);
    theirs.push_back(other * per_burst);
    ratios.push_back(mine / other);
  }
  const Interval interval = of_median(ratios);
  char ends[96];
  std::snprintf(ends, sizeof ends, ": median %.4f, 95 %% in [%.4f, %.4f]", median(ratios),
                interval.low, interval.high);
  print({.bench = "overhead",
         .scene = scene.name + ends,
         .value = spread_of(ours),
         .unit = "us of server CPU/request",
         .reference = median(theirs),
         .against = "unrecorded, upper end of the ratio's interval",
         .ratio = interval.high,
         .bar = scene.bar == 0 ? Bar{} : at_most(scene.bar)});
}

}  // namespace

// With an argument: the scenes whose names hold it.
int main(int argc, char** argv) {
  for (const Scene& scene : scenes()) {
    if (argc < 2 || scene.name.find(argv[1]) != std::string::npos) measure(scene);
  }
}
