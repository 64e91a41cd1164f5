// Redaction rules as tests write them down.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "capture/runtime/redact_rules.h"

namespace crashreel::redact {

inline Rules parsed(const std::string& text) {
  Rules rules;
  Complaint complaint;
  EXPECT_TRUE(parse_rules(text.data(), text.size(), true, rules, complaint)) << complaint.what;
  return rules;
}

}  // namespace crashreel::redact
