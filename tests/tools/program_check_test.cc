// Which programs are refused before they are started, with which status and which advice.
#include "tools/pipeline/program_check.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstring>

#include "tests/capture/reel/folder.h"
#include "tools/exit_status.h"

namespace crashreel {
namespace {

using ::testing::HasSubstr;

// A folder with one executable file in it.
class ProgramFile {
 public:
  explicit ProgramFile(const std::string& bytes, unsigned mode = 0755) {
    put_file(path(), bytes);
    ::chmod(path().c_str(), mode);
  }
  std::string path() const { return folder_ / "program"; }
  ProgramCheck check() const { return check_program(path()); }

 private:
  Folder folder_;
};

std::string elf_without_loader() {
  Elf64_Ehdr header = {};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_phentsize = sizeof(Elf64_Phdr);
  return {reinterpret_cast<const char*>(&header), sizeof(header)};
}

TEST(ProgramCheck, FindsAProgramAsAShellWould) {
  const ProgramCheck check = check_program("sh");
  EXPECT_EQ(check.status, 0) << check.reason;
  EXPECT_THAT(check.path, ::testing::EndsWith("/sh"));
}

TEST(ProgramCheck, SaysWhenThereIsNoSuchProgram) {
  EXPECT_EQ(check_program("no-such-program").status, kExitNotFound);
  EXPECT_EQ(check_program("/no/such/program").status, kExitNotFound);
  EXPECT_EQ(check_program("").status, kExitNotFound);
  EXPECT_THAT(check_program("no-such-program").reason, HasSubstr("no-such-program: no such"));
}

TEST(ProgramCheck, SaysWhenAFileCantBeExecuted) {
  EXPECT_EQ(ProgramFile("#!/bin/sh\n", 0644).check().status, kExitNotExecutable);
  EXPECT_EQ(check_program("/").status, kExitNotExecutable);
}

TEST(ProgramCheck, RefusesWhatNoRecorderCanBeLoadedInto) {
  const ProgramCheck check = ProgramFile(elf_without_loader()).check();
  EXPECT_EQ(check.status, kExitOwnTrouble);
  EXPECT_THAT(check.reason, HasSubstr("statically linked"));
  EXPECT_THAT(check.reason, HasSubstr("libcrashreel"));
  EXPECT_EQ(ProgramFile("neither program nor script\n").check().status, kExitOwnTrouble);
  EXPECT_EQ(ProgramFile("").check().status, kExitOwnTrouble);
}

TEST(ProgramCheck, TakesTheInterpreterOfAScriptForTheProgram) {
  EXPECT_EQ(ProgramFile("#!/bin/sh\nexit 0\n").check().status, 0);
  EXPECT_EQ(ProgramFile("#! /usr/bin/env -S sh -e\n").check().status, 0);
  EXPECT_EQ(ProgramFile("#!/bin/sh").check().status, 0);
  const ProgramFile still(elf_without_loader());
  EXPECT_EQ(ProgramFile("#!" + still.path() + "\n").check().status, kExitOwnTrouble);
}

TEST(ProgramCheck, RefusesScriptsThatNothingInterprets) {
  EXPECT_EQ(ProgramFile("#!/no/such/interpreter\n").check().status, kExitNotExecutable);
  EXPECT_EQ(ProgramFile("#!\n").check().status, kExitNotExecutable);
  const Folder folder;
  put_file(folder / "loop", "#!" + (folder / "loop") + "\n");
  ::chmod((folder / "loop").c_str(), 0755);
  EXPECT_THAT(check_program(folder / "loop").reason, HasSubstr("without end"));
}

}  // namespace
}  // namespace crashreel
