// How does the manual page of a verb read? The same description that parses the command line and
// makes
// `--help`, in the language of man(7).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "tools/verb.h"

namespace crashreel {

struct ManPage {
  std::string file_name;  // "crashreel-corpus-add.1"
  std::string text;       // roff
};

// The page of the command, then one of each verb.
std::vector<ManPage> man_pages(std::span<const Verb* const> verbs, const std::string& version);

}  // namespace crashreel
