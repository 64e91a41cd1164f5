// What the recorder keeps of random bytes, signals and clocks, and that the program can't tell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <sstream>

#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"

namespace crashreel::testing {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint32_t kNone = kNoSession;

struct Ran {
  std::string said;             // its one line
  std::vector<std::string> in;  // "KIND DATA"; random bytes in hex
  std::vector<std::uint32_t> sessions;
};

std::string hex(const std::string& bytes) {
  std::string text;
  char digits[3];
  for (const char byte : bytes) {
    std::snprintf(digits, sizeof digits, "%02x", static_cast<unsigned char>(byte));
    text += digits;
  }
  return text;
}

Ran ran_of(const Reel& reel) {
  Ran ran;
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kDigest) continue;
    const std::string data = input.kind == InputKind::kRandom ? hex(input.data) : input.data;
    ran.in.push_back(std::string(name_of(input.kind)) + " " + data);
    ran.sessions.push_back(input.session);
  }
  return ran;
}

// Runs the program for one thing, to its end.
Ran run(const std::string& what, std::vector<std::string> settings = {}) {
  const Folder folder;
  RecordedServer program({.argv = {HIDDEN_INPUTS, what},
                          .ring_path = folder / "ring",
                          .settings = std::move(settings)});
  const std::string said = program.next_line();
  EXPECT_EQ(program.wait(), 0);
  Ran ran = ran_of(program.end_and_salvage());
  ran.said = said;
  return ran;
}

std::string joined(const std::vector<std::string>& in) {
  std::string text;
  for (const std::string& line : in) text += line.substr(line.find(' ') + 1);
  return text;
}

const auto kByName = [](const auto& info) { return std::string(info.param); };

class RandomBytes : public ::testing::TestWithParam<const char*> {};

TEST_P(RandomBytes, AreKeptWhicheverCallBringsThem) {
  const Ran ran = run(std::string("random:") + GetParam());
  EXPECT_THAT(ran.said, SizeIs(32));
  EXPECT_EQ(joined(ran.in), ran.said);
  EXPECT_THAT(ran.in, Each(::testing::StartsWith("random ")));
  EXPECT_THAT(ran.sessions, Each(kNone));
}

INSTANTIATE_TEST_SUITE_P(EveryCall, RandomBytes,
                         ::testing::Values("getrandom", "getentropy", "arc4random_buf",
                                           "arc4random", "arc4random_uniform", "random_device",
                                           "urandom_read", "urandom_readv", "urandom_dup",
                                           "urandom_pread", "urandom_pread64", "urandom_pread_chk",
                                           "urandom_pread64_chk", "urandom_preadv",
                                           "urandom_preadv64", "urandom_preadv2", "fread",
                                           "fread_unlocked", "fread_chk", "fgetc", "getc"),
                         kByName);

// How often the kernel is asked what a file is while the program reads from it like that.
long looks(const std::string& how) {
  const Folder folder;
  const std::string log = folder / "log";
  const std::string command = "/usr/bin/strace -qq -o " + log +
                              " -E LD_PRELOAD=" + recorder_path() +
                              " -E CRASHREEL_RING=" + (folder / "ring") +
                              " " HIDDEN_INPUTS " file:" + how + " > " + (folder / "said");
  EXPECT_EQ(std::system(command.c_str()), 0) << "tools/install-packages installs strace";
  EXPECT_EQ(file_bytes(folder / "said"), "read\n") << how;
  const std::string calls = file_bytes(log);
  const std::size_t begin = calls.find("openat(AT_FDCWD, \"" HIDDEN_INPUTS);
  EXPECT_NE(begin, std::string::npos) << calls;
  const std::string end = "close(";
  std::istringstream between(calls.substr(begin, calls.rfind(end) - begin));
  long count = 0;
  for (std::string line; std::getline(between, line);) count += line.find("stat") < line.find('(');
  return count;
}

// Whether it is a FIFO. What can be read at an offset is none.
TEST(HiddenInputs, AreNotLookedForInFilesThatAreReadAtAnOffset) {
  const long asked = looks("read");
  for (const char* how :
       {"pread", "pread64", "pread_chk", "pread64_chk", "preadv", "preadv64", "preadv2"}) {
    EXPECT_EQ(looks(how), asked - 1) << how;
  }
}

