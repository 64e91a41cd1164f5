#include "tools/pipeline/redaction.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <random>
#include <unordered_map>
#include <utility>

#include "capture/reel/masks.h"
#include "capture/runtime/redact.h"
#include "tools/pipeline/read_file.h"

namespace crashreel {
namespace {

using redact::Action;
using redact::Ranges;
using redact::Rule;
using redact::Rules;
using redact::Where;

constexpr std::uint64_t kMostRulesBytes = 64 << 10;

const unsigned char* bytes_of(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string text_of(const Rule& rule) {
  return {reinterpret_cast<const char*>(rule.text), rule.size};
}

// Bytes, not characters; and never the text of a secret on anybody's screen.
RE2::Options expression_options() {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_log_errors(false);
  return options;
}

// `name`: of the option's value, in messages.
Result<void> check_rules(const std::string& text, RulesFor use, const std::string& name) {
  const auto rules = std::make_unique<Rules>();
  redact::Complaint complaint;
  if (!redact::parse_rules(text.data(), text.size(), use == RulesFor::kSalvage, *rules,
                           complaint)) {
    char what[512];
    redact::complaint_text(complaint, what, sizeof what);
    return Error{Trouble::kUsage, name + ": " + what};
  }
  for (std::uint32_t i = 0; i < rules->count; ++i) {
    if (rules->list[i].where != Where::kRegex) continue;
    const RE2 expression(text_of(rules->list[i]), expression_options());
    if (expression.ok()) continue;
    return Error{Trouble::kUsage, name + ": " + expression.error() +
                                      "; write a regular expression as RE2 and grep -E know it"};
  }
  return {};
}

class RedactedInputs : public InputSource {
 public:
  RedactedInputs(Reel& rest, InputSource& inputs, std::unique_ptr<Rules> rules,
                 const redact::Key& key)
      : inputs_(inputs), rules_(std::move(rules)), key_(key) {
    for (const std::string& rule : rest.redaction.rules) {
      first_number_ = std::max(first_number_, static_cast<std::uint32_t>(std::atoi(rule.c_str())));
    }
    for (std::uint32_t i = 0; i < rules_->count; ++i) {
      const Rule& rule = rules_->list[i];
      char name[redact::kMostRuleName];
      const std::size_t length = redact::name_of(rule, name);
      rest.redaction.salvage_rules.push_back(std::to_string(first_number_ + i + 1) + " " +
                                             std::string(name, length));
      expressions_.push_back(rule.where == Where::kRegex
                                 ? std::make_unique<RE2>(text_of(rule), expression_options())
                                 : nullptr);
    }
  }

  void redact_facts(Reel& rest) const;

  // What is added before this input of the source moves it back; all before it is read.
  std::uint64_t added_before(std::uint64_t seq) {
    rewind();
    const Input* input = inputs_.next();
    for (; input != nullptr && input->seq < seq; input = inputs_.next()) take(*input);
    return added_;
  }

  void rewind() override {
    inputs_.rewind();
    hidden_.clear();
    added_ = 0;
    masked_is_next_ = false;
  }

  const Input* next() override {
    if (std::exchange(masked_is_next_, false)) return &masked_;
    const Input* input = inputs_.next();
    if (input == nullptr) return nullptr;
    take(*input);
    return &input_;
  }

 private:
  void find(const std::string& text, Ranges& ranges) const {
    ranges.size = text.size();
    redact::find(*rules_, bytes_of(text), ranges);
    for (std::uint32_t i = 0; i < rules_->count; ++i) {
      if (expressions_[i] != nullptr) find(*expressions_[i], i, text, ranges);
    }
    redact::seal(key_, bytes_of(text), ranges);
  }

  void find(const RE2& expression, std::uint32_t rule, const std::string& text,
            Ranges& ranges) const {
    const int groups = expression.NumberOfCapturingGroups() > 0 ? 2 : 1;
    re2::StringPiece found[2];
    for (std::size_t at = 0; at <= text.size();) {
      if (!expression.Match(text, at, text.size(), RE2::UNANCHORED, found, groups)) return;
      const re2::StringPiece& secret = found[groups - 1];
      if (secret.data() != nullptr && !secret.empty()) {
        const auto begin = static_cast<std::size_t>(secret.data() - text.data());
        ranges.add(begin, begin + secret.size(), rule + 1, rules_->list[rule].action);
      }
      const auto end = static_cast<std::size_t>(found[0].data() - text.data()) + found[0].size();
      at = found[0].empty() ? end + 1 : end;
    }
  }

  void rewrite(std::string& text, const Ranges& ranges) const {
    if (ranges.drops()) {
      text.clear();
    } else if (!ranges.none()) {
      std::string copied(text.size(), '\0');
      redact::copy(ranges, key_, bytes_of(text), 0, reinterpret_cast<unsigned char*>(copied.data()),
                   copied.size());
      text = std::move(copied);
    }
  }

  void judge(Input& input, Ranges& ranges) {
    ranges.size = input.data.size();
    if (input.kind == InputKind::kOpen) note_session(input);
    const bool is_speech = input.kind == InputKind::kData || input.kind == InputKind::kNote;
    if (!is_speech && input.kind != InputKind::kOpen && input.kind != InputKind::kRandom) return;
    const auto session = is_speech ? hidden_.find(input.session) : hidden_.end();
    if (session != hidden_.end()) {
      ranges.add_all(session->second + 1, rules_->list[session->second].action);
      redact::seal(key_, bytes_of(input.data), ranges);
    } else {
      find(input.data, ranges);
    }
    rewrite(input.data, ranges);
  }

  void note_session(const Input& input) {
    hidden_.erase(input.session);
    for (std::uint32_t i = 0; i < rules_->count; ++i) {
      const Rule& rule = rules_->list[i];
      if (rule.where != Where::kSession) continue;
      if (redact::session_fits(rule, input.data.data(), input.data.size())) {
        hidden_.emplace(input.session, i);
      }
    }
  }

  void take(const Input& input) {
    input_ = input;
    input_.seq += added_;
    Ranges ranges;
    judge(input_, ranges);
    masked_is_next_ = !ranges.none();
    if (masked_is_next_) say_masked(ranges);
  }

  // Behind the input that is there.
  void say_masked(Ranges& ranges) {
    for (std::uint32_t i = 0; i < ranges.count; ++i) ranges.list[i].rule += first_number_;
    char text[redact::kMostMaskText];
    masked_ = input_;
    masked_.data.assign(text, redact::text_of(ranges, text));
    masked_.kind = InputKind::kMasked;
    ++masked_.seq;
    ++added_;
  }

  void redact_fact(std::string& text, Reel& rest) const {
    Ranges ranges;
    find(text, ranges);
    if (ranges.none()) return;
    if (ranges.drops()) ranges.list[0].action = Action::kMask;
    rewrite(text, ranges);
    ++rest.redaction.masked_facts;
  }

  InputSource& inputs_;
  std::unique_ptr<Rules> rules_;
  redact::Key key_;
  std::uint32_t first_number_ = 0;                 // rules of recording have the numbers up to here
  std::vector<std::unique_ptr<RE2>> expressions_;  // of each rule; null: it is none
  std::unordered_map<std::uint32_t, std::uint32_t> hidden_;  // sessions, and the rule that says so
  std::uint64_t added_ = 0;
  Input input_;
  Input masked_;  // says what was masked of it
  bool masked_is_next_ = false;
};

void RedactedInputs::redact_facts(Reel& rest) const {
  Program& program = rest.program;
  for (std::string& argument : program.argv) redact_fact(argument, rest);
  for (std::string& variable : program.env) redact_fact(variable, rest);
  redact_fact(program.executable, rest);
  redact_fact(program.working_directory, rest);
  for (ReelFile& file : rest.files) {
    redact_fact(file.path, rest);
    redact_fact(file.bytes, rest);
  }
  for (FileDigest& file : rest.file_digests) redact_fact(file.path, rest);
  redact_fact(rest.crash.report, rest);
}

}  // namespace

Result<std::string> rules_from(const std::vector<std::string>& given, RulesFor use) {
  std::string all;
  for (const std::string& value : given) {
    std::string text = value;
    std::string name = "--redact";
    if (value.starts_with('@')) {
      name = value.substr(1);
      Result<std::string> file = read_file(name, kMostRulesBytes);
      if (!file) return file.error();
      text = *std::move(file);
      if (text.find('\0') != std::string::npos) {
        return Error{Trouble::kUsage, name + ": holds a zero byte; write \\0 for it"};
      }
    }
    if (auto good = check_rules(text, use, name); !good) return good.error();
    all += text + "\n";
  }
  if (auto good = check_rules(all, use, "--redact"); !good) return good.error();
  return all;
}

std::string redaction_key() {
  const char* key = std::getenv("CRASHREEL_REDACT_KEY");
  if (key != nullptr && *key != '\0') return key;
  std::random_device random;
  std::string made;
  for (int i = 0; i < 4; ++i) made += std::to_string(random()) + " ";
  return made;
}

std::string masked_hint(const Reel& reel) {
  const std::vector<MaskedInput> masked = masked_inputs(reel.inputs);
  const std::uint64_t facts = reel.redaction.masked_facts;
  if (masked.empty() && facts == 0) return "";
  const std::string count = std::to_string(masked.size());
  std::string what;
  if (masked.empty()) {
    what = std::to_string(facts) + " of the program's arguments, variables and files are masked";
  } else {
    const std::string first = std::to_string(reel.inputs[masked.front().input].seq);
    what = masked.size() == 1 ? "input " + first + " is masked"
                              : count + " inputs are masked, the first is input " + first;
    if (facts != 0) what += ", and so are parts of the program's arguments or files";
  }
  return what +
         ": a masked field may be why; put a value of your own there: crashreel show --jsonl, "
         "edit, "
         "crashreel import";
}

Result<std::unique_ptr<InputSource>> redact_reel(Reel& rest, InputSource& inputs,
                                                 const std::string& rules, const std::string& key) {
  if (auto good = check_rules(rules, RulesFor::kSalvage, "--redact"); !good) return good.error();
  auto parsed = std::make_unique<Rules>();
  redact::Complaint complaint;
  redact::parse_rules(rules.data(), rules.size(), true, *parsed, complaint);
  if (parsed->count == 0) return std::unique_ptr<InputSource>();
  auto redacted = std::make_unique<RedactedInputs>(rest, inputs, std::move(parsed),
                                                   redact::key_of(key.data(), key.size()));
  redacted->redact_facts(rest);
  rest.loss.first_kept_seq += redacted->added_before(rest.loss.first_kept_seq);
  return std::unique_ptr<InputSource>(std::move(redacted));
}

}  // namespace crashreel
