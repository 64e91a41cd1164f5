// What is a signal called, and what does its code say?
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "capture/reel/reel.h"

namespace crashreel {

// From "SIGUSR2" or "USR2"; nothing where there is no such signal.
std::optional<int> signal_named(std::string name);

// What a si_code says with this signal: "SEGV_MAPERR", "sent by kill()"; "code 77" for unnamed
// ones.
std::string signal_code_name(int signal, int code);

// "SEGV_MAPERR at address 0x10": what the kernel told a program that crashed; empty where that is
// not known.
std::string fault_text(const CrashFacts& crash);

}  // namespace crashreel
