// What every file of hooks needs.
//
// A hook calls the real function, tells sessions.h or config_files.h what came of it, and returns
// what the real one returned, with its errno.
#pragma once

#include "capture/interpose/real_call.h"
#include "capture/runtime/hot_data.h"

#define CRASHREEL_HOOK extern "C" __attribute__((visibility("default")))

// Of what inputs and answers pass through one by one (runtime/hot_data.h); the first begins a page.
#define CRASHREEL_FIRST_HOOK                                           \
  extern "C" __attribute__((visibility("default"), hot, aligned(4096), \
                            section(".text.sorted.crashreel.0")))
#define CRASHREEL_HOT_HOOK \
  extern "C" __attribute__((visibility("default"), hot, section(".text.sorted.crashreel.1")))
#define CRASHREEL_WARM_HOOK \
  extern "C" __attribute__((visibility("default"), hot, section(".text.sorted.crashreel.2")))

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
