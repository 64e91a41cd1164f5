#include "capture/reel/jsonl.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "capture/reel/base64.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& text) {
  const auto parsed = parse_jsonl(text, "x.jsonl");
  return parsed ? "none" : parsed.error().message;
}

TEST(Base64, AgreesWithTheStandardsVectors) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, CarriesEveryByteInEveryPosition) {
  for (std::size_t size = 1; size <= 4; ++size)
    for (int byte = 0; byte < 256; ++byte) {
      const std::string bytes(size, static_cast<char>(byte));
      EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
    }
}

TEST(Base64, RefusesWhateverIsNotTheOneTextOfAValue) {
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "====", "=", "Zm9v\n",
                           "Zm 9", "Zm9-", "Zm9_", "Z=g="})
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
}

TEST(Jsonl, WritesOneLineWithAllKeys) {
  const Reel reel = scene("#17 @1200345 t1 3:GET !11");
  EXPECT_EQ(to_jsonl(reel.inputs[0]),
            R"({"seq":17,"time_ns":1200345,"thread":1,"session":3,"kind":"data","data":"R0VU"})");
  EXPECT_EQ(
      to_jsonl(reel.inputs[1]),
      R"({"seq":18,"time_ns":1200345,"thread":1,"session":null,"kind":"signal","data":"MTE="})");
}

TEST(Jsonl, GivesBackWhatWasWritten) {
  const std::vector<Input> inputs = full_reel().inputs;
  std::string text;
  for (const Input& input : inputs) text += to_jsonl(input) + "\n";
  const auto parsed = parse_jsonl(text, "x.jsonl");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, inputs);
}

TEST(Jsonl, NeedsSessionAndDataAlone) {
  const auto parsed = parse_jsonl(
      "{\"session\": 1, \"data\": \"R0VU\"}\r\n\n  \n{\"data\":\"\",\"colour\":[{}],\"session\":1}",
      "x.jsonl");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(*parsed, scene("1:GET 1:").inputs);
}

TEST(Jsonl, CountsOnFromAGivenSeq) {
  const auto parsed = parse_jsonl(R"({"session":1,"data":"","seq":40})"
                                  "\n"
                                  R"({"session":1,"data":""})",
                                  "x.jsonl");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, scene("#40 1: 1:").inputs);
}

TEST(Jsonl, NeedsNoDataToOpenAndCloseAndNoSessionForASignal) {
  const auto parsed = parse_jsonl(R"({"session":1,"kind":"open"})"
                                  "\n"
                                  R"({"session":1,"kind":"close"})"
                                  "\n"
                                  R"({"kind":"signal","data":"MTE="})",
                                  "x.jsonl");
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_EQ(parsed->size(), 3u);
  EXPECT_EQ((*parsed)[0].kind, InputKind::kOpen);
  EXPECT_EQ((*parsed)[1].kind, InputKind::kClose);
  EXPECT_EQ((*parsed)[2].session, kNoSession);
  EXPECT_EQ((*parsed)[2].data, "11");
}

TEST(Jsonl, NamesFileLineKeyAndWhatToDo) {
  const std::string good = R"({"session":1,"data":""})"
                           "\n\n";
  EXPECT_EQ(error_of(good + R"({"session":1,"data":"R0V"})"),
            "x.jsonl:3: \"data\" is not base64; encode it with `base64 -w0`: standard alphabet, "
            "padded, without line breaks");
  EXPECT_EQ(error_of(good + R"({"data":""})"),
            "x.jsonl:3: \"session\" is missing; give the number of the session");
  EXPECT_EQ(error_of(good + R"({"session":1})"),
            "x.jsonl:3: \"data\" is missing; give the bytes in base64");
  EXPECT_EQ(error_of(good + R"({"session":1,"data":"","seq":0})"),
            "x.jsonl:3: \"seq\" is 0 and does not rise above the line before; put the lines in "
            "order, or leave seq out");
}

TEST(Jsonl, RefusesNumbersThatDoNotFit) {
  for (const char* number : {"-1", "4294967296", "1.5", "1e3", "\"1\"", "true", "[]"})
    EXPECT_THAT(error_of(std::string(R"({"data":"","session":)") + number + "}"),
                HasSubstr("x.jsonl:1: \"session\" is no whole number from 0 to 4294967295"))
        << number;
  EXPECT_THAT(error_of(R"({"data":"","session":1,"time_ns":18446744073709551616})"),
              HasSubstr("\"time_ns\" is no whole number"));
  EXPECT_THAT(error_of(R"({"data":"","session":1,"kind":"dato"})"),
              HasSubstr("\"kind\" is none that is known; write open, data,"));
}

TEST(Jsonl, RefusesWhatIsNoObjectOfJson) {
  for (const char* text : {"hello", "{", "{\"session\":1,\"data\":\"\"} {}", "{\"a\":\"\xff\"}"})
    EXPECT_THAT(error_of(text), HasSubstr("x.jsonl:1: is not JSON")) << text;
  for (const char* text : {"[]", "1", "null", "\"a\""})
    EXPECT_THAT(error_of(text), HasSubstr("x.jsonl:1: is no JSON object")) << text;
}

TEST(Jsonl, SurvivesDeepNesting) {
  EXPECT_THAT(error_of(std::string(200000, '[')), HasSubstr("is not JSON"));
  EXPECT_EQ(error_of("{\"session\":1,\"data\":\"\",\"x\":" + std::string(200000, '[') +
                     std::string(200000, ']') + "}"),
            "none");
}

TEST(Jsonl, HasNoSeqBehindTheLast) {
  EXPECT_THAT(error_of(R"({"session":1,"data":"","seq":18446744073709551615})"
                       "\n"
                       R"({"session":1,"data":""})"),
              HasSubstr("x.jsonl:2: has no seq left"));
}

}  // namespace
}  // namespace crashreel
