// Programs that nobody here wrote, as Debian has them, and those of the zoo that wait in other
// ways: recorded by our own recorder, replayed to the same answers, and to the crash where there is
// one.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <thread>

#include "capture/reel/jsonl.h"
#include "harness/sequence.h"
#include "harness/target.h"
#include "harness/try.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/preload/upstream.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/whole_salvage.h"
#include "tests/tools/recording.h"
#include "tools/pipeline/replay.h"
#include "tools/pipeline/shrink.h"
#include "tools/pipeline/why_not.h"

namespace crashreel::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

const std::string kZoo = CRASHREEL_BUILD_DIR "/zoo/";

// Of one try that keeps the answers.
Outcome tried(const Reel& reel) {
  const auto target = target_of(reel);
  EXPECT_TRUE(target) << target.error().message;
  if (!target) return {};
  auto outcome = run_try(*target, reel, whole_sequence(reel), {.script = {.keeps_answers = true}});
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? *std::move(outcome) : Outcome();
}

ReplayReport replayed(const Reel& reel) {
  const auto report = replay(reel, {});
  EXPECT_TRUE(report) << report.error().message;
  return report ? *report : ReplayReport();
}

// Dates vary from replay to replay; where production's was the same, they are not looked at twice.
void expect_same_answers(const Reel& reel, std::uint64_t at_least) {
  const ReplayReport report = replayed(reel);
  EXPECT_THAT(report.left_out, IsEmpty());
  EXPECT_THAT(report.hints, IsEmpty());
  EXPECT_FALSE(report.answers.first)
      << "input " << report.answers.first->at->seq << ": " << report.answers.first->at->data;
  EXPECT_EQ(report.answers.same + report.answers.varying, report.answers.recorded);
  EXPECT_GE(report.answers.same, at_least);
}

Reel without(Reel reel, const std::string& opening) {
  std::optional<std::uint32_t> gone;
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kOpen && input.data.starts_with(opening)) gone = input.session;
  }
  EXPECT_TRUE(gone);
  std::erase_if(reel.inputs, [&](const Input& input) { return input.session == gone; });
  return reel;
}

// A thread that the system stopped between its answer and the note of it notes it when it runs on:
// to kill the program before would lose it.
void await_digests(const std::string& ring_path, std::ptrdiff_t count) {
  constexpr int kMostLooks = 10'000;
  for (int looks = 0; looks < kMostLooks; ++looks) {
    const auto read = salvage_live_ring(ring_path);
    if (read && std::ranges::count(read->reel.inputs, InputKind::kDigest, &Input::kind) >= count) {
      return;
    }
    std::this_thread::yield();
  }
}

// "1:PING" asks in session 1 and waits for the answer.
std::map<char, Client> talk(const std::function<Client()>& connect,
                            const std::vector<std::string>& lines, const std::string& end = "\n") {
  std::map<char, Client> clients;
  for (const std::string& line : lines) {
    if (!clients.contains(line[0])) clients.emplace(line[0], connect());
    EXPECT_THAT(clients.at(line[0]).ask_until(line.substr(2), end), HasSubstr(end)) << line;
  }
  return clients;
}

Reel talked(RecordedServer& server, const std::function<Client()>& connect,
            const std::vector<std::string>& lines, const std::string& end = "\n") {
  const auto clients = talk(connect, lines, end);
  return server.end_and_salvage();
}

class RecordedProgram : public ::testing::Test {
 protected:
  RecordedServer::Setup setup(std::vector<std::string> argv) const {
    return {.argv = std::move(argv), .ring_path = folder_ / "ring"};
  }
  std::vector<std::string> nginx(const std::string& server, bool has_master = false) const {
    return nginx_in(folder_, server, has_master);
  }
  static std::vector<std::string> nginx_in(const Folder& folder, const std::string& server,
                                           bool has_master = false) {
    put_file(folder / "conf",
             "daemon off; master_process " + std::string(has_master ? "on" : "off") +
                 "; worker_processes 1; error_log stderr; pid " + (folder / "pid") +
                 "; events {} http { access_log off; client_body_temp_path body; proxy_temp_path "
                 "proxy; fastcgi_temp_path fast; uwsgi_temp_path uwsgi; scgi_temp_path scgi; "
                 "server { " +
                 server + " } }");
    return {"/usr/sbin/nginx", "-p", folder.path(), "-c", folder / "conf"};
  }

