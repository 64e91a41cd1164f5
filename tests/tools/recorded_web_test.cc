// Debian's nginx, alone, with a master, and in front of others: recorded, and replayed to the same
// answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "harness/sequence.h"
#include "harness/target.h"
#include "harness/try.h"
#include "tests/capture/preload/upstream.h"
#include "tests/tools/recorded_program.h"
#include "tools/pipeline/why_not.h"

namespace crashreel::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class RecordedWeb : public RecordedProgram {
 protected:
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
};

const std::string kPage = "GET /page HTTP/1.1\r\nHost: here\r\n\r\n";
const std::string kOther = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

std::string listen_at(int port) {
  return "listen 127.0.0.1:" + std::to_string(port) + "; ";
}

TEST_F(RecordedWeb, ThatIsAWebServerAnswersTheSame) {
  const int port = free_port();
  RecordedServer server(setup(nginx(listen_at(port) + "location / { return 200 \"yes\\n\"; }")));
  expect_same_answers(
      talked(
          server, [&] { return Client::tcp(port); },
          {"1:" + kPage, "2:" + kPage, "1:" + kOther, "2:" + kPage, "1:" + kPage}, "yes\n"),
      1);
}

// Each port answers in its own way, one of them on IPv6; a session that came to the wrong one would
// have another answer.
TEST_F(RecordedWeb, ThatListensOnThreePortsAnswersOnEachAsBefore) {
  const int one = free_port();
  const int two = free_port();
  const int six = free_port();
  const auto says = [](const std::string& listen, const std::string& word) {
    return listen + "default_type text/" + word + "; location / { return 200 \"" + word +
           ".\\n\"; }";
  };
  RecordedServer server(setup(
      nginx(says(listen_at(one), "one") + " } server { " + says(listen_at(two), "second") +
            " } server { " + says("listen [::1]:" + std::to_string(six) + "; ", "the-sixth"))));
  std::vector<std::pair<Client, std::string>> clients;
  clients.emplace_back(Client::tcp(two), "second");
  clients.emplace_back(Client::tcp6(six), "the-sixth");
  clients.emplace_back(Client::tcp(one), "one");
  for (int round = 0; round < 2; ++round) {
    for (auto& [client, word] : clients) {
      EXPECT_THAT(client.ask_until(kPage, word + ".\n"), HasSubstr(word + ".\n"));
    }
  }
  const Reel reel = server.end_and_salvage();
  expect_same_answers(reel, 1);
  const auto target = target_of(reel);
  ASSERT_TRUE(target) << target.error().message;
  const auto outcome = run_try(*target, reel, whole_sequence(reel),
                               {.script = {.keeps_answers = true, .keeps_bytes = true}});
  ASSERT_TRUE(outcome) << outcome.error().message;
  std::size_t at = 0;
  for (const ReplayedAnswer& answer : outcome->answers) {
    if (answer.to->kind != InputKind::kData) continue;
    const std::string& word = clients[at++ % clients.size()].second;
    EXPECT_THAT(answer.bytes, HasSubstr("\n" + word + ".\n")) << answer.to->seq;
  }
  EXPECT_EQ(at, 6u) << outcome->output_tail;
}

// The worker is fed, which the master looks after, and ends with it when it is told to.
TEST_F(RecordedWeb, ThatHasAMasterAndAWorkerAnswersTheSame) {
  const int port = free_port();
  RecordedServer server(
      setup(nginx(listen_at(port) + "location / { return 200 \"yes\\n\"; }", true)));
  std::map<char, Client> clients;
  for (const char client : {'1', '2', '1', '2', '1'}) {
    if (!clients.contains(client)) clients.emplace(client, Client::tcp(port));
    EXPECT_THAT(clients.at(client).ask_until(kPage, "yes\n"), HasSubstr("yes\n"));
  }
  ::kill(server.pid(), SIGTERM);  // the master takes its worker with it
  const int status = server.wait();
  const Reel reel = server.end_and_salvage();
  const auto is_signal = [](const Input& input) { return input.kind == InputKind::kSignal; };
  const auto signals = std::ranges::count_if(reel.inputs, is_signal);
  expect_same_answers(reel, 1);
  for (int i = 0; i < 3; ++i) {
    const Outcome outcome = tried(reel);
    EXPECT_EQ(outcome.ending, Ending::kExited);
    EXPECT_EQ(outcome.code, WEXITSTATUS(status));
    // It ends of the first of the signals; that the master heard of the worker's end is no step
    // more.
    EXPECT_EQ(outcome.performed, outcome.steps - static_cast<std::uint32_t>(signals - 1));
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
TEST_F(RecordedWeb, ThatPassesRequestsOnHasTheAnswersFromTheReel) {
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
TEST_F(RecordedWeb, ThatTalkedToAnotherIsReplayedWithoutIt) {
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

}  // namespace
}  // namespace crashreel::testing
