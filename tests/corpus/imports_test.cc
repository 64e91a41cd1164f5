// Inputs from elsewhere: what one input is in each form, and packet captures put together again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pcap/dlt.h>

#include <random>

#include "corpus/exports/formats.h"
#include "corpus/imports/conversations.h"
#include "corpus/imports/formats.h"
#include "tests/capture/reel/scene.h"
#include "tests/corpus/packets.h"

namespace crashreel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// "0+ 0:GET 0-", as scene() has it.
std::string text_of(const std::vector<Input>& inputs) {
  std::string text;
  for (const Input& input : inputs) {
    text += (text.empty() ? "" : " ") + std::to_string(input.session);
    if (input.kind == InputKind::kOpen) text += "+";
    if (input.kind == InputKind::kClose) text += "-";
    if (input.kind == InputKind::kData) text += ":" + input.data;
  }
  return text;
}

std::string read(const char* format, const std::string& bytes,
                 const ImportSettings& settings = {}) {
  const auto imported = import_format(format)->read(bytes, "in", settings);
  return imported ? text_of(imported->inputs) : imported.error().message;
}

TEST(Imports, CutEachFormIntoItsInputs) {
  EXPECT_EQ(read("raw", "a\nb"), "0:a\nb");
  EXPECT_EQ(read("lines", "a\n\nb"), "0:a\n 0:\n 0:b");
  EXPECT_EQ(read("aflnet", std::string("\2\0\0\0ab\0\0\0\0\1\0\0\0c", 15)), "0:ab 0: 0:c");
  EXPECT_EQ(read("length-prefixed", std::string("\0\0\0\2ab\0\0\0\1c", 11)), "0:ab 0:c");
  EXPECT_EQ(
      read("length-prefixed", std::string("\2\0ab", 4), {.prefix_bytes = 2, .little_endian = true}),
      "0:ab");
  EXPECT_EQ(read("jsonl", "{\"session\":3,\"data\":\"UA==\"}"), "3:P");
}

TEST(Imports, NameTheRecordThatIsCutOff) {
  EXPECT_THAT(read("aflnet", std::string("\1\0\0\0a\7\0\0\0b", 10)),
              HasSubstr("in: record 2 at byte 5: length 7 exceeds the 1 bytes that are left"));
  EXPECT_THAT(read("length-prefixed", std::string("\0\0", 2)),
              HasSubstr("in: record 1 at byte 0: its length is cut off"));
}

TEST(Imports, TakeBackWhatIsExportedForAflnet) {
  const Reel reel = scene("4:PING 4: 4:SET");
  EXPECT_EQ(read("aflnet", *export_aflnet(reel, "x")), "0:PING 0: 0:SET");
}

std::string conversations(const std::vector<Segment>& segments, std::uint64_t missing = 0) {
  Conversations talks(80);
  std::uint64_t now = 0;
  for (const Segment& segment : segments) {
    const std::string bytes = raw_packet(segment);
    talks.add(*decode_packet(DLT_RAW, bytes), ++now);
  }
  talks.finish();
  EXPECT_EQ(talks.missing_bytes(), missing);
  return text_of(talks.take_inputs());
}

TEST(Conversations, BeginWithSynAndEndWithFinOrReset) {
  EXPECT_EQ(conversations({{0, "S", 0}, {0, "P", 1, "GET"}, {0, "F", 4}}), "0+ 0:GET 0-");
  EXPECT_EQ(conversations({{0, "S", 0}, {0, "P", 1, "GET"}, {0, "R", 4}, {0, "P", 4, "late"}}),
            "0+ 0:GET 0-");
  EXPECT_EQ(conversations({{0, "S", 0}, {0, "PF", 1, "GET"}}), "0+ 0:GET 0-");
}

TEST(Conversations, AreToldApartByTheClientsPort) {
  EXPECT_EQ(conversations({{0, "S", 0}, {1, "S", 0}, {1, "P", 1, "b"}, {0, "P", 1, "a"}}),
            "0+ 1+ 1:b 0:a");
  EXPECT_EQ(conversations(
                {{0, "S", 0}, {0, "P", 1, "a"}, {0, "F", 2}, {0, "S", 500}, {0, "P", 501, "b"}}),
            "0+ 0:a 0- 1+ 1:b");
}