  Folder folder_;
};

const std::string kPage = "GET /page HTTP/1.1\r\nHost: here\r\n\r\n";
const std::string kOther = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

std::string listen_at(int port) {
  return "listen 127.0.0.1:" + std::to_string(port) + "; ";
}

class RecordedZoo : public RecordedProgram, public ::testing::WithParamInterface<const char*> {};

TEST_P(RecordedZoo, AnswersTheSame) {
  RecordedServer server(setup({kZoo + GetParam(), "0"}));
  const int port = server.port();
  const auto clients =
      talk([&] { return Client::tcp(port); },
           {"1:ADD 1\n", "2:ADD 2\n", "1:GET k\n", "3:GET k\n", "2:ADD 3\n", "1:GET k\n"});
  await_digests(folder_ / "ring", 3);  // three sessions' inputs follow an answer
  expect_same_answers(server.end_and_salvage(), 3);
}

INSTANTIATE_TEST_SUITE_P(Of, RecordedZoo,
                         ::testing::Values("idle_select", "idle_poll", "blocking", "pool",
                                           "forking"),
                         [](const auto& name) { return std::string(name.param); });

// The process of the second session dies, and production's first one lived on.
TEST_F(RecordedProgram, ThatServesEachSessionInAProcessOfItsOwnCrashesInTheSameOne) {
  RecordedServer server(setup({kZoo + "forking", "0"}));
  const int port = server.port();
  Client one = Client::tcp(port);
  Client two = Client::tcp(port);
  EXPECT_EQ(one.ask("ADD 1\n"), "1\n");
  EXPECT_EQ(two.ask("SEAL\n"), "OK\n");
  EXPECT_EQ(two.ask("ADD 0\n"), "");
  EXPECT_EQ(one.ask("ADD 2\n"), "3\n");
  const Reel reel = server.end_and_salvage();
  const auto report = replay(reel, {.tries = 3});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 3);
  EXPECT_EQ(report->signature.frames.at(0).module, "forking");
  EXPECT_EQ(tried(reel).in_flight->data, "ADD 0\n");
}

// Of the program's arguments none is the file's name, so that nobody lays it where it looks.
TEST_F(RecordedProgram, ThatMissesAFileIsSaidToMissIt) {
  put_file(folder_ / "rooms.conf", "rooms 0\n");
  RecordedServer server(setup({kZoo + "tenant", "0", "--conf=" + (folder_ / "rooms.conf")}));
  const int port = server.port();
  Client client = Client::tcp(port);
  EXPECT_EQ(client.ask("hello\n"), "hello\n");
  EXPECT_EQ(client.ask("RENT\n"), "");
  const Reel reel = server.end_and_salvage();
  std::filesystem::remove(folder_ / "rooms.conf");
  const ReplayReport report = replayed(reel);
  EXPECT_EQ(report.passed, 1);
  EXPECT_THAT(report.hints,
              Contains(HasSubstr("1 file that the program had read in production could not be "
                                 "opened in the try, the first is " +
                                 (folder_ / "rooms.conf") + " (No such file or directory)")));
}

// Two clients part in two ways, and the program tells them apart; of the whole what one did is
// needed.
TEST_F(RecordedProgram, SeesItsClientsPartAsTheyDid) {
  RecordedServer server(setup({kZoo + "parting", "0"}));
  const int port = server.port();
  Client last = Client::tcp(port);
  EXPECT_EQ(last.ask("1\n"), "OK\n");
  Client one = Client::tcp(port);
  EXPECT_EQ(one.ask("3\n"), "OK\n");
  one.send_no_more();
  EXPECT_EQ(one.receive_until("\n"), "sum 3\n");
  Client two = Client::tcp(port);
  EXPECT_EQ(two.ask("5\n"), "OK\n");
  two.reset();
  EXPECT_EQ(last.ask("ASK\n"), "ends 1, resets 1\n");
  EXPECT_EQ(last.ask("PAY\n"), "");
  const Reel reel = server.end_and_salvage();
  const auto report = replay(reel, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 1);
  EXPECT_FALSE(report->answers.first);
  const auto smaller = shrink(reel, {.tries = 1});
  ASSERT_TRUE(smaller) << smaller.error().message;
  EXPECT_EQ(data_of(smaller->reel), std::vector<std::string>{"PAY\n"});
  EXPECT_EQ(std::ranges::count(smaller->reel.inputs, InputKind::kClose, &Input::kind), 1);
}

