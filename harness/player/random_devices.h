// Which of the program's descriptors are the kernel's random devices?
//
// A few are remembered, and asked for with one load as long as there is none. A copy by dup() is
// not followed: what is read from it is the kernel's.
#pragma once

namespace crashreel::player {

void remember_random_device(int fd);
void forget_random_device(int fd);
bool is_random_device(int fd);

}  // namespace crashreel::player
