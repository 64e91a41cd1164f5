// How does an instance come to stand just before one of its steps, and stay there?
//
// It runs there by itself, undisturbed, and then waits: in the player (player/stop.h), every thread
// of the program waiting, too; a program that is fed on its standard input, where it waits for
// more. There a debugger takes hold of it. What hangs on the way is ended by the watchdog; from
// then on nothing is ended, for whoever holds it may take all day. Knows no debugger.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "capture/base/result.h"
#include "harness/feed.h"
#include "harness/fork_server.h"
#include "harness/instance.h"
#include "harness/sequence.h"
#include "harness/target.h"
#include "harness/try.h"

namespace crashreel {

// How often an instance that is fed is looked at.
inline constexpr int kLookMs = 1;

struct StandingOrder {
  std::size_t before = 0;     // this step
  std::uint32_t hang_ms = 0;  // as in TryOptions
  std::size_t came_to = 0;    // where it does not come to stand: so many steps it had performed
};

class Standing {
 public:
  // Started alone. Steps of what is fed are the inputs with bytes among the sequence. An error
  // where it ends or hangs before that step, or the machine refuses.
  static Result<Standing> alone(const Target& target, const Layout& layout,
                                const Sequence& sequence, StandingOrder& order);
  // A copy of this server, that leaves checkpoints on the way where `held` asks for them. Empty: it
  // lacked a thread, and has to be had without the checkpoint.
  static Result<std::optional<Standing>> copy(ForkServer& server, const Layout& layout,
                                              StandingOrder& order, Held& held);
  Standing(Standing&&) noexcept = default;
  Standing& operator=(Standing&&) = delete;
  ~Standing() = default;  // ends it, and waits for that: nobody may hold it any more

  pid_t pid() const { return instance_.pid(); }
  // So many steps it has behind it, or the last of them in hand.
  std::size_t steps() const;
  // The copy has ended since, because it needed a thread that was not copied.
  bool lacked_thread() const;

  // It goes on as soon as whoever holds it lets it, and stops again before this step and each that
  // comes after: in crashreel_before_input(), or, where it is fed, by a SIGSTOP.
  void go_on_until(std::size_t step);
  // It goes on to its end.
  void go_on();

  // To be called every kLookMs while it runs: gives it what it waits for.
  bool is_fed() const { return feed_.has_value(); }
  void feed();

 private:
  Standing(Instance instance, Script script, std::optional<StdinFeed> feed, std::size_t before)
      : instance_(std::move(instance)),
        script_(std::move(script)),
        feed_(std::move(feed)),
        before_(before) {}

  Result<void> reach(StandingOrder& order, class Holder* holder);
  bool stands() const;
  Error ended(StandingOrder& order);

  Instance instance_;
  Script script_;
  std::optional<StdinFeed> feed_;
  std::size_t before_;                    // what the server had behind it
  std::optional<std::size_t> feed_most_;  // so many inputs; empty: all, and their end
  bool stops_ = false;                    // when it has taken those
};

}  // namespace crashreel
