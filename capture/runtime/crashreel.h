/* How does a program hand its inputs to the recorder?
 *
 * A program calls these where bytes from outside are already plain. All entry points are weak:
 * without libcrashreel a program that includes this header links and runs the same, unrecorded.
 * Nothing here blocks, locks, allocates, throws, logs, or changes errno, but for crashreel_start()
 * and crashreel_flush(); all but crashreel_start() may be called from signal handlers and after
 * fork(). C11 and C++.
 *
 * For who filters system calls: from crashreel_start() on none is made, but for these.
 *   a thread's first record          gettid
 *   a forked child's first           getpid
 *   the first crashreel_digest()     mmap, madvise; munmap where two threads are the first
 *   more than 1 KiB, partly masked   mmap, munmap
 *   no chunk is to be had; or, where children were forked that recorded, a session's head or a
 *   pin is another thread's          newfstatat, tkill
 *   crashreel_save_now()             futex, kill
 *   crashreel_flush()                msync
 *   crashreel_check_rules()          mmap, munmap
 *   crashreel_stop()                 getpid
 *   the ring's file was cut short    mmap and what a signal handler needs
 *   a fatal signal with `frames`     what RECORDER.md names
 * and clock_gettime where the kernel has no other way to tell the time.
 */
#ifndef CRASHREEL_CRASHREEL_H_
#define CRASHREEL_CRASHREEL_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifdef CRASHREEL_BUILDS_LIBRARY /* the library itself defines them, strongly */
#define CRASHREEL_API __attribute__((visibility("default")))
#else
#define CRASHREEL_API __attribute__((weak, visibility("default")))
#endif

/* The numbers are part of the ring's format and never change. */
enum crashreel_kind {
  CRASHREEL_OPEN = 1,   /* a session begins; bytes: "TRANSPORT DIRECTION [LOCAL [PEER]]" or empty */
  CRASHREEL_DATA = 2,   /* bytes received in a session, as one read returned them */
  CRASHREEL_CLOSE = 3,  /* the other side ended the session; bytes: none, or an errno, decimal */
  CRASHREEL_SIGNAL = 4, /* bytes: the number of a delivered signal, decimal */
  CRASHREEL_CLOCK = 5,  /* bytes: what a clock showed: nanoseconds, decimal; a space and which
                           clock it was, as clockid_t, may follow */
  CRASHREEL_RANDOM = 6, /* bytes: random bytes that were read */
  CRASHREEL_NOTE = 7,   /* bytes: whatever the program wants to say of itself */
  CRASHREEL_MASKED = 8, /* by the library: what was masked of the session's record before,
                           "SIZE RULE:ACTION:BEGIN+LENGTH ..."; no input itself */
  CRASHREEL_DIGEST = 9  /* bytes: digest and count of what was answered in the session since its
                           last input, 8 bytes each, little-endian; no input itself */
};

#define CRASHREEL_NO_SESSION 0xffffffffu

/* What becomes of secret bytes. */
enum crashreel_action {
  CRASHREEL_MASK = 1, /* each becomes an 'x' */
  CRASHREEL_HASH = 2, /* letters of the same number, equal for equal secrets under one key */
  CRASHREEL_DROP = 3  /* the whole payload is left out, and its length stays known */
};

typedef struct crashreel_range {
  size_t begin;
  size_t size;
  uint32_t action; /* a crashreel_action; anything else masks */
} crashreel_range;

/* Asked of each opening, data, random bytes and note before any of it is written: which bytes are
 * secret? Writes at most `most` ranges, which may overlap and come in any order, and returns how
 * many; more than `most`: all of it. Must do with what a signal handler may do, if inputs are
 * recorded in one, and must not wait for a thread that records. */
typedef size_t (*crashreel_redact_hook)(void* context, uint32_t kind, uint32_t session,
                                        const void* bytes, size_t size, crashreel_range* ranges,
                                        size_t most);

