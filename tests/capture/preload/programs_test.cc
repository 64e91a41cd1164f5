// The recorder inside real servers, unmodified: what their clients and dependencies sent, to the
// byte, by session.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "capture/base/check.h"
#include "capture/reel/answer_digest.h"
#include "capture/runtime/output_digest.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/preload/upstream.h"
#include "tests/capture/reel/folder.h"

namespace crashreel::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;

// The bytes of each session, under what its last opening says; ports are written as PORT.
std::multimap<std::string, std::string> sessions_of(const Reel& reel) {
  std::map<std::uint32_t, std::pair<std::string, std::string>> sessions;
  for (const Input& input : reel.inputs) {
    if (input.session == kNoSession) continue;
    if (input.kind == InputKind::kOpen) sessions[input.session].first = without_ports(input.data);
    if (input.kind == InputKind::kData) sessions[input.session].second += input.data;
  }
  std::multimap<std::string, std::string> by_opening;
  for (const auto& [number, session] : sessions) by_opening.insert(session);
  return by_opening;
}

// A certificate of its own, and a server that shows it.
class TlsServer {
 public:
  TlsServer()
      : folder_(),
        certificate_(make_certificate(folder_ / "cert", folder_ / "key")),
        port_(free_port()),
        server_({.argv = {"redis-server", "--port", "0", "--tls-port", std::to_string(port_),
                          "--tls-cert-file", folder_ / "cert", "--tls-key-file", folder_ / "key",
                          "--tls-ca-cert-file", folder_ / "cert", "--tls-auth-clients", "no",
                          "--save", "", "--dir", folder_.path()},
                 .ring_path = folder_ / "ring"}) {
    CRASHREEL_CHECK(certificate_);
    CRASHREEL_CHECK(server_.says("Ready to accept connections"));
  }

  std::string port() const { return std::to_string(port_); }
  RecordedServer& server() { return server_; }
  const Folder& folder() const { return folder_; }

 private:
  Folder folder_;
  bool certificate_;
  int port_;
  RecordedServer server_;
};

TEST(Programs, OverTlsShowTheirPlainBytesAndNoCipherText) {
  TlsServer tls;
  const std::string command = "redis-cli --tls --insecure -p " + tls.port() + " SET key value";
  EXPECT_EQ(std::system((command + " >/dev/null").c_str()), 0);
  Reel reel = tls.server().end_and_salvage();
  std::erase_if(reel.inputs, [](const Input& input) {
    return input.session == kNoSession || input.kind == InputKind::kClose;
  });
  EXPECT_THAT(as_lines(reel),
              ElementsAre("open 1 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT",
                          "open 1 tcp+tls inbound 127.0.0.1:PORT 127.0.0.1:PORT",
                          "data 1 *3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n"));
}

std::uint64_t digest_of(const std::string& answer) {
  OutputDigest digest;
  digest.add(answer.data(), answer.size());
  return digest.value();
}

// The third command is there so that the second one's answer has an input behind it; whether its
// own digest is written before the server is killed, nobody knows.
TEST(Programs, OverTlsHaveDigestsOfTheirPlainAnswersAlone) {
  TlsServer tls;
  const std::string command = "printf 'SET key value\\nGET key\\nGET other\\n' | redis-cli --tls";
  EXPECT_EQ(std::system((command + " --insecure -p " + tls.port() + " >/dev/null").c_str()), 0);
  std::vector<std::uint64_t> answers;
  bool anything_came = false;
  for (const Input& input : tls.server().end_and_salvage().inputs) {
    anything_came = anything_came || input.kind == InputKind::kData;
    if (input.kind != InputKind::kDigest) continue;
    EXPECT_TRUE(anything_came) << "what was answered before is the handshake";
    const auto digest = answer_digest_of(input.data);
    ASSERT_TRUE(digest.has_value());
    answers.push_back(digest->value);
  }
  EXPECT_THAT(answers, Contains(digest_of("+OK\r\n")));
  EXPECT_THAT(answers, Contains(digest_of("$5\r\nvalue\r\n")));
}

TEST(Programs, ThatAskOthersOverTlsShowWhatTheseAnswered) {
  TlsServer tls;
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  OwnedFd reads(ends[0]);
  OwnedFd writes(ends[1]);
  RecordedServer client(
      {.argv = {"openssl", "s_client", "-quiet", "-connect", "127.0.0.1:" + tls.port()},
       .ring_path = tls.folder() / "client.ring",
       .stdin_fd = reads.get()});
  ASSERT_EQ(::write(writes.get(), "PING\r\nQUIT\r\n", 12), 12);
  EXPECT_TRUE(client.says("+OK"));
  const auto sessions = sessions_of(client.end_and_salvage());
  EXPECT_EQ(sessions.count("tcp+tls outbound 127.0.0.1:PORT 127.0.0.1:PORT"), 1u);
  EXPECT_EQ(sessions.find("tcp+tls outbound 127.0.0.1:PORT 127.0.0.1:PORT")->second,
            "+PONG\r\n+OK\r\n");
  EXPECT_EQ(sessions.find("stdin inbound")->second, "PING\r\nQUIT\r\n");
}

