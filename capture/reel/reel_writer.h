// How does a Reel get into a file? FORMAT.md's writing half; ReelReader is the other.
//
// What is written depends on the reel and on the zstd release alone. A reel that the format can't
// hold (reel_format.h's bounds, seqs that don't rise) is refused with its reason before the first
// byte. Inputs may come from elsewhere than the reel in memory: then they are asked for twice, once
// to count them and once to write them.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/base/result.h"
#include "capture/reel/facts_codec.h"
#include "capture/reel/input_source.h"
#include "capture/reel/reel.h"

namespace crashreel {

// An inputs frame is closed when it has grown to this. 256 KiB: zstd has found most of what it
// finds by then, and a lost frame costs little.
inline constexpr std::size_t kFrameTargetBytes = 256 << 10;

// What a writer has to know before the first byte: the totals stand at the front of a file.
struct ReelPlan {
  ReelFacts facts;
  std::vector<std::size_t> groups;  // how many inputs go into each frame
};

// Goes through all inputs once. `rest` is the reel without inputs, and `name` the reel's in the
// error's text.
Result<ReelPlan> plan_reel(const Reel& rest, InputSource& inputs, const std::string& name,
                           std::size_t frame_bytes = kFrameTargetBytes);

// Can the format hold it?
Result<void> check_reel(const Reel& reel, const std::string& name);

// To a file of mode 0600 (a reel is full of somebody's data), by way of a temporary beside it,
// fsync and rename: at `path` is the old file or the whole new one, at any time. Goes through the
// inputs twice, with memory for one frame.
Result<void> write_reel(const Reel& rest, InputSource& inputs, const std::string& path);
Result<void> write_reel(const Reel& reel, const std::string& path);

// To memory. The reel must pass check_reel().
std::string serialize_reel(const Reel& reel, std::size_t frame_bytes = kFrameTargetBytes);

// What these are made of: the file's bytes, some at a time and in order. Stops at the sink's first
// error and returns it. Inputs that are not those of the plan are an error, too: then what the sink
// took is no reel.
using ReelSink = std::function<Result<void>(std::string_view)>;
Result<void> write_reel_to(const ReelPlan& plan, const std::vector<ReelFile>& files,
                           InputSource& inputs, const ReelSink& sink);

}  // namespace crashreel
