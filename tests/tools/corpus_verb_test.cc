// The store's verbs, as a user types them.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "capture/reel/reel_writer.h"
#include "tests/capture/reel/scene.h"
#include "tests/tools/document.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::one_object;
using ::testing::StartsWith;

class CorpusVerbTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_symlink(CRASHREEL_BUILD_DIR "/zoo/canary_stdin",
                                    directory_.file("calc"));
  }

  CommandRun type(const std::string& line) {
    return testing::run_line(line, {.directory = directory_.path()});
  }
  Json answer(const std::string& line, int status = 0) {
    const CommandRun run = type("crashreel --json " + line);
    EXPECT_EQ(run.exit, status) << run.err;
    return one_object(run.out);
  }

  // A reproducer of the canary's bug, with so many inputs that do not matter, in the corpus.
  void add_crash(const std::string& name, int harmless) {
    std::string lines;
    for (int i = 0; i < harmless; ++i) lines += "{\"session\":0,\"data\":\"RUNITyBoaQo=\"}\n";
    lines += "{\"session\":0,\"data\":\"REVGIGEK\"}\n{\"session\":0,\"data\":\"UlVOIGEK\"}\n";
    directory_.write(name + ".jsonl", lines);
    const std::string reel = name + ".reel";
    const CommandRun run =
        type("crashreel import " + name +
             ".jsonl -q --kind stdin -o raw.reel "
             "-- ./calc && crashreel minimize raw.reel -q --max-questions 1 -o " +
             reel + " ; crashreel corpus add corpus " + reel);
    ASSERT_EQ(run.exit, 0) << run.err;
  }

  void put_reel(const std::string& name, const Reel& reel) {
    ASSERT_TRUE(write_reel(reel, directory_.file(name)));
  }

  testing::TemporaryDirectory directory_;
};

Reel crash_at(std::uint64_t offset, const std::string& inputs) {
  Reel reel = scene(inputs);
  reel.program.executable = "/opt/server";
  reel.crash = {.known = true,
                .signal = 11,
                .signature = {"SIGSEGV", {{"server", "01", offset, ""}, {"server", "01", 9, ""}}}};
  return reel;
}

TEST_F(CorpusVerbTest, ListShowsTheSmallestOfEachBugAndCountsTheOthers) {
  put_reel("large.reel", crash_at(1, "1:aaaa 1:b 1:c"));
  put_reel("small.reel", crash_at(1, "1:aaaa 1:b"));
  put_reel("other.reel", crash_at(2, "1:x"));
  ASSERT_EQ(type("crashreel corpus add corpus large.reel other.reel small.reel").exit, 0);
  directory_.write("corpus/raw", "a fuzzer's");
  const std::string text = type("crashreel corpus list corpus").out;
  EXPECT_THAT(text, StartsWith("SIGSEGV in server+0x1 < server+0x9 (server): 2 reproducers\n"));
  EXPECT_THAT(text, HasSubstr("  2 inputs, 1 session"));
  EXPECT_THAT(text, Not(HasSubstr("  3 inputs")));
  EXPECT_THAT(text, HasSubstr("no crash known: 1 seed\n"));
  EXPECT_THAT(type("crashreel corpus list corpus --all").out, HasSubstr("  3 inputs"));
  const Json list = answer("corpus list corpus");
  EXPECT_EQ(list["buckets"].size(), 2u);
  EXPECT_EQ(list["buckets"][0]["seeds"].size(), 2u);
  EXPECT_EQ(list["seeds"].size(), 4u);
}

