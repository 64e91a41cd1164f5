#include "capture/preload/answers.h"

#include <stdlib.h>
#include <string.h>

#include "capture/preload/session_table.h"
#include "capture/preload/tls.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/hot_data.h"
#include "capture/runtime/ring_answers.h"

namespace crashreel {
namespace {

constexpr std::uint32_t kNoSession = CRASHREEL_NO_SESSION;

// Whose answer is it when `fd` sends bytes? Nobody's, where they are TLS's cipher text, which
// differs from run to run: what was in it is told apart.
inline std::uint32_t session_in_clear(int fd) {
  const Descriptor descriptor = descriptors().get(fd);
  if (descriptor.kind != DescriptorKind::kSession) return kNoSession;
  if ((descriptor.flags & kDescriptorTls) != 0 || is_cipher_text(fd)) return kNoSession;
  return descriptor.session;
}

std::size_t as_size(ssize_t sent) {
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

}  // namespace

void begin_answers() {
  const char* digests = ::getenv("CRASHREEL_DIGESTS");
  const bool wanted = digests == nullptr || ::strcmp(digests, "none") != 0;
  turn_on(g_hot.digests, wanted);
}

CRASHREEL_HOT_CODE Answering::Answering(int fd) {
  ring::begin_answer(is_on(g_hot.digests) ? session_in_clear(fd) : kNoSession, sending_);
}

Answering Answering::in_clear(std::uint32_t session) {
  Answering answer;
  ring::begin_answer(is_on(g_hot.digests) ? session : kNoSession, answer.sending_);
  return answer;
}

CRASHREEL_WARM_CODE void Answering::sent(const iovec* parts, std::size_t count,
                                         ssize_t sent) const {
  ring::end_answer(sending_, parts, count, as_size(sent));
}

void Answering::sent(const mmsghdr* messages, int sent) const {
  ring::end_answer(sending_, messages, as_size(sent));
}

void Answering::sent_unseen(ssize_t sent) const {
  ring::end_unseen_answer(sending_, as_size(sent));
}

// It has no next input to wait for.
void answers_end(std::uint32_t session) {
  if (is_on(g_hot.digests)) ring::write_answer(session);
}

}  // namespace crashreel
