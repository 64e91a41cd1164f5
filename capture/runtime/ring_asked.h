// Which ring does a program get: as it asks itself, as the environment asks, or as there is room?
//
// What the program says goes before the environment. A number that can't be read is an error, so
// that nobody believes to have what he has not. Inside the library only.
#pragma once

struct crashreel_options;

namespace crashreel::ring {

// Makes it. 0 or errno.
int create_as_asked(const crashreel_options& asked);

// Whether the stack of a crash is to be kept.
bool wants_frames(const crashreel_options& asked);

}  // namespace crashreel::ring
