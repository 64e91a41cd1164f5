// What the recorder keeps of what comes by other ways than a stream that was accepted: datagrams,
// records, pipes, and descriptors that the program had from its start.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/capture/preload/recorded_listener.h"

namespace crashreel::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kPeerOpened[] = " udp inbound 127.0.0.1:PORT 127.0.0.1:PORT";

class DatagramReaders : public ::testing::TestWithParam<const char*> {};

TEST_P(DatagramReaders, GiveEachPeerASessionAndKeepEmptyDatagrams) {
  Scene scene(GetParam(), "udp4");
  Client one = Client::udp(scene.port());
  Client two = Client::udp(scene.port());
  EXPECT_EQ(one.ask_whole("first"), "ok\n");
  EXPECT_EQ(two.ask_whole("second"), "ok\n");
  EXPECT_EQ(one.ask_whole(""), "ok\n");
  EXPECT_EQ(one.ask_whole("third\n"), "ok\n");
  EXPECT_THAT(scene.recorded(), ElementsAre("open 1" + std::string(kPeerOpened), "data 1 first",
                                            "open 2" + std::string(kPeerOpened), "data 2 second",
                                            "data 1", "data 1 third\n"));
}

INSTANTIATE_TEST_SUITE_P(EveryCall, DatagramReaders,
                         ::testing::Values("read", "readv", "recv", "recvfrom", "recvmsg",
                                           "recvmmsg", "read_chk", "recv_chk", "recvfrom_chk"),
                         [](const auto& reader) { return reader.param; });

TEST(Transports, TellThePeersOfTheOtherProtocolApartToo) {
  Scene scene("recvmsg", "udp6");
  Client one = Client::udp6(scene.port());
  Client two = Client::udp6(scene.port());
  EXPECT_EQ(one.ask_whole("first"), "ok\n");
  EXPECT_EQ(two.ask_whole("second"), "ok\n");
  EXPECT_EQ(one.ask_whole("third"), "ok\n");
  const std::string opened = " udp inbound [::1]:PORT [::1]:PORT";
  EXPECT_THAT(scene.recorded(), ElementsAre("open 1" + opened, "data 1 first", "open 2" + opened,
                                            "data 2 second", "data 1 third"));
}

TEST(Transports, LetGoOfTheDescriptorsThatAreClosedAllAtOnce) {
  Scene scene;
  Client client = scene.connect();
  client.send("errand close-ranges\n");
  client.receive_until("go on\n");
  EXPECT_EQ(client.ask("more"), "ok\n");
  EXPECT_EQ(client.ask("last"), "ok\n");
  const std::vector<std::string> recorded = scene.recorded();
  EXPECT_THAT(std::vector(recorded.begin() + 1, recorded.end()),
              ElementsAre("data 1 errand close-ranges\n", "data 1 more", "data 1 last"));
}

TEST(Transports, KeepEachOfTheDatagramsThatOneCallBrings) {
  Scene scene("recv", "udp4");
  Client one = Client::udp(scene.port());
  Client two = Client::udp(scene.port());
  one.send("errand gather 4");
  for (Client* client : {&one, &two, &two, &one}) client->send("x");
  EXPECT_EQ(one.receive_until("\n"), "ok\n");
  one.send("errand gather some");
  two.send("last");
  EXPECT_EQ(one.receive_until("\n"), "ok\n");
  EXPECT_THAT(scene.recorded(),
              ElementsAre("open 1" + std::string(kPeerOpened), "data 1 errand gather 4", "data 1 x",
                          "open 2" + std::string(kPeerOpened), "data 2 x", "data 2 x", "data 1 x",
                          "data 1 errand gather some", "data 2 last"));
}

TEST(Transports, KnowABoundedNumberOfPeersAndSayHowManyWereForgotten) {
  Scene scene("recvfrom", "udp4");
  scene.port();
  for (int i = 0; i < 1300; ++i) Client::udp(scene.port()).ask_whole("x");
  const std::vector<std::string> recorded = scene.recorded();
  EXPECT_EQ(std::count_if(recorded.begin(), recorded.end(),
                          [](const std::string& line) {
                            return line.starts_with("data ") && line.ends_with(" x");
                          }),
            1300);
  EXPECT_THAT(recorded, ::testing::Contains(HasSubstr("silent for longest, so many: 128")));
}

std::string abstract(const std::string& name) {
  return "@" + std::to_string(::getpid()) + name;
}

TEST(Transports, NameThePeersOfUnixDatagramsOrSayThatTheyHaveNoName) {
  Scene scene("recvfrom", "datagram:" + abstract(" a"));
  scene.port();
  Client nameless = Client::unix_socket(abstract(" a"), SOCK_DGRAM);
  nameless.send("one");
  nameless.send("two");
  Client named = Client::unix_socket(abstract(" a"), SOCK_DGRAM, abstract("b"));
  named.ask_whole("three");
  EXPECT_THAT(
      scene.recorded(),
      ElementsAre("open 1 unix-datagram inbound " + abstract("\\x20a") + " unnamed", "data 1 one",
                  "data 1 two",
                  "open 2 unix-datagram inbound " + abstract("\\x20a") + " " + abstract("b"),
                  "data 2 three"));
}