TEST_F(RecordedProgram, WhoseThreadsWaitForOneAnotherHangsAgain) {
  Scene scene;
  scene.options().hang = {.after = std::chrono::milliseconds(300), .kill_signal = SIGKILL};
  const int port = free_port();
  scene.start({kZoo + "embrace", std::to_string(port)});
  Client client = Client::tcp(port);
  Client later = Client::tcp(port);
  for (const char* command : {"T", "W"}) EXPECT_EQ(client.ask_until(command, "."), ".");
  EXPECT_EQ(later.ask_until("x", "."), ".");
  client.send("S");
  later.send("never read");
  const RecordReport recorded = scene.wait();
  ASSERT_EQ(recorded.while_running.size(), 1u);
  const auto read = read_reel(recorded.while_running.front().path);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->reel.crash.reason, SaveReason::kHang);
  const auto report = replay(read->reel, {});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 1);
  EXPECT_THAT(report->outcomes, ElementsAre(HasSubstr("its threads wait for one another")));
}

// A socket of its own lies there, as in production; the instance leaves it alone.
TEST_F(RecordedProgram, OnAUnixSocketAnswersTheSameBesideTheOneInProduction) {
  const std::string path = folder_ / "socket";
  RecordedServer server(setup({"redis-server", "--port", "0", "--unixsocket", path,
                               "--unixsocketperm", "700", "--save", "", "--dir", folder_.path()}));
  const Reel reel =
      talked(server, [&] { return Client::unix_socket(path); },
             {"1:SET a 1\r\n", "2:INCR a\r\n", "1:INCR a\r\n", "2:INCR a\r\n", "1:INCR a\r\n"});
  struct stat before{};
  ASSERT_EQ(::lstat(path.c_str(), &before), 0);
  expect_same_answers(reel, 3);
  struct stat after{};
  ASSERT_EQ(::lstat(path.c_str(), &after), 0);
  EXPECT_EQ(after.st_ino, before.st_ino);
}

TEST_F(RecordedProgram, OnTwoKindsOfSocketsHasEachSessionOnItsOwn) {
  const std::string path = folder_ / "socket";
  const int port = free_port();
  RecordedServer server(setup({"redis-server", "--port", std::to_string(port), "--unixsocket", path,
                               "--save", "", "--dir", folder_.path()}));
  ASSERT_TRUE(server.says("Ready to accept connections"));
  Client by_path = Client::unix_socket(path);
  Client by_port = Client::tcp(port);
  const std::string who = "CLIENT INFO\r\n";
  for (int i = 0; i < 2; ++i) {
    EXPECT_THAT(by_path.ask_until(who, "\n\r\n"), HasSubstr("addr=" + path + ":0 "));
    EXPECT_THAT(by_port.ask_until("PING\r\n", "\r\n"), StartsWith("+PONG"));
  }
  const Reel reel = server.end_and_salvage();
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived);
  int compared = 0;
  for (const RecordedAnswer& recorded : recorded_answers(reel)) {
    for (const ReplayedAnswer& answer : outcome.answers) {
      if (answer.to != recorded.to || answer.to->data != who) continue;
      // What it says of itself has the path in it twice: had it come by the port, it would be
      // shorter by more than its counters of memory make of it.
      EXPECT_NEAR(static_cast<double>(answer.digest.bytes),
                  static_cast<double>(recorded.digest.bytes), 15);
      ++compared;
    }
  }
  EXPECT_GE(compared, 1);
}

