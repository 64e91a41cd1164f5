// Whole recordings: a program under record(), from its start to the reel that it leaves.
#include "tools/pipeline/record.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <thread>

#include "capture/reel/jsonl.h"
#include "capture/reel/reel_reader.h"
#include "tests/capture/preload/recorded_server.h"
#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/whole_salvage.h"
#include "tests/tools/recording.h"

namespace crashreel::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> case_inputs(const std::string& name) {
  const std::string path =
      std::string(CRASHREEL_SOURCE_DIR "/tests/cases/") + name + "/inputs.jsonl";
  std::vector<std::string> data;
  const auto inputs = parse_jsonl(file_bytes(path), path);
  for (const Input& input : inputs.value()) data.push_back(input.data);
  return data;
}

TEST(Record, PassesTheStatusThroughAndLeavesNothingOfAGoodRun) {
  Scene scene;
  const RecordReport report = scene.run({"sh", "-c", "exit 7"});
  EXPECT_TRUE(report.started);
  EXPECT_TRUE(report.recorded);
  EXPECT_EQ(report.status, 7);
  EXPECT_THAT(report.trouble, IsEmpty());
  EXPECT_FALSE(scene.has("ring"));
  EXPECT_FALSE(scene.has("reel"));
}

TEST(Record, KeepsTheVariablesThatAreAskedForAndNoOthers) {
  Scene scene;
  ::setenv("CRASHREEL_TEST_WANTED", "yes", 1);
  ::setenv("CRASHREEL_TEST_SECRET", "no", 1);
  scene.options().environment = {"CRASHREEL_TEST_WANTED", "CRASHREEL_TEST_UNSET"};
  scene.options().save_on = SaveOn::kAlways;
  scene.run({"true"});
  const std::vector<std::string> kept = scene.reel().program.env;
  EXPECT_THAT(kept, Contains("CRASHREEL_TEST_WANTED=yes"));
  EXPECT_THAT(kept, ::testing::Not(Contains(HasSubstr("CRASHREEL_TEST_SECRET"))));
}

TEST(Record, KeepsEachLookAtAClockWhenAskedTo) {
  Scene scene;
  scene.options().save_on = SaveOn::kAlways;
  const auto clocks = [&scene] {
    scene.run({"date"});
    const std::vector<Input> inputs = scene.reel().inputs;
    return std::count_if(inputs.begin(), inputs.end(),
                         [](const Input& input) { return input.kind == InputKind::kClock; });
  };
  EXPECT_EQ(clocks(), 0);
  scene.options().every_clock = true;
  EXPECT_GT(clocks(), 0);
}

TEST(Record, SavesWhatItIsAskedToSave) {
  Scene scene;
  scene.options().save_on = SaveOn::kAbnormal;
  EXPECT_EQ(scene.run({"true"}).reel_path, "");
  EXPECT_EQ(scene.run({"false"}).reel_path, scene.folder() / "reel");
  EXPECT_EQ(scene.reel().crash.exit_status, 1);
  scene.options().save_on = SaveOn::kAlways;
  EXPECT_EQ(scene.run({"true"}).reel_path, scene.folder() / "reel");
  scene.options().save_on = SaveOn::kCrash;
  EXPECT_EQ(scene.run({"sh", "-c", "kill -TERM $$"}).reel_path, "");
  EXPECT_EQ(scene.run({"sh", "-c", "kill -KILL $$"}).reel_path, scene.folder() / "reel");
  EXPECT_EQ(scene.reel().crash.signature.kind, "SIGKILL");
}

TEST(Record, MakesEachLineOfStandardInputAnInput) {
  Scene scene;
  scene.give_stdin("two\none\n\nlast");
  scene.options().save_on = SaveOn::kAlways;
  const RecordReport report = scene.run({"sort", "-o", scene.folder() / "sorted"});
  EXPECT_EQ(report.inputs_seen, 4u);
  EXPECT_EQ(file_bytes(scene.folder() / "sorted"), "\nlast\none\ntwo\n");
  EXPECT_THAT(as_lines(scene.reel()),
              ElementsAre("open 0 stdin inbound", "data 0 two\n", "data 0 one\n", "data 0 \n",
                          "data 0 last", "close 0"));
  EXPECT_EQ(scene.reel().program.kind, TargetKind::kStdin);
}

TEST(Record, TellsOfTheProgramAndNotOfItself) {
  Scene scene;
  scene.give_stdin("x\n");
  scene.options().save_on = SaveOn::kAlways;
  scene.run({"sort", "-o", "/dev/null"});
  const Program program = scene.reel().program;
  EXPECT_THAT(program.argv, ElementsAre("sort", "-o", "/dev/null"));
  EXPECT_THAT(program.executable, ::testing::EndsWith("/sort"));
  EXPECT_EQ(program.working_directory, std::filesystem::current_path());
  EXPECT_FALSE(program.build_id.empty());
}

TEST(Record, KeepsTheLinesOfAProgramThatIsKilledWhileItReads) {
  Scene scene;
  scene.give_stdin("one\ntwo\nthree\n");
  const RecordReport report = scene.run({"sh", "-c", "read a; read b; kill -KILL $$"});
  EXPECT_EQ(report.signal, SIGKILL);
  EXPECT_EQ(report.status, 128 + SIGKILL);
  // The third may have been in flight.
  EXPECT_THAT(data_of(scene.reel()), ::testing::AnyOf(ElementsAre("one\n", "two\n"),
                                                      ElementsAre("one\n", "two\n", "three\n")));
}

