// What was different in rings of version 1?
//
// The check sums of records and banks, and nothing else. Only reading: nobody writes version 1 any
// more. The words below are the header's fields as version 1 ordered them.
#pragma once

#include <cstdint>

#include "capture/runtime/ring_format.h"

namespace crashreel::ring::v1 {

inline std::uint64_t check_of(const RecordHeader& header) {
  const Record record = unpack_record(header);
  const std::uint64_t what =
      std::uint64_t{record.len} << 16 | std::uint64_t{record.kind} << 8 | record.flags;
  const std::uint64_t whose = std::uint64_t{record.session} << 32 | record.extra;
  const std::uint64_t mix =
      what * 0x9e3779b97f4a7c15 + whose * 0xc2b2ae3d27d4eb4f + record.stamp * 0xd6e8feb86659fd93;
  return (mix ^ mix >> 32) * 0xff51afd7ed558ccd >> 48;
}

inline bool check_fits(const RecordHeader& header) {
  return header.what >> 48 == v1::check_of(header);
}

inline std::uint32_t check_of(Bank bank, std::uint32_t generation) {
  bank.check = generation;
  return crc32(&bank, sizeof bank);
}

}  // namespace crashreel::ring::v1
