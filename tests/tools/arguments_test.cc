#include "tools/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/program_options/errors.hpp>

namespace crashreel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Verb verb_of_all_sorts() {
  return {
      .name = "all",
      .operands = {{"IN", ""}, {"MORE", "", true}},
      .options = {{.name = "output",
                   .letter = 'o',
                   .value = Value::kText,
                   .argument = "FILE",
                   .required = true},
                  {.name = "ring", .value = Value::kSize, .argument = "SIZE", .fallback = "64MiB"},
                  {.name = "jobs", .value = Value::kCount, .argument = "N", .most = 8},
                  {.name = "when", .value = Value::kChoice, .argument = "crash|always"},
                  {.name = "file", .value = Value::kText, .argument = "NAME", .repeated = true},
                  {.name = "keep"}},
      .program = ProgramPart::kOptional};
}

std::string trouble_with(const std::vector<std::string>& words) {
  Result<Arguments> arguments = parse_arguments(verb_of_all_sorts(), words);
  if (arguments) return "";
  EXPECT_EQ(arguments.error().trouble, Trouble::kUsage);
  return arguments.error().message;
}

TEST(Arguments, ReadsOptionsOperandsAndTheProgram) {
  Result<Arguments> arguments =
      parse_arguments(verb_of_all_sorts(), {"a", "-o", "out", "b", "--file=x", "--ring", "1GiB",
                                            "--file", "y", "--keep", "--", "prog", "--json", "--"});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->text("output"), "out");
  EXPECT_EQ(arguments->size("ring"), 1u << 30);
  EXPECT_THAT(arguments->all("file"), ElementsAre("x", "y"));
  EXPECT_TRUE(arguments->has("keep"));
  EXPECT_FALSE(arguments->json());
  EXPECT_THAT(arguments->operands(), ElementsAre("a", "b"));
  EXPECT_THAT(*arguments->program(), ElementsAre("prog", "--json", "--"));
}

TEST(Arguments, FillsInFallbacksAndNothingElse) {
  Result<Arguments> arguments = parse_arguments(verb_of_all_sorts(), {"a", "b", "-oout"});
  ASSERT_TRUE(arguments);
  EXPECT_EQ(arguments->size("ring"), 64u << 20);
  EXPECT_FALSE(arguments->has("jobs"));
  EXPECT_FALSE(arguments->text_if("when").has_value());
  EXPECT_FALSE(arguments->program().has_value());
}

TEST(Arguments, NamesAnUnknownOptionAndTheNearestOne) {
  EXPECT_EQ(trouble_with({"--outptu", "x"}), "unknown option '--outptu'; did you mean '--output'?");
  EXPECT_EQ(trouble_with({"--outptu=x"}), "unknown option '--outptu'; did you mean '--output'?");
  EXPECT_THAT(trouble_with({"-z"}), HasSubstr("unknown option '-z'"));
}

TEST(Arguments, GuessesNoAbbreviations) {
  EXPECT_EQ(trouble_with({"--out", "x"}), "unknown option '--out'; did you mean '--output'?");
}

TEST(Arguments, SaysWhatIsMissingOrTooMuch) {
  EXPECT_THAT(trouble_with({"a", "b"}), HasSubstr("'--output FILE' is missing"));
  EXPECT_THAT(trouble_with({"a", "-o", "x"}), HasSubstr("MORE is missing"));
  EXPECT_THAT(trouble_with({"a", "b", "-o", "x", "-o", "y"}), HasSubstr("given twice"));
  EXPECT_THAT(trouble_with({"a", "b", "-o", "x", "--"}), HasSubstr("no program stands behind"));
  EXPECT_THAT(trouble_with({"a", "", "-o", "x"}), HasSubstr("empty"));
}

TEST(Arguments, ChecksEveryValueBeforeAVerbSeesIt) {
  EXPECT_THAT(trouble_with({"--ring", "64MB"}), HasSubstr("'--ring': '64MB' is not a size"));
  EXPECT_THAT(trouble_with({"--jobs", "9"}), HasSubstr("'--jobs': '9' is not a whole number"));
  EXPECT_THAT(trouble_with({"--when", "never"}), HasSubstr("not one of crash|always"));
  EXPECT_THAT(trouble_with({"--output", ""}), HasSubstr("names nothing"));
}

TEST(Arguments, LeavesItToTheLibraryToFindAValueMissingOrTooMuch) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"a", "-o"}, {"--output="}, {"--keep=yes"}}) {
    EXPECT_THROW(static_cast<void>(parse_arguments(verb_of_all_sorts(), words)),
                 boost::program_options::error);
  }
}

TEST(Arguments, AskedForHelpMissNothing) {
  Result<Arguments> arguments = parse_arguments(verb_of_all_sorts(), {"--help"});
  ASSERT_TRUE(arguments);
  EXPECT_TRUE(arguments->help());
}

}  // namespace
}  // namespace crashreel
