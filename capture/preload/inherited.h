// Which descriptors did the program have from its start, and what do they mean?
//
// A socket or pipe that somebody else opened for it: inetd's, a supervisor's, one that was kept
// open over an exec. Each is a session from the first byte that is read from it; what is only
// written to, such as a log, never is. Reads /proc; for the start, not for signal handlers.
#pragma once

namespace crashreel {

// `skipped_stdin`: somebody else records what descriptor 0 brings.
void note_inherited(bool skipped_stdin);

}  // namespace crashreel
