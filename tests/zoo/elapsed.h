// What a program of the zoo says of a wait: how long it was, in whole seconds.
#pragma once

#include <ctime>
#include <string>

namespace zoo {

inline timespec time_on(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time;
}

inline timespec in_seconds(clockid_t clock, long seconds) {
  timespec time = time_on(clock);
  time.tv_sec += seconds;
  return time;
}

class Elapsed {
 public:
  std::string text() const {
    return std::to_string(time_on(CLOCK_MONOTONIC).tv_sec - start_.tv_sec);
  }

 private:
  timespec start_ = time_on(CLOCK_MONOTONIC);
};

}  // namespace zoo