constexpr char kRequest[] = "GET /page HTTP/1.0\r\nHost: here\r\n\r\n";
constexpr char kAnswer[] = "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello";

void answer_request(int fd) {
  std::string request;
  char byte;
  while (!request.ends_with("\r\n\r\n") && ::recv(fd, &byte, 1, 0) == 1) request += byte;
  EXPECT_EQ(::send(fd, kAnswer, sizeof(kAnswer) - 1, MSG_NOSIGNAL), sizeof(kAnswer) - 1);
}

TEST(Programs, ThatPassRequestsOnShowBothSides) {
  const Folder folder;
  const int port = free_port();
  std::optional<Upstream> upstream(std::in_place, SOCK_STREAM, answer_request);
  put_file(folder / "conf",
           "daemon off; master_process off; error_log stderr; pid " + (folder / "pid") +
               "; events {} http { access_log off; client_body_temp_path body; proxy_temp_path "
               "proxy; fastcgi_temp_path fast; uwsgi_temp_path uwsgi; scgi_temp_path scgi; server "
               "{ listen 127.0.0.1:" +
               std::to_string(port) +
               "; location / { proxy_pass "
               "http://127.0.0.1:" +
               upstream->port() + "; } } }");
  RecordedServer server({.argv = {"/usr/sbin/nginx", "-p", folder.path(), "-c", folder / "conf"},
                         .ring_path = folder / "ring"});
  Client client = Client::tcp(port);
  EXPECT_TRUE(client.ask_until(kRequest, "hello").ends_with("\r\n\r\nhello"));
  upstream.reset();
  const auto sessions = sessions_of(server.end_and_salvage());
  EXPECT_EQ(sessions.size(), 2u);
  EXPECT_EQ(sessions.find("tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT")->second, kRequest);
  EXPECT_EQ(sessions.find("tcp outbound 127.0.0.1:PORT 127.0.0.1:PORT")->second, kAnswer);
}

// A question for the address of "a.test", numbered 7.
std::string question() {
  return std::string("\0\7\1\0\0\1\0\0\0\0\0\0", 12) + '\1' + "a" + '\4' + "test" +
         std::string("\0\0\1\0\1", 5);
}

TEST(Programs, ThatServeNamesShowEachQuestion) {
  const Folder folder;
  const int port = free_port();
  RecordedServer server(
      {.argv = {"/usr/sbin/dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv",
                "--no-hosts", "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root",
                "--pid-file=" + (folder / "pid"), "--port=" + std::to_string(port),
                "--address=/a.test/10.1.2.3"},
       .ring_path = folder / "ring"});
  Client client = Client::udp(port);
  const std::string answer = client.ask_until_answered(question());
  EXPECT_TRUE(answer.ends_with("\12\1\2\3"));
  Reel reel = server.end_and_salvage();
  std::erase_if(reel.inputs, [](const Input& input) { return input.session == kNoSession; });
  ASSERT_GE(reel.inputs.size(), 2u);
  EXPECT_EQ(without_ports(reel.inputs[0].data), "udp inbound 127.0.0.1:PORT 127.0.0.1:PORT");
  for (std::size_t i = 1; i < reel.inputs.size(); ++i) {
    EXPECT_EQ(reel.inputs[i].data, question());
    EXPECT_EQ(reel.inputs[i].session, reel.inputs[0].session);
  }
}

TEST(Programs, WithThreadsKeepTheirSessionsApart) {
  const Folder folder;
  const int port = free_port();
  RecordedServer server({.argv = {"memcached", "-u", "root", "-l", "127.0.0.1", "-U", "0", "-t",
                                  "4", "-p", std::to_string(port)},
                         .ring_path = folder / "ring"});
  constexpr int kClients = 8;
  std::vector<Client> clients;
  std::vector<std::string> sent(kClients);
  for (int i = 0; i < kClients; ++i) clients.push_back(Client::tcp(port));
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < kClients; ++i) {
      const std::string value = std::to_string(round * kClients + i);
      const std::string line = "set key" + std::to_string(i) + " 0 0 " +
                               std::to_string(value.size()) + "\r\n" + value + "\r\n";
      clients[static_cast<std::size_t>(i)].send(line);
      sent[static_cast<std::size_t>(i)] += line;
    }
    for (Client& client : clients) EXPECT_EQ(client.receive_until("\n"), "STORED\r\n");
  }
  std::vector<std::string> received;
  for (const auto& [opening, bytes] : sessions_of(server.end_and_salvage())) {
    EXPECT_EQ(opening, "tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT");
    received.push_back(bytes);
  }
  EXPECT_THAT(received, ::testing::UnorderedElementsAreArray(sent));
}

}  // namespace
}  // namespace crashreel::testing
