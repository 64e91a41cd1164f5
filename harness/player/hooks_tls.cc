// The calls of OpenSSL over a connection whose plain bytes are in the reel: there is no handshake
// and no cipher text, and what the player sends and takes is what was inside. All others go to
// OpenSSL as they are.
//
// Nothing is linked: the real functions are those that come next in the loader's order. In a
// program that has no OpenSSL nobody calls these.
#include <errno.h>
#include <sys/socket.h>

#include "capture/interpose/real_call.h"
#include "harness/player/idle.h"
#include "harness/player/stage.h"

// What we use of OpenSSL 3's interface (1.1 has the same).
extern "C" {
typedef struct ssl_st SSL;
int SSL_get_rfd(const SSL*);
int SSL_get_error(const SSL*, int);
int SSL_read(SSL*, void*, int);
int SSL_read_ex(SSL*, void*, std::size_t, std::size_t*);
int SSL_peek(SSL*, void*, int);
int SSL_peek_ex(SSL*, void*, std::size_t, std::size_t*);
int SSL_write(SSL*, const void*, int);
int SSL_write_ex(SSL*, const void*, std::size_t, std::size_t*);
int SSL_do_handshake(SSL*);
int SSL_accept(SSL*);
int SSL_connect(SSL*);
int SSL_shutdown(SSL*);
int SSL_pending(const SSL*);
int SSL_has_pending(const SSL*);
int SSL_is_init_finished(const SSL*);
int SSL_in_init(const SSL*);
}

namespace {

using namespace crashreel::player;

// SSL_get_error()'s answers.
constexpr int kNone = 0;
constexpr int kWantRead = 2;
constexpr int kWantWrite = 3;
constexpr int kSyscall = 5;
constexpr int kZeroReturn = 6;

// Why the thread's last call here gave nothing; OpenSSL, too, keeps this for one call.
thread_local int trouble = kNone;

// Where these bytes are plain: the connection's descriptor, else -1.
int plain_fd(const SSL* ssl) {
  return scheduling() && brings_plain_bytes() ? CRASHREEL_REAL(SSL_get_rfd)(ssl) : -1;
}

ssize_t take(int fd, void* buffer, std::size_t size, int flags) {
  const ssize_t got = ::recv(fd, buffer, size, flags);
  trouble = kNone;
  if (got == 0) trouble = kZeroReturn;
  if (got < 0) trouble = errno == EAGAIN || errno == EWOULDBLOCK ? kWantRead : kSyscall;
  return got;
}

ssize_t give(int fd, const void* bytes, std::size_t size) {
  const ssize_t given = ::send(fd, bytes, size, MSG_NOSIGNAL);
  trouble = kNone;
  if (given < 0) trouble = errno == EAGAIN || errno == EWOULDBLOCK ? kWantWrite : kSyscall;
  return given;
}

// As the variants with a size tell it.
int told(ssize_t moved, std::size_t* size) {
  if (moved > 0) *size = static_cast<std::size_t>(moved);
  return moved > 0 ? 1 : 0;
}

std::size_t size_of(int size) {
  return size > 0 ? static_cast<std::size_t>(size) : 0;
}

int done() {
  trouble = kNone;
  return 1;
}

}  // namespace

#define CRASHREEL_HOOK extern "C" __attribute__((visibility("default")))

CRASHREEL_HOOK int SSL_read(SSL* ssl, void* buffer, int size) {
  const int fd = plain_fd(ssl);
  if (fd < 0) return CRASHREEL_REAL(SSL_read)(ssl, buffer, size);
  return static_cast<int>(take(fd, buffer, size_of(size), 0));
}

CRASHREEL_HOOK int SSL_read_ex(SSL* ssl, void* buffer, std::size_t size, std::size_t* got) {
  const int fd = plain_fd(ssl);
  if (fd < 0) return CRASHREEL_REAL(SSL_read_ex)(ssl, buffer, size, got);
  return told(take(fd, buffer, size, 0), got);
}

CRASHREEL_HOOK int SSL_peek(SSL* ssl, void* buffer, int size) {
  const int fd = plain_fd(ssl);
  if (fd < 0) return CRASHREEL_REAL(SSL_peek)(ssl, buffer, size);
  return static_cast<int>(take(fd, buffer, size_of(size), MSG_PEEK));
}

CRASHREEL_HOOK int SSL_peek_ex(SSL* ssl, void* buffer, std::size_t size, std::size_t* got) {
  const int fd = plain_fd(ssl);
  if (fd < 0) return CRASHREEL_REAL(SSL_peek_ex)(ssl, buffer, size, got);
  return told(take(fd, buffer, size, MSG_PEEK), got);
}

CRASHREEL_HOOK int SSL_write(SSL* ssl, const void* bytes, int size) {
  const int fd = plain_fd(ssl);
  if (fd < 0) return CRASHREEL_REAL(SSL_write)(ssl, bytes, size);
  return static_cast<int>(give(fd, bytes, size_of(size)));
}

CRASHREEL_HOOK int SSL_write_ex(SSL* ssl, const void* bytes, std::size_t size,
                                std::size_t* written) {
  const int fd = plain_fd(ssl);
  if (fd < 0) return CRASHREEL_REAL(SSL_write_ex)(ssl, bytes, size, written);
  return told(give(fd, bytes, size), written);
}

CRASHREEL_HOOK int SSL_get_error(const SSL* ssl, int result) {
  if (plain_fd(ssl) < 0) return CRASHREEL_REAL(SSL_get_error)(ssl, result);
  return result > 0 ? kNone : trouble;
}

CRASHREEL_HOOK int SSL_do_handshake(SSL* ssl) {
  return plain_fd(ssl) < 0 ? CRASHREEL_REAL(SSL_do_handshake)(ssl) : done();
}

CRASHREEL_HOOK int SSL_accept(SSL* ssl) {
  return plain_fd(ssl) < 0 ? CRASHREEL_REAL(SSL_accept)(ssl) : done();
}

CRASHREEL_HOOK int SSL_connect(SSL* ssl) {
  return plain_fd(ssl) < 0 ? CRASHREEL_REAL(SSL_connect)(ssl) : done();
}

CRASHREEL_HOOK int SSL_shutdown(SSL* ssl) {
  return plain_fd(ssl) < 0 ? CRASHREEL_REAL(SSL_shutdown)(ssl) : done();
}

CRASHREEL_HOOK int SSL_pending(const SSL* ssl) {
  return plain_fd(ssl) < 0 ? CRASHREEL_REAL(SSL_pending)(ssl) : 0;
}

CRASHREEL_HOOK int SSL_has_pending(const SSL* ssl) {
  return plain_fd(ssl) < 0 ? CRASHREEL_REAL(SSL_has_pending)(ssl) : 0;
}

CRASHREEL_HOOK int SSL_is_init_finished(const SSL* ssl) {
  return plain_fd(ssl) < 0 ? CRASHREEL_REAL(SSL_is_init_finished)(ssl) : 1;
}

CRASHREEL_HOOK int SSL_in_init(const SSL* ssl) {
  return plain_fd(ssl) < 0 ? CRASHREEL_REAL(SSL_in_init)(ssl) : 0;
}
