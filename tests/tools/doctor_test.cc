// What crashreel doctor finds out about programs of which the truth is known.

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using testing::run_command;

const std::string kPrograms = CRASHREEL_BUILD_DIR "/zoo/";

// One that nobody listens on.
std::string free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(fd);
  return std::to_string(ntohs(address.sin_port));
}

class Doctor : public ::testing::Test {
 protected:
  // Asks the lines one by one in one connection.
  std::string talk(const std::vector<std::string>& lines) const {
    std::string script = "bash -c 'exec 3<>/dev/tcp/127.0.0.1/" + port_ + "; ";
    for (const std::string& line : lines) script += "echo " + line + " >&3; read -r x <&3; ";
    return script + "'";
  }

  Json examine(const std::vector<std::string>& program, const std::string& with, int status) {
    std::vector<std::string> argv = {testing::crashreel_binary(), "doctor", "--json", "--quiet"};
    if (!with.empty()) argv.insert(argv.end(), {"--with", with});
    argv.emplace_back("--");
    argv.insert(argv.end(), program.begin(), program.end());
    const CommandRun run = run_command(argv, {.directory = directory_.path()});
    EXPECT_EQ(run.exit, status) << run.out << run.err;
    return testing::one_object(run.out);
  }

  static Json source(const Json& answer, const std::string& name) {
    for (const Json& source : answer["sources"]) {
      if (source["name"].get<std::string>().starts_with(name)) return source;
    }
    return {};
  }

  const std::string port_ = free_port();
  testing::TemporaryDirectory directory_;
};

TEST_F(Doctor, FindsAProgramThatTakesInWhatItsSessionsBringTheSame) {
  const Json answer = examine({kPrograms + "clerk", port_},
                              talk({"PUT a one", "GET a", "GET b"}) + " && " + talk({"GET a"}), 0);
  EXPECT_EQ(answer["finding"], "faithful");
  EXPECT_EQ(answer["inputs_seen"], 4);
  EXPECT_EQ(answer["answers"]["same"], answer["answers"]["recorded"]);
  EXPECT_EQ(answer["repeats"], true);
  EXPECT_EQ(answer["looked_at"], true);
  EXPECT_EQ(answer["command_status"], 0);
  const Json sessions = source(answer, "tcp inbound");
  EXPECT_EQ(sessions["seen"], 2);
  EXPECT_EQ(sessions["recorded"], true);
  EXPECT_EQ(sessions["replayed"], true);
}

TEST_F(Doctor, TellsWhatVariesFromWhatIsWrong) {
  const Json answer =
      examine({kPrograms + "clerk", port_}, talk({"PUT a one", "DATE", "GET a"}), 0);
  EXPECT_EQ(answer["divergence"], Json());
  EXPECT_EQ(answer["answers"]["same"].get<int>() + answer["answers"]["varying"].get<int>(), 3);
  EXPECT_GE(source(answer, "clock: real time")["seen"], 1);
}

// What decides is neither an input, nor chance, nor the date.
TEST_F(Doctor, SaysWhetherTwoReplaysOfARecordingAreAlike) {
  const Json races =
      examine({kPrograms + "clerk", port_}, talk({"PUT a one", "RACE", "RACE", "GET a"}), 0);
  EXPECT_EQ(races["repeats"], false);
  EXPECT_EQ(races["finding"], "varying");
  const Json draws =
      examine({kPrograms + "clerk", port_}, talk({"PUT a one", "TICKET", "DATE", "GET a"}), 0);
  EXPECT_EQ(draws["repeats"], true);
}

TEST_F(Doctor, NamesTheStateThatNoReelHolds) {
  directory_.write("counter", std::string(8, '\0'));
  const std::string counter = directory_.file("counter");
  const Json answer = examine({kPrograms + "aside", port_, counter}, talk({"a", "b", "c"}), 0);
  EXPECT_EQ(answer["finding"], "varying");
  EXPECT_EQ(answer["answers"]["varying"], 3);
  const Json memory = source(answer, "shared memory");
  EXPECT_EQ(memory["name"], "shared memory " + counter);
  EXPECT_EQ(memory["recorded"], false);
  EXPECT_EQ(source(answer, "inotify")["recorded"], false);
}

