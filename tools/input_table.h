// How does one see at a glance what came in? One line an input, with the beginning of its bytes.
#pragma once

#include <string>

#include "capture/reel/reel.h"

namespace crashreel {

std::string input_table_head();

// At most `columns` wide, without a newline; bytes are escaped.
std::string input_row(const Input& input, std::size_t columns);

}  // namespace crashreel
