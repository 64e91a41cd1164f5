// The sections of a report's page, each a piece of HTML; empty where there is nothing to show.
#pragma once

#include <string>

#include "tools/report/model.h"

namespace crashreel {

// The lanes, and for the script the exact inputs.
std::string lanes_section(const ReportModel& model);
// Inputs against questions.
std::string reduction_section(const Reduction& reduction);
// Hex and text of what is left, with what went.
std::string payloads_section(const ReportModel& model);
// The frames, and which of them make the signature.
std::string stack_section(const Signature& signature, bool from_replay);

}  // namespace crashreel
