#include "capture/runtime/ring_asked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CRASHREEL_BUILDS_LIBRARY 1
#include "capture/runtime/crash_region.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/put_text.h"
#include "capture/runtime/ring.h"
#include "capture/runtime/ring_file.h"

namespace crashreel::ring {
namespace {

constexpr char kDefaultFolder[] = "/dev/shm/";
// A program that runs under one pid for ever (1, in a container) leaves one ring per crash.
constexpr unsigned kDefaultPathTries = 8;

// A decimal number from the environment; `otherwise` where the name is unset or empty. False when
// it is set to something else.
bool number_from(const char* name, std::uint64_t otherwise, std::uint64_t* number) {
  const char* text = ::getenv(name);
  *number = otherwise;
  if (text == nullptr || *text == '\0') return true;
  std::uint64_t value = 0;
  for (; *text != '\0'; ++text) {
    if (*text < '0' || *text > '9') return false;
    if (__builtin_mul_overflow(value, 10u, &value)) return false;
    if (__builtin_add_overflow(value, static_cast<unsigned>(*text - '0'), &value)) return false;
  }
  *number = value;
  return true;
}

int create_at_default_path(Plan plan) {
  int trouble = EEXIST;
  for (unsigned i = 0; i < kDefaultPathTries && trouble == EEXIST; ++i) {
    char path[64];
    char* end = put_text(path, kDefaultFolder);
    end = put_text(end, "crashreel-");
    end = put_decimal(end, static_cast<unsigned>(::getpid()));
    if (i != 0) end = put_decimal(put_text(end, "."), i);
    *put_text(end, ".ring") = '\0';
    plan.path = path;
    trouble = create(plan);
  }
  return trouble;
}

int create_somewhere(const Plan& plan) {
  return plan.path != nullptr ? create(plan) : create_at_default_path(plan);
}

// Nobody asked for the default size, so less is better than nothing.
int create_of_default_size(Plan plan) {
  plan.ring_bytes =
      modest_size(plan.path != nullptr ? plan.path : kDefaultFolder, CRASHREEL_DEFAULT_RING_BYTES);
  for (;;) {
    const int trouble = create_somewhere(plan);
    const bool too_big =
        trouble == ENOSPC || trouble == EDQUOT || trouble == EFBIG || trouble == ENOMEM;
    if (!too_big || plan.ring_bytes <= kMinUnaskedBytes) return trouble;
    plan.ring_bytes /= 2;
  }
}

}  // namespace

bool wants_frames(const crashreel_options& asked) {
  const char* variable = ::getenv("CRASHREEL_FRAMES");
  return asked.frames != 0 || (variable != nullptr && ::strcmp(variable, "1") == 0);
}

int create_as_asked(const crashreel_options& asked) {
  constexpr std::uint64_t kNsPerMs = 1000000;
  Plan plan{asked.ring_path,
            asked.ring_bytes,
            asked.prelude_bytes,
            asked.keep_inputs,
            0,
            asked.heads_bytes,
            asked.head_bytes,
            asked.pins_bytes,
            asked.pin_keys,
            wants_frames(asked) || has_sanitizer(),
            false};
  std::uint64_t age_ms = asked.keep_age_ms;
  std::uint64_t sums = asked.payload_crc;
  bool sound = true;
  if (plan.ring_bytes == 0) sound &= number_from("CRASHREEL_RING_BYTES", 0, &plan.ring_bytes);
  if (plan.prelude_bytes == UINT64_MAX) {
    sound &= number_from("CRASHREEL_PRELUDE_BYTES", UINT64_MAX, &plan.prelude_bytes);
  }
  if (plan.keep_inputs == 0) {
    sound &= number_from("CRASHREEL_KEEP_INPUTS", 0, &plan.keep_inputs);
  }
  if (age_ms == 0) sound &= number_from("CRASHREEL_KEEP_AGE_MS", 0, &age_ms);
  sound &= !__builtin_mul_overflow(age_ms, kNsPerMs, &plan.keep_age_ns);
  if (plan.heads_bytes == UINT64_MAX) {
    sound &= number_from("CRASHREEL_HEADS_BYTES", UINT64_MAX, &plan.heads_bytes);
  }
  if (plan.head_bytes == 0) sound &= number_from("CRASHREEL_HEAD_BYTES", 0, &plan.head_bytes);
  if (plan.pins_bytes == UINT64_MAX) {
    sound &= number_from("CRASHREEL_PINS_BYTES", UINT64_MAX, &plan.pins_bytes);
  }
  if (plan.pin_keys == 0) sound &= number_from("CRASHREEL_PIN_KEYS", 0, &plan.pin_keys);
  if (sums == 0) sound &= number_from("CRASHREEL_CRC", 0, &sums);
  if (!sound) return EINVAL;
  plan.sums = sums != 0;
  if (plan.path == nullptr) plan.path = ::getenv("CRASHREEL_RING");
  if (plan.path != nullptr && *plan.path == '\0') plan.path = nullptr;
  return plan.ring_bytes != 0 ? create_somewhere(plan) : create_of_default_size(plan);
}

}  // namespace crashreel::ring
