// Which of the program's descriptors are the kernel's random devices?
//
// A few are remembered, with their copies, and asked for with one load as long as there is none.
#pragma once

namespace crashreel::player {

void remember_random_device(int fd);
void forget_random_device(int fd);
void forget_random_devices(unsigned first, unsigned last);
// `copy` stands for what `fd` stands for from now on; below zero it is none. Returns it.
int random_device_copied(int fd, int copy);
bool is_random_device(int fd);

}  // namespace crashreel::player
