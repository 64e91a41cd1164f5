// Is this test sanitized, and how often is it then worth to say the same again?
#pragma once

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define CRASHREEL_TEST_IS_SANITIZED 1
#endif
#endif

namespace crashreel {

#ifdef CRASHREEL_TEST_IS_SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

// Of so many rounds with other random numbers. What they come to is found without a sanitizer, in
// all of them; a sanitizer looks for mistakes with memory on the way there, which is the same in a
// tenth.
template <typename Number>
constexpr Number rounds_of(Number all) {
  return kSanitized ? (all + 9) / 10 : all;
}

}  // namespace crashreel
