// What every file of hooks needs.
//
// A hook calls the real function, tells sessions.h or config_files.h what came of it, and returns
// what the real one returned, with its errno.
#pragma once

#include "capture/interpose/real_call.h"

#define CRASHREEL_HOOK extern "C" __attribute__((visibility("default")))

// What inputs and answers pass through one by one, hooks and functions that are [[gnu::hot]], lies
// side by side in the library: after a system call, caches and TLB know little of it, and each page
// or line more is waited for.
#define CRASHREEL_HOT_HOOK extern "C" __attribute__((visibility("default"), hot))

namespace crashreel {

// Each looks up the real functions behind the hooks of one file, so that no hook has to do it later
// in a signal handler.
void prepare_input_hooks();
void prepare_descriptor_hooks();
void prepare_file_hooks();
void prepare_stdio_hooks();
void prepare_random_hooks();
void prepare_clock_hooks();
void prepare_signal_hooks();
void prepare_output_hooks();
void prepare_socket_hooks();
void prepare_stream_hooks();

}  // namespace crashreel
