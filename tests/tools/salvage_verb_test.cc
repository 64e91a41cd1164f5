// crashreel salvage from the outside: of dead programs and of living ones; and what the page about
// systemd promises of it.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <sstream>
#include <thread>

#include "capture/reel/reel_reader.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/fake_ring.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::one_object;

class SalvageVerbTest : public ::testing::Test {
 protected:
  CommandRun type(const std::string& line, std::vector<std::string> settings = {}) {
    return testing::run_line(line,
                             {.directory = directory_.path(), .settings = std::move(settings)});
  }

  // A program that died of SIGSEGV; its ring stays.
  void leave_a_ring(const std::string& name = "own.ring") {
    CommandRun run = type("crashreel record --ring 1MiB --keep-ring --ring-path $PWD/" + name +
                          " -o /no/such/folder/x.reel -q -- sh -c 'kill -SEGV $$'");
    ASSERT_TRUE(has(name)) << run.err;
  }

  // A program that runs while `meanwhile` is typed; its number is in the file `pid`.
  CommandRun while_it_runs(const std::string& meanwhile) {
    return type(
        "mkfifo p q\n"
        "crashreel record --ring 1MiB --ring-path $PWD/own.ring -q -- "
        "sh -c 'echo $$ > pid; echo > q; read x < p' &\n"
        "read x < q\n" +
        meanwhile +
        "\necho > p\n"
        "wait\n");
  }

  bool has(const std::string& name) { return std::filesystem::exists(directory_.file(name)); }
  Json shown(const std::string& reel) {
    return one_object(type("crashreel show --json " + reel).out);
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(SalvageVerbTest, LeavesTheRingUnlessAskedToRemoveIt) {
  leave_a_ring();
  EXPECT_EQ(type("crashreel salvage own.ring -o a.reel").exit, 0);
  EXPECT_TRUE(has("own.ring"));
  EXPECT_EQ(type("crashreel salvage own.ring -o b.reel --remove").exit, 0);
  EXPECT_FALSE(has("own.ring"));
  EXPECT_EQ(shown("b.reel")["crash"]["signal"], 11);
}

TEST_F(SalvageVerbTest, RemovesNoRingWhoseReelCouldNotBeWritten) {
  leave_a_ring();
  CommandRun run = type("crashreel salvage own.ring -o /no/such/folder/a.reel --remove");
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("/no/such/folder"));
  EXPECT_TRUE(has("own.ring"));
}

TEST_F(SalvageVerbTest, TakesTheRingOfARunningProgramByItsNumber) {
  CommandRun run = while_it_runs(
      "crashreel salvage $(cat pid) -o live.reel --remove\n"
      "test -e own.ring && echo stays");
  EXPECT_THAT(run.err, HasSubstr("the program still runs"));
  EXPECT_THAT(run.err, HasSubstr("own.ring: stays"));
  EXPECT_THAT(run.out, HasSubstr("stays\n"));
  EXPECT_EQ(shown("live.reel")["crash"]["known"], false);
}

// Two clients that take turns, each waiting for its answer: so the server has their numbers in one
// order, and the last that was answered before a moment is in its ring by then.
class Traffic {
 public:
  explicit Traffic(int port) : thread_([this, port] { talk(port); }) {}
  ~Traffic() {
    done_ = true;
    thread_.join();
  }
  std::uint64_t answered() const { return answered_; }
  void wait_for(std::uint64_t count) const {
    for (std::uint64_t now = answered_; now < count; now = answered_) answered_.wait(now);
  }

 private:
  void talk(int port) {
    testing::Client clients[] = {testing::Client::tcp(port), testing::Client::tcp(port)};
    for (std::uint64_t number = 0; !done_; ++number) {
      EXPECT_EQ(clients[number % 2].ask(std::to_string(number) + "\n"), "ok\n");
      answered_ = number + 1;
      answered_.notify_all();
    }
  }

