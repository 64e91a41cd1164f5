#include "capture/preload/config_files.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>

#include "capture/preload/file_digests.h"
#include "capture/preload/sessions.h"
#include "capture/runtime/crashreel.h"

namespace crashreel {
namespace {

constexpr const char* kMachinePrefixes[] = {
    "/proc/",
    "/sys/",
    "/dev/",
    "/lib/",
    "/lib64/",
    "/usr/lib/",
    "/usr/lib64/",
    "/usr/libexec/",
    "/usr/share/",
    "/usr/local/lib/",
    "/usr/local/share/",
    "/etc/ld.so",
    "/etc/localtime",
    "/etc/nsswitch.conf",
    "/etc/passwd",
    "/etc/group",
    "/etc/shadow",
    "/etc/gshadow",
    "/etc/host",
    "/etc/resolv.conf",
    "/etc/ssl/",
};

constexpr char kPrivateKeyMark[] = "PRIVATE KEY-----";

bool watching = false;
dev_t executable_device;
ino_t executable_inode;

// Guards what follows. Whoever finds it taken leaves its file out rather than wait: programs read
// their configuration one file after the other.
bool busy = false;
std::uint64_t kept_names[kMostConfigFiles];  // hashes
std::size_t kept_files = 0;
std::size_t kept_bytes = 0;

std::uint64_t hash(const char* text) {
  std::uint64_t value = 0xcbf29ce484222325u;  // FNV-1a
  for (; *text != '\0'; ++text)
    value = (value ^ static_cast<unsigned char>(*text)) * 0x100000001b3u;
  return value;
}

bool already_kept(std::uint64_t name) {
  for (std::size_t i = 0; i < kept_files; ++i) {
    if (kept_names[i] == name) return true;
  }
  return false;
}

bool is_configuration(const struct stat& file) {
  return S_ISREG(file.st_mode) && file.st_size >= 0 &&
         !(file.st_dev == executable_device && file.st_ino == executable_inode);
}

// Through the program's own descriptor, at explicit offsets: the same file even if the name means
// another by now, and nothing that the program could notice.
bool read_whole(int fd, char* into, std::size_t size) {
  std::size_t have = 0;
  while (have < size) {
    const ssize_t got = ::pread(fd, into + have, size - have, static_cast<off_t>(have));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    have += static_cast<std::size_t>(got);
  }
  return true;
}

void keep(int fd, const char* path) {
  struct stat file;
  if (::fstat(fd, &file) != 0 || !is_configuration(file)) return;
  const auto size = static_cast<std::size_t>(file.st_size);
  const std::uint64_t name = hash(path);
  if (kept_files == kMostConfigFiles || already_kept(name)) return;
  if (size > kMostConfigFileBytes || kept_bytes + size > kMostConfigBytesTogether) {
    kept_names[kept_files++] = name;
    return add_large_file(fd, path, file);
  }

  void* memory = ::mmap(nullptr, kMostConfigFileBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  auto* bytes = static_cast<char*>(memory);
  if (read_whole(fd, bytes, size) &&
      ::memmem(bytes, size, kPrivateKeyMark, sizeof(kPrivateKeyMark) - 1) == nullptr &&
      crashreel_add_file(path, file.st_mode & 07777u, bytes, size) == 0) {
    kept_names[kept_files++] = name;
    kept_bytes += size;
  }
  ::munmap(memory, kMostConfigFileBytes);
}

}  // namespace

void begin_config_files() {
  struct stat executable;
  if (::stat("/proc/self/exe", &executable) == 0) {
    executable_device = executable.st_dev;
    executable_inode = executable.st_ino;
  }
  __atomic_store_n(&watching, true, __ATOMIC_RELEASE);
}

bool belongs_to_machine(const char* path) {
  for (const char* prefix : kMachinePrefixes) {
    if (::strncmp(path, prefix, ::strlen(prefix)) == 0) return true;
  }
  return false;
}

void file_opened(int fd, const char* path, int flags) {
  if (fd < 0 || !__atomic_load_n(&watching, __ATOMIC_ACQUIRE) || any_session_yet()) return;
  if ((flags & O_ACCMODE) != O_RDONLY || (flags & (O_PATH | O_DIRECTORY)) != 0) return;
  if (belongs_to_machine(path)) return;
  if (__atomic_exchange_n(&busy, true, __ATOMIC_ACQUIRE)) return;
  const int kept_errno = errno;
  keep(fd, path);
  errno = kept_errno;
  __atomic_store_n(&busy, false, __ATOMIC_RELEASE);
}

}  // namespace crashreel
