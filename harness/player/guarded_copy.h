// Copies from and to where the program says, which may be nowhere. The kernel answers EFAULT then,
// and so has to who answers in its place.
#pragma once

#include <cstddef>

namespace crashreel::player {

// There are such copies on this processor.
#if defined(__x86_64__)
inline constexpr bool kCopiesGuarded = true;
#else
inline constexpr bool kCopiesGuarded = false;
#endif

// Returns how many bytes, at the end, were not copied: there is no memory there.
std::size_t copy_guarded(void* to, const void* from, std::size_t size);

// In the handler of a fatal signal, with its ucontext_t. True: it was such a copy that ran into
// nothing, and returns when the handler does.
bool end_guarded_copy(void* context);

}  // namespace crashreel::player