TEST_F(RecordedProgram, ThatIsAWebServerAnswersTheSame) {
  const int port = free_port();
  RecordedServer server(setup(nginx(listen_at(port) + "location / { return 200 \"yes\\n\"; }")));
  expect_same_answers(
      talked(
          server, [&] { return Client::tcp(port); },
          {"1:" + kPage, "2:" + kPage, "1:" + kOther, "2:" + kPage, "1:" + kPage}, "yes\n"),
      1);
}

// Four threads take turns; what they count of time and memory is not asked.
TEST_F(RecordedProgram, OfFourThreadsAnswersTheSame) {
  const int port = free_port();
  RecordedServer server(setup({"/usr/bin/memcached", "-u", "root", "-t", "4", "-l", "127.0.0.1",
                               "-U", "0", "-p", std::to_string(port)}));
  expect_same_answers(
      talked(
          server, [&] { return Client::tcp(port); },
          {"1:set a 0 0 1\r\n1\r\n", "2:incr a 5\r\n", "3:get a\r\n", "1:append a 0 0 1\r\n0\r\n",
           "2:get a\r\n", "4:incr a 1\r\n", "3:gets a\r\n", "1:get none\r\n"},
          "\r\n"),
      4);
}

// The worker is fed, which the master looks after.
TEST_F(RecordedProgram, ThatHasAMasterAndAWorkerAnswersTheSame) {
  const int port = free_port();
  RecordedServer server(
      setup(nginx(listen_at(port) + "location / { return 200 \"yes\\n\"; }", true)));
  std::map<char, Client> clients;
  for (const char client : {'1', '2', '1', '2', '1'}) {
    if (!clients.contains(client)) clients.emplace(client, Client::tcp(port));
    EXPECT_THAT(clients.at(client).ask_until(kPage, "yes\n"), HasSubstr("yes\n"));
  }
  ::kill(server.pid(), SIGTERM);  // the master takes its worker with it
  server.wait();
  Reel reel = server.end_and_salvage();
  std::erase_if(reel.inputs, [](const Input& input) { return input.kind == InputKind::kSignal; });
  expect_same_answers(reel, 1);
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = tried(reel);
    EXPECT_EQ(outcome.ending, Ending::kSurvived);
    EXPECT_EQ(outcome.performed, outcome.steps);
  }
}

constexpr char kAnswer[] = "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n";

void answer_request(int fd) {
  std::string request;
  char byte;
  while (!request.ends_with("\r\n\r\n") && ::recv(fd, &byte, 1, 0) == 1) request += byte;
  EXPECT_EQ(::send(fd, kAnswer, sizeof(kAnswer) - 1, MSG_NOSIGNAL), sizeof(kAnswer) - 1);
}

// The one who answered is gone when the reel is replayed.
TEST_F(RecordedProgram, ThatPassesRequestsOnHasTheAnswersFromTheReel) {
  const int port = free_port();
  std::optional<Upstream> upstream(std::in_place, SOCK_STREAM, answer_request);
  RecordedServer server(
      setup(nginx(listen_at(port) + "location = / { return 200 \"no\\n\"; } " +
                  "location / { proxy_pass http://127.0.0.1:" + upstream->port() + "; }")));
  Client client = Client::tcp(port);
  EXPECT_THAT(client.ask_until(kPage, "hello\n"), HasSubstr("hello"));
  EXPECT_THAT(client.ask_until(kOther, "no\n"), HasSubstr("no\n"));
  upstream.reset();
  const Reel reel = server.end_and_salvage();
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.unanswered, 0u);
  EXPECT_EQ(outcome.undelivered, 0u);
  expect_same_answers(reel, 1);
  // Without the session there is nobody to ask, and that is said.
  const Outcome lost = tried(without(reel, "tcp outbound"));
  EXPECT_EQ(lost.ending, Ending::kSurvived);
  EXPECT_GE(lost.unanswered, 1u);
  EXPECT_THAT(lost.first_unanswered, StartsWith("127.0.0.1:"));
  EXPECT_THAT(unanswered_hint(lost), HasSubstr("was refused, the first to 127.0.0.1:"));
  EXPECT_EQ(unanswered_hint(outcome), "");
  EXPECT_THAT(replayed(without(reel, "tcp outbound")).hints,
              ::testing::Contains(HasSubstr("refused")));
}

