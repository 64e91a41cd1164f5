// How does a second process write into a ring that it did not make?
//
// Who feeds a program from outside knows an input before the program does, and its place is in the
// program's ring, beside what the program itself takes in; the facts in there stay the program's.
// Not for programs, which call crashreel_start(), and not in the shared library.
#pragma once

#include "capture/runtime/redact.h"

namespace crashreel::ring {

// From now on the functions of crashreel.h write into the ring at `path`, whose maker may still be
// alive or not; redacted by this plan, for that of the ring's maker is not known here. 0 or an
// errno value: EBUSY when this process has a ring, EINVAL when the file is no ring of this version,
// or is not finished yet, or when the plan's rules can't be read.
int attach(const char* path, const redact::Plan& redaction = {});

// Gives back what this thread holds and unmaps the ring. No other thread of the process may have
// recorded. The ring is not marked as ended: that is its maker's affair.
void detach();

}  // namespace crashreel::ring