  std::atomic<std::uint64_t> answered_{0};
  std::atomic<bool> done_{false};
  std::thread thread_;
};

TEST_F(SalvageVerbTest, TakesWhatAServerHadUpToThatMomentWhileMoreComes) {
  testing::RecordedServer server(
      {.argv = {CRASHREEL_BUILD_DIR "/tests/programs/listener", "tcp4", "read"},
       .ring_path = directory_.file("own.ring"),
       .ring_bytes = "67108864"});
  const Traffic traffic(server.port());
  for (const char* name : {"first.reel", "second.reel"}) {
    traffic.wait_for(traffic.answered() + 100);
    const std::uint64_t before = traffic.answered();
    const std::string file = directory_.file(name);
    const CommandRun run =
        type("crashreel salvage " + std::to_string(server.pid()) + " -o " + file);
    EXPECT_EQ(run.exit, 0) << run.err;
    const std::uint64_t after = traffic.answered();
    const Result<ReadReel> read = read_reel(file);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_TRUE(read->damage.none());
    EXPECT_TRUE(read->reel.loss.reaches_start);
    EXPECT_TRUE(read->reel.crash.still_running);
    std::uint64_t next = 0, session_of[2] = {};
    for (const Input& input : read->reel.inputs) {
      if (input.kind != InputKind::kData) continue;
      ASSERT_EQ(input.data, std::to_string(next) + "\n");
      std::uint64_t& session = session_of[next++ % 2];
      if (session == 0) session = input.session;
      ASSERT_EQ(input.session, session);
    }
    EXPECT_NE(session_of[0], session_of[1]);
    EXPECT_GE(next, before);
    EXPECT_LE(next, after + 1);  // one may be under way
  }
}

// Here this test is the program, in the middle of an input.
TEST_F(SalvageVerbTest, DoesNotTakeForTornWhatARunningProgramIsWriting) {
  FakeRing ring;
  ring.super().pid = static_cast<std::uint32_t>(::getpid());
  ring.seal_super();
  ring.chunk(0).data(10, "done").torn();
  const std::string path = directory_.write(
      "own.ring", {reinterpret_cast<const char*>(ring.raw().data()), ring.raw().size()});
  const auto torn = [&] { return shown("a.reel")["lost"]["torn_inputs"]; };
  EXPECT_EQ(type("crashreel salvage own.ring -o a.reel").exit, 0);
  EXPECT_EQ(torn(), 1);

  const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  void* mapped = ::mmap(nullptr, ring.raw().size(), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  ASSERT_NE(mapped, MAP_FAILED);
  EXPECT_EQ(type("crashreel salvage own.ring -o a.reel").exit, 0);
  ::munmap(mapped, ring.raw().size());
  EXPECT_EQ(torn(), 0);
  EXPECT_EQ(shown("a.reel")["crash"]["still_running"], true);
}

TEST_F(SalvageVerbTest, SaysWhichProcessHasNoRing) {
  CommandRun none = type("crashreel salvage $$ -o a.reel");
  EXPECT_EQ(none.exit, 2);
  EXPECT_THAT(none.err, HasSubstr("runs and has no ring"));
  EXPECT_THAT(none.err, HasSubstr("--list"));
  EXPECT_THAT(type("crashreel salvage 2147483647 -o a.reel").err, HasSubstr("is not there"));
  // A file of that name comes first.
  directory_.write("17", "no ring");
  EXPECT_EQ(type("crashreel salvage 17 -o a.reel").exit, 6);
}

TEST_F(SalvageVerbTest, ListsRingsOfTheDeadAndTheLiving) {
  leave_a_ring("dead.ring");
  directory_.write("other", "no ring");
  CommandRun run = while_it_runs("crashreel salvage --list .; crashreel salvage --list . --json");
  EXPECT_THAT(run.out, HasSubstr("dead.ring: pid "));
  EXPECT_THAT(run.out, HasSubstr(", dead, 1,048,576 bytes (1.0 MiB), sh -c 'kill -SEGV $$'\n"));
  EXPECT_THAT(run.out, HasSubstr(", runs, 1,048,576 bytes"));
  EXPECT_THAT(run.out, Not(HasSubstr("other")));
  Json rings = one_object(run.out.substr(run.out.find('{')))["rings"];
  ASSERT_EQ(rings.size(), 2u);
  EXPECT_EQ(rings[0]["alive"], false);
  EXPECT_EQ(rings[1]["alive"], true);
  EXPECT_EQ(rings[1]["argv"][0], "sh");
}

TEST_F(SalvageVerbTest, TakesTheEndFromWhoSawIt) {
  leave_a_ring();
  EXPECT_EQ(type("crashreel salvage own.ring -o a.reel --ended dumped:ABRT").exit, 0);
  EXPECT_EQ(shown("a.reel")["crash"]["signature"]["kind"], "SIGABRT");
  EXPECT_EQ(type("crashreel salvage own.ring -o a.reel --ended exited:3").exit, 0);
  EXPECT_EQ(shown("a.reel")["crash"]["exit_status"], 3);
  for (const char* wrong : {"killed", "killed:NONE", "exited:x", "left:1", "exited:"}) {
    CommandRun run = type("crashreel salvage own.ring -o a.reel --ended " + std::string(wrong));
    EXPECT_EQ(run.exit, 2) << wrong;
    EXPECT_THAT(run.err, HasSubstr(wrong));
  }
}

TEST_F(SalvageVerbTest, KeepsAsManyReelsAsItIsTold) {
  leave_a_ring();
  std::filesystem::create_directory(directory_.file("reels"));
  for (int i = 0; i < 4; ++i) type("crashreel salvage own.ring -o reels/ --keep 2");
  EXPECT_EQ(type("ls reels | wc -l").out, "2\n");
}

TEST_F(SalvageVerbTest, SaysWhatDoesNotGoTogether) {
  EXPECT_THAT(type("crashreel salvage").err, HasSubstr("RING|PID|FOLDER is missing"));
  EXPECT_THAT(type("crashreel salvage own.ring").err, HasSubstr("-o FILE.reel"));
  EXPECT_THAT(type("crashreel salvage --list . -o a.reel").err, HasSubstr("makes no reel"));
}

// What the kernel leaves where it is told to leave it beside the program.
class CoreDumpTest : public SalvageVerbTest {
 protected:
  void SetUp() override {
    std::string pattern;
    std::getline(std::ifstream("/proc/sys/kernel/core_pattern"), pattern);
    if (pattern.empty() || pattern.starts_with('|') || pattern.find('/') != std::string::npos) {
      GTEST_SKIP() << "core dumps of this machine go elsewhere: " << pattern;
    }
    die("plain", "");
    ASSERT_TRUE(has("dump"));
  }
  // Dies of a write to 0x10, as its reel says, and leaves its dump, and its ring as NAME.ring.
  void die(const std::string& name, const std::string& options) {
    const CommandRun run = type(
        // AddressSanitizer, in the command itself, would forbid what it starts to leave one.
        "export ASAN_OPTIONS=${ASAN_OPTIONS-}:disable_coredump=0; "
        "ulimit -c unlimited; echo segv | crashreel record --ring 1MiB "
        "--ring-path $PWD/" +
        name + ".ring --keep-ring -q " + options + " -o " + name +
        ".reel -- " CRASHREEL_BUILD_DIR
        "/tests/programs/subject answers; status=$?; mv core* dump; exit $status");
    EXPECT_EQ(run.exit, 128 + 11) << run.err;
  }
  // The offsets of those of the program itself.
  std::vector<std::string> own_frames(const std::string& reel) {
    std::vector<std::string> frames;
    const Json signature = shown(reel)["crash"]["signature"];
    for (const Json& frame : signature["frames"]) {
      if (frame["module"] == "subject") frames.push_back(frame["offset"].dump());
    }
    return frames;
  }
};

TEST_F(CoreDumpTest, GivesTheFramesThatAHandlerInTheProgramWouldHaveTaken) {
  EXPECT_THAT(own_frames("plain.reel"), IsEmpty());
  const CommandRun run = type("crashreel salvage plain.ring -o dumped.reel --core dump");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.err, HasSubstr("SEGV_MAPERR at address 0x10"));
  EXPECT_EQ(shown("dumped.reel")["crash"]["signature_from_replay"], false);
  const std::vector<std::string> frames = own_frames("dumped.reel");
  EXPECT_GE(frames.size(), 3u);
  die("framed", "--frames");
  EXPECT_EQ(own_frames("framed.reel"), frames);
  // The frames that the ring has are not asked of the dump.
  EXPECT_EQ(type("crashreel salvage framed.ring -o again.reel --core dump").exit, 0);
  EXPECT_EQ(own_frames("again.reel"), frames);
}

TEST_F(CoreDumpTest, IsRefusedWhereItIsNoneOrOfAnotherEnd) {
  const auto refused = [this](const std::string& ring, const std::string& dump, int status,
                              const std::string& why) {
    const CommandRun run = type("crashreel salvage " + ring + " -o x.reel --core " + dump);
    EXPECT_EQ(run.exit, status) << run.err;
    EXPECT_THAT(run.err, HasSubstr(why));
    EXPECT_FALSE(has("x.reel"));
  };
  refused("plain.ring", "plain.reel", 6, "plain.reel: is no core dump");
  type("head -c 300 dump > cut");
  refused("plain.ring", "cut", 6, "cut: is cut off");
  refused("plain.ring", "none", 2, "none: can't be opened as a core dump");
  leave_a_ring("other.ring");
  refused("other.ring", "dump", 2, "dump: is of process");
}

// The units of tools/SYSTEMD.md, with this machine's places in them.
class SystemdTest : public SalvageVerbTest {
 protected:
  void SetUp() override {
    std::ifstream page(CRASHREEL_SOURCE_DIR "/tools/SYSTEMD.md");
    bool inside = false;
    for (std::string line; std::getline(page, line);) {
      if (line.starts_with("```")) {
        inside = line == "```ini";
        if (inside) units_.emplace_back();
      } else if (inside) {
        units_.back() += with_our_places(line) + "\n";
      }
    }
    ASSERT_EQ(units_.size(), 2u);
    std::filesystem::create_directory(directory_.file("reels"));
  }