// Each alone, though they talked to each other.
TEST_F(RecordedProgram, ThatTalkedToAnotherIsReplayedWithoutIt) {
  const Folder other;
  const int back_port = free_port();
  RecordedServer back(
      {.argv = nginx_in(other, listen_at(back_port) + "location / { return 200 \"back\\n\"; }"),
       .ring_path = other / "ring"});
  Client::tcp(back_port).ask_until(kOther, "back\n");
  const int port = free_port();
  RecordedServer front(setup(nginx(listen_at(port) + "location / { proxy_pass http://127.0.0.1:" +
                                   std::to_string(back_port) + "; }")));
  const Reel front_reel = talked(
      front, [&] { return Client::tcp(port); },
      {"1:" + kPage, "2:" + kPage, "1:" + kPage, "2:" + kPage}, "back\n");
  const Reel back_reel = back.end_and_salvage();
  expect_same_answers(front_reel, 1);
  expect_same_answers(back_reel, 1);
}

// A question for the address of a name, with a number.
std::string question(char number, const std::string& name) {
  return std::string("\0", 1) + number + std::string("\1\0\0\1\0\0\0\0\0\0", 10) +
         static_cast<char>(name.size()) + name + '\4' + "test" + std::string("\0\0\1\0\1", 5);
}

TEST_F(RecordedProgram, ThatServesNamesAnswersEachDatagram) {
  const int port = free_port();
  RecordedServer server(
      setup({"/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
             "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root",
             "--pid-file=" + (folder_ / "pid"), "--port=" + std::to_string(port),
             "--address=/a.test/10.1.2.3"}));
  Client one = Client::udp(port);
  Client two = Client::udp(port);
  std::uint64_t answered = 0;
  // The first may have to be asked again, and may be answered more than once.
  one.ask_until_answered(question('1', "a"));
  for (const char number : {'2', '3', '4'}) {
    EXPECT_THAT(one.ask_until(question(number, "a"), "\12\1\2\3"), HasSubstr("\12\1\2\3"));
    EXPECT_THAT(two.ask_until(question(number, "a"), "\12\1\2\3"), HasSubstr("\12\1\2\3"));
  }
  const Reel reel = server.end_and_salvage();
  for (const Input& input : reel.inputs) {
    if (input.kind == InputKind::kData) answered += input.data.size() + 16;
  }
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived);
  EXPECT_EQ(outcome.undelivered, 0u);
  EXPECT_EQ(outcome.answer_bytes, answered);  // each the question, and an address of 16 bytes
  EXPECT_THAT(replayed(reel).left_out, IsEmpty());
}

void answer_name(int fd) {
  char bytes[512];
  sockaddr_storage peer = {};
  socklen_t size = sizeof peer;
  auto* const address = reinterpret_cast<sockaddr*>(&peer);
  const ssize_t got = ::recvfrom(fd, bytes, sizeof bytes, 0, address, &size);
  if (got < 12) return;
  std::string answer(bytes, static_cast<std::size_t>(got));
  answer[2] = static_cast<char>(answer[2] | 0x80);  // an answer
  answer[7] = 1;
  answer[11] = 0;  // without what else the question said of itself
  answer.resize(answer.find("test") + 9);
  answer += std::string("\xc0\x0c\0\1\0\1\0\0\0\0\0\4\12\1\2\3", 16);
  EXPECT_GT(::sendto(fd, answer.data(), answer.size(), 0, address, size), 0);
}

