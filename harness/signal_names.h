// What is a signal called, and what does its code say?
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace crashreel {

// From "SIGUSR2" or "USR2"; nothing where there is no such signal.
std::optional<int> signal_named(std::string name);

// What a si_code says with this signal: "SEGV_MAPERR", "sent by kill()"; "code 77" for unnamed
// ones.
std::string signal_code_name(int signal, int code);

}  // namespace crashreel
