// How do bytes of strangers become text of a page?
//
// Nothing of a reel reaches a page but through here: bytes as visible() shows them, messages and
// names of files as UTF-8 with what is none replaced, both without any sign that HTML knows.
#pragma once

#include <string>
#include <string_view>

namespace crashreel {

// For text and for values of attributes in double quotes.
std::string escape_html(std::string_view text);

// visible() and escape_html(): of bytes.
std::string bytes_html(std::string_view bytes);

// escape_html() of text that may be in any language; control bytes and bad UTF-8 are escaped.
std::string text_html(std::string_view text);

}  // namespace crashreel
