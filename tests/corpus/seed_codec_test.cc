#include "corpus/seed_codec.h"

#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "tests/capture/reel/folder.h"
#include "tests/capture/reel/scene.h"

namespace crashreel {
namespace {

Reel carried(const Reel& reel) {
  return decode_seed(encode_seed(reel));
}

std::string random_bytes(std::mt19937& random, std::size_t most) {
  // Marks and tags come up often enough to matter.
  constexpr char kCommon[] =
      "\xc1\xc1\xc1"
      "BJRICbjr\x00\x01\x80\xff";
  std::string bytes(random() % (most + 1), '\0');
  for (char& byte : bytes)
    byte = random() % 2 ? kCommon[random() % (sizeof(kCommon) - 1)] : static_cast<char>(random());
  return bytes;
}

Reel random_reel(std::mt19937& random) {
  Reel reel;
  Input input;
  for (std::size_t left = random() % 20; left > 0; --left) {
    input.seq += 1 + random() % 3;
    input.time_ns = random() % 3 ? input.time_ns + random() % 5 : std::uint64_t{random()} << 32;
    input.thread = static_cast<std::uint32_t>(random() % 3);
    input.session = random() % 4 ? static_cast<std::uint32_t>(random() % 4) : kNoSession;
    input.kind = static_cast<InputKind>(1 + random() % 7);
    input.data = random_bytes(random, 6);
    reel.inputs.push_back(input);
  }
  return reel;
}

TEST(SeedCodec, CarriesTheCanonicalReel) {
  for (const char* text :
       {"", "1:GET", "1+ 1:GET 2+ 2:SET 1- !11", "7: 7:a 3:b 7-", "?note 1:a ~5 1:b %r 2:c",
        "@5 1:a @9 1:b @7 2:c @18446744073709551615 1:d"}) {
    const Reel reel = scene(text);
    EXPECT_EQ(carried(reel), canonical(reel)) << text;
  }
  EXPECT_EQ(carried(full_reel()), canonical(full_reel()));
}

TEST(SeedCodec, CarriesTheCanonicalFormOfAnyReel) {
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    const Reel reel = random_reel(random);
    const Reel kept = canonical(reel);
    ASSERT_EQ(carried(reel), kept) << i;
    ASSERT_EQ(canonical(kept), kept) << i;
  }
}

TEST(SeedCodec, DecodesAnyBytesToACanonicalReelThatCanBeEncoded) {
  std::mt19937 random(2);
  for (int i = 0; i < 50000; ++i) {
    const std::string bytes = random_bytes(random, 40);
    const Reel reel = decode_seed(bytes);
    ASSERT_EQ(canonical(reel), reel) << i;
    ASSERT_LE(encode_seed(reel).size(), bytes.size()) << i;
    ASSERT_EQ(carried(reel), reel) << i;
  }
}

TEST(SeedCodec, DecodesEveryShortString) {
  for (unsigned bytes = 0; bytes < 1u << 16; ++bytes) {
    const std::string seed = {'\xc1', static_cast<char>(bytes), static_cast<char>(bytes >> 8)};
    const Reel reel = decode_seed(seed);
    ASSERT_EQ(carried(reel), reel);
  }
}

TEST(SeedCodec, TakesRawBytesForOneRead) {
  EXPECT_EQ(decode_seed("GET / HTTP/1.0\r\n").inputs.size(), 1u);
  EXPECT_EQ(decode_seed("GET / HTTP/1.0\r\n").inputs[0].data, "GET / HTTP/1.0\r\n");
  EXPECT_EQ(encode_seed(scene("9:hello")), "hello");
  EXPECT_TRUE(decode_seed("").inputs.empty());
}

TEST(SeedCodec, CanonicalRenumbersSessionsAndMeasuresTimeFromTheFirstInput) {
  const Reel reel = scene("#9 t4 @100 7:a @90 3:b @250 7:c !11");
  EXPECT_EQ(canonical(reel), scene("@0 0:a 1:b @150 0:c !11"));
}

TEST(SeedCodec, CanonicalKeepsInputsAlone) {
  Reel expected;
  expected.inputs = canonical(full_reel()).inputs;
  EXPECT_EQ(canonical(full_reel()), expected);
}

TEST(SeedCodec, CostsTwoBytesForAnInputAndThreeInAnotherSession) {
  EXPECT_EQ(encode_seed(scene("1:GET 1:SET 1:DEL")).size(), 9u + 2 * 2);
  EXPECT_EQ(encode_seed(scene("1:GET 2:SET 1:DEL 2:GET")).size(), 12u + 2 + 2 * 3);
}

TEST(SeedCodec, LosesItsTailAloneWhenCutAtAnyByte) {
  const Reel reel = canonical(scene("1+ 1:GET @300 2:SET @1000000 1:DEL 2- !11"));
  const std::string whole = encode_seed(reel);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::vector<Input> left = decode_seed(whole.substr(0, size)).inputs;
    ASSERT_LE(left.size(), reel.inputs.size());
    for (std::size_t i = 0; i + 1 < left.size(); ++i) EXPECT_EQ(left[i], reel.inputs[i]) << size;
    if (!left.empty()) {
      EXPECT_TRUE(reel.inputs[left.size() - 1].data.starts_with(left.back().data)) << size;
    }
  }
}

TEST(SeedCodec, ByteChangedInAPayloadStaysInItsInput) {
  const Reel reel = canonical(scene("1:GET 2:SET 1:DEL"));
  const std::string whole = encode_seed(reel);
  const std::size_t at = whole.find("SET") + 1;
  const auto data_of = [](const std::string& seed) {
    std::string text;
    for (const Input& input : decode_seed(seed).inputs) text += input.data + " ";
    return text;
  };
  EXPECT_EQ(data_of(std::string(whole).replace(at, 1, "x")), "GET SxT DEL ");
  EXPECT_EQ(data_of(std::string(whole).erase(at, 1)), "GET ST DEL ");
  EXPECT_EQ(data_of(std::string(whole).insert(at, "new")), "GET SnewET DEL ");
}

// The document's example, as FORMAT.md's is tested.
TEST(SeedCodec, TheDocumentsExampleIsWhatTheEncoderMakes) {
  std::istringstream document(file_bytes(CRASHREEL_SOURCE_DIR "/corpus/SEED.md"));
  std::string line;
  while (std::getline(document, line) && line != "```hex") continue;
  std::string bytes;
  while (std::getline(document, line) && line != "```") {
    std::istringstream pairs(line.substr(0, line.find('|')));
    for (std::string pair; pairs >> pair;) bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
  }
  EXPECT_EQ(encode_seed(scene("5+ 5:GET @1000 2+ 2:A\xc1 5-")), bytes);
  EXPECT_EQ(decode_seed(bytes), scene("0+ 0:GET @1000 1+ 1:A\xc1 0-"));
}

}  // namespace
}  // namespace crashreel
