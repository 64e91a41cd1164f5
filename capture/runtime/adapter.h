/* How is a program called as a function: by a fuzzer, and by a replay in its own process?
 *
 * The program offers the four functions below and nothing else; whoever links them in calls them.
 * So one object file is a libFuzzer target, an AFL++ target and a target of `crashreel replay`
 * (kind "function"): crashreel_add_fuzz_target() of the CMake package makes all of these.
 *
 * For each seed or reel: start, then its inputs in their order, idle where time passes between two
 * of them and after the last one, then stop. All calls come from one thread. A call returns when it
 * has done all that it does on account of what it was given; a crash is a signal, a sanitizer's
 * report, or abort(). It must not exit, and must not remember anything from before start: a fuzzer
 * calls it a million times in one process, a replay once. C11 and C++.
 */
#ifndef CRASHREEL_ADAPTER_H_
#define CRASHREEL_ADAPTER_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The kinds of input, numbered as in crashreel.h. What an adapter has no use for it ignores. */
enum crashreel_input_kind {
  CRASHREEL_INPUT_OPEN = 1,   /* a session begins; bytes: text that says what it is, may be empty */
  CRASHREEL_INPUT_DATA = 2,   /* bytes received in a session */
  CRASHREEL_INPUT_CLOSE = 3,  /* the other side ended the session */
  CRASHREEL_INPUT_SIGNAL = 4, /* bytes: the number of a signal, decimal */
  CRASHREEL_INPUT_CLOCK = 5,  /* bytes: what a clock showed, nanoseconds, decimal */
  CRASHREEL_INPUT_RANDOM = 6, /* bytes: random bytes that were read */
  CRASHREEL_INPUT_NOTE = 7    /* bytes: what the program had said of itself */
};

/* The session of what belongs to none: signals, clocks, random bytes, notes. */
#define CRASHREEL_INPUT_NO_SESSION 0xffffffffu

/* A fresh instance, with nothing in it of those before. NULL is one, too. */
void* crashreel_adapter_start(void);

/* One input. Sessions are numbered from 0 in the order in which they first appear. One that brings
 * data need not have been opened, may be closed twice, and may bring data after that: what is
 * fuzzed or minimized is no polite conversation. An adapter opens sessions when it first sees them
 * and passes over what its program could not receive. The bytes are the caller's, until the call
 * returns, and may be any; with size 0 they may be NULL. */
void crashreel_adapter_input(void* instance, uint32_t session, uint32_t kind, const void* bytes,
                             size_t size);

/* Nothing comes for so long: run timers that are due. Never 0, and UINT64_MAX at the end. */
void crashreel_adapter_idle(void* instance, uint64_t nanoseconds);

/* Ends it and gives back all that start and inputs took. */
void crashreel_adapter_stop(void* instance);

#ifdef __cplusplus
}
#endif

#endif /* CRASHREEL_ADAPTER_H_ */
