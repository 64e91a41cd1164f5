// A TLS server for the recorder's tests, on OpenSSL 3, without its headers.
//
//   tls_server READER CERTIFICATE KEY
//
// Says "listening PORT", takes one connection after the other, reads of each up to a newline in the
// way that READER says (read, read_ex, early_data, memory), answers "ok\n" and ends it.
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

extern "C" {
struct SSL;
struct SSL_CTX;
struct BIO;
const void* TLS_server_method();
SSL_CTX* SSL_CTX_new(const void*);
int SSL_CTX_use_certificate_file(SSL_CTX*, const char*, int);
int SSL_CTX_use_PrivateKey_file(SSL_CTX*, const char*, int);
int SSL_CTX_set_max_early_data(SSL_CTX*, std::uint32_t);
SSL* SSL_new(SSL_CTX*);
void SSL_free(SSL*);
int SSL_set_fd(SSL*, int);
void SSL_set_accept_state(SSL*);
void SSL_set_bio(SSL*, BIO*, BIO*);
int SSL_accept(SSL*);
int SSL_read(SSL*, void*, int);
int SSL_read_ex(SSL*, void*, std::size_t, std::size_t*);
int SSL_read_early_data(SSL*, void*, std::size_t, std::size_t*);
int SSL_write(SSL*, const void*, int);
int SSL_write_ex(SSL*, const void*, std::size_t, std::size_t*);
int SSL_shutdown(SSL*);
const void* BIO_s_mem();
BIO* BIO_new(const void*);
int BIO_read(BIO*, void*, int);
int BIO_write(BIO*, const void*, int);
}

namespace {

constexpr int kPem = 1;
constexpr int kEarlyDataSuccess = 1;

std::string reader;

void expect(bool is_so, const char* what) {
  if (is_so) return;
  std::fprintf(stderr, "tls_server: not so: %s\n", what);
  std::abort();
}

#define EXPECT(condition) expect((condition), #condition)

struct Memory {
  BIO* in = nullptr;
  BIO* out = nullptr;
};

// The bytes go through our hands, as an event loop's do.
void move_out(int fd, const Memory& memory) {
  char bytes[16384];
  for (int size; (size = BIO_read(memory.out, bytes, sizeof bytes)) > 0;) {
    EXPECT(::write(fd, bytes, static_cast<std::size_t>(size)) == size);
  }
}

bool move_in(int fd, const Memory& memory) {
  char bytes[16384];
  const ssize_t size = ::read(fd, bytes, sizeof bytes);
  return size > 0 && BIO_write(memory.in, bytes, static_cast<int>(size)) == size;
}

std::string read_from_memory(SSL* ssl, int fd) {
  const Memory memory{BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem())};
  SSL_set_bio(ssl, memory.in, memory.out);
  SSL_set_accept_state(ssl);
  char bytes[256];
  int got = 0;
  while ((got = SSL_read(ssl, bytes, sizeof bytes)) <= 0) {
    move_out(fd, memory);
    if (!move_in(fd, memory)) return "";
  }
  EXPECT(SSL_write(ssl, "ok\n", 3) == 3);
  SSL_shutdown(ssl);
  move_out(fd, memory);
  return {bytes, static_cast<std::size_t>(got)};
}

std::string read_early(SSL* ssl) {
  char bytes[256];
  std::size_t got = 0;
  std::string early;
  while (SSL_read_early_data(ssl, bytes, sizeof bytes, &got) == kEarlyDataSuccess) {
    early.append(bytes, got);
  }
  return early;
}

std::string read_some(SSL* ssl) {
  char bytes[256];
  std::size_t got = 0;
  if (reader == "read_ex") {
    EXPECT(SSL_read_ex(ssl, bytes, sizeof bytes, &got) == 1);
  } else {
    const int size = SSL_read(ssl, bytes, sizeof bytes);
    got = size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  return {bytes, got};
}

std::string read_line(SSL* ssl, int fd) {
  if (reader == "memory") return read_from_memory(ssl, fd);
  EXPECT(SSL_set_fd(ssl, fd) == 1);
  std::string line = reader == "early_data" ? read_early(ssl) : "";
  EXPECT(SSL_accept(ssl) == 1);
  while (!line.ends_with('\n')) {
    const std::string more = read_some(ssl);
    if (more.empty()) return line;
    line += more;
  }
  std::size_t sent = 0;
  EXPECT(reader == "read_ex" ? SSL_write_ex(ssl, "ok\n", 3, &sent) == 1
                             : SSL_write(ssl, "ok\n", 3) == 3);
  SSL_shutdown(ssl);
  return line;
}

int listen_somewhere() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* bound = reinterpret_cast<sockaddr*>(&address);
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  EXPECT(::bind(listener, bound, size) == 0 && ::listen(listener, 4) == 0);
  EXPECT(::getsockname(listener, bound, &size) == 0);
  std::printf("listening %u\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  reader = argv[1];
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  EXPECT(SSL_CTX_use_certificate_file(context, argv[2], kPem) == 1);
  EXPECT(SSL_CTX_use_PrivateKey_file(context, argv[3], kPem) == 1);
  if (reader == "early_data") EXPECT(SSL_CTX_set_max_early_data(context, 4096) == 1);
  for (const int listener = listen_somewhere();;) {
    const int fd = ::accept(listener, nullptr, nullptr);
    SSL* ssl = SSL_new(context);
    read_line(ssl, fd);
    SSL_free(ssl);
    ::close(fd);
  }
}
