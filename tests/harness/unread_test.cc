// What a program has left unread when it dies is known, whoever feeds it and over what.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "tests/capture/runtime/confined.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::StrEq;

struct Feeding {
  const char* name;
  const char* program;
  const char* opening;
  const char* path = "neglect.sock";
};

void PrintTo(const Feeding& feeding, std::ostream* out) {
  *out << feeding.name;
}

class Unread : public testing::TestWithParam<Feeding> {
 protected:
  // Sessions from 2 on are opened so; session 1 is TCP.
  Outcome tried(const std::string& text) {
    reel_ = lines(text);
    for (Input& input : reel_.inputs) {
      if (input.kind != InputKind::kOpen) continue;
      input.data = input.session == 1 ? "tcp inbound 127.0.0.1:7001" : GetParam().opening;
    }
    return try_once(reel_, {zoo(GetParam().program), "7001", GetParam().path},
                    {.script = {.keeps_answers = true}});
  }

  static std::vector<std::string> lines_of(const std::vector<const Input*>& inputs) {
    std::vector<std::string> lines;
    for (const Input* input : inputs) lines.push_back(input->data);
    return lines;
  }

  Reel reel_;
};

TEST_P(Unread, IsWhatWasSentBeforeTheCrashAndNotRead) {
  const Outcome outcome =
      tried("1+ 2+ 3+ 3:READ 2:READ 2:WAIT 1:READ 2:left 1:READ 2:there 1:BREAK 2:after");
  ASSERT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_EQ(in_flight(outcome), "BREAK\n");
  EXPECT_EQ(outcome.answer_bytes, 15U);
  EXPECT_THAT(lines_of(outcome.unread), ElementsAre("left\n", "there\n"));
}

TEST_P(Unread, IsToldOfASurvivorToo) {
  const Outcome outcome = tried("1+ 2+ 3+ 3:READ 2:READ 2:WAIT 2:left 1:READ 2:there");
  ASSERT_EQ(outcome.ending, Ending::kSurvived) << testing::PrintToString(outcome);
  EXPECT_THAT(lines_of(outcome.unread), ElementsAre("left\n", "there\n"));
}

TEST_P(Unread, IsNothingWhereAllIsRead) {
  const Outcome outcome = tried("1+ 2+ 3+ 3:READ 2:READ 1:READ 2:READ 1:BREAK");
  ASSERT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_THAT(outcome.unread, testing::IsEmpty());
}

constexpr char kTcp[] = "tcp inbound 127.0.0.1:7001";
constexpr char kUdp[] = "udp inbound 127.0.0.1:7001 127.0.0.1:5001";

INSTANTIATE_TEST_SUITE_P(
    Over, Unread,
    testing::Values(Feeding{"Tcp", "neglect", kTcp}, Feeding{"Udp", "neglect", kUdp},
                    Feeding{"Unix", "neglect", "unix inbound neglect.sock"},
                    Feeding{"TcpFromOutside", "neglect_static", kTcp},
                    Feeding{"UdpFromOutside", "neglect_static", kUdp},
                    Feeding{"UnixFromOutside", "neglect_static", "unix inbound neglect.sock"}),
    [](const auto& one) { return std::string(one.param.name); });

// Of datagrams each has its sender, and one queue for all of them.
using UnreadDatagrams = Unread;

TEST_P(UnreadDatagrams, AreToldBySenders) {
  const Outcome outcome =
      tried("1+ 2+ 3+ 3:READ 2:WAIT 2:left 3:there 1:READ 2:too 1:BREAK 3:after");
  ASSERT_EQ(outcome.ending, Ending::kCrashed) << testing::PrintToString(outcome);
  EXPECT_THAT(lines_of(outcome.unread), ElementsAre("left\n", "there\n", "too\n"));
}

INSTANTIATE_TEST_SUITE_P(Over, UnreadDatagrams,
                         testing::Values(Feeding{"Udp", "neglect", kUdp},
                                         Feeding{"UdpFromOutside", "neglect_static", kUdp}),
                         [](const auto& one) { return std::string(one.param.name); });

// From outside it is the kernel that knows, and may refuse to say. Where it refuses a system call
// once it does so for good: that is for a child.
class UnreadUnknown : public Unread {
 protected:
  std::string told_where_refused(long call, const std::string& text) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      if (!SystemCalls::refuse(call, SECCOMP_RET_ERRNO | EPERM)) ::_exit(1);
      const Outcome outcome = tried(text);
      const std::string told = std::to_string(outcome.unread.size()) + " " + outcome.unread_unknown;
      ::_exit(outcome.ending == Ending::kCrashed && ::write(ends[1], told.data(), told.size()) > 0
                  ? 0
                  : 2);
    }
    ::close(ends[1]);
    char told[256] = {};
    EXPECT_GE(::read(ends[0], told, sizeof told - 1), 0);
    ::close(ends[0]);
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
    return told;
  }
};

constexpr char kOneLeft[] = "1+ 2+ 3+ 3:READ 2:READ 2:WAIT 2:left 1:BREAK";

TEST_P(UnreadUnknown, IsToldWhereWhoDiesMayNotBeStopped) {
  EXPECT_THAT(told_where_refused(SYS_ptrace, kOneLeft),
              StrEq("0 nobody may stop it as it dies (ptrace: Operation not permitted)"));
}

TEST_P(UnreadUnknown, IsToldOfDatagramsOnly) {
  const bool datagrams = std::string(GetParam().opening) == kUdp;
  EXPECT_THAT(told_where_refused(SYS_pidfd_getfd, kOneLeft),
              StrEq(datagrams ? "0 nobody may look into its queues of datagrams (pidfd_getfd: "
                                "Operation not permitted)"
                              : "1 "));
}

TEST_P(UnreadUnknown, IsNotToldWhereAllWasSeen) {
  const Outcome outcome = tried(kOneLeft);
  EXPECT_THAT(lines_of(outcome.unread), ElementsAre("left\n"));
  EXPECT_EQ(outcome.unread_unknown, "");
}

INSTANTIATE_TEST_SUITE_P(Over, UnreadUnknown,
                         testing::Values(Feeding{"Tcp", "neglect_static", kTcp},
                                         Feeding{"Udp", "neglect_static", kUdp}),
                         [](const auto& one) { return std::string(one.param.name); });

}  // namespace
}  // namespace crashreel