typedef struct crashreel_options {
  size_t struct_size;    /* sizeof(crashreel_options): lets fields be added at the end */
  const char* ring_path; /* NULL: $CRASHREEL_RING, else /dev/shm/crashreel-PID.ring, or the first
                            free of crashreel-PID.1.ring to .7.ring. A named file must not exist. */
  uint64_t ring_bytes; /* whole file, 64 KiB to 64 GiB; 0: $CRASHREEL_RING_BYTES, else the default:
                          halved until it fits into half of what is free, down to 1 MiB */
  uint64_t prelude_bytes; /* of these, for the first inputs after start, at most half; 0: none;
                             UINT64_MAX: $CRASHREEL_PRELUDE_BYTES, else 1/16 of the ring */
  uint64_t keep_inputs;   /* salvage keeps at most so many of the newest inputs, beside the prelude;
                             0: $CRASHREEL_KEEP_INPUTS, else no bound */
  uint64_t keep_age_ms;   /* and none that is older than this before the end;
                             0: $CRASHREEL_KEEP_AGE_MS, else no bound */
  uint64_t heads_bytes; /* of ring_bytes, for the first inputs of open sessions, at most a quarter;
                           0: none; UINT64_MAX: $CRASHREEL_HEADS_BYTES, else 1/16 of the ring */
  uint64_t head_bytes;  /* of these for each session, 1 KiB to 64 KiB;
                           0: $CRASHREEL_HEAD_BYTES, else 2 KiB, 1 KiB in a small ring */
  uint64_t pins_bytes;  /* of ring_bytes, for what is pinned, at most an eighth;
                           0: none; UINT64_MAX: $CRASHREEL_PINS_BYTES, else 1/64 of the ring */
  uint64_t pin_keys;    /* how many keys share these; 0: $CRASHREEL_PIN_KEYS, else 32 */
  uint32_t frames; /* 1: at a fatal signal, write into the ring where it was (see below), and go
                      on to the program's own handler; 0: if $CRASHREEL_FRAMES is 1 */
  uint32_t payload_crc;     /* not 0: each payload gets a checksum, and salvage shows none that was
                               overwritten by accident; 0: $CRASHREEL_CRC, else none */
  const char* redact_rules; /* what is never written down: see REDACTION.md. One rule a line; NULL:
                               $CRASHREEL_REDACT, else none. Rules that can't be read are EINVAL,
                               and nothing is recorded: crashreel_check_rules() says why. */
  const char* redact_key; /* for CRASHREEL_HASH, any text; NULL: $CRASHREEL_REDACT_KEY, else random
                             and never told */
  crashreel_redact_hook redact; /* asked as well as the rules; NULL: none */
  void* redact_context;         /* handed to it */
} crashreel_options;

#define CRASHREEL_OPTIONS_INIT \
  {sizeof(crashreel_options),  \
   NULL,                       \
   0,                          \
   UINT64_MAX,                 \
   0,                          \
   0,                          \
   UINT64_MAX,                 \
   0,                          \
   UINT64_MAX,                 \
   0,                          \
   0,                          \
   0,                          \
   NULL,                       \
   NULL,                       \
   NULL,                       \
   NULL}

#define CRASHREEL_DEFAULT_RING_BYTES ((uint64_t)64 << 20)

typedef struct crashreel_stats {
  size_t struct_size;
  uint64_t inputs;     /* recorded so far, all kinds */
  uint64_t bytes;      /* their payload */
  uint64_t dropped;    /* that could not be recorded: no chunk to be had, nested too deep */
  uint64_t ring_bytes; /* the whole file; less than the default where there was no room for that */
} crashreel_stats;

/* The weak functions themselves. Call the wrappers below, which do nothing without the library.
 * A linker sees no need for a library that only weak references name. Say so: -Wl,--no-as-needed
 * before -lcrashreel, or -Wl,-u,crashreel_start_ before libcrashreel.a (the CMake targets do). */