TEST(Conversations, CutInputsBehindPush) {
  EXPECT_EQ(conversations({{0, "S", 0}, {0, "", 1, "one"}, {0, "P", 4, "two"}, {0, "P", 7, "3"}}),
            "0+ 0:onetwo 0:3");
}

TEST(Conversations, PutSegmentsInOrderAndDropWhatIsRepeated) {
  EXPECT_EQ(conversations({{0, "S", 0}, {0, "P", 4, "def"}, {0, "P", 1, "abc"}}), "0+ 0:abc 0:def");
  EXPECT_EQ(
      conversations({{0, "S", 0}, {0, "P", 1, "abc"}, {0, "P", 1, "abc"}, {0, "P", 2, "bcd"}}),
      "0+ 0:abc 0:d");
  EXPECT_EQ(conversations({{0, "S", 0}, {0, "F", 7}, {0, "P", 4, "def"}, {0, "P", 1, "abc"}}),
            "0+ 0:abc 0:def 0-");
  EXPECT_EQ(conversations({{0, "S", 0}, {0, "S", 0}, {0, "P", 1, "a"}}), "0+ 0:a");
}

TEST(Conversations, CountWhatWasNeverCaptured) {
  EXPECT_EQ(conversations({{0, "S", 0}, {0, "P", 1, "abc"}, {0, "P", 14, "xyz"}}, 10),
            "0+ 0:abc 0:xyz");
}

TEST(Conversations, MayHaveBegunBeforeTheCapture) {
  EXPECT_EQ(conversations({{0, "", 90}, {0, "P", 90, "GET"}, {0, "P", 93, "SET"}, {0, "F", 96}}),
            "0+ 0:GET 0:SET 0-");
}

TEST(Conversations, OfOtherPortsAreLeftOut) {
  EXPECT_EQ(conversations({{0, "S", 0, "", 81}, {0, "P", 1, "x", 81}, {0, "P", 5, "y"}}), "0+ 0:y");
}

// Against the truth: a stream cut, shuffled, repeated and overlapped at random is the stream.
TEST(Conversations, GiveTheStreamHoweverItsSegmentsCame) {
  std::mt19937 random(3);
  for (int round = 0; round < 500; ++round) {
    std::string stream(1 + random() % 300, 0);
    for (char& byte : stream) byte = static_cast<char>(random());
    std::vector<Segment> segments;
    for (std::uint32_t at = 0; at < stream.size();) {
      const auto size = static_cast<std::uint32_t>(1 + random() % 20);
      const std::uint32_t from = at - std::min(at, static_cast<std::uint32_t>(random() % 5));
      segments.push_back({0, "P", 1 + from, stream.substr(from, at + size - from)});
      if (random() % 4 == 0) segments.push_back(segments.back());
      at += size;
    }
    std::shuffle(segments.begin(), segments.end(), random);
    segments.insert(segments.begin(), {0, "S", 0});
    segments.push_back({0, "F", 1 + static_cast<std::uint32_t>(stream.size())});
    Conversations talks(80);
    for (const Segment& segment : segments) {
      const std::string bytes = raw_packet(segment);
      talks.add(*decode_packet(DLT_RAW, bytes), 0);
    }
    talks.finish();
    std::string seen;
    for (const Input& input : talks.take_inputs())
      seen += input.data.starts_with("tcp ") ? "" : input.data;
    ASSERT_EQ(seen, stream) << round;
    ASSERT_EQ(talks.missing_bytes(), 0u);
  }
}

