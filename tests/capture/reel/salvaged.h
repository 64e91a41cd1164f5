// What salvage makes of a ring that a test wrote by hand.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include "capture/base/check.h"
#include "tests/capture/reel/fake_ring.h"
#include "tests/capture/reel/whole_salvage.h"

namespace crashreel {

inline ReadReel salvage(const FakeRing& ring) {
  auto read = salvage_ring_bytes(ring.bytes(), "fake.ring");
  CRASHREEL_CHECK(read.has_value());
  return std::move(*read);
}

// A failure of the test where anything is damaged.
inline ReadReel salvage_sound(const FakeRing& ring) {
  ReadReel read = salvage(ring);
  EXPECT_THAT(read.damage.notes, testing::IsEmpty());
  EXPECT_TRUE(read.damage.none());
  return read;
}

}  // namespace crashreel