CRASHREEL_API int crashreel_start_(const crashreel_options* options);
CRASHREEL_API void crashreel_record_(uint32_t kind, uint32_t session, const void* bytes,
                                     size_t size);
CRASHREEL_API uint32_t crashreel_new_session_(void);
CRASHREEL_API int crashreel_add_file_(const char* path, uint32_t mode, const void* bytes,
                                      size_t size);
CRASHREEL_API int crashreel_get_stats_(crashreel_stats* stats);
CRASHREEL_API void crashreel_stop_(void);
CRASHREEL_API void crashreel_pin_(const char* key, uint32_t kind, uint32_t session,
                                  const void* bytes, size_t size);
CRASHREEL_API void crashreel_session_ended_(uint32_t session, int for_all);
CRASHREEL_API int crashreel_save_now_(void);
CRASHREEL_API int crashreel_check_rules_(const char* rules, char* text, size_t capacity);
CRASHREEL_API int crashreel_flush_(void);

CRASHREEL_API void crashreel_clock_(uint32_t clock, uint64_t nanoseconds);
CRASHREEL_API void crashreel_random_(const void* bytes, size_t size);
CRASHREEL_API void crashreel_signal_(uint32_t number);
CRASHREEL_API void crashreel_digest_(uint32_t session, const void* bytes, size_t size);

#ifndef CRASHREEL_BUILDS_LIBRARY

/* Makes the ring and starts recording. Returns 0, or an errno value with the reason why there is no
 * ring; then the program runs on unrecorded and all other calls do nothing. ENOSYS: no library.
 * Called twice in a process: EALREADY. options may be NULL.
 *
 * With `frames` a handler for SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS and SIGTRAP is put
 * in front of those that are installed by then; install yours before. It gives no thread an
 * alternate stack: a stack overflow leaves frames where the program has one. Loads the unwinder
 * (libgcc_s) now. */
static inline int crashreel_start(const crashreel_options* options) {
  return crashreel_start_ ? crashreel_start_(options) : 38 /* ENOSYS */;
}

/* A number for a session that was not used before in this process, never CRASHREEL_NO_SESSION.
 * Any numbers of the program's own serve as well. */
static inline uint32_t crashreel_new_session(void) {
  return crashreel_new_session_ ? crashreel_new_session_() : 0;
}

/* Records one input. Its place in the order is claimed here, so call it as soon as the input is
 * there and before acting on it. Any size: large payloads are fragmented, and cut (counted) at a
 * quarter of the ring. An unknown kind counts as dropped. */
static inline void crashreel_record(uint32_t kind, uint32_t session, const void* bytes,
                                    size_t size) {
  if (crashreel_record_) crashreel_record_(kind, session, bytes, size);
}

static inline void crashreel_open(uint32_t session) {
  crashreel_record(CRASHREEL_OPEN, session, "app inbound", 11);
}

static inline void crashreel_data(uint32_t session, const void* bytes, size_t size) {
  crashreel_record(CRASHREEL_DATA, session, bytes, size);
}

static inline void crashreel_close(uint32_t session) {
  crashreel_record(CRASHREEL_CLOSE, session, NULL, 0);
}

static inline void crashreel_note(const void* text, size_t size) {
  crashreel_record(CRASHREEL_NOTE, CRASHREEL_NO_SESSION, text, size);
}

/* A small file that the program read at its start and that a replay needs. 0, or an errno value:
 * ENOSPC when the ring has no room for it (1/64 of the ring, 8 KiB to 4 MiB, is for these), EBUSY
 * when another thread is adding one and does not finish: try again. */
static inline int crashreel_add_file(const char* path, uint32_t mode, const void* bytes,
                                     size_t size) {
  return crashreel_add_file_ ? crashreel_add_file_(path, mode, bytes, size) : 38 /* ENOSYS */;
}

