// How does a function say that something expected went wrong?
//
// Expected trouble is a value: `Result<T>` holds a T or an Error and is passed up, never ignored.
// It has the observers of std::expected, which C++20 on our compilers lacks; when C++23 comes this
// header shrinks to an alias. A broken invariant is not trouble but a bug: see check.h.
#pragma once

#include <string>
#include <utility>
#include <variant>

#include "capture/base/check.h"

namespace crashreel {

// What kind of trouble, so that the command line can choose its exit status without reading text.
enum class Trouble {
  kUsage,        // the caller asked for something that can't be meant
  kTarget,       // the program did not start or can't be attached
  kDamaged,      // the file is damaged beyond use, or is not what it is said to be
  kEnvironment,  // the machine refused: no space, no permission, no such file
};

// The message names the thing, the place and what to try next, in one line without a full stop:
// "crash.reel: input 812 at byte 40960: length 70000 exceeds 65536".
struct Error {
  Trouble trouble = Trouble::kEnvironment;
  std::string message;

  bool operator==(const Error&) const = default;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }

  T& value() & { return CRASHREEL_CHECK(has_value()), std::get<0>(state_); }
  const T& value() const& { return CRASHREEL_CHECK(has_value()), std::get<0>(state_); }
  T&& value() && { return CRASHREEL_CHECK(has_value()), std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  const Error& error() const { return CRASHREEL_CHECK(!has_value()), std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)), ok_(false) {}

  bool has_value() const { return ok_; }
  explicit operator bool() const { return ok_; }
  const Error& error() const { return CRASHREEL_CHECK(!ok_), error_; }

 private:
  Error error_;
  bool ok_ = true;
};

}  // namespace crashreel