TEST_F(CorpusVerbTest, ShowTellsWhereASeedCameFrom) {
  put_reel("night.reel", crash_at(1, "1:a 1:b"));
  ASSERT_EQ(type("crashreel corpus add corpus night.reel").exit, 0);
  const Json shown = answer("corpus show corpus \"$(ls corpus | cut -c1-10)\"");
  EXPECT_EQ(shown["seed"]["origin"], "night.reel");
  const std::string digest = type("sha1sum night.reel | cut -c1-40 | tr -d '\\n'").out;
  EXPECT_EQ(shown["seed"]["parent"], digest);
  EXPECT_GT(shown["seed"]["added_ns"], 0);
  EXPECT_EQ(shown["bucket"]["reproducers"], 1);
  EXPECT_THAT(type("crashreel corpus show corpus \"$(ls corpus)\"").out,
              HasSubstr("from     night.reel\n"));
  EXPECT_EQ(type("crashreel corpus show corpus zzz").exit, 2);
}

TEST_F(CorpusVerbTest, PruneKeepsTheSmallestAndGoesOnCountingTheOthers) {
  for (int i = 1; i <= 4; ++i)
    put_reel(std::to_string(i) + ".reel", crash_at(1, "1:" + std::string(i, 'a')));
  ASSERT_EQ(type("crashreel corpus add corpus *.reel").exit, 0);
  EXPECT_EQ(answer("corpus prune corpus --keep 1 --dry-run")["removed"].size(), 3u);
  EXPECT_EQ(answer("corpus list corpus")["seeds"].size(), 4u);
  EXPECT_EQ(answer("corpus prune corpus --keep 1")["removed"].size(), 3u);
  const Json list = answer("corpus list corpus");
  ASSERT_EQ(list["seeds"].size(), 1u);
  EXPECT_EQ(list["seeds"][0]["bytes"], 1);
  EXPECT_EQ(list["buckets"][0]["reproducers"], 4);
  EXPECT_EQ(list["buckets"][0]["removed"], 3);
  EXPECT_THAT(type("crashreel corpus list corpus").out,
              HasSubstr("4 reproducers, 3 of them removed"));
}

TEST_F(CorpusVerbTest, VerifyTellsFixedFromStillCrashingAndChanged) {
  add_crash("one", 0);
  add_crash("two", 3);
  const Json still = answer("corpus verify corpus", 1);
  EXPECT_EQ(still["state"], "STILL CRASHES");
  ASSERT_EQ(still["buckets"].size(), 1u);
  EXPECT_EQ(still["buckets"][0]["verdicts"].size(), 2u);
  EXPECT_EQ(answer("corpus verify corpus --smallest", 1)["buckets"][0]["verdicts"].size(), 1u);
  const Json fixed = answer("corpus verify corpus --tries 2 -- /bin/cat", 0);
  EXPECT_EQ(fixed["state"], "FIXED");
  EXPECT_EQ(fixed["buckets"][0]["verdicts"][0]["tries"], 2);
  EXPECT_EQ(answer("corpus verify corpus -- bash -c 'read x; kill -ABRT $$'", 3)["state"],
            "CHANGED");
  EXPECT_EQ(answer("corpus verify corpus -- ./missing", 5)["state"], "NO ANSWER");
  EXPECT_THAT(type("crashreel corpus verify corpus -- /bin/cat").out, StartsWith("FIXED  SIGSEGV"));
}

TEST_F(CorpusVerbTest, VerifyAnswersBisect) {
  add_crash("one", 0);
  EXPECT_EQ(type("crashreel corpus verify corpus --bisect").exit, 1);
  EXPECT_EQ(type("crashreel corpus verify corpus --bisect -- /bin/cat").exit, 0);
  EXPECT_EQ(type("crashreel corpus verify corpus --bisect -- ./missing").exit, 125);
  EXPECT_EQ(type("crashreel corpus verify corpus --only zz").exit, 2);
  const std::string only = " --only \"$(ls corpus | cut -c1-9)\"";
  EXPECT_EQ(type("crashreel corpus verify corpus" + only).exit, 1);
  EXPECT_EQ(type("mkdir empty && crashreel corpus verify empty").exit, 2);
}