TEST(Transports, KeepRecordsWholeAndTellAnEmptyOneFromTheEnd) {
  Scene scene("recvmsg", "seqpacket:" + abstract("s"));
  scene.port();
  Client client = Client::unix_socket(abstract("s"), SOCK_SEQPACKET);
  client.ask_whole("one record");
  client.ask_whole("another");
  client.close();
  Client later = Client::unix_socket(abstract("s"), SOCK_SEQPACKET);
  later.ask_whole("x");
  const std::string opened = " unix-seqpacket inbound " + abstract("s");
  EXPECT_THAT(scene.recorded(),
              ElementsAre("open 1" + opened, "data 1 one record", "data 1 another", "close 1",
                          "open 2" + opened, "data 2 x"));
}

class Pipe {
 public:
  Pipe() { EXPECT_EQ(::pipe2(ends_, O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  int read_end() const { return ends_[0]; }
  void write(const std::string& bytes) const {
    EXPECT_EQ(::write(ends_[1], bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }

 private:
  int ends_[2];
};

TEST(Transports, TakeAPipeThatTheProgramHadFromItsStartForASessionOnceItIsRead) {
  const Pipe third;
  const Pipe stdin_pipe;
  Scene scene("read", "tcp4", stdin_pipe.read_end(), third.read_end());
  Client client = scene.connect();
  third.write("job");
  stdin_pipe.write("line");
  client.ask("errand inherited 3\n");
  client.ask("errand inherited 0\n");
  EXPECT_THAT(scene.recorded_beside(1), ElementsAre("open 2 pipe inbound fd:3", "data 2 job",
                                                    "open 3 stdin inbound", "data 3 line"));
}

TEST(Transports, TakeAConnectionThatTheProgramHadFromItsStartForASession) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  Scene scene("read", "tcp4", ends[0], ends[0]);
  Client client = scene.connect();
  ASSERT_EQ(::write(ends[1], "one", 3), 3);
  client.ask("errand inherited 3\n");
  ::close(ends[1]);
  client.ask("errand inherited 0\n");
  ::close(ends[0]);
  EXPECT_THAT(scene.recorded_beside(1),
              ElementsAre("open 2 unix inbound unnamed fd:0", "data 2 one", "close 2"));
}

TEST(Transports, LeaveStandardInputToWhoeverFeedsIt) {
  const Pipe stdin_pipe;
  const Folder folder;
  RecordedServer server({.argv = {LISTENER, "tcp4", "read"},
                         .ring_path = folder / "ring",
                         .settings = {"CRASHREEL_STDIN_FED=1"},
                         .stdin_fd = stdin_pipe.read_end()});
  Client client = Client::tcp(server.port());
  stdin_pipe.write("line");
  client.ask("errand inherited 0\n");
  EXPECT_EQ(as_lines(server.end_and_salvage()).size(), 2u);
}

TEST(Transports, TakeNothingForAnInputThatTheProgramTellsItself) {
  Scene scene;
  const std::string file = scene.folder() / "file";
  std::ofstream(file) << "of the program's own";
  Client client = scene.connect();
  EXPECT_EQ(client.ask("errand oneself " + file + "\n"), "ok\n");
  EXPECT_EQ(scene.recorded().size(), 2u);
}

TEST(Transports, SayThatBytesWentByInsideTheKernel) {
  Scene scene;
  Client client = scene.connect();
  client.send("errand splice\n");
  client.receive_until("go on\n");
  client.ask("past us");
  const std::vector<std::string> recorded = scene.recorded();
  EXPECT_THAT(recorded, ::testing::Contains(HasSubstr("splice or tee, so many times: 1")));
  EXPECT_THAT(recorded, ::testing::Not(::testing::Contains(HasSubstr("past us"))));
}

// The writer's end comes when the program has opened the other one.
std::thread write_into_fifo(const std::string& path, const std::string& bytes) {
  return std::thread([path, bytes] {
    const OwnedFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  });
}

TEST(Transports, ReadFifosByTheirPath) {
  Scene scene;
  const std::string path = scene.folder() / "a fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  Client client = scene.connect();
  for (int round = 0; round < 2; ++round) {
    std::thread writer = write_into_fifo(path, "12345");
    client.ask("errand fifo " + path + "\n");
    writer.join();
  }
  const std::string opened = " pipe inbound " + (scene.folder() / "a\\x20fifo");
  EXPECT_THAT(scene.recorded_beside(1),
              ElementsAre("open 2" + opened, "data 2 1234", "data 2 5", "close 2",
                          "open 3" + opened, "data 3 1234", "data 3 5", "close 3"));
}

constexpr char kForStdio[] = "line\n42\nanother line\nblock";

TEST(Transports, SeeWhatStdioTakesFromAFifo) {
  Scene scene;
  const std::string path = scene.folder() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  Client client = scene.connect();
  std::thread writer = write_into_fifo(path, kForStdio);
  EXPECT_EQ(client.ask("errand fifo-by-stdio " + path + "\n"), "ok\n");
  writer.join();
  EXPECT_THAT(scene.recorded_beside(1), ElementsAre("open 2 pipe inbound " + path,
                                                    std::string("data 2 ") + kForStdio, "close 2"));
}

TEST(Transports, SeeWhatStdioTakesFromAConnection) {
  Scene scene;
  Client client = scene.connect();
  client.send("errand session-by-stdio\n");
  client.receive_until("go on\n");
  EXPECT_EQ(client.ask(kForStdio), "ok\n");
  EXPECT_EQ(client.ask("more"), "ok\n");
  EXPECT_EQ(scene.recorded()[2], std::string("data 1 ") + kForStdio);
  EXPECT_EQ(scene.recorded()[3], "data 1 more");
}

}  // namespace
}  // namespace crashreel::testing
