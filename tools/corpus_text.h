// How are seeds and buckets of a corpus told, to people and to machines?
#pragma once

#include <span>
#include <string>
#include <vector>

#include "corpus/buckets.h"
#include "corpus/store.h"
#include "tools/json.h"

namespace crashreel {

// "0f3a…  4 inputs, 2 sessions, 79 bytes: SIGSEGV in f < g".
std::string seed_line(const Store::Entry& entry);
Json json_of(const Store::Entry& entry);

// "SIGSEGV in f < g < h (server): 5 reproducers, 2 of them removed". `facts` is what buckets_of()
// was given.
std::string bucket_title(const Bucket& bucket, std::span<const SeedFacts> facts);
// title, signature, seeds (names, the smallest first), removed.
Json json_of(const Bucket& bucket, std::span<const SeedFacts> facts);

// "2026-11-27 02:53:50 UTC"; "not known" for 0.
std::string date_text(std::uint64_t ns_since_1970);

}  // namespace crashreel
