// Whole recordings of programs as distributions ship them, up to the crash that each has.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <string>
#include <vector>

#include "capture/reel/jsonl.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/whole_salvage.h"
#include "tests/tools/recording.h"

namespace crashreel::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

std::vector<std::string> case_inputs(const std::string& name) {
  const std::string path =
      std::string(CRASHREEL_SOURCE_DIR "/tests/cases/") + name + "/inputs.jsonl";
  std::vector<std::string> data;
  const auto inputs = parse_jsonl(file_bytes(path), path);
  for (const Input& input : inputs.value()) data.push_back(input.data);
  return data;
}

bool is_installed(const char* program) {
  return std::filesystem::exists(std::string("/usr/bin/") + program);
}

TEST(RecordStockPrograms, ACommandInterpreterThatCrashesAtItsFourthLine) {
  ASSERT_TRUE(is_installed("jimsh")) << "jimsh is not installed";
  Scene scene;
  const std::vector<std::string> lines = case_inputs("jimsh-upvar-cycle");
  scene.give_stdin(lines[0] + lines[1] + lines[2] + lines[3]);
  const RecordReport report = scene.run({"jimsh"});
  EXPECT_EQ(report.signal, SIGSEGV);
  const Reel reel = scene.reel();
  EXPECT_THAT(data_of(reel), ElementsAreArray(lines));
  EXPECT_EQ(reel.program.kind, TargetKind::kStdin);
  EXPECT_TRUE(reel.crash.known);
  EXPECT_EQ(reel.crash.signature.kind, "SIGSEGV");
  EXPECT_GT(reel.crash.time_ns, 0u);
}

TEST(RecordStockPrograms, ADatabaseShellThatReadsByStdio) {
  ASSERT_TRUE(is_installed("sqlite3")) << "sqlite3 is not installed";
  Scene scene;
  const std::string output = ".output " + (scene.folder() / "answer") + "\n";
  scene.give_stdin(output + "select 6*7;\n");
  scene.options().save_on = SaveOn::kAlways;
  EXPECT_EQ(scene.run({"sqlite3"}).status, 0);
  EXPECT_EQ(file_bytes(scene.folder() / "answer"), "42\n");
  EXPECT_THAT(data_of(scene.reel()), ElementsAre(output, "select 6*7;\n"));
}

// A stock redis-server under recording.
class RedisScene : public Scene {
 public:
  explicit RedisScene(const std::string& more_config = "", const std::string& redact_rules = "") {
    options().redact_rules = redact_rules;
    options().keep_ring = !redact_rules.empty();
    put_file(folder() / "redis.conf", more_config + "port " + std::to_string(port_) +
                                          "\nbind 127.0.0.1\nsave \"\"\ndir " + folder().path() +
                                          "\nlogfile " + (folder() / "log") + "\n");
    start({"redis-server", folder() / "redis.conf"});
  }
  Client connect() const { return Client::tcp(port_); }

 private:
  int port_ = free_port();
};

class RecordRedis : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(is_installed("redis-server")) << "redis-server is not installed";
  }
};

pid_t process_id(Client& client) {
  client.send("INFO server\r\n");
  const std::string info = client.receive_until("executable:");
  return std::stoi(info.substr(info.find("process_id:") + 11));
}

TEST_F(RecordRedis, KeepsWhatItWasSentThoughItIsKilled) {
  RedisScene scene;
  Client one = scene.connect();
  EXPECT_EQ(one.ask("PING\r\n"), "+PONG\r\n");
  EXPECT_EQ(one.ask("SET key value\r\n"), "+OK\r\n");
  Client two = scene.connect();
  const pid_t pid = process_id(two);
  ::kill(pid, SIGKILL);
  EXPECT_EQ(scene.wait().status, 128 + SIGKILL);
  Reel reel = scene.reel();
  const auto in_no_session = [](const Input& input) { return input.session == kNoSession; };
  std::erase_if(reel.inputs, in_no_session);  // the random bytes that it starts with
  EXPECT_THAT(as_lines(reel), ElementsAre("open 1 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT",
                                          "data 1 PING\r\n", "data 1 SET key value\r\n",
                                          "open 2 tcp inbound 127.0.0.1:PORT 127.0.0.1:PORT",
                                          "data 2 INFO server\r\n"));
  EXPECT_TRUE(reel.loss.reaches_start);
  EXPECT_EQ(reel.program.pid, static_cast<std::uint32_t>(pid));
}

TEST_F(RecordRedis, KeepsItsConfiguration) {
  RedisScene scene;
  Client client = scene.connect();
  ::kill(process_id(client), SIGKILL);
  scene.wait();
  const Reel reel = scene.reel();
  ASSERT_EQ(reel.files.size(), 1u);
  EXPECT_EQ(reel.files[0].path, scene.folder() / "redis.conf");
  EXPECT_EQ(reel.files[0].bytes, file_bytes(scene.folder() / "redis.conf"));
}

TEST_F(RecordRedis, NeverWritesDownItsPasswordWhoeverSaysIt) {
  const std::string secret = "hunter2-is-secret";
  RedisScene scene("requirepass " + secret + "\n",
                   "mask:after:\"requirepass \"\nmask:line:\"AUTH\\r\\n$\\d\\r\\n\"\n"
                   "mask:after/i:\"auth \"");
  Client client = scene.connect();
  EXPECT_EQ(client.ask("AUTH " + secret + "\r\n"), "+OK\r\n");
  EXPECT_EQ(client.ask("*2\r\n$4\r\nAUTH\r\n$17\r\n" + secret + "\r\n"), "+OK\r\n");
  ::kill(process_id(client), SIGKILL);
  EXPECT_EQ(scene.wait().trouble, "");
  for (const char* name : {"ring", "reel"}) {
    EXPECT_EQ(file_bytes(scene.folder() / name).find("hunter2"), std::string::npos) << name;
  }
  const Reel reel = scene.reel();
  EXPECT_EQ(data_of(reel)[0], "AUTH xxxxxxxxxxxxxxxxx\r\n");
  EXPECT_EQ(data_of(reel)[1], "*2\r\n$4\r\nAUTH\r\n$17\r\nxxxxxxxxxxxxxxxxx\r\n");
  EXPECT_THAT(reel.files[0].bytes, ::testing::StartsWith("requirepass xxxxxxxxxxxxxxxxx\n"));
  EXPECT_THAT(reel.redaction.rules, ElementsAre("1 mask:after", "2 mask:line", "3 mask:after"));
  EXPECT_EQ(reel.redaction.masked_facts, 1u);
}

TEST_F(RecordRedis, KeepsTheFourCommandsThatCrashIt) {
  const std::vector<std::string> commands = case_inputs("redis-acl-self-kill");
  RedisScene scene;
  Client admin = scene.connect();
  admin.ask(commands[0]);
  Client user = scene.connect();
  user.send(commands[1]);
  user.receive_until("modules");
  user.send(commands[2]);
  user.receive_until(":1\r\n");
  user.send(commands[3]);
  const RecordReport report = scene.wait();
  EXPECT_EQ(report.signal, SIGSEGV);
  const Reel reel = scene.reel();
  EXPECT_THAT(data_of(reel), ElementsAreArray(commands));
  EXPECT_EQ(reel.crash.signature.kind, "SIGSEGV");
  EXPECT_EQ(reel.program.kind, TargetKind::kServer);
}

}  // namespace
}  // namespace crashreel::testing