TEST(HiddenInputs, NameTheSessionOfTheInputInFlight) {
  const Folder folder;
  RecordedServer server({.argv = {LISTENER, "tcp4", "read"}, .ring_path = folder / "ring"});
  Client one = Client::tcp(server.port());
  one.ask("a");
  const int port = std::stoi(one.ask("port\n"));
  Client two = Client::tcp(port);
  const std::string second = two.ask("random\n");
  const std::string first = one.ask("random\n");
  const Ran ran = ran_of(server.end_and_salvage());
  ASSERT_THAT(ran.in, SizeIs(8));
  EXPECT_EQ(ran.in[5] + "\n", "random " + second);
  EXPECT_EQ(ran.in[7] + "\n", "random " + first);
  EXPECT_THAT(ran.sessions, ElementsAre(1, 1, 1, 2, 2, 2, 1, 1));
}

class Clocks : public ::testing::TestWithParam<const char*> {};

TEST_P(Clocks, AreKeptWhenEveryLookIsAskedFor) {
  const Ran ran = run(std::string("clock:") + GetParam(), {"CRASHREEL_CLOCK=every"});
  EXPECT_THAT(ran.in, ElementsAre("clock " + ran.said));
}

TEST_P(Clocks, AreNotKeptOtherwise) {
  EXPECT_THAT(run(std::string("clock:") + GetParam()).in, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(EveryCall, Clocks,
                         ::testing::Values("realtime", "monotonic", "gettimeofday", "time",
                                           "timespec_get", "ftime", "clock"),
                         kByName);

class Handlers : public ::testing::TestWithParam<const char*> {};

TEST_P(Handlers, RunAsIfNobodyStoodInFrontOfThem) {
  const std::string how = GetParam();
  const Ran ran = run("handle:" + how);
  EXPECT_EQ(ran.said, "own handler, signal " + std::to_string(SIGUSR1) + ", errno 77" +
                          (how == "siginfo" ? ", from us" : ""));
  EXPECT_THAT(ran.in, ElementsAre("signal " + std::to_string(SIGUSR1)));
  EXPECT_THAT(ran.sessions, ElementsAre(kNone));
}

INSTANTIATE_TEST_SUITE_P(EveryCall, Handlers,
                         ::testing::Values("sigaction", "siginfo", "signal", "bsd_signal",
                                           "sysv_signal", "ssignal", "sigset"),
                         kByName);

TEST(Signals, AreKeptWithRealTimeNumbers) {
  const std::string number = std::to_string(SIGRTMIN + 1);
  const Ran ran = run("realtime");
  EXPECT_EQ(ran.said, "own handler, signal " + number + ", errno 77, from us");
  EXPECT_THAT(ran.in, ElementsAre("signal " + number));
}

TEST(Signals, OfProfilersAreNoInputs) {
  const Ran ran = run("profile");
  EXPECT_EQ(ran.said, "own handler, signal " + std::to_string(SIGPROF) + ", errno 77");
  EXPECT_THAT(ran.in, IsEmpty());
}

TEST(Signals, OfFaultsGoStraightToTheProgramsHandler) {
  EXPECT_EQ(run("fault").said, "own");
}

TEST(Signals, TellTheProgramWhichHandlerWasThereBefore) {
  EXPECT_EQ(run("again").said, "default own ignored");
}

TEST(Signals, ComeOnTheStackWithTheMaskAndTheFlagsThatTheProgramAskedFor) {
  EXPECT_EQ(run("plain").said, "common stack, mask, own, flags");
  EXPECT_EQ(run("onstack").said, "own stack, mask, own, flags");
  EXPECT_EQ(run("resethand").said, "common stack, mask, reset, flags");
}

TEST(Signals, ReachTheProgramsHandlerAfterAVforkedChildInstalledItsOwn) {
  EXPECT_EQ(run("vfork").said, "signal " + std::to_string(SIGUSR1));
}

TEST(Signals, AreAllKeptInAStorm) {
  const Ran ran = run("storm:5000");
  EXPECT_EQ(ran.said, "5000");
  EXPECT_THAT(ran.in, SizeIs(5000));
  EXPECT_THAT(ran.in, Each("signal " + std::to_string(SIGUSR1)));
}

class Waits : public ::testing::TestWithParam<const char*> {};

TEST_P(Waits, KeepTheSignalThatTheyTake) {
  const Ran ran = run(std::string("wait:") + GetParam());
  EXPECT_EQ(ran.said, "took " + std::to_string(SIGUSR2));
  EXPECT_THAT(ran.in, ElementsAre("signal " + std::to_string(SIGUSR2)));
}

INSTANTIATE_TEST_SUITE_P(EveryCall, Waits,
                         ::testing::Values("sigwait", "sigwaitinfo", "sigtimedwait", "signalfd"),
                         kByName);

}  // namespace
}  // namespace crashreel::testing
