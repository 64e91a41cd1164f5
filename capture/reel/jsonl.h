// How do inputs look to scripts and people? One JSON object a line:
//
//   {"seq":17,"time_ns":1200345,"thread":1,"session":3,"kind":"data","data":"R0VUCg=="}
//
// `data` is base64, `session` is null for an input without one. What is read may be written by hand
// and may be hostile: only `session` and `data` must be there.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/reel.h"

namespace crashreel {

// Without the newline.
std::string to_jsonl(const Input& input);

// All lines of a text; `name` is the file's in the errors. Blank lines are skipped and unknown keys
// ignored. Defaults: kind data; seq one more than the line before, from 0; time_ns and thread 0;
// opening and closing need no data, and what belongs to no session (signal, clock, random, note) no
// session. A session that no line opens is not opened here either: the player does that. Given seqs
// must rise. Bounds are the reel's: 1 GiB of payload in a line, 2^32 lines.
Result<std::vector<Input>> parse_jsonl(std::string_view text, const std::string& name);

}  // namespace crashreel