TEST_F(Doctor, SeesConnectionsThatTheRecorderDoesNot) {
  directory_.write("counter", std::string(8, '\0'));
  const std::string idle = "sleep 100 <&3 & ";  // holds the connection until all of it is ended
  const Json answer = examine(
      {kPrograms + "aside", port_, directory_.file("counter"), "raw"},
      "bash -c 'exec 3<>/dev/tcp/127.0.0.1/" + port_ + "; echo a >&3; read -r x <&3; " + idle + "'",
      1);
  EXPECT_EQ(answer["finding"], "unknown");
  EXPECT_EQ(source(answer, "connections that no call told of")["seen"], 1);
}

// Of each that the kernel opened to the program; of what is refused here, the test says so.
TEST_F(Doctor, NamesEveryWindowThroughWhichSomethingComesUnrecorded) {
  const Json answer = examine({kPrograms + "ajar", port_},
                              "bash -c 'exec 3<>/dev/tcp/127.0.0.1/" + port_ +
                                  "; echo windows >&3; read -r x <&3; echo $x > opened'",
                              0);
  const std::string opened = " " + directory_.read("opened");
  const auto is_open = [&](const std::string& window) {
    const bool open = opened.find(" " + window) != std::string::npos;
    if (!open) std::cout << "the kernel refuses " << window << " here\n";
    return open;
  };
  const std::pair<const char*, const char*> alone[] = {
      {"io_uring", "io_uring"},       {"inotify", "inotify"},         {"fanotify", "fanotify"},
      {"userfaultfd", "userfaultfd"}, {"perf_events", "perf events"}, {"bpf", "bpf"},
      {"device", "device /dev/ptmx"}};
  for (const auto& [window, name] : alone) {
    if (!is_open(window)) continue;
    EXPECT_EQ(source(answer, name)["seen"], 1) << name;
    EXPECT_EQ(source(answer, name)["recorded"], false) << name;
    EXPECT_NE(source(answer, name)["remark"], Json()) << name;
  }
  int sockets = 0;
  for (const char* window : {"netlink", "packet", "raw ", "raw6"}) sockets += is_open(window);
  EXPECT_EQ(source(answer, "socket of another kind")["seen"], sockets);
  ASSERT_TRUE(is_open("shared_memory") && is_open("child"));
  const Json memory = source(answer, "shared memory");
  EXPECT_EQ(memory["seen"], 3);  // a file's, a nameless one, System V's; none that is its own
  EXPECT_EQ(memory["recorded"], false);
  EXPECT_EQ(source(answer, "child processes")["seen"], 1);
  EXPECT_EQ(source(answer, "child processes")["replayed"], false);
}

TEST_F(Doctor, SaysNothingOfAReplayWhereAllInputComesThroughAnIoUring) {
  io_uring_params params{};
  const auto fd = static_cast<int>(::syscall(SYS_io_uring_setup, 1, &params));
  if (fd < 0) GTEST_SKIP() << "the kernel refuses io_uring here: " << ::strerror(errno);
  ::close(fd);
  const Json answer = examine({kPrograms + "ajar", port_, "ring"}, talk({"a", "b"}), 1);
  EXPECT_EQ(answer["finding"], "unknown");
  EXPECT_EQ(answer["command_status"], 0);
  EXPECT_EQ(answer["inputs_seen"], 0);
  EXPECT_EQ(source(answer, "io_uring")["recorded"], false);
}

TEST_F(Doctor, SaysWhyAProgramCannotBeRecorded) {
  const Json answer = examine({kPrograms + "fixed", "0"}, "", 5);
  EXPECT_EQ(answer["finding"], "not recorded");
  EXPECT_THAT(answer["obstacle"].get<std::string>(), HasSubstr("static"));
}

TEST_F(Doctor, ComplainsOfACommandThatFails) {
  const CommandRun run = run_command({testing::crashreel_binary(), "doctor", "--with", "exit 7",
                                      "--", kPrograms + "clerk", port_});
  EXPECT_EQ(run.exit, 1);
  EXPECT_THAT(run.err, HasSubstr("the command ended with status 7"));
  EXPECT_THAT(run.out, HasSubstr("nothing can be said of a replay"));
}

// They hold the pipe as long as they live.
TEST_F(Doctor, EndsWhatTheCommandStarted) {
  const std::string pipe = directory_.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int fd = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  const CommandRun run =
      run_command({testing::crashreel_binary(), "doctor", "--for", "500ms", "--with",
                   "exec 3>" + pipe + "; sleep 100 & sleep 100", "--", kPrograms + "clerk", port_});
  EXPECT_EQ(run.exit, 1) << run.err;
  pollfd ended{.fd = fd, .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ended, 1, 10'000), 1);
  EXPECT_EQ(ended.revents, POLLHUP);
  ::close(fd);
}

}  // namespace
}  // namespace crashreel
