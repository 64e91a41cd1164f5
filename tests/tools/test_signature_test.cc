#include "tools/pipeline/test_signature.h"

#include <gtest/gtest.h>
#include <signal.h>

namespace crashreel {
namespace {

constexpr const char* kReport =
    "=================================================================\n"
    "==42==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011\n"
    "READ of size 1 at 0x602000000011 thread T0\n"
    "    #0 0x55d0c0 in take(char const*) parse.cc:12:3\n"
    "    #1 0x55d0c1 in parse parse.cc:40\n"
    "    #2 0x55d0c2 in main parse.cc:80\n"
    "    #3 0x7f00 in __libc_start_main (libc.so.6+0x2724a)\n";

TEST(TestSignature, OfASanitizersReportIsItsKindAndThreeFunctions) {
  const TestSignature seen = signature_of({.status = 1, .errors = kReport});
  EXPECT_TRUE(seen.crashed);
  EXPECT_EQ(seen.text, "heap-buffer-overflow in take parse.cc:12 < parse < main (status 1)");
}

TEST(TestSignature, OfASanitizersReportTellsTwoLinesOfAFunctionApart) {
  std::string other = kReport;
  other.replace(other.find(":12:3"), 5, ":15:3");
  EXPECT_NE(signature_of({.status = 1, .errors = kReport}),
            signature_of({.status = 1, .errors = other}));
}

TEST(TestSignature, OfASanitizersReportLeavesOutWhatDiffersFromRunToRun) {
  std::string again = kReport;
  again.replace(again.find("==42=="), 6, "==4711==");
  again.replace(again.find("0x602000000011"), 14, "0x60f0000000f1");
  again.replace(again.find("0x55d0c0 "), 9, "0x560000 ");
  again.replace(again.find("size 1 "), 7, "size 4 ");
  again.replace(again.find("parse.cc:12:3"), 13, "/build/2/parse.cc:12:9");
  EXPECT_EQ(signature_of({.status = 1, .errors = kReport}),
            signature_of({.status = 1, .errors = again}));
}

TEST(TestSignature, OfASanitizersReportWithoutSymbolsIsModulesAndOffsets) {
  const TestSignature seen = signature_of(
      {.status = 1,
       .errors = "==1==ERROR: AddressSanitizer: SEGV on unknown address 0x0 (pc 0x1 bp 0x2)\n"
                 "    #0 0x55d0c0  (/usr/bin/tool+0x1234)\n"
                 "    #1 0x7f0001  (/lib/libx.so.1+0x99) (BuildId: 0123)\n"});
  EXPECT_EQ(seen.text, "SEGV in tool+0x1234 < libx.so.1+0x99 (status 1)");
}

TEST(TestSignature, TellsTheStatusesOfPrintedCrashesApart) {
  const char* errors = "thread 'main' panicked at src/main.rs:4:5:\n";
  EXPECT_NE(signature_of({.status = 101, .errors = errors}),
            signature_of({.status = 1, .errors = errors}));
}

TEST(TestSignature, OfASignalIsItsName) {
  EXPECT_EQ(signature_of({.signal = SIGSEGV}).text, "SIGSEGV");
  EXPECT_NE(signature_of({.signal = SIGSEGV}), signature_of({.signal = SIGABRT}));
}

TEST(TestSignature, OfAnAssertionIsItsTextWithoutNumbers) {
  const auto died = [](const char* errors) {
    return signature_of({.signal = SIGABRT, .errors = errors});
  };
  EXPECT_EQ(died("a.out: x.c:7: f: Assertion `n < 10' failed.\n"),
            died("a.out: x.c:8: f: Assertion `n < 12' failed.\nAborted\n"));
  EXPECT_NE(died("Assertion `n' failed.\n"), died("Assertion `m' failed.\n"));
}

TEST(TestSignature, CallsNoExitACrash) {
  EXPECT_FALSE(signature_of({.status = 1, .errors = "syntax error\n"}).crashed);
  EXPECT_FALSE(signature_of({}).crashed);
}

}  // namespace
}  // namespace crashreel
