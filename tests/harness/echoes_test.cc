#include "harness/echoes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness/sequence.h"
#include "harness/words_of.h"
#include "tests/harness/tries.h"

namespace crashreel {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

// One client; of each of its inputs, what the three have answered. Production's is known by its
// digest alone, and where it is empty not at all.
struct Turn {
  std::string said, production, replay, again;
};

struct Told {
  Reel reel;
  std::vector<RecordedAnswer> recorded;
  std::vector<ReplayedAnswer> replayed, again;
};

Told told_of(const std::vector<Turn>& turns) {
  Told told;
  for (const Turn& turn : turns) {
    told.reel.inputs.push_back(
        {.seq = told.reel.inputs.size() + 1, .session = 1, .data = turn.said});
  }
  for (std::size_t i = 0; i < turns.size(); ++i) {
    const Input* to = &told.reel.inputs[i];
    const auto add = [&](std::vector<ReplayedAnswer>& all, const std::string& bytes) {
      all.push_back({.to = to, .digest = digest_of(bytes), .bytes = bytes});
    };
    if (!turns[i].production.empty()) {
      told.recorded.push_back({.to = to, .digest = digest_of(turns[i].production)});
    }
    add(told.replayed, turns[i].replay);
    add(told.again, turns[i].again);
  }
  return told;
}

// "input 3 repeats that of 1, certain, 1"; empty: none.
std::string found(const std::vector<Turn>& turns) {
  const Told told = told_of(turns);
  const auto echo = find_echoes(told.reel, told.recorded, told.replayed, told.again);
  if (!echo) return "";
  return "input " + std::to_string(echo->by->seq) + " repeats that of " +
         std::to_string(echo->issued->seq) + (echo->is_certain ? ", certain, " : ", likely, ") +
         std::to_string(echo->words);
}

TEST(Echoes, AreCertainWhereProductionsDigestSaysSo) {
  EXPECT_EQ(found({{"ticket", "a3f09c\n", "71b2dd\n", "8e0c12\n"},
                   {"ping", "pong", "pong", "pong"},
                   {"spend a3f09c", "", "no", "no"}}),
            "input 3 repeats that of 1, certain, 1");
}

TEST(Echoes, AreFoundAmongOtherThingsThatVary) {
  EXPECT_EQ(found({{"login", "Date: 1700000000 id=qX7-pp01 csrf=5510aa",
                    "Date: 1700000000 id=Zz1-ab9k csrf=01aabb",
                    "Date: 1700090061 id=kK3-0ozz csrf=8811ff"},
                   {"id=qX7-pp01 1699999999", "", "no", "no"},
                   {"5510aa", "", "no", "no"}}),
            "input 2 repeats that of 1, certain, 2");
}

TEST(Echoes, AreLikelyWhereTheSameNameStandsBeforeBoth) {
  EXPECT_EQ(found({{"login", "", "Set-Cookie: sid=71b2dd00a1\n", "Set-Cookie: sid=8e0c12ffe7\n"},
                   {"Cookie: SID=a3f09c1177", "", "no", "no"}}),
            "input 2 repeats that of 1, likely, 1");
}

// A client's own sum, or date, of the same length.
TEST(Echoes, AreNotWordsOfAnotherName) {
  EXPECT_EQ(found({{"info", "", "run_id:71b2dd00a1", "run_id:8e0c12ffe7"},
                   {"evalsha a3f09c1177", "", "no", "no"}}),
            "");
  EXPECT_EQ(found({{"info", "run_id:0000000000", "run_id:71b2dd00a1", "run_id:8e0c12ffe7"},
                   {"evalsha a3f09c1177", "", "no", "no"}}),
            "");
  EXPECT_EQ(found({{"date", "", "date:1700000000", "date:1700090061"},
                   {"date:1712345678", "", "ok", "ok"}}),
            "");
}

TEST(Echoes, AreNotWhatTheReplayIssuedAsWell) {
  EXPECT_EQ(
      found({{"ticket", "a3f09c\n", "a3f09c\n", "8e0c12\n"}, {"spend a3f09c", "", "ok", "no"}}),
      "");
}

TEST(Echoes, AreNotWhatTheClientSaidBefore) {
  EXPECT_EQ(found({{"put id=a3f09c1177", "", "ok", "ok"},
                   {"get", "", "id=71b2dd00a1", "id=8e0c12ffe7"},
                   {"put id=a3f09c1177", "", "ok", "ok"}}),
            "");
}

TEST(Words, AreThoseBetweenOtherBytes) {
  const auto narrow = words_of("a=b0b0b0; path=/x/abcdef=", Alphabet::kNarrow, 6);
  EXPECT_THAT(narrow,
              ElementsAre(Field(&FoundWord::text, "b0b0b0"), Field(&FoundWord::text, "abcdef")));
  EXPECT_EQ(narrow[0].name, "a");
  const auto wide = words_of("b0b0b0; /x/abcdef=", Alphabet::kWide, 6);
  EXPECT_THAT(
      wide, ElementsAre(Field(&FoundWord::text, "b0b0b0"), Field(&FoundWord::text, "/x/abcdef=")));
}

TEST(Words, AreAlikeByLengthAndKind) {
  EXPECT_TRUE(are_alike("12ab", "9f0c"));
  EXPECT_TRUE(are_alike("1234", "9f0c"));
  EXPECT_FALSE(are_alike("12ab", "9F0C"));
  EXPECT_FALSE(are_alike("12-b", "9f0c"));
  EXPECT_FALSE(are_alike("12abc", "9f0c"));
}

// What a hostile program may have written there.
TEST(Transcript, EndsWhereItsPiecesAreCutOrBelongToNoStep) {
  const auto piece = [](std::uint32_t step, std::uint32_t size, const std::string& bytes) {
    const TranscriptPiece head = {step, size};
    return std::string(reinterpret_cast<const char*>(&head), sizeof head) + bytes;
  };
  const std::string good = piece(1, 3, "one") + piece(0, 4, "zero") + piece(1, 2, "ly");
  EXPECT_THAT(put_together(good, 2), ElementsAre("zero", "onely"));
  EXPECT_THAT(put_together(good + piece(2, 1, "x") + piece(0, 1, "x"), 2),
              ElementsAre("zero", "onely"));
  EXPECT_THAT(put_together(good + piece(0, 0xffffffff, "x"), 2), ElementsAre("zero", "onely"));
  for (std::size_t size = 0; size <= good.size(); ++size) {
    std::string all;
    for (const std::string& answer : put_together(good.substr(0, size), 2)) all += answer;
    EXPECT_LE(all.size(), size);
  }
}

TEST(Transcript, HasTheBytesOfAllAnswers) {
  const Reel reel = lines("1:PUT_a_one 2:GET_a 1:GET_b 2:DATE");
  const Outcome outcome =
      try_server("clerk", reel, {.script = {.keeps_answers = true, .keeps_bytes = true}});
  std::vector<std::string> answers;
  for (const ReplayedAnswer& answer : outcome.answers) {
    EXPECT_EQ(digest_of(answer.bytes), answer.digest);
    answers.push_back(answer.bytes);
  }
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_THAT(std::vector(answers.begin(), answers.begin() + 3),
              ElementsAre("OK\n", "one\n", "NONE\n"));
}

}  // namespace
}  // namespace crashreel