// The one who was asked is gone when the reel is replayed.
TEST_F(RecordedProgram, ThatAsksOthersForNamesHasTheirAnswersFromTheReel) {
  const int port = free_port();
  std::optional<Upstream> upstream(std::in_place, SOCK_DGRAM, answer_name);
  RecordedServer server(
      setup({"/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
             "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root",
             "--cache-size=0", "--pid-file=" + (folder_ / "pid"), "--port=" + std::to_string(port),
             "--server=127.0.0.1#" + upstream->port()}));
  Client client = Client::udp(port);
  EXPECT_THAT(client.ask_until_answered(question('1', "a")), HasSubstr("\12\1\2\3"));
  upstream.reset();
  const Reel reel = server.end_and_salvage();
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.ending, Ending::kSurvived);
  EXPECT_EQ(outcome.unanswered, 0u);
  EXPECT_EQ(outcome.undelivered, 0u);
  EXPECT_THAT(replayed(reel).left_out, IsEmpty());
  EXPECT_GT(outcome.answer_bytes, 0u);
  const Outcome lost = tried(without(reel, "udp outbound"));
  EXPECT_EQ(lost.ending, Ending::kSurvived);
  EXPECT_GE(lost.unanswered, 1u);
  EXPECT_LT(lost.answer_bytes, outcome.answer_bytes);
  EXPECT_THAT(lost.first_unanswered, StartsWith("127.0.0.1:"));
}

// Each question's first letter, and who it is.
void answer_letters(int fd, const std::string& who, int times) {
  for (int i = 0; i < times; ++i) {
    char bytes[64];
    sockaddr_storage peer = {};
    socklen_t size = sizeof peer;
    auto* const address = reinterpret_cast<sockaddr*>(&peer);
    if (::recvfrom(fd, bytes, sizeof bytes, 0, address, &size) < 1) return;
    const std::string answer = bytes[0] + who;
    EXPECT_GT(::sendto(fd, answer.data(), answer.size(), 0, address, size), 0);
  }
}

TEST_F(RecordedProgram, ThatAsksTwoByDatagramsHearsWhomItAsked) {
  constexpr int kQuestions = 4;
  std::optional<Upstream> one(std::in_place, SOCK_DGRAM,
                              [](int fd) { answer_letters(fd, "-one", kQuestions); });
  std::optional<Upstream> two(std::in_place, SOCK_DGRAM,
                              [](int fd) { answer_letters(fd, "-two", kQuestions); });
  RecordedServer server(setup({kZoo + "asker", "0", one->port(), two->port()}));
  Client client = Client::tcp(server.port());
  for (const std::string way : {"c", "s", "m", "s"}) {
    EXPECT_EQ(client.ask(way + "\n"),
              way + "-one@" + one->port() + " " + way + "-two@" + two->port() + "\n");
  }
  one.reset();
  two.reset();
  const Reel reel = server.end_and_salvage();
  expect_same_answers(reel, 3);
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.unanswered, 0u);
  EXPECT_EQ(outcome.undelivered, 0u);
}

TEST_F(RecordedProgram, OverTlsAnswersInPlainBytes) {
  const std::string command =
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=it "
      "-keyout '" +
      (folder_ / "key") + "' -out '" + (folder_ / "cert") + "' 2>/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  const std::string port = std::to_string(free_port());
  RecordedServer server(
      setup({"redis-server", "--port", "0", "--tls-port", port, "--tls-cert-file", folder_ / "cert",
             "--tls-key-file", folder_ / "key", "--tls-ca-cert-file", folder_ / "cert",
             "--tls-auth-clients", "no", "--save", "", "--dir", folder_.path()}));
  ASSERT_TRUE(server.says("Ready to accept connections"));
  const std::string talk = "printf 'SET a 1\\nINCR a\\nINCR a\\nGET a\\n' | redis-cli --tls ";
  ASSERT_EQ(std::system((talk + "--insecure -p " + port + " >/dev/null").c_str()), 0);
  const Reel reel = server.end_and_salvage();
  expect_same_answers(reel, 3);
  EXPECT_EQ(tried(reel).undelivered, 0u);
}

// ngircd

class RecordedChat : public RecordedProgram {
 protected:
  // With the case's own configuration, on a free port.
  void start() {
    std::string conf = file_bytes(kCase + "n.conf");
    conf.replace(conf.find("{PORT}"), 6, std::to_string(port_));
    put_file(folder_ / "n.conf", conf);
    server_.emplace(setup({"/usr/sbin/ngircd", "-n", "-f", folder_ / "n.conf"}));
  }
  Client connect() const { return Client::tcp(port_); }
  RecordedServer& server() { return *server_; }