  std::string with_our_places(std::string line) {
    const std::pair<std::string, std::string> places[] = {
        {"/usr/bin/crashreel", testing::crashreel_binary()},
        {"/usr/sbin/server", CRASHREEL_BUILD_DIR "/zoo/canary_stdin"},
        {"/usr/sbin/own", CRASHREEL_BUILD_DIR "/zoo/canary_stdin"},
        {"/var/crash/server/", directory_.file("reels") + "/"},
        {"/var/crash/own/", directory_.file("reels") + "/"},
        {"/dev/shm/own.ring", directory_.file("own.ring")}};
    for (const auto& [from, to] : places) {
      for (std::size_t at = 0; (at = line.find(from, at)) != std::string::npos; at += to.size()) {
        line.replace(at, from.size(), to);
      }
    }
    return line;
  }

  // As systemd hands it to exec.
  std::string command_of(std::size_t unit, const std::string& key) {
    std::istringstream lines(units_[unit]);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with(key + "=")) continue;
      std::string command = line.substr(key.size() + 1);
      for (std::size_t at = 0; (at = command.find("$$", at)) != std::string::npos; ++at) {
        command.erase(at, 1);
      }
      return command;
    }
    ADD_FAILURE() << "no " << key;
    return "";
  }

  std::string reels() { return type("ls reels").out; }

  std::vector<std::string> units_;
};

