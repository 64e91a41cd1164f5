// Does what corpus/imports/IMPORTS.md says of packet captures hold on a real one? Its commands are
// typed in a network of the test's own, in which a server listens on the very port.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>
#include <thread>

#include "capture/base/owned_fd.h"
#include "tests/tools/document.h"
#include "tests/tools/run_command.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;

constexpr char kServer[] =
    "redis-server --port 6379 --save '' --appendonly no > server.log &\n"
    "until redis-cli ping 2> /dev/null | grep -q PONG; do kill -0 $!; done\n";

// This thread, and what it starts, is alone with its loopback. False without the right to.
bool own_network() {
  if (::unshare(CLONE_NEWNET) != 0) return false;
  const OwnedFd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback = {};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  return ::ioctl(any.get(), SIOCSIFFLAGS, &loopback) == 0;
}

TEST(Capture, BecomesAReelThatIsReplayed) {
  ASSERT_EQ(testing::run_line("command -v tcpdump").exit, 0) << "tcpdump is not installed";
  const testing::TemporaryDirectory work;
  bool alone = false;
  CommandRun run;
  std::thread([&] {
    alone = own_network();
    if (!alone) return;
    work.write("typed",
               kServer + testing::commands_in_scene("corpus/imports/IMPORTS.md", "capture"));
    run = testing::run_line("exec bash -euo pipefail typed", {.directory = work.path()});
  }).join();
  if (!alone) GTEST_SKIP() << "needs the right to make network namespaces";
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("status 1"));
  EXPECT_THAT(run.out, HasSubstr("2 sessions"));
}

}  // namespace
}  // namespace crashreel