TEST_F(CorpusVerbTest, MergeKeepsWhatAddsCoverageAndEveryReproducer) {
  ASSERT_EQ(type("command -v clang++-19").exit, 0) << "clang++-19 is not installed";
  const CommandRun built = type("clang++-19 -fsanitize=fuzzer " CRASHREEL_SOURCE_DIR
                                "/tests/tools/merge_target.cc -o fuzz");
  ASSERT_EQ(built.exit, 0) << built.err;
  put_reel("crash.reel", crash_at(1, "1:die"));
  ASSERT_EQ(type("crashreel corpus add corpus crash.reel").exit, 0);
  directory_.write("corpus/needless", "PING and much more that reaches nothing");
  // A day of production: of three sessions one repeats what another reaches.
  Reel day = scene("1:PING 2:SET 3:PING 3:PING 2:x 4:die");
  put_reel("day.reel", day);
  const Json merged = answer("corpus merge corpus --target ./fuzz --mine day.reel");
  EXPECT_EQ(merged["candidates"], 4);
  EXPECT_EQ(merged["seeds_before"], 2);
  EXPECT_EQ(merged["reproducers"], 1);
  EXPECT_EQ(merged["added"].size(), 2u);
  EXPECT_EQ(merged["removed"], Json({"needless"}));
  const Json list = answer("corpus list corpus");
  ASSERT_EQ(list["seeds"].size(), 3u);
  EXPECT_EQ(list["buckets"].size(), 1u);
  std::vector<std::string> origins;
  for (const Json& seed : list["seeds"]) origins.push_back(seed["origin"]);
  EXPECT_THAT(origins, ::testing::UnorderedElementsAre("crash.reel", "session 1 of day.reel",
                                                       "session 2 of day.reel"));
  const Json again = answer("corpus merge corpus --target ./fuzz --mine day.reel");
  EXPECT_EQ(again["added"].size() + again["removed"].size(), 0u);
}

TEST_F(CorpusVerbTest, MergeChangesNothingWhereTheTargetFails) {
  type("mkdir corpus");
  directory_.write("corpus/raw", "seed");
  EXPECT_EQ(type("crashreel corpus merge corpus --target /bin/false").exit, 5);
  EXPECT_EQ(type("crashreel corpus merge corpus --target ./missing").exit, 5);
  EXPECT_EQ(type("ls corpus").out, "raw\n");
}

TEST_F(CorpusVerbTest, ExportsARegressionTestThatFailsWhileTheBugLives) {
  add_crash("min", 0);
  std::filesystem::create_symlink("/bin/cat", directory_.file("calc-fixed"));
  const CommandRun run =
      type("set -e\n" + testing::commands_in_scene("corpus/exports/EXPORTS.md", "regression"));
  ASSERT_EQ(run.exit, 0) << run.out << run.err;
  EXPECT_THAT(run.out, HasSubstr("reproduced 1 of 1"));
  EXPECT_THAT(run.out, HasSubstr("the bug lives"));
  EXPECT_EQ(type("./regression").exit, 1);
  EXPECT_EQ(type("CRASHREEL_PROGRAM=/bin/cat CRASHREEL_TRIES=2 ./regression").exit, 0);
}

TEST_F(CorpusVerbTest, ExportsACorpusForAflAndOneSessionForAflnet) {
  put_reel("two.reel", crash_at(1, "1:GET 2:SET"));
  ASSERT_EQ(type("crashreel corpus add corpus two.reel").exit, 0);
  ASSERT_EQ(type("crashreel corpus export corpus --format afl -o afl").exit, 0);
  EXPECT_EQ(type("cmp afl/id:000000,orig:* corpus/*").exit, 0);
  EXPECT_EQ(type("crashreel corpus export two.reel --format aflnet -o x").exit, 2);
  EXPECT_EQ(type("crashreel corpus export two.reel --format aflnet --session 2 -o x").exit, 0);
  EXPECT_EQ(directory_.read("x"), std::string("\3\0\0\0SET", 7));
  EXPECT_EQ(type("crashreel corpus export two.reel --format raw --session 7 -o x").exit, 2);
  EXPECT_EQ(type("crashreel corpus export two.reel --format raw --session x -o x").exit, 2);
}

