#include "harness/signal_names.h"

#include <signal.h>

#include <cinttypes>
#include <cstdio>

#include "harness/signature.h"

namespace crashreel {

std::optional<int> signal_named(std::string name) {
  if (!name.starts_with("SIG")) name.insert(0, "SIG");
  for (int signal = 1; signal < SIGRTMIN; ++signal) {
    if (signal_name(signal) == name) return signal;
  }
  return std::nullopt;
}

std::string signal_code_name(int signal, int code) {
  struct Name {
    int signal;  // 0: any
    int code;
    const char* name;
  };
  static constexpr Name kNames[] = {
      {0, SI_USER, "sent by kill()"},
      {0, SI_TKILL, "sent by tgkill() or raise()"},
      {0, SI_QUEUE, "sent by sigqueue()"},
      {0, SI_KERNEL, "sent by the kernel"},
      {SIGSEGV, SEGV_MAPERR, "SEGV_MAPERR"},
      {SIGSEGV, SEGV_ACCERR, "SEGV_ACCERR"},
      {SIGBUS, BUS_ADRALN, "BUS_ADRALN"},
      {SIGBUS, BUS_ADRERR, "BUS_ADRERR"},
      {SIGBUS, BUS_OBJERR, "BUS_OBJERR"},
      {SIGILL, ILL_ILLOPC, "ILL_ILLOPC"},
      {SIGILL, ILL_ILLOPN, "ILL_ILLOPN"},
      {SIGILL, ILL_PRVOPC, "ILL_PRVOPC"},
      {SIGFPE, FPE_INTDIV, "FPE_INTDIV"},
      {SIGFPE, FPE_INTOVF, "FPE_INTOVF"},
      {SIGFPE, FPE_FLTDIV, "FPE_FLTDIV"},
      {SIGFPE, FPE_FLTINV, "FPE_FLTINV"},
      {SIGTRAP, TRAP_BRKPT, "TRAP_BRKPT"},
      {SIGTRAP, TRAP_TRACE, "TRAP_TRACE"},
      {SIGSYS, 1, "SYS_SECCOMP"},
  };
  for (const Name& name : kNames) {
    if (name.code == code && (name.signal == 0 || name.signal == signal)) return name.name;
  }
  return "code " + std::to_string(code);
}

// A handler of the program's own may have made a status of the signal; its name is left then.
std::string fault_text(const CrashFacts& crash) {
  if (!crash.code) return {};
  const std::string& kind = crash.signature.kind;
  const int signal =
      crash.signal != 0 ? crash.signal : signal_named(kind.substr(0, kind.find(' '))).value_or(0);
  const std::string text = signal_code_name(signal, *crash.code);
  if (!crash.address) return text;
  char address[32];
  std::snprintf(address, sizeof address, "0x%" PRIx64, *crash.address);
  return text + " at address " + address;
}

}  // namespace crashreel
