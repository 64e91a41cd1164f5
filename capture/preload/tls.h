// Which bytes are inside somebody's TLS?
//
// Where the program lets OpenSSL decrypt, the plain bytes are recorded and the cipher text that was
// read for them is not. The session is that of the connection below; it says from when on by a
// second opening, "tcp+tls ...", for a connection may turn to TLS at any time. A program that feeds
// OpenSSL from memory has a session of its own for each TLS connection. libcrypto and libssl are
// asked for nothing but what the program itself has loaded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "capture/preload/answers.h"
#include "capture/preload/hot_state.h"

namespace crashreel {

// Has this thread read from `fd`, or written to it, for a TLS connection that it is inside of?
bool is_inside_tls(int fd);
inline bool is_cipher_text(int fd) {
  return is_on(g_hot.has_tls) && is_inside_tls(fd);
}

// `fd` carries TLS from now on, if it is a session.
void session_turns_tls(int fd);

// Around one call into OpenSSL: whose cipher text is read meanwhile?
class InsideTls {
 public:
  // `fd` is -1 where OpenSSL has no descriptor: then it is the one that is read inside the call.
  explicit InsideTls(int fd);
  ~InsideTls();
  InsideTls(const InsideTls&) = delete;
  InsideTls& operator=(const InsideTls&) = delete;

  // Which descriptor's cipher text it was; -1 for none.
  int fd() const;

 private:
  int outer_fd_;
  int outer_depth_;
};

// OpenSSL's `connection` turned out to read from `fd`, of which it does not know itself.
void tls_connection_reads(const void* connection, int fd);

// OpenSSL's `connection` over `fd` (-1: none is known) handed over these plain bytes.
void plain_bytes_came(const void* connection, int fd, bool is_server, const void* bytes,
                      std::size_t size);

// It is about to be given plain bytes to send.
Answering plain_bytes_go(const void* connection, int fd);

// It took so many of them. Whose they are may be known only now.
void plain_bytes_went(const void* connection, int fd, bool is_server, const Answering& answer,
                      const void* bytes, std::size_t size);

// The other side said that it will say no more.
void plain_bytes_ended(const void* connection, int fd);

// `connection` is about to be freed.
void tls_connection_gone(const void* connection);

}  // namespace crashreel
