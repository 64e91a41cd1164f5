#include "tools/answers_text.h"

#include "tools/quantity.h"
#include "tools/visible.h"

namespace crashreel {
namespace {

constexpr std::size_t kPreviewColumns = 60;

std::string joined(std::string text, std::uint64_t number, const std::string& what) {
  if (number == 0) return text;
  return text + (text.empty() ? "" : ", ") + grouped(number) + " " + what;
}

// What was not found to be the same, and is no divergence either.
std::string uncompared(const AnswerComparison& comparison) {
  std::string text = joined("", comparison.varying, "vary from replay to replay");
  text = joined(text, comparison.shifted, "came earlier or later");
  text = joined(text, comparison.unseen, "are known by their size alone");
  return joined(text, comparison.unknown, "the replay did not come to");
}

std::string in_parentheses(const std::string& text) {
  return text.empty() ? "" : " (" + text + ")";
}

std::string what_it_was(const Input& input) {
  if (input.kind != InputKind::kData) return name_of(input.kind);
  return "\"" + preview(input.data, kPreviewColumns) + "\"";
}

std::string divergence_text(const Divergence& divergence, const Reel& reel) {
  const Input* before = input_before(reel, *divergence.at);
  std::string text =
      before == nullptr ? "" : "identical up to input " + grouped(before->seq) + "; ";
  const bool as_many = divergence.production.bytes == divergence.replay.bytes;
  return text + "at input " + grouped(divergence.at->seq) + " production answered " +
         counted(divergence.production.bytes, "byte") + ", the replay " +
         (as_many ? "others" : grouped(divergence.replay.bytes));
}

Json json_of(const AnswerDigest& digest) {
  return {{"bytes", digest.bytes}, {"digest", hex_text(digest.value)}};
}

}  // namespace

std::string answers_text(const AnswerComparison& comparison, const Reel& reel) {
  if (comparison.recorded == 0) return "";
  const std::string rest = uncompared(comparison);
  if (!comparison.first) {
    return grouped(comparison.same) + " of " + counted(comparison.recorded, "recorded answer") +
           " came back the same" + in_parentheses(rest);
  }
  const std::string same = counted(comparison.same, "answer") + " the same";
  return divergence_text(*comparison.first, reel) +
         in_parentheses(rest.empty() ? same : same + ", " + rest) + ": session " +
         std::to_string(comparison.first->at->session) + ", " + what_it_was(*comparison.first->at);
}

Json answers_json(const AnswerComparison& comparison) {
  if (comparison.recorded == 0) return {};
  return {{"recorded", comparison.recorded}, {"same", comparison.same},
          {"varying", comparison.varying},   {"shifted", comparison.shifted},
          {"unseen", comparison.unseen},     {"unknown", comparison.unknown}};
}

Json divergence_json(const AnswerComparison& comparison, const Reel& reel) {
  if (!comparison.first) return {};
  const Divergence& divergence = *comparison.first;
  const Input* before = input_before(reel, *divergence.at);
  Json json;
  json["input"] = divergence.at->seq;
  json["kind"] = name_of(divergence.at->kind);
  json["session"] = divergence.at->session;
  json["time_ns"] = divergence.at->time_ns;
  json["identical_up_to"] = before == nullptr ? Json() : Json(before->seq);
  json["production"] = json_of(divergence.production);
  json["replay"] = json_of(divergence.replay);
  return json;
}

}  // namespace crashreel
