#include "minimizer/values.h"

#include <gtest/gtest.h>

#include <functional>

namespace crashreel {
namespace {

using Payloads = std::vector<std::string>;

class Asked : public ByteOracle {
 public:
  explicit Asked(std::function<bool(std::span<const std::string>)> crashes)
      : crashes_(std::move(crashes)) {}
  Verdict ask(std::span<const std::string> payloads) override {
    return crashes_(payloads) ? Verdict::kReproduces : Verdict::kPasses;
  }

 private:
  std::function<bool(std::span<const std::string>)> crashes_;
};

TEST(MinimizeValues, LeavesOnlyTheBytesThatMatterAsTheyAre) {
  Asked oracle([](auto payloads) {
    return payloads[0].find("SET") == 0 && payloads[1].find("%n") != std::string::npos;
  });
  const Payloads whole = {"SET Key-17", "x=%n;\r\n"};
  const ByteResult result = minimize_values(whole, oracle, {});
  EXPECT_EQ(result.payloads, (Payloads{"SET Aaa 00", "a %n \r\n"}));
  EXPECT_TRUE(result.one_minimal);
}

TEST(MinimizeValues, AsksNothingWhereEverythingIsPlain) {
  Asked oracle([](auto) {
    ADD_FAILURE() << "nothing was to be asked";
    return true;
  });
  EXPECT_EQ(minimize_values(Payloads{"aA0 \n", ""}, oracle, {}).payloads, (Payloads{"aA0 \n", ""}));
}

TEST(MinimizeValues, EndsWithWhatCrashesAtAnyBudget) {
  Asked oracle([](auto payloads) { return payloads[0].find("key") != std::string::npos; });
  for (std::uint64_t budget = 0; budget < 30; ++budget) {
    const ByteResult result =
        minimize_values(Payloads{"some key=value"}, oracle, {.max_questions = budget});
    EXPECT_NE(result.payloads[0].find("key"), std::string::npos);
    EXPECT_EQ(result.payloads[0].size(), 14U);
  }
}

}  // namespace
}  // namespace crashreel