/* 0, or ENOSYS when nothing is recorded. stats->struct_size must be set. */
static inline int crashreel_stats_now(crashreel_stats* stats) {
  return crashreel_get_stats_ ? crashreel_get_stats_(stats) : 38 /* ENOSYS */;
}

/* What the program took in beside its sessions. A replay gives it back by the input in flight: the
 * last one that the same thread recorded. So call these on the thread that acts on the input.
 * `clock` is a clockid_t. */
static inline void crashreel_clock(uint32_t clock, uint64_t nanoseconds) {
  if (crashreel_clock_) crashreel_clock_(clock, nanoseconds);
}

static inline void crashreel_random(const void* bytes, size_t size) {
  if (crashreel_random_) crashreel_random_(bytes, size);
}

static inline void crashreel_signal(uint32_t number) {
  if (crashreel_signal_) crashreel_signal_(number);
}

/* What the program answered in a session. The bytes are not kept: 8 bytes stand for all that were
 * answered between two inputs of a session, and tell a replay where it begins to differ. They are
 * recorded right before the session's next input, so the answer to its last one is not there. How
 * the bytes are cut into calls makes no difference. Call it before the bytes go out: once a client
 * has them, another thread may record the next input, and they count as the answer to that one. Two
 * threads that answer in one session at the same time leave that answer without a digest. */
static inline void crashreel_digest(uint32_t session, const void* bytes, size_t size) {
  if (crashreel_digest_) crashreel_digest_(session, bytes, size);
}

/* Marks the ring as ended in good order and stops recording. The file stays. */
static inline void crashreel_stop(void) {
  if (crashreel_stop_) crashreel_stop_();
}

/* Records one input like crashreel_record() and keeps the newest one of each key beside the others,
 * however long ago it came: "schema", "config". A key is a text of at most 32 bytes. How much one
 * input may have, and how many keys there may be, is in the options; what exceeds it is recorded as
 * any other, and counted. */
static inline void crashreel_pin(const char* key, uint32_t kind, uint32_t session,
                                 const void* bytes, size_t size) {
  if (crashreel_pin_) crashreel_pin_(key, kind, session, bytes, size);
}

/* The program itself ended a session, or lets go of it: no input says so, but its first inputs need
 * not be kept any longer. for_all: 0 when another process may have it open, after a fork; then they
 * are kept as long as there is room. */
static inline void crashreel_session_ended(uint32_t session, int for_all) {
  if (crashreel_session_ended_) crashreel_session_ended_(session, for_all);
}

/* Asks `crashreel record`, when the program runs under it, to make a reel of what the ring holds
 * now, while the program goes on. 0: it was asked, and saves as soon as it can, or not at all if it
 * has saved too much lately. ESRCH: nobody stands by, make a reel with `crashreel salvage` or call
 * this under `crashreel record`. ENOSYS: nothing is recorded. */
static inline int crashreel_save_now(void) {
  return crashreel_save_now_ ? crashreel_save_now_() : 38 /* ENOSYS */;
}

/* Are these redaction rules that can be read? 0, or EINVAL, and then `text` says which is not,
 * where and what to write instead (cut to `capacity`, with a zero at its end). ENOSYS: no library.
 */
static inline int crashreel_check_rules(const char* rules, char* text, size_t capacity) {
  return crashreel_check_rules_ ? crashreel_check_rules_(rules, text, capacity) : 38 /* ENOSYS */;
}

/* Returns when all that was recorded before the call is on the disk where the ring lies, and so
 * survives a loss of power, too; 0, or the errno value of msync(). On a file system in memory it
 * does nothing. The one call beside crashreel_start() that waits: for the disk, while other threads
 * record on. ENOSYS: nothing is recorded. */
static inline int crashreel_flush(void) {
  return crashreel_flush_ ? crashreel_flush_() : 38 /* ENOSYS */;
}

#endif /* CRASHREEL_BUILDS_LIBRARY */

#ifdef __cplusplus
}
#endif

#endif /* CRASHREEL_CRASHREEL_H_ */
