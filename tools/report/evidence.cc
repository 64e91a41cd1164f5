#include "tools/report/evidence.h"

#include <algorithm>

#include "tools/json.h"

namespace crashreel {
namespace {

constexpr std::size_t kMostPoints = 10'000;
constexpr std::size_t kLongestWord = 40;

// A member of an object as a number; nothing where it is none.
std::optional<std::uint64_t> number_in(const Json& object, const char* name) {
  if (!object.is_object()) return std::nullopt;
  const auto found = object.find(name);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  return found->get<std::uint64_t>();
}

std::uint64_t number_or_0(const Json& object, const char* name) {
  return number_in(object, name).value_or(0);
}

std::string word_in(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return {};
  return found->get_ref<const std::string&>().substr(0, kLongestWord);
}

void add_rate(const Json& answer, const char* reproduced, const char* tries,
              const std::string& verb, Evidence& evidence) {
  const RateFact rate = {.verb = verb,
                         .reproduced = number_or_0(answer, reproduced),
                         .tries = number_or_0(answer, tries)};
  const bool is_rate = rate.tries > 0 && rate.tries <= 1'000'000 && rate.reproduced <= rate.tries;
  const std::uint64_t known = evidence.rate ? evidence.rate->tries : 0;
  if (is_rate && rate.tries > known) evidence.rate = rate;
}

void add_replay(const Json& answer, Evidence& evidence) {
  add_rate(answer, "reproduced", "tries", "replay", evidence);
  evidence.divergence_looked_for |= answer.contains("divergence");
  if (!answer.contains("divergence")) return;
  if (const auto seq = number_in(answer["divergence"], "input")) {
    evidence.divergence = DivergenceFact{.seq = *seq};
  }
}

void add_reach(const Json& answer, Evidence& evidence) {
  const auto needed = number_in(answer, "needed");
  if (!needed || !answer.contains("oldest_needed")) return;
  const auto seq = number_in(answer["oldest_needed"], "seq");
  if (!seq) return;
  evidence.reach =
      ReachFact{.needed = *needed, .inputs = number_or_0(answer, "inputs"), .oldest_seq = *seq};
}

void add_curve(const Json& answer, Reduction& reduction) {
  const auto history = answer.find("history");
  if (history != answer.end() && history->is_array()) {
    for (const Json& point : *history) {
      const bool fits = point.is_array() && point.size() >= 2 && point[0].is_number_unsigned() &&
                        point[1].is_number_unsigned();
      if (!fits || reduction.curve.size() == kMostPoints) break;
      const bool has_bytes = point.size() > 2 && point[2].is_number_unsigned();
      reduction.curve.push_back({.question = point[0].get<std::uint64_t>(),
                                 .inputs = point[1].get<std::uint64_t>(),
                                 .bytes = has_bytes ? point[2].get<std::uint64_t>() : 0});
    }
  }
  const auto slips = answer.find("different_at");
  if (slips == answer.end() || !slips->is_array()) return;
  for (const Json& slip : *slips) {
    if (!slip.is_number_unsigned() || reduction.slip_questions.size() == kMostPoints) break;
    reduction.slip_questions.push_back(slip.get<std::uint64_t>());
  }
  std::ranges::sort(reduction.slip_questions);
}

void add_minimize(const Json& answer, Evidence& evidence) {
  add_rate(answer, "confirmed", "confirmations", "minimize", evidence);
  Reduction reduction = {.inputs_before = number_or_0(answer, "inputs_before"),
                         .inputs_after = number_or_0(answer, "inputs_after"),
                         .bytes_before = number_or_0(answer, "bytes_before"),
                         .bytes_after = number_or_0(answer, "bytes_after"),
                         .questions = number_or_0(answer, "questions"),
                         .byte_questions = number_or_0(answer, "byte_questions"),
                         .bound = number_or_0(answer, "bound"),
                         .slips = number_or_0(answer, "different_seen")};
  const auto minimal = answer.find("one_minimal");
  reduction.one_minimal = minimal != answer.end() && minimal->is_boolean() && minimal->get<bool>();
  add_curve(answer, reduction);
  std::ranges::stable_sort(reduction.curve, {}, &CurvePoint::question);
  evidence.reduction = std::move(reduction);
}

void add_blame(const Json& answer, Evidence& evidence) {
  add_rate(answer, "reproduced", "tries", "blame", evidence);
  if (!answer.contains("poison") || !answer.contains("trigger")) return;
  const auto poison = number_in(answer["poison"], "seq");
  const auto trigger = number_in(answer["trigger"], "seq");
  if (!poison || !trigger) return;
  const auto unconsumed = answer.find("unconsumed");
  const bool listed = unconsumed != answer.end() && unconsumed->is_array();
  evidence.blame = BlameFact{.poison_seq = *poison,
                             .trigger_seq = *trigger,
                             .basis = word_in(answer, "basis"),
                             .unconsumed = listed ? unconsumed->size() : 0};
}

}  // namespace

Result<void> add_answer(std::string_view json, const std::string& name, Evidence& evidence) {
  const Json answer = Json::parse(json, nullptr, false);
  const std::string verb = answer.is_object() ? word_in(answer, "verb") : "";
  if (verb == "replay") {
    add_replay(answer, evidence);
  } else if (verb == "reach") {
    add_reach(answer, evidence);
  } else if (verb == "minimize") {
    add_minimize(answer, evidence);
  } else if (verb == "blame") {
    add_blame(answer, evidence);
  } else {
    return Error{Trouble::kUsage,
                 name +
                     ": is no answer of a verb that a report tells of; give what 'crashreel "
                     "replay', 'reach', 'minimize' or 'blame' print with --json"};
  }
  return {};
}

}  // namespace crashreel
