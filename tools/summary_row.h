// How does a summary for people look, line by line?
#pragma once

#include <string>
#include <string_view>

#include "tools/console.h"

namespace crashreel {

// One line; lines without a label belong to the one above.
inline std::string row(const Console& console, std::string_view label, const std::string& text) {
  std::string padded(label);
  padded.resize(12, ' ');  // the longest is "executable"
  return "  " + console.strong(padded) + text + "\n";
}

}  // namespace crashreel
