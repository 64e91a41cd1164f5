// How are bytes of strangers shown to a person?
//
// A reel is hostile: what it holds must not move a terminal's cursor, hide text or set a title. So
// everything taken from a file passes through here on its way to a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace crashreel {

// Printable ASCII as it is, everything else escaped as C does: \n, \r, \t, \0, \\, \xff.
std::string visible(std::string_view bytes);

// As visible(), but at most `columns` wide; ends in "..." when something was left out. Looks at no
// more bytes than it shows, so a preview of a gigabyte is cheap.
std::string preview(std::string_view bytes, std::size_t columns);

// For whole messages, which may hold file names in any language: only control bytes are escaped.
std::string without_controls(std::string_view text);

// As a shell would take the words back: quoted where needed, with $'...' for what can't be seen.
std::string shell_text(std::string_view word);

}  // namespace crashreel
