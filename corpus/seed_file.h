// What do a seed's file and the reel beside it say of themselves? The facts of one seed, where no
// index has them. The bytes may be hostile; nothing here writes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "capture/base/result.h"
#include "capture/reel/facts_codec.h"
#include "corpus/index.h"

namespace crashreel {

bool is_file(const std::string& path);
// A regular file that is not hidden.
bool is_seed_file(const std::string& path);
bool is_sha1_name(const std::string& name);
std::uint64_t file_size_of(const std::string& path);  // 0 where there is none

// At most kMaxSeedBytes.
Result<std::string> seed_bytes(const std::string& path);
bool holds_bytes(const std::string& path, std::string_view bytes);

// Counts alone, as a seed keeps them.
SeedFacts facts_of_inputs(std::span<const Input> inputs);
// Name, sizes, and when the file was written.
Result<SeedFacts> facts_of_file(const std::string& path);
// Crash, program and lineage.
void add_reel(const ReelFacts& reel, SeedFacts& facts);

// Does the reel open, and does it have its facts? Costs no more than reading these.
bool has_facts(const std::string& sidecar);
// Crash and program from a sidecar; false where it is damaged.
bool add_sidecar(const std::string& sidecar, SeedFacts& facts);

}  // namespace crashreel