  static std::vector<Input> fatal_inputs() {
    const std::string path = kCase + "inputs.jsonl";
    return parse_jsonl(file_bytes(path), path).value();
  }
  static void log_in(Client& client, const std::string& name) {
    EXPECT_THAT(client.ask_until("NICK " + name + "\r\nUSER " + name + " 0 * :x\r\n", " 376 "),
                HasSubstr(" 376 "));
  }

 private:
  static inline const std::string kCase = CRASHREEL_SOURCE_DIR "/tests/cases/ngircd-njoin/";
  const int port_ = free_port();
  std::optional<RecordedServer> server_;
};

TEST_F(RecordedChat, AnswersTheSameAndPingsWhoIsSilentInTime) {
  start();
  Client one = connect();
  Client two = connect();
  log_in(one, "one");
  log_in(two, "two");
  for (const char* room : {"#a", "#b"}) {
    one.ask_until(std::string("JOIN ") + room + "\r\n", " 366 ");
    two.ask_until(std::string("JOIN ") + room + "\r\n", " 366 ");
  }
  Reel reel = server().end_and_salvage();
  expect_same_answers(reel, 2);
  const std::uint64_t at_once = tried(reel).answer_bytes;
  // As if the last thing had been said 130 s later: after 120 both are pinged.
  for (Input& input : reel.inputs) {
    if (input.seq >= reel.inputs.back().seq) input.time_ns += 130'000'000'000;
  }
  EXPECT_EQ(tried(reel).answer_bytes, at_once + 2 * std::string("PING :irc.test\r\n").size());
}

TEST_F(RecordedChat, CrashesWhereItsOtherServerTakesItTo) {
  start();
  Client user = connect();
  log_in(user, "one");
  Client link = connect();
  for (const Input& input : fatal_inputs()) {
    link.send(input.data);
    user.ask_until("PING :x\r\n", "PONG");
  }
  const int status = server().wait();
  if (!WIFSIGNALED(status)) GTEST_SKIP() << "this ngircd survives the case: it is mended";
  Reel reel = server().end_and_salvage();
  reel.crash.known = true;
  reel.crash.signature = {.kind = "SIGSEGV", .frames = {}};
  const auto report = replay(reel, {.tries = 3});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 3);
  EXPECT_EQ(report->signature.frames.at(0).module, "ngircd");
  EXPECT_TRUE(tried(reel).in_flight->data.ends_with(fatal_inputs().back().data));
}

TEST(RecordedShell, ReadsTheSameStatementsAndEndsTheSame) {
  Scene scene;
  scene.give_stdin(
      "create table t(a);\ninsert into t values(6),(7);\nselect sum(a) from t;\n.exit 3\n");
  scene.options().save_on = SaveOn::kAlways;
  ASSERT_EQ(scene.run({"sqlite3"}).status, 3);
  const Reel reel = scene.reel();
  EXPECT_EQ(reel.program.kind, TargetKind::kStdin);
  const Outcome outcome = tried(reel);
  EXPECT_EQ(outcome.ending, Ending::kExited);
  EXPECT_EQ(outcome.code, 3);
  EXPECT_EQ(outcome.output_tail, "13\n");
  EXPECT_EQ(outcome.performed, outcome.steps);
}

TEST(RecordedInterpreter, DiesOfTheSameStatement) {
  const std::string path = CRASHREEL_SOURCE_DIR "/tests/cases/jimsh-upvar-cycle/inputs.jsonl";
  std::string statements = "puts [expr 6*7]\n";
  const std::vector<Input> fatal = parse_jsonl(file_bytes(path), path).value();
  for (const Input& input : fatal) statements += input.data;
  Scene scene;
  scene.give_stdin(statements);
  scene.options().save_on = SaveOn::kAlways;
  scene.run({"jimsh"});
  const Reel reel = scene.reel();
  if (!reel.crash.known) GTEST_SKIP() << "this jimsh survives the case: it is mended";
  const auto report = replay(reel, {.tries = 3});
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_EQ(report->reproduced, 3);
  EXPECT_THAT(report->signature.kind, StartsWith("SIGSEGV"));
  EXPECT_THAT(tried(reel).output_tail, HasSubstr("42\n"));
}

}  // namespace
}  // namespace crashreel::testing
