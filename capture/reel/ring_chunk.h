// What does one chunk of a ring hold?
//
// Takes a chunk's bytes, which may be anything, and gives the records that are whole, and what its
// header says of those that are not there any more. It knows no other chunk: horizon, order and
// reassembly are salvage's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "capture/runtime/ring_format.h"

namespace crashreel {

// One record: an input or a piece of one.
struct Piece {
  std::uint64_t stamp = 0;
  std::uint32_t slot = 0;
  std::uint32_t pid = 0;
  std::uint32_t tid = 0;
  std::uint32_t session = 0;
  std::uint32_t extra = 0;
  std::uint8_t kind = 0;
  std::uint8_t flags = 0;
  bool given_back = false;  // its chunk was full, or its writer gave it up
  std::string data;

  bool is_first() const { return (flags & ring::kFirst) != 0; }
  bool is_last() const { return (flags & ring::kLast) != 0; }
  bool is_cut() const { return (flags & ring::kCut) != 0; }
  // Where in its input's payload this piece begins.
  std::uint64_t begin() const { return is_first() ? 0 : extra; }
};

struct ChunkContent {
  bool used = false;      // some generation began
  bool unusable = false;  // its commit word can't be: nothing of it is known
  bool bank_is_sound = false;
  ring::Bank bank{};  // zeros unless sound
  std::vector<Piece> pieces;
  bool torn = false;                 // an input was begun here and its first record not committed
  std::uint64_t missing_inputs = 0;  // committed, but damaged beyond use
  std::vector<std::string> damage;   // without the chunk's number
};

// What a ring's superblock says of all its chunks.
struct ChunkFormat {
  std::uint32_t version = ring::kVersion;
  ring::PayloadSum payload_sum = ring::PayloadSum::kNone;
  // Its writer goes on: the totals may be of another moment than the commit word, and an input that
  // was begun is not torn.
  bool live = false;
};

// `index` tells apart the pieces of chunks whose owner is not known.
ChunkContent parse_chunk(std::string_view bytes, std::uint32_t index, ChunkFormat format = {});

}  // namespace crashreel
