// Of TLS the recorder keeps the plain bytes, once, by whatever door OpenSSL hands them over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "capture/base/check.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"

namespace crashreel::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::Not;

class TlsScene {
 public:
  explicit TlsScene(const std::string& reader)
      : certificate_(make_certificate(folder_ / "cert", folder_ / "key")),
        server_({.argv = {TLS_SERVER, reader, folder_ / "cert", folder_ / "key"},
                 .ring_path = folder_ / "ring"}),
        port_(server_.port()) {}

  // Sends the line and waits for the answer and the end.
  void ask(const std::string& line, const std::string& more_options = "") {
    const std::string command =
        "cd '" + folder_.path() + "' && printf '" + line +
        "' | openssl s_client -quiet -connect 127.0.0.1:" + std::to_string(port_) + " " +
        more_options + " 2>errors";
    FILE* output = ::popen(command.c_str(), "r");
    CRASHREEL_CHECK(output != nullptr);
    char text[16] = {};
    EXPECT_STREQ(std::fgets(text, sizeof text, output), "ok\n");
    ::pclose(output);
  }

  // Without the ends of sessions: who says goodbye first nobody knows.
  std::vector<std::string> recorded() {
    Reel reel = server_.end_and_salvage();
    std::erase_if(reel.inputs, [](const Input& input) {
      return input.kind == InputKind::kClose || input.kind == InputKind::kRandom;
    });
    return as_lines(reel);
  }
  const Folder& folder() const { return folder_; }

 private:
  Folder folder_;
  bool certificate_;
  RecordedServer server_;
  int port_;
};

constexpr char kTlsOpened[] = "open 1 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT";
constexpr char kTlsTurned[] = "open 1 tcp+tls inbound 127.0.0.1:PORT 127.0.0.1:PORT";

TEST(Tls, ShowsThePlainBytesOnceAndNoCipherText) {
  for (const char* reader : {"read", "read_ex", "early_data"}) {
    SCOPED_TRACE(reader);
    TlsScene scene(reader);
    scene.ask("one line\\n");
    EXPECT_THAT(scene.recorded(), ElementsAre(kTlsOpened, kTlsTurned, "data 1 one line\n"));
  }
}

TEST(Tls, ShowsWhatCameBeforeTheHandshakeWasOver) {
  TlsScene scene("early_data");
  put_file(scene.folder() / "early", "early ");
  scene.ask("first\\n", "-sess_out ticket");
  scene.ask("second\\n", "-sess_in ticket -early_data early");
  const auto of_second = [](const char* opened) { return std::string(opened).replace(5, 1, "2"); };
  EXPECT_THAT(scene.recorded(),
              ElementsAre(kTlsOpened, kTlsTurned, "data 1 first\n", of_second(kTlsOpened),
                          of_second(kTlsTurned), "data 2 early ", "data 2 second\n"));
}

// Who reads the cipher text himself and feeds OpenSSL from memory has both.
TEST(Tls, FedFromMemoryIsASessionOfItsOwnBesideTheCipherText) {
  TlsScene scene("memory");
  scene.ask("one line\\n");
  std::vector<std::string> beside, plain;
  for (const std::string& line : scene.recorded()) {
    (line.starts_with("data 1 ") ? beside : plain).push_back(line);
  }
  EXPECT_THAT(plain, ElementsAre(kTlsOpened, "open 2 tls inbound", "data 2 one line\n"));
  EXPECT_FALSE(beside.empty());
  EXPECT_THAT(beside, Not(::testing::Contains(::testing::HasSubstr("one line"))));
}

}  // namespace
}  // namespace crashreel::testing
