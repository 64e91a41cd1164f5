// What does a person want kept out of a reel, and how is it taken out of one that has it already?
//
// The rules are capture/runtime/redact_rules.h's. While a program records they are applied before
// anything is written down; here they are applied to a reel, with regular expressions besides.
// Where a ring held the clear bytes it still does: that is for the caller to say.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/input_source.h"
#include "capture/reel/reel.h"

namespace crashreel {

enum class RulesFor { kRecord, kSalvage };

// One text of rules from what an option was given: each a rule, or the name of a file of rules
// behind '@'. All of them can be read; an error says which can't, and where.
Result<std::string> rules_from(const std::vector<std::string>& given, RulesFor use);

// $CRASHREEL_REDACT_KEY, or a random one.
std::string redaction_key();

// Masks, hashes and drops what the rules name in what is known of the program, at once, and in the
// inputs, as somebody asks the result for them; and says so in kMasked inputs and in
// rest.redaction. Later inputs move back in the order to make room for these. `rest` is the reel
// without inputs; it and `inputs` must outlive the result, which is null where there are no rules.
Result<std::unique_ptr<InputSource>> redact_reel(Reel& rest, InputSource& inputs,
                                                 const std::string& rules, const std::string& key);

// "3 inputs are masked, the first is input 57: ...": what to think of when a crash does not come
// back, in one line. Empty where nothing is masked.
std::string masked_hint(const Reel& reel);

}  // namespace crashreel
