// A store whose values expire, for the servers that live by time-outs: idle_poll and idle_select.
//
//   TIME              -> the wall clock, to the nanosecond
//   SET key value     -> OK
//   EXPIRE key n      -> OK: the key is gone after n seconds
//   GET key           -> the value, or NONE
//
// The server sweeps once a second, and hangs up on a session that said nothing for 5 minutes.
#pragma once

#include <ctime>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/zoo/lines.h"

namespace zoo {

constexpr int kSweepMs = 1000;
constexpr std::time_t kLongestSilence = 300;

inline timespec now(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time;
}

struct Session {
  std::string unread;
  std::time_t last_heard = 0;
};

class Timekeeper {
 public:
  std::map<int, Session> sessions;  // by descriptor

  void accept_from(int listener) {
    const int fd = ::accept(listener, nullptr, nullptr);
    sessions[fd].last_heard = now(CLOCK_MONOTONIC).tv_sec;
  }

  void serve(int fd) {
    Session& session = sessions[fd];
    session.last_heard = now(CLOCK_MONOTONIC).tv_sec;
    if (!read_some(fd, session.unread)) return hang_up(fd);
    for (std::string line; take_line(session.unread, line);) answer(fd, answer_to(line));
  }

  void sweep() {
    const std::time_t time = now(CLOCK_MONOTONIC).tv_sec;
    std::erase_if(expiries_, [&](const auto& entry) {
      return entry.second <= time && values_.erase(entry.first) > 0;
    });
    std::vector<int> silent;
    for (const auto& [fd, session] : sessions) {
      if (time - session.last_heard >= kLongestSilence) silent.push_back(fd);
    }
    for (const int fd : silent) {
      answer(fd, "silent for too long\n");
      hang_up(fd);
    }
  }

 private:
  std::string answer_to(const std::string& line) {
    std::istringstream words(line);
    std::string verb, key, value;
    words >> verb >> key >> value;
    if (verb == "TIME") {
      const timespec time = now(CLOCK_REALTIME);
      char text[40];
      std::snprintf(text, sizeof text, "%lld.%09ld\n", static_cast<long long>(time.tv_sec),
                    time.tv_nsec);
      return text;
    }
    if (verb == "SET") return values_[key] = value, "OK\n";
    if (verb == "EXPIRE") {
      return expiries_[key] = now(CLOCK_MONOTONIC).tv_sec + std::atoi(value.c_str()), "OK\n";
    }
    if (verb == "GET") return (values_.contains(key) ? values_[key] : "NONE") + "\n";
    return "ERR\n";
  }

  void hang_up(int fd) {
    ::close(fd);
    sessions.erase(fd);
  }

  std::map<std::string, std::string> values_;
  std::map<std::string, std::time_t> expiries_;
};

}  // namespace zoo