TEST(Record, LeavesStandardInputAloneWhenAskedTo) {
  Scene scene;
  scene.give_stdin("one\ntwo\n");
  scene.options().save_on = SaveOn::kAlways;
  scene.options().pump_stdin = false;
  const RecordReport report = scene.run({"sh", "-c", "read a; read b; test $a$b = onetwo"});
  EXPECT_EQ(report.status, 0);
  EXPECT_THAT(scene.reel().inputs, IsEmpty());
}

TEST(Record, NeverWritesDownWhatItsRulesName) {
  Scene scene;
  scene.give_stdin("AUTH hunter2\nGET a\n");
  scene.options().save_on = SaveOn::kAlways;
  scene.options().keep_ring = true;
  scene.options().redact_rules = "mask:after:\"AUTH \"\nmask:literal:letmein";
  EXPECT_EQ(scene.run({"sh", "-c", "read a; read b; true", "letmein"}).trouble, "");
  // That the input ended may come after the program did.
  std::vector<std::string> lines = as_lines(scene.reel());
  lines.resize(4);
  EXPECT_THAT(lines, ElementsAre("open 0 stdin inbound", "data 0 AUTH xxxxxxx\n",
                                 "masked 0 13 1:mask:5+7", "data 0 GET a\n"));
  EXPECT_EQ(scene.reel().program.argv[3], "xxxxxxx");
  for (const char* name : {"ring", "reel"}) {
    const std::string bytes = file_bytes(scene.folder() / name);
    EXPECT_EQ(bytes.find("hunter2"), std::string::npos) << name;
    EXPECT_EQ(bytes.find("letmein"), std::string::npos) << name;
  }
}

TEST(Record, SaysWhenTheProgramThatReadsIsNotTheOneThatWasStarted) {
  Scene scene;
  scene.give_stdin("one\ntwo\n");
  const RecordReport report = scene.run({"sh", "-c", "read a; exec sort -o /dev/null"});
  EXPECT_EQ(report.status, 0);
  EXPECT_THAT(report.trouble, HasSubstr("became another program by exec"));
}

TEST(Record, RefusesAProgramThatIsNotThere) {
  Scene scene;
  const RecordReport report = scene.run({"no-such-program"});
  EXPECT_FALSE(report.started);
  EXPECT_EQ(report.status, 127);
  EXPECT_THAT(report.trouble, HasSubstr("no-such-program"));
}

TEST(Record, RefusesAProgramThatCantBeRecorded) {
  Scene scene;
  const RecordReport report = scene.run({STATIC_PROGRAM});
  EXPECT_FALSE(report.started);
  EXPECT_EQ(report.status, 125);
  EXPECT_THAT(report.trouble, HasSubstr("statically linked"));
}

TEST(Record, IsTroubleWithoutTheRecorder) {
  RecordOptions options;
  options.argv = {"true"};
  options.library_path = "/no/such/recorder.so";
  const Result<RecordReport> report = record(options);
  ASSERT_FALSE(report.has_value());
  EXPECT_THAT(report.error().message, HasSubstr("/no/such/recorder.so"));
  EXPECT_FALSE(record({}).has_value());
}

TEST(Record, DoesNotTouchARingThatIsSomebodyElses) {
  Scene scene;
  put_file(scene.folder() / "ring", "evidence");
  const RecordReport report = scene.run({"sh", "-c", "kill -SEGV $$"});
  EXPECT_EQ(report.signal, SIGSEGV);
  EXPECT_FALSE(report.recorded);
  EXPECT_THAT(report.trouble, HasSubstr("File exists"));
  EXPECT_EQ(file_bytes(scene.folder() / "ring"), "evidence");
}

TEST(Record, KeepsTheRingWhenAskedToAndWhenTheReelCantBeWritten) {
  Scene scene;
  scene.give_stdin("one\n");
  scene.options().reel_path = "/no/such/folder/reel";
  const RecordReport report = scene.run({"sh", "-c", "read a; kill -SEGV $$"});
  EXPECT_THAT(report.trouble, HasSubstr("crashreel salvage " + (scene.folder() / "ring")));
  const Result<ReadReel> salvaged = salvage_ring(scene.folder() / "ring");
  ASSERT_TRUE(salvaged.has_value());
  EXPECT_EQ(data_of(salvaged->reel).front(), "one\n");
  EXPECT_EQ(salvaged->reel.crash.signal, SIGSEGV);

  Scene asked;
  asked.options().keep_ring = true;
  EXPECT_EQ(asked.run({"true"}).ring_path, asked.folder() / "ring");
  EXPECT_TRUE(asked.has("ring"));
}

TEST(Record, PassesSignalsOn) {
  Scene scene;
  ASSERT_EQ(::mkfifo((scene.folder() / "ready").c_str(), 0600), 0);
  scene.start({"sh", "-c",
               "trap 'exit 5' TERM; echo > " + (scene.folder() / "ready") +
                   "; while :; do read x < " + (scene.folder() / "ready") + "; done"});
  EXPECT_EQ(file_bytes(scene.folder() / "ready"), "\n");
  ::pthread_kill(scene.thread().native_handle(), SIGTERM);
  EXPECT_EQ(scene.wait().status, 5);
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
