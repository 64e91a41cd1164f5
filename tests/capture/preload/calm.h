// A program to whom errno matters: what succeeds leaves it as it was, with a recorder as without.
#pragma once

#include <cerrno>
#include <cstdio>
#include <cstdlib>

// Gives what the call gives, and ends the program where it succeeded and changed errno.
template <typename Call>
auto calm(Call&& call) {
  constexpr int kOwn = 77;
  errno = kOwn;
  const auto result = call();
  if (result >= 0 && errno != kOwn) {
    std::perror("a call that succeeded left errno changed");
    std::abort();
  }
  return result;
}