TEST(Packets, AreFoundBehindEveryLink) {
  const std::string raw = raw_packet({3, "P", 1, "GET"}),
                    six = raw_packet({3, "P", 1, "GET"}, true);
  const std::string mac(12, 'm');
  const auto payload = [](int link, const std::string& bytes) {
    const auto packet = decode_packet(link, bytes);
    return packet ? endpoint_text(packet->to, packet->to_port) + " " + std::string(packet->payload)
                  : "none";
  };
  EXPECT_EQ(payload(DLT_RAW, raw), "10.0.0.2:80 GET");
  EXPECT_EQ(payload(DLT_RAW, six), "[::1]:80 GET");
  EXPECT_EQ(payload(DLT_EN10MB, mac + "\x08" + std::string(1, 0) + raw + "padding"),
            "10.0.0.2:80 GET");
  EXPECT_EQ(payload(DLT_EN10MB, mac + std::string("\x81\0\0\7\x86\xdd", 6) + six), "[::1]:80 GET");
  EXPECT_EQ(payload(DLT_NULL, "fam." + raw), "10.0.0.2:80 GET");
  EXPECT_EQ(payload(DLT_LINUX_SLL, std::string(16, 0) + raw), "10.0.0.2:80 GET");
  EXPECT_EQ(payload(276, std::string(20, 0) + six), "[::1]:80 GET");
  EXPECT_EQ(payload(DLT_EN10MB, mac + std::string("\x08\x06", 2) + raw), "none");
  EXPECT_FALSE(is_known_link(147));
}

TEST(Packets, CutAnywhereAreNoneOrMissWhatIsCut) {
  const std::string raw = raw_packet({3, "P", 1, "GET"});
  for (std::size_t size = 0; size < raw.size(); ++size) {
    const auto packet = decode_packet(DLT_RAW, raw.substr(0, size));
    if (packet) {
      EXPECT_EQ(packet->missing_bytes, raw.size() - size);
    } else {
      EXPECT_LT(size, raw.size() - 3);
    }
  }
}

Reel server_reel(const std::string& text) {
  Reel reel = scene(text);
  for (Input& input : reel.inputs) {
    const std::string port = std::to_string(40000 + input.session);
    if (input.kind == InputKind::kOpen)
      input.data = input.session % 2 == 0 ? "tcp inbound [::1]:80 [::1]:" + port
                                          : "tcp inbound 10.0.0.1:80 10.0.0.2:" + port;
  }
  reel.program.start_realtime_ns = 1'790'000'000'000'000'000;
  return reel;
}

TEST(Imports, TakeBackWhatIsExportedAsAPacketCapture) {
  const Reel reel = server_reel(
      "@5 1+ @70 1:GET @1000 2+ 2:SET @1000000001 1:DEL 1- @2000000000 2:GET 1+ 1:AGAIN 2-");
  const auto capture = export_pcapng(reel, "x");
  ASSERT_TRUE(capture);
  const auto imported = import_pcap(*capture, "x", {.port = 80});
  ASSERT_TRUE(imported) << imported.error().message;
  EXPECT_EQ(imported->start_realtime_ns, reel.program.start_realtime_ns + 5);
  ASSERT_EQ(imported->inputs.size(), reel.inputs.size());
  for (std::size_t i = 0; i < reel.inputs.size(); ++i) {
    EXPECT_EQ(imported->inputs[i].kind, reel.inputs[i].kind) << i;
    EXPECT_EQ(imported->inputs[i].data, reel.inputs[i].data) << i;
    EXPECT_EQ(imported->inputs[i].time_ns, reel.inputs[i].time_ns - 5) << i;
  }
  EXPECT_TRUE(imported->notes.empty());
}

TEST(Imports, SayWhatIsWrongWithACapture) {
  const auto capture = export_pcapng(server_reel("1+ 1:GET 1-"), "x");
  const auto trouble = [&](std::string_view bytes, std::uint16_t port) {
    const auto imported = import_pcap(bytes, "x.pcap", {.port = port});
    return imported ? std::string("none") : imported.error().message;
  };
  EXPECT_THAT(trouble(*capture, 0), HasSubstr("say '--port'"));
  EXPECT_THAT(trouble(*capture, 81), HasSubstr("to port 81; it has packets to port 80 (1)"));
  EXPECT_THAT(trouble("no capture at all", 80), HasSubstr("x.pcap: is no packet capture"));
  EXPECT_THAT(trouble("", 80), HasSubstr("is empty"));
  const auto cut =
      import_pcap(std::string_view(*capture).substr(0, capture->size() - 7), "x", {.port = 80});
  ASSERT_TRUE(cut);
  EXPECT_THAT(cut->notes, ElementsAre(HasSubstr("the capture ends early")));
}

}  // namespace
}  // namespace crashreel
