// What does an executable file say about itself, and what if it lies?
#include "harness/elf.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/capture/reel/folder.h"

namespace crashreel {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::StartsWith;

const char* const kProgram = CRASHREEL_BUILD_DIR "/zoo/canary";

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Elf : public testing::Test {
 protected:
  Result<ElfFile> read(const std::string& bytes) {
    const std::string path = folder_ / "program";
    std::ofstream(path, std::ios::binary) << bytes;
    return read_elf(path);
  }

  Folder folder_;
};

TEST_F(Elf, OfAProgramNamesItsBuildAndItsLoader) {
  const auto elf = read_elf(kProgram);
  ASSERT_TRUE(elf) << elf.error().message;
  EXPECT_THAT(elf->build_id, MatchesRegex("[0-9a-f]{40}"));
  EXPECT_THAT(elf->interpreter, StartsWith("/lib"));
  EXPECT_GE(elf->segments.size(), 2u);
}

TEST_F(Elf, OfAStaticProgramNamesNoLoader) {
  const auto elf = read_elf(CRASHREEL_BUILD_DIR "/zoo/fixed");
  ASSERT_TRUE(elf) << elf.error().message;
  EXPECT_THAT(elf->interpreter, IsEmpty());
}

TEST_F(Elf, SaysWhereAByteOfTheFileIsLoaded) {
  ElfFile elf;
  elf.segments = {{0x1000, 0x401000, 0x500, true}, {0x2000, 0x603000, 0x100, false}};
  EXPECT_EQ(elf.address_of(0x1000), 0x401000u);
  EXPECT_EQ(elf.address_of(0x14ff), 0x4014ffu);
  EXPECT_EQ(elf.address_of(0x2010), 0x603010u);
  EXPECT_EQ(elf.address_of(0x1500), 0x1500u);  // in no segment: as it is
}

TEST_F(Elf, CutAnywhereIsReadOrRefused) {
  const std::string path = folder_ / "program";
  const auto whole = read(bytes_of(kProgram));
  ASSERT_TRUE(whole);
  // From its end to its beginning. The headers lie at the front: only there does every byte count.
  const std::size_t size = std::filesystem::file_size(path);
  for (std::size_t left = size; left > 0; left -= left <= 2048 ? 1 : std::min(left, size / 256)) {
    std::filesystem::resize_file(path, left);
    const auto elf = read_elf(path);
    if (elf) {
      EXPECT_LE(elf->segments.size(), whole->segments.size());
    } else {
      EXPECT_THAT(elf.error().message, StartsWith(path + ": "));
      EXPECT_LE(left, 2048u);
    }
  }
}

TEST_F(Elf, WithAnyByteOfItsHeadersChangedIsReadOrRefused) {
  const std::string whole = bytes_of(kProgram).substr(0, 4096);
  for (std::size_t at = 0; at < 900; ++at) {
    for (const int change : {0x01, 0x80, 0xff}) {
      std::string bytes = whole;
      bytes[at] = static_cast<char>(bytes[at] ^ change);
      const auto elf = read(bytes);
      if (elf) {
        EXPECT_LE(elf->interpreter.size(), 4096u);
      }
    }
  }
}

TEST_F(Elf, MayNotPromiseMoreThanTheFileHolds) {
  std::string bytes = bytes_of(kProgram);
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  for (std::size_t i = 0; i < header.e_phnum; ++i) {
    char* const at = bytes.data() + header.e_phoff + i * sizeof(Elf64_Phdr);
    Elf64_Phdr segment;
    std::memcpy(&segment, at, sizeof segment);
    segment.p_filesz = ~std::uint64_t{0};
    segment.p_offset = ~std::uint64_t{0} - 100;
    std::memcpy(at, &segment, sizeof segment);
  }
  const auto elf = read(bytes);
  ASSERT_TRUE(elf);
  EXPECT_THAT(elf->build_id, IsEmpty());
  EXPECT_THAT(elf->interpreter, IsEmpty());
  EXPECT_EQ(elf->address_of(0x1234), 0x1234u);
}

TEST_F(Elf, IsNotWhatIsMissingOrNoFile) {
  EXPECT_THAT(read_elf(folder_ / "nothing").error().message, HasSubstr("can't be read"));
  EXPECT_THAT(read_elf(folder_.path()).error().message, HasSubstr("is no file"));
  const std::string pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(read_elf(pipe).error().message, HasSubstr("is no file"));
  EXPECT_THAT(read_elf("/dev/zero").error().message, HasSubstr("is no file"));
  EXPECT_THAT(read("#!/bin/sh\n").error().message, HasSubstr("not a script"));
}

}  // namespace
}  // namespace crashreel
