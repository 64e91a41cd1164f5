// Has the program lost memory, by the time that it has done all it was asked to?
//
// A server never comes to the end at which LeakSanitizer looks by itself. A program without that
// sanitizer, or whose environment says that leaks do not count, is not looked at.
#pragma once

namespace crashreel::player {

// Prints the sanitizer's own report where something was lost.
void look_for_leaks();

}  // namespace crashreel::player
