// Is it the same for a program whether its sessions' bytes bypass the kernel?
#include "harness/player/bypass.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/harness/tries.h"
#include "tests/sanitized.h"

namespace crashreel {
namespace {

using testing::Ge;

struct Fiddling {
  const char* inputs;
  std::uint64_t bypassed;  // at least
};

void PrintTo(const Fiddling& scene, std::ostream* out) {
  *out << scene.inputs;
}

class Bypass : public testing::TestWithParam<Fiddling> {};

Outcome try_fiddling(const std::string& inputs, const std::string& how, bool through_kernel,
                     const std::string& place = "7001") {
  TryOptions options = kImpatient;
  options.hang_ms = 3000;
  options.script.through_kernel = through_kernel;
  return try_once(lines(inputs), {zoo("fiddler"), place, how}, options);
}

void expect_the_same(const Fiddling& scene, const std::string& how, const std::string& place) {
  SCOPED_TRACE(how + " at " + place);
  const Outcome kernel = try_fiddling(scene.inputs, how, true, place);
  const Outcome ours = try_fiddling(scene.inputs, how, false, place);
  EXPECT_EQ(kernel.ending, Ending::kSurvived) << testing::PrintToString(kernel);
  EXPECT_EQ(kernel.bypassed, 0);
  EXPECT_EQ(told(ours), told(kernel));
  EXPECT_THAT(ours.bypassed, Ge(scene.bypassed));
}

TEST_P(Bypass, IsNotSeen) {
  expect_the_same(GetParam(), "epoll", "7001");
  // How a program waits makes a difference to the player alone, of which a sanitizer sees nothing.
  if (kSanitized) return;
  for (const char* how : {"poll", "select"}) expect_the_same(GetParam(), how, "7001");
  expect_the_same(GetParam(), "epoll", "/tmp/crashreel-fiddler.sock");
}

INSTANTIATE_TEST_SUITE_P(
    InSessions, Bypass,
    testing::Values(
        Fiddling{"1:a 1:b 1:c 2:a 2:b 1:d 2:c", 5},
        Fiddling{"1:a 1:WRITEV 1:SENDMSG 1:b 1:BADWRITE 1:c", 5},
        Fiddling{"1:a 1:PEEK 1:hello 1:COUNT 1:hello 1:MESSAGE 1:hello 1:b", 7},
        Fiddling{"1:a 1:BADREAD 1:hello 1:PARTS 1:hello 1:b", 5},
        Fiddling{"1:a 1:TWICE 1:hello 1:b 2:x 2:y", 3}, Fiddling{"1:a 1:b 1:ALL 1:hello 1:c", 3},
        Fiddling{"1:a 1:b 1:RAW 2:x 2:y 1:c", 2}, Fiddling{"1:a 1:b 1- 3:a 3:b", 2},
        Fiddling{"1:a 1:b 1:LEAVE 1- 3:a 3:b", 3}, Fiddling{"1:a 1:b 1:SENDFILE 1:c 2:x 2:y", 3},
        Fiddling{"1:a 1:b 1:PRINT 1:c", 2}, Fiddling{"1:a 1:b 1:DUP 1:c 2:x 2:y", 3},
        Fiddling{"1:a 1:b 1:FORK 1:c 1:d 2:x 2:y", 3}, Fiddling{"1:a 1:b 1:BIG 1:c 2:x 2:y", 3},
        Fiddling{"1:a 1:b 1:SHUT 1:c 2:x 2:y", 3},
        Fiddling{"1:a 1:b 1:LEAVE 1:c 1- 2:x 2:y 2- 3:a 3:b", 4}, Fiddling{"1:NAME 1:NAME 1-", 1},
        Fiddling{"1+ 2+ 1- 2:a 2:b 2-", 1}));

// Calls that wait in the kernel take part as well.
TEST(BypassOf, CallsThatWaitIsNotSeen) {
  for (const char* inputs :
       {"1:a 1:b 1:PEEK 1:hello 1:PARTS 1:hello 1:c 1- 2:a 2:b", "1:a 1:ALL 1:hello 1:b"}) {
    expect_the_same({inputs, 1}, "block", "7001");
  }
}

// The two kinds of loopback are told apart; a program that listens on both has both.
TEST(BypassOf, SessionsOfIpv6IsNotSeen) {
  for (const std::string hosts : {"::1", "* -::*"}) {
    std::vector<std::string> argv = {
        "/usr/bin/redis-server",         "--port", "7001", "--save", "", "--bind",
        hosts.substr(0, hosts.find(' '))};
    if (hosts.find(' ') != std::string::npos) argv.push_back(hosts.substr(hosts.find(' ') + 1));
    const Reel reel = lines("1:SET_k_v 2:GET_k 1:GET_k 2:PING");
    TryOptions options = kImpatient;
    options.hang_ms = 3000;
    const Outcome ours = try_once(reel, argv, options);
    options.script.through_kernel = true;
    const Outcome kernel = try_once(reel, argv, options);
    EXPECT_EQ(kernel.answer_bytes, std::string("+OK\r\n$1\r\nv\r\n$1\r\nv\r\n+PONG\r\n").size());
    EXPECT_EQ(told(ours), told(kernel));
    EXPECT_EQ(ours.bypassed, 2);
  }
}

// An edge is told once: what a program leaves unread stays so until more comes.
TEST(BypassOf, EdgesIsNotSeen) {
  for (const char* inputs : {"1:a 1:b 2:x 1:c 2:y", "1:a 1:b 1:PARTS 1:hello 2:x 1:c 1:d 2:y"}) {
    expect_the_same({inputs, 1}, "edge", "7001");
  }
}

}  // namespace
}  // namespace crashreel
