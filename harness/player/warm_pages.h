// Which pages does every copy of a fork server touch?
//
// After a fork each first write to a page is a fault, and so is each first look at the program's
// code: some hundred in a short try, a quarter of its time where faults are cheap and half where
// the machine is a virtual one. The first two copies write down what they touched; what both did is
// what a copy needs at all, whatever it is fed, and all later ones get it in a few calls before
// they go on. A hint to the kernel: what the program sees is the same.
#pragma once

namespace crashreel::player {

// In the fork server, before its first copy.
void prepare_warm_pages();

// In a copy, when it begins: brings the pages in, once they are known.
void warm_pages();

// In a copy, when it ends, in a signal handler too: writes down what it touched, as long as that
// isn't known. Nothing in a process that is no copy. No allocation.
void note_touched_pages();

}  // namespace crashreel::player
