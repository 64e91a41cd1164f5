// A report as one page of HTML.
//
// Self-contained: it asks for nothing, from anywhere, and its own policy forbids it to. It is whole
// without scripts; a script of its own adds looking closer, by mouse and keyboard.
#pragma once

#include <string>

#include "tools/report/model.h"

namespace crashreel {

std::string html_of(const ReportModel& model);

}  // namespace crashreel
