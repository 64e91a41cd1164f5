// Standard input, handed on one input at a time: the pump between two pipes, without any program.
#include "tools/pipeline/stdin_pump.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

namespace crashreel {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> lines_of(LineCutter& cutter) {
  std::vector<std::string> lines;
  while (const auto line = cutter.take_line()) lines.push_back(*line);
  return lines;
}

TEST(LineCutter, CutsBehindEachNewlineAndKeepsTheRest) {
  LineCutter cutter;
  cutter.add("one\n\ntwo");
  EXPECT_THAT(lines_of(cutter), ElementsAre("one\n", "\n"));
  cutter.add(" and a half\nrest");
  EXPECT_THAT(lines_of(cutter), ElementsAre("two and a half\n"));
  EXPECT_EQ(cutter.take_rest(), "rest");
  EXPECT_TRUE(cutter.empty());
}

TEST(LineCutter, CutsALineThatIsTooLong) {
  LineCutter cutter;
  cutter.add(std::string(kMostStdinInput - 1, 'a') + "\n" + std::string(kMostStdinInput, 'b') +
             "\n");
  const auto lines = lines_of(cutter);
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].size(), kMostStdinInput);
  EXPECT_EQ(lines[1], std::string(kMostStdinInput, 'b'));
  EXPECT_EQ(lines[2], "\n");
}

// The pump between a writer and a program, both played by the test.
class Scene {
 public:
  Scene() : Scene(make_pipe()) {}

  void write(const std::string& bytes) {
    EXPECT_EQ(::write(writer_.get(), bytes.data(), bytes.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  void end_writing() { writer_.reset(); }

  // What one read of the program returns; "nothing" when it would wait, "" at the end.
  std::string read() {
    std::string bytes(128 << 10, '\0');
    const ssize_t got = ::read(pump_.program_end(), bytes.data(), bytes.size());
    if (got < 0) return "nothing";
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
  }

  // Lets the pump do all that it can do now.
  void run() {
    for (;;) {
      std::array<pollfd, StdinPump::kPolled> polled;
      pump_.ask(polled.data());
      if (::poll(polled.data(), polled.size(), 0) <= 0) return;
      pump_.step(polled.data());
    }
  }
  std::string run_and_read() {
    run();
    return read();
  }

  StdinPump& pump() { return pump_; }
  const std::vector<std::string>& recorded() const { return recorded_; }

 private:
  using Ends = std::array<int, 2>;

  static Ends make_pipe() {
    Ends ends;
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    return ends;
  }

  explicit Scene(Ends ends)
      : source_(ends[0]),
        writer_(ends[1]),
        pump_(StdinPump::make(ends[0], [this](InputKind kind, std::string_view bytes) {
                recorded_.push_back(std::string(name_of(kind)) + " " + std::string(bytes));
              }).value()) {
    ::fcntl(pump_.program_end(), F_SETFL, O_NONBLOCK);
  }

  OwnedFd source_;
  OwnedFd writer_;
  std::vector<std::string> recorded_;
  StdinPump pump_;
};

TEST(StdinPump, HandsOverOneLineForEachRead) {
  Scene scene;
  scene.write("one\ntwo\nthree\n");
  EXPECT_EQ(scene.run_and_read(), "one\n");
  EXPECT_EQ(scene.read(), "nothing");
  EXPECT_EQ(scene.run_and_read(), "two\n");
  EXPECT_EQ(scene.run_and_read(), "three\n");
  EXPECT_EQ(scene.run_and_read(), "nothing");
}

TEST(StdinPump, RecordsNoInputBeforeTheOneBeforeWasTaken) {
  Scene scene;
  scene.write("one\ntwo\n");
  scene.run();
  EXPECT_THAT(scene.recorded(), ElementsAre("open stdin inbound", "data one\n"));
  scene.run_and_read();
  scene.run();
  EXPECT_THAT(scene.recorded(), ElementsAre("open stdin inbound", "data one\n", "data two\n"));
}

TEST(StdinPump, WaitsUntilALineIsReadToItsEnd) {
  Scene scene;
  scene.write("one\ntwo\n");
  scene.run();
  char bytes[2];
  ASSERT_EQ(::read(scene.pump().program_end(), bytes, 2), 2);
  EXPECT_EQ(scene.run_and_read(), "e\n");
  EXPECT_EQ(scene.run_and_read(), "two\n");
}

TEST(StdinPump, TellsTheEndOnceEverythingWasTaken) {
  Scene scene;
  scene.write("no newline");
  scene.end_writing();
  EXPECT_EQ(scene.run_and_read(), "no newline");
  EXPECT_EQ(scene.run_and_read(), "");
  EXPECT_THAT(scene.recorded(), ElementsAre("open stdin inbound", "data no newline", "close "));
}

TEST(StdinPump, TellsTheEndOfNothingToo) {
  Scene scene;
  scene.end_writing();
  EXPECT_EQ(scene.run_and_read(), "");
  EXPECT_THAT(scene.recorded(), ElementsAre("open stdin inbound", "close "));
}

TEST(StdinPump, HandsOverAnUnfinishedLineWhenItsWriterMayBeWaiting) {
  Scene scene;
  scene.write("name: ");
  EXPECT_EQ(scene.run_and_read(), "name: ");
  scene.write("crash\n");
  EXPECT_EQ(scene.run_and_read(), "crash\n");
  EXPECT_THAT(scene.recorded(), ElementsAre("open stdin inbound", "data name: ", "data crash\n"));
}

TEST(StdinPump, RecordsALongLineOnceThoughThePipeTakesItInPieces) {
  Scene scene;
  const std::string line = std::string(10000, 'x') + "\n";
  scene.write(line);
  std::string read;
  while (read.size() < line.size()) read += scene.run_and_read();
  EXPECT_EQ(read, line);
  EXPECT_THAT(scene.recorded(), ElementsAre("open stdin inbound", "data " + line));
}

TEST(StdinPump, StopsWhenTheProgramReadsNoMore) {
  Scene scene;
  scene.pump().close_program_end();
  scene.write("one\n");
  scene.run();
  std::array<pollfd, StdinPump::kPolled> polled;
  scene.pump().ask(polled.data());
  EXPECT_EQ(polled[0].fd, -1);
  EXPECT_EQ(polled[1].fd, -1);
}

TEST(StdinPump, IsNotWantedForTerminalsAndDevices) {
  const OwnedFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const OwnedFd terminal(::open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC));
  const OwnedFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_FALSE(StdinPump::is_wanted_for(null.get()));
  EXPECT_FALSE(StdinPump::is_wanted_for(terminal.get()));
  EXPECT_FALSE(StdinPump::is_wanted_for(-1));
  EXPECT_TRUE(StdinPump::is_wanted_for(file.get()));
}

}  // namespace
}  // namespace crashreel
