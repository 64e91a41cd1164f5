// Several instances of several real servers at once, all of which had the same port and the same
// path in production, where somebody else now has both. No sandbox keeps them apart, only the
// player does.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "capture/base/owned_fd.h"
#include "harness/try.h"
#include "tests/tools/recorded_program.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;

constexpr int kInstances = 3;  // of each at a time

// Somebody else is there.
OwnedFd take_port(int port, int type) {
  OwnedFd fd(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  const int one = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  EXPECT_TRUE(type == SOCK_DGRAM || ::listen(fd.get(), 1) == 0);
  return fd;
}

std::string told_by_a_try(const Reel& reel) {
  auto target = target_of(reel, std::nullopt);
  EXPECT_TRUE(target) << target.error().message;
  target->sandbox.enabled = false;
  const auto outcome =
      run_try(*target, reel, whole_sequence(reel), {.script = {.keeps_answers = true}});
  EXPECT_TRUE(outcome) << outcome.error().message;
  return describe(*outcome) + ", " + std::to_string(outcome->answer_bytes) + " bytes answered, " +
         std::to_string(outcome->answer_digest);
}

void expect_that_all_answer_as_one(const std::vector<Reel>& reels) {
  std::vector<std::vector<std::string>> told(reels.size(), std::vector<std::string>(kInstances));
  std::vector<std::thread> testers;
  for (std::size_t i = 0; i < reels.size(); ++i) {
    for (std::string& one : told[i]) {
      testers.emplace_back([&one, &reel = reels[i]] { one = told_by_a_try(reel); });
    }
  }
  for (std::thread& tester : testers) tester.join();
  for (std::size_t i = 0; i < reels.size(); ++i) {
    const std::string alone = told_by_a_try(reels[i]);
    EXPECT_THAT(alone, HasSubstr("survived")) << reels[i].program.executable;
    EXPECT_THAT(alone, ::testing::Not(HasSubstr(" 0 bytes answered"))) << alone;
    for (const std::string& one : told[i]) EXPECT_EQ(one, alone) << reels[i].program.executable;
  }
}

class SideBySideOnOnePort : public RecordedProgram {
 protected:
  Reel redis() {
    RecordedServer server(setup({"redis-server", "--port", std::to_string(port_), "--unixsocket",
                                 path_, "--save", "", "--dir", folder_.path()}));
    EXPECT_TRUE(server.says("Ready to accept connections"));
    Client by_path = Client::unix_socket(path_);
    Client by_port = Client::tcp(port_);
    for (int i = 0; i < 3; ++i) {
      by_path.ask("INCR a\r\n");
      by_port.ask("APPEND b x\r\n");
    }
    return server.end_and_salvage();
  }

  Reel memcached() {
    RecordedServer server(setup({"/usr/bin/memcached", "-u", "root", "-t", "4", "-l", "127.0.0.1",
                                 "-U", "0", "-p", std::to_string(port_)}));
    return talked(
        server, [&] { return Client::tcp(port_); },
        {"1:set a 0 0 1\r\n1\r\n", "2:incr a 5\r\n", "3:get a\r\n", "1:get a\r\n"}, "\r\n");
  }

  Reel nginx() {
    put_file(folder_ / "conf", "daemon off; master_process off; pid " + (folder_ / "pid") +
                                   "; error_log " + (folder_ / "errors") +
                                   "; events {} http { access_log off; server { listen " +
                                   "127.0.0.1:" + std::to_string(port_) +
                                   "; location / { return 200 \"yes\\n\"; } } }");
    RecordedServer server(setup({"/usr/sbin/nginx", "-p", folder_.path(), "-c", folder_ / "conf"}));
    return talked(
        server, [&] { return Client::tcp(port_); },
        {"1:GET / HTTP/1.1\r\nHost: a\r\n\r\n", "2:GET / HTTP/1.1\r\nHost: a\r\n\r\n"}, "yes\n");
  }

  Reel dnsmasq() {
    RecordedServer server(
        setup({"/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
               "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root",
               "--pid-file=" + (folder_ / "pid"), "--port=" + std::to_string(port_),
               "--address=/a.test/10.1.2.3"}));
    const std::string question =
        std::string("\0\1\1\0\0\1\0\0\0\0\0\0\1a\4test", 19) + std::string("\0\0\1\0\1", 5);
    for (int i = 0; i < 3; ++i) Client::udp(port_).ask_until_answered(question);
    return server.end_and_salvage();
  }

  const int port_ = free_port();
  const std::string path_ = folder_ / "socket";
};

TEST_F(SideBySideOnOnePort, EachInstanceOfEachServerHasItsOwn) {
  const std::vector<Reel> reels = {redis(), memcached(), nginx(), dnsmasq()};
  const OwnedFd tcp = take_port(port_, SOCK_STREAM);
  const OwnedFd udp = take_port(port_, SOCK_DGRAM);
  expect_that_all_answer_as_one(reels);
}

}  // namespace
}  // namespace crashreel::testing
