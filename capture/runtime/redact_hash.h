// How does a secret become something that tells nothing but whether two secrets are equal?
//
// SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012) under a key of 128
// bits, written out as letters from 'a' to 'p' of the secret's length: equal secrets give equal
// letters within one key. Of a secret of one or two bytes many others give the same letters. libc
// only, no allocation, safe in signal handlers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace crashreel::redact {

struct Key {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

std::uint64_t siphash(const Key& key, const unsigned char* bytes, std::size_t size);

// A key from a passphrase of any length.
Key key_of(const char* phrase, std::size_t size);

// Letters `from` and following of those that a secret with this hash is replaced by.
void put_letters(const Key& key, std::uint64_t hash, std::size_t from, unsigned char* to,
                 std::size_t size);

}  // namespace crashreel::redact
