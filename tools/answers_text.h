// How is it told where a replay first answered otherwise than production did?
#pragma once

#include <string>

#include "harness/divergence.h"
#include "tools/json.h"

namespace crashreel {

// "identical up to input 412; at input 413 production answered 9 bytes, the replay 4", with what
// could not be compared. Empty where nothing was recorded.
std::string answers_text(const AnswerComparison& comparison, const Reel& reel);

// Counts of answers; null where none was recorded.
Json answers_json(const AnswerComparison& comparison);
// Null where there is none.
Json divergence_json(const AnswerComparison& comparison, const Reel& reel);

}  // namespace crashreel
