// Checksums over payloads, where they were asked for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "capture/reel/ring_image.h"
#include "capture/runtime/ring_format.h"
#include "capture/runtime/ring_sum.h"
#include "tests/capture/runtime/payloads.h"
#include "tests/capture/runtime/recorded.h"

namespace crashreel {
namespace {

crashreel_options summing(const RingPath& path) {
  auto options = options_for(path);
  options.payload_crc = 1;
  return options;
}

// As ring_sum.h says it, bit by bit.
std::uint32_t slow_step(std::uint32_t sum, std::uint64_t word) {
  for (int bit = 0; bit < 64; ++bit) {
    const bool odd = ((sum ^ word >> bit) & 1) != 0;
    sum = odd ? sum >> 1 ^ 0x82f63b78 : sum >> 1;
  }
  return sum;
}

TEST(PayloadSum, OfOneWordIsThePlainCrc32c) {
  const std::string bytes = "12345678";
  std::uint64_t word;
  std::memcpy(&word, bytes.data(), sizeof word);
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  EXPECT_EQ(ring::payload_sum(at, bytes.size()), slow_step(~0u, word));
  EXPECT_EQ(~ring::payload_sum(at, bytes.size()), 0x6087809au);  // as other programs have it
}

TEST(PayloadSum, IsTheSameByTableAndByInstruction) {
  const std::string bytes = payload({1, 2}, 300);
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const auto ignore = [](std::size_t, std::uint64_t) {};
    EXPECT_EQ(ring::sum_of<ring::TableStep>(at, size, ignore), ring::payload_sum(at, size));
  }
}

TEST(PayloadSum, DoesNotChangeWhatIsRecorded) {
  const RingPath path;
  const ReadReel read = recorded(summing(path), [] {
    for (std::uint32_t i = 0; i < 200; ++i) record_text(1, payload({1, i}, 8 + i));
    record_text(1, payload({1, 200}, 20000));  // in pieces
    crashreel_close(1);
  });
  ASSERT_EQ(read.reel.inputs.size(), 202u);
  for (std::uint32_t i = 0; i <= 200; ++i) {
    EXPECT_EQ(read_payload(read.reel.inputs[i].data), (Label{1, i}));
  }
}

TEST(PayloadSum, CanBeAskedForInTheEnvironment) {
  const RingPath path;
  ::setenv("CRASHREEL_CRC", "1", 1);
  recorded(options_for(path), [] { record_text(1, "sum"); });
  ::setenv("CRASHREEL_CRC", "0", 1);
  const auto with = RingImage::open(path.str());
  ASSERT_TRUE(with.has_value());
  EXPECT_EQ(with->super().payload_sum, ring::PayloadSum::kCrc32cOfAll);
  const RingPath other;
  recorded(options_for(other), [] { record_text(1, "sum"); });
  ::unsetenv("CRASHREEL_CRC");
  const auto without = RingImage::open(other.str());
  ASSERT_TRUE(without.has_value());
  EXPECT_EQ(without->super().payload_sum, ring::PayloadSum::kNone);
}

TEST(PayloadSum, KeepsADamagedPayloadFromBeingShown) {
  const RingPath path;
  recorded(summing(path), [] {
    for (const char* text : {"first", "second", "third"}) record_text(1, text);
  });
  std::fstream file(path.str(), std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes(kSmallRing, '\0');
  file.read(bytes.data(), kSmallRing);
  const auto at = bytes.find("second");
  ASSERT_NE(at, std::string::npos);
  file.seekp(static_cast<std::streamoff>(at)).put('S').flush();
  const auto read = salvage_ring(path.str());
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->reel.inputs.size(), 2u);
  EXPECT_EQ(read->reel.inputs[0].data, "first");
  EXPECT_EQ(read->reel.inputs[1].data, "third");
  EXPECT_EQ(read->damage.lost_inputs, 1u);
  EXPECT_NE(read->damage.notes.at(0).find("does not fit its checksum"), std::string::npos);
}

// Changes one byte of each place in the ring where this text stands.
void damage_all(const std::string& path, const std::string& text) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  std::string bytes(std::filesystem::file_size(path), '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  std::vector<std::size_t> places;
  for (std::size_t at = 0; (at = bytes.find(text, at)) != std::string::npos; ++at) {
    places.push_back(at);
  }
  ASSERT_FALSE(places.empty());
  for (const std::size_t at : places) file.seekp(static_cast<std::streamoff>(at)).put('!');
}

TEST(PayloadSum, IsKeptOfHeadsAndPinsToo) {
  const RingPath path;
  crashreel_options options = summing(path);
  options.heads_bytes = options.pins_bytes = 8 << 10;
  options.pin_keys = 4;
  recorded(options, [] {
    crashreel_record(CRASHREEL_OPEN, 7, "app inbound", 11);
    record_text(7, "authenticates");
    crashreel_pin("schema", CRASHREEL_DATA, 8, "the schema", 10);
    crashreel_pin("config", CRASHREEL_DATA, 8, "the config", 10);
    for (std::uint32_t i = 0; i < 20000; ++i) record_text(9, payload({9, i}, 40));
  });
  const auto beside = [&path] {
    std::vector<std::string> texts;
    const auto read = salvage_ring(path.str());
    EXPECT_TRUE(read.has_value());
    if (!read) return texts;
    for (const Input& input : read->reel.inputs) {
      if (input.place != Place::kTail) texts.push_back(input.data);
    }
    texts.insert(texts.end(), read->damage.notes.begin(), read->damage.notes.end());
    return texts;
  };
  using testing::ElementsAre;
  EXPECT_THAT(beside(), ElementsAre("app inbound", "authenticates", "the schema", "the config"));
  damage_all(path.str(), "authenticates");
  damage_all(path.str(), "the schema");
  EXPECT_THAT(beside(), ElementsAre("app inbound", "the config", testing::HasSubstr("damaged"),
                                    "pin 0: is damaged"));
}

}  // namespace
}  // namespace crashreel
