// crashreel salvage from the outside: of dead programs and of living ones.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "capture/reel/reel_reader.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/fake_ring.h"
#include "tests/tools/run_command.h"
#include "tests/tools/salvage_scene.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::one_object;

class SalvageVerbTest : public testing::SalvageTest {
 protected:
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

}  // namespace
}  // namespace crashreel
