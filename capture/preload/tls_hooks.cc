// The calls of OpenSSL that move cipher text, and those of them that hand over or take what is in
// it.
//
// Nothing is linked: the real functions are those that come next in the loader's order, or, where
// the program loaded OpenSSL for itself alone (a module of an interpreter), those that the calling
// module would have found. In a program that has no OpenSSL nobody calls these.
#include <dlfcn.h>

#include "capture/preload/hooks.h"
#include "capture/preload/tls.h"
#include "capture/runtime/crashreel.h"
#include "capture/runtime/keep_errno.h"

// What we use of OpenSSL 3's interface (1.1 has the same).
extern "C" {
typedef struct ssl_st SSL;
int SSL_get_rfd(const SSL*);
int SSL_get_error(const SSL*, int);
int SSL_is_server(const SSL*);
int SSL_read(SSL*, void*, int);
int SSL_read_ex(SSL*, void*, std::size_t, std::size_t*);
int SSL_read_early_data(SSL*, void*, std::size_t, std::size_t*);
int SSL_peek(SSL*, void*, int);
int SSL_peek_ex(SSL*, void*, std::size_t, std::size_t*);
int SSL_write(SSL*, const void*, int);
int SSL_write_ex(SSL*, const void*, std::size_t, std::size_t*);
int SSL_write_early_data(SSL*, const void*, std::size_t, std::size_t*);
int SSL_do_handshake(SSL*);
int SSL_accept(SSL*);
int SSL_connect(SSL*);
int SSL_shutdown(SSL*);
void SSL_free(SSL*);
}

