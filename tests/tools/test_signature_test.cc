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
  EXPECT_EQ(seen.text, "heap-buffer-overflow in take < parse < main");
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
