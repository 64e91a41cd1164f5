// How does an input get into the ring when not all of it may?
//
// Where there are redaction rules or a hook, the record path hands each input over here instead of
// writing it. It comes back as a copy without its secrets, made in memory of this process alone, so
// that neither the pool of the ring nor anything beside it has ever held the clear bytes, whenever
// the process is killed; and behind it a record says what was masked.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashreel::ring {

// Safe in signal handlers: no allocation but by mmap(), 5 KiB of stack. `key`: the pin that keeps
// the input, or null.
void record_redacted(std::uint32_t kind, std::uint32_t session, const void* bytes, std::size_t size,
                     const char* key);

// The record path itself (ring_record.cc), for what holds no secrets any more.
void record_as_it_is(std::uint32_t kind, std::uint32_t session, const void* bytes, std::size_t size,
                     const char* key);
// And behind it a record that says what was masked of it, as long as it is kept with it.
void record_with_masks(std::uint32_t kind, std::uint32_t session, const void* bytes,
                       std::size_t size, const char* key, const char* masks,
                       std::size_t masks_size);

}  // namespace crashreel::ring