TEST_F(CorpusVerbTest, ExportsAnArrayThatACompilerTakes) {
  put_reel("two.reel", crash_at(1, "1:\"GET\\? 2:SET"));
  const CommandRun run = type(
      "crashreel corpus export two.reel -q --format c -o two.h > /dev/null && printf '%s\n' "
      "'#include <stdio.h>' '#include \"two.h\"' 'int main(void) { for (size_t i = 0; i < "
      "two_inputs; ++i) printf(\"%u %.*s\\n\", two[i].session, (int)two[i].size, "
      "two[i].data); }' > main.c && gcc-12 -Wall -Werror main.c -o main && ./main");
  EXPECT_EQ(run.out, "1 \"GET\\?\n2 SET\n") << run.err;
}

TEST_F(CorpusVerbTest, ExportsConversationsThatWiresharkReads) {
  ASSERT_EQ(type("command -v tshark").exit, 0) << "tshark is not installed";
  Reel reel = scene("@5 1+ 2+ 1:PING @1500000000 2:hello 1- 2:datagram");
  reel.inputs[0].data = "tcp inbound 127.0.0.1:6379 127.0.0.1:50112";
  reel.inputs[1].data = "udp inbound [::1]:9999 [::1]:40001";
  reel.program.start_realtime_ns = 1'790'000'000'000'000'000;
  put_reel("talk.reel", reel);
  ASSERT_EQ(type("crashreel corpus export talk.reel --format pcapng -o talk.pcapng").exit, 0);
  const CommandRun run = type(
      "tshark -n -r talk.pcapng -o tcp.check_checksum:TRUE -o ip.check_checksum:TRUE -o "
      "udp.check_checksum:TRUE -Y 'tcp.len > 0 || udp' -T fields -e frame.time_epoch -e "
      "tcp.dstport -e tcp.payload -e tcp.checksum.status -e udp.dstport -e udp.payload -e "
      "udp.checksum.status");
  EXPECT_EQ(run.out,
            "1790000000.000000005\t6379\t50494e47\t1\t\t\t\n"
            "1790000001.500000000\t\t\t\t9999\t68656c6c6f\t1\n"
            "1790000001.500000000\t\t\t\t9999\t646174616772616d\t1\n")
      << run.err;
  EXPECT_EQ(type("tshark -n -r talk.pcapng -q -z expert | grep -ci error").out, "0\n");
}

// From a packet capture to a replay in one command each, as somebody without a recorder goes.
TEST_F(CorpusVerbTest, ImportsAPacketCaptureThatCrashesTheServer) {
  Reel reel = scene("1+ 1:ARM_a| 2+ 2:BIND_a| 1:FIRE| 2-");
  for (Input& input : reel.inputs) {
    std::replace(input.data.begin(), input.data.end(), '_', ' ');
    std::replace(input.data.begin(), input.data.end(), '|', '\n');
    if (input.kind == InputKind::kOpen)
      input.data = "tcp inbound 127.0.0.1:6379 127.0.0.1:5000" + std::to_string(input.session);
  }
  put_reel("talk.reel", reel);
  ASSERT_EQ(type("crashreel corpus export talk.reel --format pcapng -o traffic.pcapng").exit, 0);
  const CommandRun run = type(
      "crashreel import traffic.pcapng --format pcap --port 6379 -o day.reel "
      "-- " CRASHREEL_BUILD_DIR "/zoo/canary 6379 && crashreel replay day.reel");
  EXPECT_EQ(run.exit, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("reproduced 1 of 1"));
  const CommandRun wrong =
      type("crashreel import traffic.pcapng --format pcap --port 80 -o x.reel -- /bin/cat");
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_THAT(wrong.err, HasSubstr("it has packets to port 6379 (3)"));
}

}  // namespace
}  // namespace crashreel
