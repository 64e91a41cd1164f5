// Do the forms of a report say what its model says, and nothing that a stranger put in?

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tools/report/scene.h"
#include "tools/json.h"
#include "tools/report/data_forms.h"
#include "tools/report/html.h"
#include "tools/report/lanes.h"
#include "tools/report/markup.h"

namespace crashreel {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::Not;

Evidence evidence_of(const std::string& json) {
  Evidence evidence;
  EXPECT_TRUE(add_answer(json, "answer.json", evidence));
  return evidence;
}

TEST(ReportModel, KnowsWhatWasLeftOut) {
  const ReportModel model = whole_model();
  ASSERT_EQ(model.inputs.size(), 6U);
  EXPECT_FALSE(model.inputs[0].is_kept);
  EXPECT_TRUE(model.inputs[1].is_kept);
  EXPECT_EQ(model.kept_inputs, 2U);
  EXPECT_EQ(model.kept_bytes, 10U);
  EXPECT_EQ(model.all_bytes, 34U);
  ASSERT_EQ(model.payloads.size(), 2U);
  EXPECT_EQ(model.payloads[0].runs.front().bytes, "ARM ");
  EXPECT_EQ(model.payloads[1].runs.size(), 1U);
}

TEST(ReportModel, SaysWhatNobodyTold) {
  const ReadReel read = reduced();
  const ReportModel alone = model_of({&read, "small.reel"}, {}, {});
  EXPECT_EQ(alone.not_known.size(), 6U);
  EXPECT_THAT(html_of(alone), HasSubstr("which inputs are the poison and the trigger: give the "
                                        "answer of &#39;crashreel blame --json&#39;"));
  EXPECT_THAT(html_of(alone), Not(HasSubstr("left out</span>")));
}

TEST(ReportModel, ShowsNoMoreBytesThanAPageCanBear) {
  ReadReel read = original();
  for (std::uint64_t seq = 10; seq < 400; ++seq) {
    read.reel.inputs.push_back(data_of(seq, 1, std::string(100'000, 'x')));
  }
  const ReportModel model = model_of({&read, "big.reel"}, {}, {});
  EXPECT_EQ(model.payloads.size(), kShownBytes / kShownPayload);
  EXPECT_TRUE(model.payloads.back().is_cut);
  EXPECT_EQ(model.payloads.back().input, model.inputs.size() - 1);
  EXPECT_THAT(html_of(model), HasSubstr("The last 24 of 396 inputs"));
}

TEST(Report, TellsWhatOtherVerbsFound) {
  const ReportModel model = whole_model(
      evidence_of(R"({"verb":"blame","tries":10,"reproduced":9,"basis":"both","poison":{"seq":1},)"
                  R"("trigger":{"seq":5},"unconsumed":[]})"));
  const std::string html = html_of(model);
  EXPECT_THAT(html, HasSubstr("came back in 9 of 10 runs (blame), a rate between 55.4 % and 99.8 "
                              "% with 95 % confidence"));
  EXPECT_THAT(html, HasSubstr("poison <a href=\"#input-1\">input 1</a>, trigger"));
  EXPECT_THAT(html, HasSubstr("<path class=\"mark poison\" data-seq=\"1\" d=\"M199 0v16\"/>"));
  EXPECT_THAT(html, HasSubstr("5 bytes of 9 <span class=\"badge poison\">"));
}

TEST(Report, DrawsHowItWasReduced) {
  const ReportModel model = whole_model(evidence_of(
      R"({"verb":"minimize","inputs_before":6,"inputs_after":2,"bytes_before":34,"questions":8,)"
      R"("bound":7,"different_seen":3,"history":[[1,6,34],[4,3,20],[6,2,14]],"one_minimal":true,"different_at":[2,5]})"));
  const std::string html = html_of(model);
  EXPECT_THAT(html, HasSubstr("<path d=\"M0 0H125V0H500V57H750V87H1000\"/>"));
  EXPECT_THAT(html, HasSubstr("3 questions met another crash, and none of these was accepted."));
  EXPECT_THAT(html, HasSubstr("<td>4</td><td>3</td><td>20</td>"));
  EXPECT_THAT(html, HasSubstr("<path class=\"slip\" d=\"M250 0V200\"/>"));
}

TEST(Report, AsksForNothingFromAnywhere) {
  const std::string html = html_of(hostile_model());
  EXPECT_THAT(html, HasSubstr("content=\"default-src 'none'; style-src 'unsafe-inline'; script-src "
                              "'unsafe-inline'; base-uri 'none'; form-action 'none'\""));
  for (const char* request : {"http:", "https:", "src=\"", "url(", "@import", "<link", "<iframe",
                              "fetch(", "XMLHttpRequest", "WebSocket", "import(", "sendBeacon"}) {
    EXPECT_THAT(html, Not(HasSubstr(request)));
  }
  EXPECT_EQ(count_of(html, "href=\"") - count_of(html, "href=\"#"), 0U);
}

TEST(Report, TakesNothingOfAStrangerForItsOwn) {
  const std::string html = html_of(hostile_model());
  EXPECT_EQ(count_of(html, "<script"), 3U);  // its own
  EXPECT_EQ(count_of(html, "</script"), 3U);
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
  EXPECT_THAT(html, Not(HasSubstr("\xff")));
  EXPECT_EQ(count_of(html, "&lt;/script&gt;&lt;script&gt;alert(1)") > 5, true);
}

TEST(Report, IsJsonWhateverTheReelSays) {
  for (const std::string& text :
       {json_of(hostile_model()), sarif_of(hostile_model()), trace_of(hostile_model())}) {
    EXPECT_TRUE(Json::accept(text)) << text;
  }
}

TEST(Report, IsTheSameAsData) {
  const ReportModel model = whole_model(evidence_of(
      R"({"verb":"reach","needed":5,"inputs":6,"oldest_needed":{"seq":1,"time_ns":1}})"));
  const Json json = Json::parse(json_of(model));
  EXPECT_EQ(json["verb"], "report");
  EXPECT_EQ(json["inputs"][1], Json({1, 1'000'000, 2, 9, true}));
  EXPECT_EQ(json["inputs"][0][4], false);
  EXPECT_EQ(json["reach"]["oldest_seq"], 1);
  EXPECT_EQ(json["payloads"][0]["runs"][0]["fate"], "essential");
  EXPECT_EQ(json["frames_that_count"], 2);
  EXPECT_EQ(json["rate"], Json());
}

TEST(Report, IsAFindingForThoseWhoCollectThem) {
  const Json log = Json::parse(sarif_of(whole_model()));
  EXPECT_EQ(log["version"], "2.1.0");
  const Json& result = log["runs"][0]["results"][0];
  EXPECT_EQ(result["ruleId"], "SIGSEGV");
  EXPECT_EQ(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], "SIGSEGV");
  EXPECT_EQ(result["message"]["text"], "SIGSEGV in fire < server+0x20, by 2 inputs");
  EXPECT_EQ(result["stacks"][0]["frames"].size(), 2U);
  EXPECT_EQ(result["partialFingerprints"]["crashreelSignature/v1"],
            "SIGSEGV in fire < server+0x20");
}

TEST(Report, IsATraceWithALineForEachSession) {
  const Json trace = Json::parse(trace_of(whole_model(evidence_of(
      R"({"verb":"blame","tries":1,"reproduced":1,"poison":{"seq":1},"trigger":{"seq":5}})"))));
  std::size_t instants = 0, names = 0;
  double last = 0;
  for (const Json& event : trace["traceEvents"]) {
    names += event["ph"] == "M";
    if (event["ph"] != "i" || event["s"] != "t") continue;
    ++instants;
    EXPECT_GE(event["ts"], last);
    last = event["ts"];
  }
  EXPECT_EQ(instants, 6U);
  EXPECT_EQ(names, 3U);  // of the program, and of two sessions
  EXPECT_EQ(last, 5'000.0);
  EXPECT_EQ(trace["traceEvents"].back()["name"], "trigger");
  EXPECT_EQ(trace["traceEvents"].back()["s"], "g");
}

TEST(Lanes, AreTheSessionsThatMatterAndTheOthersInOne) {
  ReadReel large = original();
  for (std::uint64_t seq = 10; seq < 1000; ++seq) {
    large.reel.inputs.push_back(data_of(seq, static_cast<std::uint32_t>(10 + seq % 60), "x"));
  }
  const ReadReel small = reduced();
  const ReportModel model = model_of({&small, "s"}, {&large, "l"}, {});
  const Lanes lanes = lanes_of(model);
  ASSERT_EQ(lanes.lanes.size(), kMostLanes);
  EXPECT_EQ(lanes.lanes.front().name, "session 2");
  EXPECT_EQ(lanes.lanes.front().kept, 2U);
  EXPECT_EQ(lanes.lanes.back().name, "31 other sessions");
  std::uint64_t inputs = 0;
  for (const Lane& lane : lanes.lanes) inputs += lane.inputs;
  EXPECT_EQ(inputs, model.inputs.size());
}

TEST(Lanes, ShowTheOrderWhereThereIsNoTime) {
  ReadReel read = original();
  for (Input& input : read.reel.inputs) input.time_ns = 7;
  const Lanes lanes = lanes_of(model_of({&read, "r"}, {}, {}));
  EXPECT_TRUE(lanes.by_order);
  EXPECT_EQ(lanes.lanes[0].kept_path, "M0 1h3v14h-3zM333 1h3v14h-3zM499 1h3v14h-3zM666 1h3v14h-3z");
}

TEST(Lanes, AHundredThousandInputsMakeAPageOfLessThanTwoMegabytes) {
  ReadReel read = original();
  read.reel.inputs.clear();
  for (std::uint64_t seq = 0; seq < 100'000; ++seq) {
    read.reel.inputs.push_back(data_of(seq * 3, static_cast<std::uint32_t>(seq * 7919 % 5'000),
                                       std::string(seq % 300, 'x')));
  }
  EXPECT_LT(html_of(model_of({&read, "r"}, {}, {})).size(), 2'000'000U);
}

TEST(Lanes, OfNoInputsAreNone) {
  ReadReel read = original();
  read.reel.inputs.clear();
  EXPECT_TRUE(lanes_of(model_of({&read, "r"}, {}, {})).lanes.empty());
  EXPECT_THAT(html_of(model_of({&read, "r"}, {}, {})), HasSubstr("0 inputs"));
}

TEST(Markup, EscapesWhatAPageWouldTakeForItsOwn) {
  EXPECT_EQ(escape_html("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
  EXPECT_EQ(bytes_html(std::string("\0<\x80", 3)), "\\0&lt;\\x80");
  EXPECT_EQ(text_html("gr\xc3\xbc\xc3\x9f"
                      "e\n\xff\xe2\x80\xae!"),
            "gr\xc3\xbc\xc3\x9f"
            "e\\n\\xff\\xe2\\x80\\xae!");
  EXPECT_EQ(text_html("cut \xc3"), "cut \\xc3");
}

}  // namespace
}  // namespace crashreel
