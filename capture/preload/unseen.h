// What did the recorder see happen without seeing the bytes?
//
// Counted, and said in the ring itself by notes of the program: at the first time and at each
// doubling, so that a busy program does not fill its ring with them. Leaves errno alone and may run
// in a signal handler.
#pragma once

#include <cstdint>

namespace crashreel {

enum class Unseen : std::uint8_t {
  kSplice,         // bytes of a session went elsewhere inside the kernel
  kForgottenPeer,  // of a datagram socket: if it speaks again, it is taken for a new one
};

void note_unseen(Unseen what);

}  // namespace crashreel
