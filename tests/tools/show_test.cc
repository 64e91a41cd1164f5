#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "capture/reel/reel_format.h"
#include "capture/reel/reel_writer.h"
#include "tests/tools/run_command.h"
#include "tests/tools/scene.h"

namespace crashreel {
namespace {

using testing::CommandRun;
using testing::crashed_server;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::one_object;

class ShowTest : public ::testing::Test {
 protected:
  CommandRun show(const std::string& bytes, std::vector<std::string> options = {}) {
    std::string path = directory_.write("crash.reel", bytes);
    options.insert(options.begin(), {testing::crashreel_binary(), "show", path});
    return testing::run_command(options);
  }

  testing::TemporaryDirectory directory_;
};

TEST_F(ShowTest, SaysWhatWasKeptWhatIsLostAndHowItEnded) {
  CommandRun run = show(serialize_reel(crashed_server()));
  EXPECT_EQ(run.exit, 0);
  EXPECT_THAT(run.err, IsEmpty());
  for (const char* text :
       {"server -f server.conf", "/opt/server/bin/server", "pid 4711", "2023-11-14 22:13:20 UTC",
        "killed by SIGSEGV after 12.000345 s", "free_client", "libc.so.6+0x271ca",
        "97 overwritten by newer ones, 1,572,864 bytes (1.5 MiB)", "1 begun and not finished",
        "not back to the program's start", "/etc/server.conf, 10 bytes"}) {
    EXPECT_THAT(run.out, HasSubstr(text));
  }
}

TEST_F(ShowTest, GivesTheSummaryAsOneObject) {
  Json summary = one_object(show(serialize_reel(crashed_server()), {"--json"}).out);
  EXPECT_EQ(summary["format"], 1);
  EXPECT_EQ(summary["verb"], "show");
  EXPECT_EQ(summary["program"]["argv"][2], "server.conf");
  EXPECT_EQ(summary["kept"]["inputs"], 4);
  EXPECT_EQ(summary["kept"]["records"], 5);
  EXPECT_EQ(summary["kept"]["prelude"], 2);
  EXPECT_EQ(summary["lost"]["overwritten_inputs"], 97);
  EXPECT_EQ(summary["crash"]["signature"]["frames"][0]["symbol"], "free_client");
  EXPECT_EQ(summary["files"][0]["path"], "/etc/server.conf");
  EXPECT_EQ(summary["damage"]["lost_inputs"], 0);
  EXPECT_FALSE(summary.contains("inputs"));
}

// A session head of seq 50 and 51 and a pinned input of seq 60, between the prelude and the tail.
Reel with_heads_and_pins() {
  Reel reel = crashed_server();
  const std::vector<Input> beside = {
      {50, 2'000'000, 1, 7, InputKind::kOpen, "tcp inbound", Place::kHead},
      {51, 3'000'000, 1, 7, InputKind::kData, "AUTH\r\n", Place::kHead},
      {60, 4'000'000, 1, 7, InputKind::kData, "schema", Place::kPinned}};
  reel.inputs.insert(reel.inputs.begin() + 2, beside.begin(), beside.end());
  return reel;
}

TEST_F(ShowTest, SaysWhatWasKeptBesideTheTail) {
  const std::string bytes = serialize_reel(with_heads_and_pins());
  const CommandRun run = show(bytes);
  for (const char* text : {"the first 2 records, seq 0 to 1", "2 records with which sessions began",
                           ", seq 50 to 51", "1 record, the newest of a key each, seq 60 to 60"}) {
    EXPECT_THAT(run.out, HasSubstr(text));
  }
  const Json summary = one_object(show(bytes, {"--json"}).out);
  EXPECT_EQ(summary["kept"]["places"]["head"],
            (Json{{"records", 2}, {"first_seq", 50}, {"last_seq", 51}}));
  EXPECT_EQ(summary["kept"]["places"]["tail"]["records"], 3);
  const CommandRun table = show(bytes, {"--inputs"});
  EXPECT_THAT(table.out, HasSubstr("      51  head "));
  EXPECT_THAT(table.out, HasSubstr("      60  pinned "));
}

TEST_F(ShowTest, SaysWhatBoundEachPlaceAndWhatThatCost) {
  Reel reel = with_heads_and_pins();
  reel.keeping = {.known = true,
                  .tail_bytes = 1 << 20,
                  .most_inputs = 1000,
                  .most_age_ns = 60'000'000'000,
                  .beyond_inputs = 11,
                  .beyond_age = 12,
                  .prelude_bytes = 4096,
                  .prelude_full = true,
                  .heads = 32,
                  .head_bytes = 2048,
                  .heads_open = 5,
                  .heads_full = 2,
                  .heads_gapped = 1,
                  .heads_refused = 3,
                  .pins = 4,
                  .pin_bytes = 400,
                  .pins_used = 4,
                  .pins_refused = 6,
                  .pins_missed = 7};
  const std::string bytes = serialize_reel(reel);
  const std::string out = show(bytes).out;
  for (const char* text :
       {"the last 3 records, seq 100 to 102", "room for 1,048,576 bytes (1.0 MiB)",
        "at most 1,000 inputs, none older than 60.000000 s",
        "97 lost to the room, 11 to the number of inputs, 12 to the age", "full: later ones",
        "room for 32 sessions, 2,048 bytes (2.0 KiB) each; 5 open",
        "2 full: what came later is the tail's alone, 1 with gaps", "3 without a place",
        "room for 4 keys, inputs of at most 400 bytes; 4 taken",
        "6 inputs whose key found no place, 7 inputs too long or too busy"}) {
    EXPECT_THAT(out, HasSubstr(text));
  }
  const Json places = one_object(show(bytes, {"--json"}).out)["kept"]["places"];
  EXPECT_EQ(places["tail"]["beyond_age"], 12);
  EXPECT_EQ(places["tail"]["overwritten"], 97);
  EXPECT_EQ(places["prelude"]["full"], true);
  EXPECT_EQ(places["head"]["refused"], 3);
  EXPECT_EQ(places["head"]["records"], 2);
  EXPECT_EQ(places["pinned"]["missed"], 7);
}

TEST_F(ShowTest, SaysWhyItWasSavedAndWhatTheKernelAndASanitizerTold) {
  Reel reel = crashed_server();
  reel.crash.reason = SaveReason::kCrash;
  reel.crash.code = 1;
  reel.crash.address = 0x10;
  reel.crash.report = "ERROR: AddressSanitizer: \033[31m\nWRITE of size 1\n";
  const std::string bytes = serialize_reel(reel);
  const std::string out = show(bytes).out;
  for (const char* text :
       {"SEGV_MAPERR at address 0x10", "on crash", "ERROR: AddressSanitizer", "WRITE of size 1"}) {
    EXPECT_THAT(out, HasSubstr(text));
  }
  EXPECT_THAT(out, Not(HasSubstr("\033")));
  const Json crash = one_object(show(bytes, {"--json"}).out)["crash"];
  EXPECT_EQ(crash["reason"], "crash");
  EXPECT_EQ(crash["still_running"], false);
  EXPECT_EQ(crash["code"], 1);
  EXPECT_EQ(crash["address"], "0x0000000000000010");
  EXPECT_EQ(crash["report"], reel.crash.report);
}

TEST_F(ShowTest, SaysThatTheProgramRanOn) {
  Reel reel = crashed_server();
  reel.crash = {.reason = SaveReason::kHang, .still_running = true};
  const std::string out = show(serialize_reel(reel)).out;
  EXPECT_THAT(out, HasSubstr("not yet: it ran on when the reel was made"));
  EXPECT_THAT(out, HasSubstr("on hang"));
}

TEST_F(ShowTest, NamesTheFilesThatWereTooLarge) {
  Reel reel = crashed_server();
  reel.file_digests = {{"/srv/data", 70'000, 5, 0xabc}, {"/srv/huge", 99'000'000, 5, std::nullopt}};
  const std::string bytes = serialize_reel(reel);
  EXPECT_THAT(show(bytes).out, HasSubstr("/srv/data, 70,000 bytes (68.4 KiB), not kept, digest "
                                         "0000000000000abc"));
  EXPECT_THAT(show(bytes).out, HasSubstr("not kept, no digest"));
  const Json files = one_object(show(bytes, {"--json"}).out)["large_files"];
  EXPECT_EQ(files[0]["digest"], "0000000000000abc");
  EXPECT_TRUE(files[1]["digest"].is_null());
}

TEST_F(ShowTest, NamesWhatTheReelWasMadeFrom) {
  Reel reel = crashed_server();
  reel.lineage = {"night.reel", std::string(40, 'a')};
  const std::string bytes = serialize_reel(reel);
  EXPECT_THAT(show(bytes).out, HasSubstr("night.reel\n"));
  EXPECT_THAT(show(bytes).out, HasSubstr("SHA-1 aaaaaaaa"));
  EXPECT_EQ(one_object(show(bytes, {"--json"}).out)["lineage"]["origin"], "night.reel");
}

TEST_F(ShowTest, AddsTheInputsToTheObjectWhenAsked) {
  Json summary = one_object(show(serialize_reel(crashed_server()), {"--json", "--inputs"}).out);
  ASSERT_EQ(summary["inputs"].size(), 5u);
  EXPECT_EQ(summary["inputs"][1]["data"], "SEVMTE8NCg==");
}

TEST_F(ShowTest, ShowsEachInputOnALineThatFits) {
  CommandRun run = show(serialize_reel(crashed_server()), {"--inputs"});
  EXPECT_EQ(run.exit, 0);
  EXPECT_THAT(run.out, HasSubstr("HELLO\\r\\n\n"));
  EXPECT_THAT(run.out, HasSubstr("... 98 not kept\n"));
  std::istringstream lines(run.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) EXPECT_LE(line.size(), 100u);
  EXPECT_EQ(count, 7);
}

TEST_F(ShowTest, BeginsAndEndsWhereItIsTold) {
  const Reel reel = crashed_server();
  const auto seqs = [&](std::vector<std::string> options) {
    options.insert(options.begin(), "--jsonl");
    std::istringstream lines(show(serialize_reel(reel), options).out);
    std::vector<std::uint64_t> shown;
    for (std::string line; std::getline(lines, line);) {
      shown.push_back(one_object(line + "\n")["seq"].get<std::uint64_t>());
    }
    return shown;
  };
  std::vector<std::uint64_t> all;
  for (const Input& input : reel.inputs) all.push_back(input.seq);
  ASSERT_EQ(all.size(), 5u);
  EXPECT_EQ(seqs({}), all);
  EXPECT_THAT(seqs({"--from", std::to_string(all[3])}), ElementsAre(all[3], all[4]));
  EXPECT_THAT(seqs({"--from", std::to_string(all[1] + 1), "--count", "1"}), ElementsAre(all[2]));
  EXPECT_THAT(seqs({"--count", "2"}), ElementsAre(all[0], all[1]));
  EXPECT_THAT(seqs({"--from", std::to_string(all[4] + 1)}), IsEmpty());
  const CommandRun table =
      show(serialize_reel(reel), {"--inputs", "--from", std::to_string(all[4])});
  EXPECT_EQ(std::count(table.out.begin(), table.out.end(), '\n'), 2);
  Json summary = one_object(show(serialize_reel(reel), {"--json", "--inputs", "--count", "2"}).out);
  EXPECT_EQ(summary["inputs"].size(), 2u);
  EXPECT_EQ(summary["checked"], false);
}

TEST_F(ShowTest, TakesARangeOfInputsOnlyWhereInputsAreShown) {
  const CommandRun run = show(serialize_reel(crashed_server()), {"--from", "3"});
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("add '--inputs' or '--jsonl'"));
}

TEST_F(ShowTest, SaysWhatWasMaskedAndThatTheRingHeldIt) {
  Reel reel = crashed_server();
  reel.redaction = {.rules = {"1 mask:after"}, .masked_facts = 2};
  reel.inputs.push_back({103, 12'000'000'000, 1, 7, InputKind::kMasked, "3000 1:mask:5+7"});
  std::string out = show(serialize_reel(reel)).out;
  EXPECT_THAT(out, HasSubstr("1 record and 2 facts of the program in part"));
  EXPECT_THAT(out, HasSubstr("a secret that two reads share was not found"));
  EXPECT_THAT(out, Not(HasSubstr("clear bytes")));
  EXPECT_THAT(show(serialize_reel(reel), {"--inputs"}).out,
              HasSubstr("above: 7 of 3000 bytes, mask 5+7"));
  reel.redaction.salvage_rules = {"2 mask:regex"};
  EXPECT_THAT(show(serialize_reel(reel)).out, HasSubstr("the ring itself held the clear bytes"));
  Json summary = one_object(show(serialize_reel(reel), {"--json"}).out);
  EXPECT_EQ(summary["redaction"]["masked_records"], 1);
  EXPECT_EQ(summary["redaction"]["salvage_rules"][0], "2 mask:regex");
}

TEST_F(ShowTest, LetsNothingOfAReelActOnTheTerminal) {
  Reel reel = crashed_server();
  reel.program.argv.push_back("\033]0;title\a");
  reel.program.working_directory = "/srv/\033[2J";
  reel.crash.signature.frames[0].symbol = "f\033[31m";
  reel.files[0].path = "a\nb";
  std::string bytes = serialize_reel(reel);
  for (const char* option : {"--quiet", "--inputs"}) {
    EXPECT_THAT(show(bytes, {option}).out, Not(HasSubstr("\033")));
  }
}

TEST_F(ShowTest, PrintsTextThatIsNotUtf8WithoutStumbling) {
  Reel reel = crashed_server();
  reel.program.argv.push_back("\xff\xfe");
  CommandRun run = show(serialize_reel(reel), {"--json"});
  EXPECT_EQ(run.exit, 0);
  EXPECT_EQ(one_object(run.out)["program"]["argv"][3], "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_F(ShowTest, PrintsOneInputALineAndNothingElse) {
  CommandRun run = show(serialize_reel(crashed_server()), {"--jsonl"});
  EXPECT_THAT(run.err, IsEmpty());
  std::istringstream lines(run.out);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) one_object(line + "\n");
  EXPECT_EQ(count, 5);
}

TEST_F(ShowTest, RefusesTwoShapesAtOnce) {
  EXPECT_EQ(show("", {"--jsonl", "--json"}).exit, 2);
  EXPECT_EQ(show("", {"--jsonl", "--inputs"}).exit, 2);
}

TEST_F(ShowTest, ShowsWhatIsWholeAndTellsTheRestOnStderr) {
  std::string bytes = serialize_reel(crashed_server());
  CommandRun cut = show(bytes.substr(0, bytes.size() - 1));
  EXPECT_EQ(cut.exit, 0);
  EXPECT_THAT(cut.out, HasSubstr("/opt/server/bin/server"));
  EXPECT_THAT(cut.err, Not(IsEmpty()));

  // The frame of the inputs: damage that a look at the ends alone would miss.
  bytes[bytes.find("HELLO")] ^= 1;
  CommandRun flipped = show(bytes);
  EXPECT_EQ(flipped.exit, 0);
  EXPECT_THAT(flipped.err, HasSubstr("5 inputs are lost"));
  EXPECT_EQ(one_object(show(bytes, {"--json"}).out)["damage"]["lost_inputs"], 5);
}

TEST_F(ShowTest, EndsInOrderWhereverAReelIsCut) {
  std::string bytes = serialize_reel(crashed_server());
  for (std::size_t size = 0; size < bytes.size(); size += 17) {
    CommandRun run = show(bytes.substr(0, size), {"--json"});
    EXPECT_TRUE(run.exit == 0 || run.exit == 6) << size << ": " << run.exit;
    EXPECT_EQ(one_object(run.out).contains("error"), run.exit == 6) << size;
    EXPECT_THAT(run.err, Not(IsEmpty())) << size;
  }
}

TEST_F(ShowTest, RefusesWhatIsNoReelWithSix) {
  std::string noise;
  for (unsigned i = 0, x = 1; i < 5000; ++i, x = x * 1664525 + 1013904223) {
    noise += static_cast<char>(x >> 24);
  }
  for (const std::string& bytes : {std::string(), std::string("hello\n"), noise}) {
    CommandRun run = show(bytes);
    EXPECT_EQ(run.exit, 6);
    EXPECT_THAT(run.out, IsEmpty());
    EXPECT_THAT(run.err, HasSubstr("crash.reel"));
  }
}

TEST_F(ShowTest, NamesTheVersionOfAReelFromTheFuture) {
  std::string bytes = serialize_reel(crashed_server());
  std::string header = encode(ReelHeader{.version = 99});
  CommandRun run = show(header + bytes.substr(header.size()));
  EXPECT_THAT(run.err, HasSubstr("99"));
}

TEST_F(ShowTest, NamesAFileThatIsNotThere) {
  CommandRun run = testing::run_command({testing::crashreel_binary(), "show", "/no/such.reel"});
  EXPECT_EQ(run.exit, 2);
  EXPECT_THAT(run.err, HasSubstr("/no/such.reel"));
  EXPECT_THAT(run.err, HasSubstr("No such file"));
}

}  // namespace
}  // namespace crashreel
