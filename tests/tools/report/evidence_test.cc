#include "tools/report/evidence.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace crashreel {
namespace {

using ::testing::HasSubstr;

Evidence of(const std::string& json) {
  Evidence evidence;
  EXPECT_TRUE(add_answer(json, "a.json", evidence)) << json;
  return evidence;
}

TEST(Evidence, OfAReplayIsTheRateAndTheDivergence) {
  const Evidence evidence =
      of(R"({"verb":"replay","tries":10,"reproduced":7,"divergence":{"input":412}})");
  EXPECT_EQ(evidence.rate->reproduced, 7U);
  EXPECT_EQ(evidence.rate->tries, 10U);
  EXPECT_EQ(evidence.divergence->seq, 412U);
  EXPECT_TRUE(of(R"({"verb":"replay","divergence":null})").divergence_looked_for);
}

TEST(Evidence, TheMostTriesMakeTheRate) {
  Evidence evidence = of(R"({"verb":"replay","tries":10,"reproduced":7})");
  ASSERT_TRUE(add_answer(R"({"verb":"blame","tries":3,"reproduced":3})", "b.json", evidence));
  EXPECT_EQ(evidence.rate->tries, 10U);
}

TEST(Evidence, WhatDoesNotFitIsNotKnown) {
  EXPECT_FALSE(of(R"({"verb":"replay","tries":1,"reproduced":7})").rate);
  EXPECT_FALSE(of(R"({"verb":"replay","tries":-1,"reproduced":"x"})").rate);
  EXPECT_FALSE(of(R"({"verb":"reach","needed":3,"oldest_needed":null})").reach);
  EXPECT_FALSE(of(R"({"verb":"blame","poison":[],"trigger":{"seq":1}})").blame);
  EXPECT_TRUE(of(R"({"verb":"minimize","history":[[1,2],[3],"x"]})").reduction->curve.size() == 1);
}

TEST(Evidence, OtherFilesAreRefusedByName) {
  Evidence evidence;
  for (const char* text : {"", "[]", "{}", R"({"verb":"show"})", R"({"verb":["blame"]})"}) {
    const auto added = add_answer(text, "odd.json", evidence);
    ASSERT_FALSE(added);
    EXPECT_THAT(added.error().message, HasSubstr("odd.json: is no answer of a verb"));
  }
}

}  // namespace
}  // namespace crashreel
