// How do bytes stand in C or C++ source? As string literals that nothing around them changes.
#pragma once

#include <string>
#include <string_view>

namespace crashreel {

// Quoted literals on lines of their own, each begun with `indent`; at least one. Digits behind an
// octal escape, trigraphs, and ends of lines are no trouble.
std::string c_literals(std::string_view bytes, std::string_view indent);

// "0x01,0x02,\n...": the elements of an array of unsigned char, at most 16 a line.
std::string c_bytes(std::string_view bytes, std::string_view indent);

// Letters, digits and underscores, beginning with a letter.
std::string c_name(std::string_view text);

}  // namespace crashreel