TEST_F(SystemdTest, TakesTheUnitsAsTheyStand) {
  ASSERT_TRUE(std::filesystem::exists("/usr/bin/systemd-analyze")) << "it is not installed";
  for (const std::string& unit : units_) {
    directory_.write("a.service", unit);
    CommandRun run = type("systemd-analyze verify ./a.service");
    EXPECT_EQ(run.exit, 0) << unit << run.err;
    EXPECT_THAT(run.err, Not(HasSubstr("a.service"))) << unit;
  }
}

TEST_F(SystemdTest, RecordsWithTheRecorderInFront) {
  const std::string start = command_of(0, "ExecStart");
  EXPECT_EQ(type("printf 'DEF a\\nRUN a\\n' | " + start).exit, 139);
  EXPECT_THAT(reels(), HasSubstr("canary_stdin-"));
  EXPECT_EQ(type("printf 'ECHO a\\n' | " + start).exit, 0);
}

TEST_F(SystemdTest, SalvagesAfterAnEndThatWasNone) {
  leave_a_ring();
  const std::vector<std::string> settings = {"SERVICE_RESULT=core-dump", "EXIT_CODE=dumped",
                                             "EXIT_STATUS=SEGV",
                                             "CRASHREEL_RING=" + directory_.file("own.ring")};
  CommandRun run = type(command_of(1, "ExecStopPost"), settings);
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_FALSE(has("own.ring"));
  ASSERT_THAT(reels(), HasSubstr(".reel"));
  EXPECT_EQ(shown("reels/*.reel")["crash"]["signature"]["kind"], "SIGSEGV");
}

TEST_F(SystemdTest, SalvagesNothingAfterAGoodEnd) {
  leave_a_ring();
  type(command_of(1, "ExecStopPost"),
       {"SERVICE_RESULT=success", "EXIT_CODE=exited", "EXIT_STATUS=0",
        "CRASHREEL_RING=" + directory_.file("own.ring")});
  EXPECT_FALSE(has("own.ring"));
  EXPECT_THAT(reels(), IsEmpty());
}

}  // namespace
}  // namespace crashreel