namespace crashreel {
namespace {

constexpr int kErrorZeroReturn = 6;  // SSL_ERROR_ZERO_RETURN: the other side said goodbye
constexpr int kEarlyDataError = 0;   // SSL_READ_EARLY_DATA_ERROR

void* next_in(const void* caller, const char* name) {
  const KeepErrno keep;
  void* found = ::dlsym(RTLD_NEXT, name);
  Dl_info module;
  if (found == nullptr && ::dladdr(caller, &module) != 0) {
    void* handle = ::dlopen(module.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
    if (handle != nullptr) {
      found = ::dlsym(handle, name);
      ::dlclose(handle);
    }
  }
  return found;
}

template <auto kFunction>
auto real_tls(const void* caller, const char* name) {
  void* found = __atomic_load_n(&real_address<kFunction>, __ATOMIC_RELAXED);
  if (found == nullptr) {
    found = next_in(caller, name);
    __atomic_store_n(&real_address<kFunction>, found, __ATOMIC_RELAXED);
  }
  return reinterpret_cast<decltype(kFunction)>(found);
}

#define CRASHREEL_REAL_TLS(function) \
  (::crashreel::real_tls<&::function>(__builtin_return_address(0), #function))

// What OpenSSL is asked about a connection, besides what the program asks it.
struct Questions {
  decltype(&::SSL_get_rfd) get_rfd;
  decltype(&::SSL_get_error) get_error;
  decltype(&::SSL_is_server) is_server;
  const void* real;  // the function that the program calls

  bool can_be_asked() const {
    return get_rfd != nullptr && get_error != nullptr && is_server != nullptr;
  }
};

#define CRASHREEL_QUESTIONS(function)                                                         \
  (::crashreel::Questions{CRASHREEL_REAL_TLS(SSL_get_rfd), CRASHREEL_REAL_TLS(SSL_get_error), \
                          CRASHREEL_REAL_TLS(SSL_is_server),                                  \
                          reinterpret_cast<const void*>(CRASHREEL_REAL_TLS(function))})

// The connection that this thread is inside a call for.
thread_local const SSL* called_for = nullptr;

// One call of the program into OpenSSL; or, for the same connection, of OpenSSL into itself, as
// SSL_read_early_data() calls SSL_read_ex() and comes by here: what that one hands over the outer
// one will.
class Call {
 public:
  Call(const Questions& questions, const SSL* ssl)
      : questions_(questions),
        ssl_(ssl),
        outer_(called_for),
        asked_fd_(questions.can_be_asked() ? questions.get_rfd(ssl) : -1),
        inside_(asked_fd_) {
    called_for = ssl;
    if (asked_fd_ >= 0) session_turns_tls(asked_fd_);
  }
  ~Call() { called_for = outer_; }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // After the real call.
  void handed_over(const void* bytes, std::size_t size, int result) {
    const KeepErrno keep;
    returned();
    if (is_openssls_own()) return;
    if (size != 0) {
      const bool is_server = questions_.can_be_asked() && questions_.is_server(ssl_) != 0;
      plain_bytes_came(ssl_, inside_.fd(), is_server, bytes, size);
    } else if (questions_.can_be_asked() &&
               questions_.get_error(ssl_, result) == kErrorZeroReturn) {
      plain_bytes_ended(ssl_, inside_.fd());
    }
  }
  // Before the real call that sends, and behind it.
  Answering answering() const {
    if (is_openssls_own()) return Answering::in_clear(CRASHREEL_NO_SESSION);
    return plain_bytes_go(ssl_, inside_.fd());
  }
  void sent(const Answering& answer, const void* bytes, std::size_t size) {
    const KeepErrno keep;
    returned();
    if (is_openssls_own()) return;
    const bool is_server =
        size != 0 && questions_.can_be_asked() && questions_.is_server(ssl_) != 0;
    plain_bytes_went(ssl_, inside_.fd(), is_server, answer, bytes, size);
  }
  void returned() {
    if (asked_fd_ >= 0 || inside_.fd() < 0) return;
    session_turns_tls(inside_.fd());
    tls_connection_reads(ssl_, inside_.fd());
  }

 private:
  bool is_openssls_own() const { return outer_ == ssl_; }

  const Questions& questions_;
  const SSL* ssl_;
  const SSL* outer_;
  int asked_fd_;
  InsideTls inside_;
};

}  // namespace
}  // namespace crashreel

// A call that hands nothing over, but may read.
#define CRASHREEL_TLS_CALL(function, ...)                                          \
  const crashreel::Questions questions = CRASHREEL_QUESTIONS(function);            \
  if (questions.real == nullptr) return -1;                                        \
  crashreel::Call call(questions, ssl);                                            \
  const int result = CRASHREEL_REAL_TLS(function)(ssl __VA_OPT__(, ) __VA_ARGS__); \
  call.returned();                                                                 \
  return result

CRASHREEL_HOOK int SSL_read(SSL* ssl, void* buffer, int size) {
  const crashreel::Questions questions = CRASHREEL_QUESTIONS(SSL_read);
  if (questions.real == nullptr) return -1;
  crashreel::Call call(questions, ssl);
  const int got = CRASHREEL_REAL_TLS(SSL_read)(ssl, buffer, size);
  call.handed_over(buffer, got > 0 ? static_cast<std::size_t>(got) : 0, got);
  return got;
}

CRASHREEL_HOOK int SSL_read_ex(SSL* ssl, void* buffer, std::size_t size, std::size_t* got) {
  const crashreel::Questions questions = CRASHREEL_QUESTIONS(SSL_read_ex);
  if (questions.real == nullptr) return 0;
  crashreel::Call call(questions, ssl);
  const int result = CRASHREEL_REAL_TLS(SSL_read_ex)(ssl, buffer, size, got);
  call.handed_over(buffer, result > 0 ? *got : 0, result);
  return result;
}

CRASHREEL_HOOK int SSL_read_early_data(SSL* ssl, void* buffer, std::size_t size, std::size_t* got) {
  const crashreel::Questions questions = CRASHREEL_QUESTIONS(SSL_read_early_data);
  if (questions.real == nullptr) return crashreel::kEarlyDataError;
  crashreel::Call call(questions, ssl);
  const int result = CRASHREEL_REAL_TLS(SSL_read_early_data)(ssl, buffer, size, got);
  if (result != crashreel::kEarlyDataError && *got != 0) call.handed_over(buffer, *got, result);
  return result;
}

CRASHREEL_HOOK int SSL_peek(SSL* ssl, void* buffer, int size) {
  CRASHREEL_TLS_CALL(SSL_peek, buffer, size);
}

CRASHREEL_HOOK int SSL_peek_ex(SSL* ssl, void* buffer, std::size_t size, std::size_t* got) {
  CRASHREEL_TLS_CALL(SSL_peek_ex, buffer, size, got);
}

CRASHREEL_HOOK int SSL_write(SSL* ssl, const void* bytes, int size) {
  const crashreel::Questions questions = CRASHREEL_QUESTIONS(SSL_write);
  if (questions.real == nullptr) return -1;
  crashreel::Call call(questions, ssl);
  const crashreel::Answering answer = call.answering();
  const int sent = CRASHREEL_REAL_TLS(SSL_write)(ssl, bytes, size);
  call.sent(answer, bytes, sent > 0 ? static_cast<std::size_t>(sent) : 0);
  return sent;
}

CRASHREEL_HOOK int SSL_write_ex(SSL* ssl, const void* bytes, std::size_t size,
                                std::size_t* written) {
  const crashreel::Questions questions = CRASHREEL_QUESTIONS(SSL_write_ex);
  if (questions.real == nullptr) return 0;
  crashreel::Call call(questions, ssl);
  const crashreel::Answering answer = call.answering();
  const int result = CRASHREEL_REAL_TLS(SSL_write_ex)(ssl, bytes, size, written);
  call.sent(answer, bytes, result > 0 ? *written : 0);
  return result;
}

CRASHREEL_HOOK int SSL_write_early_data(SSL* ssl, const void* bytes, std::size_t size,
                                        std::size_t* written) {
  const crashreel::Questions questions = CRASHREEL_QUESTIONS(SSL_write_early_data);
  if (questions.real == nullptr) return 0;
  crashreel::Call call(questions, ssl);
  const crashreel::Answering answer = call.answering();
  const int result = CRASHREEL_REAL_TLS(SSL_write_early_data)(ssl, bytes, size, written);
  call.sent(answer, bytes, result > 0 ? *written : 0);
  return result;
}

CRASHREEL_HOOK int SSL_do_handshake(SSL* ssl) {
  CRASHREEL_TLS_CALL(SSL_do_handshake);
}

CRASHREEL_HOOK int SSL_accept(SSL* ssl) {
  CRASHREEL_TLS_CALL(SSL_accept);
}

CRASHREEL_HOOK int SSL_connect(SSL* ssl) {
  CRASHREEL_TLS_CALL(SSL_connect);
}

CRASHREEL_HOOK int SSL_shutdown(SSL* ssl) {
  CRASHREEL_TLS_CALL(SSL_shutdown);
}

CRASHREEL_HOOK void SSL_free(SSL* ssl) {
  crashreel::tls_connection_gone(ssl);
  const auto real = CRASHREEL_REAL_TLS(SSL_free);
  if (real != nullptr) real(ssl);
}
