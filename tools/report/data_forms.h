// A report for programs: the same content as the page's, as JSON of our own, as SARIF for those who
// collect findings, and as a trace for those who look at time lines.
#pragma once

#include <string>

#include "tools/report/model.h"

namespace crashreel {

// One object, "format" and "verb" first as in every answer; bytes are base64.
std::string json_of(const ReportModel& model);

// SARIF 2.1.0 (OASIS): one run with one result, whose stack is the signature.
std::string sarif_of(const ReportModel& model);

// The JSON object format of Chrome's trace events, which Perfetto opens, too: a thread a session,
// an instant an input, global instants for poison, trigger, reach and divergence.
std::string trace_of(const ReportModel& model);

}  // namespace crashreel
