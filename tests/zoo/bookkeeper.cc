// Keeps eight numbers, told on its standard input, and checks its books with every seventh line.
//
//   AT place number    keeps the number there
//   SUM                prints the sum of all
//
// The bug: a place below the first is not refused, and lands on the seal of the books. Nothing that
// a sanitizer of addresses sees. Known truth (bookkeeper.json): the poison is the line with the
// place below the first, the trigger the seventh line.
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/zoo/lines.h"

namespace {

constexpr int kPlaces = 8;
constexpr int kSeal = 4711;
constexpr int kBetweenChecks = 7;

struct Books {
  int seal_and_places[1 + kPlaces] = {kSeal};
  int lines = 0;

  int& place(int number) { return seal_and_places[1 + number]; }
};

[[gnu::noinline]] void check(const Books& books) {
  if (books.seal_and_places[0] != kSeal) std::abort();
}

void obey(Books& books, const std::string& line) {
  int place = 0;
  int number = 0;
  if (std::sscanf(line.c_str(), "AT %d %d", &place, &number) == 2 && place < kPlaces &&
      place >= -1) {  // the planted bug: the first place is 0
    books.place(place) = number;
  }
  int sum = 0;
  for (int i = 0; i < kPlaces; ++i) sum += books.place(i);
  if (line == "SUM") std::printf("%d\n", sum);
  if (++books.lines % kBetweenChecks == 0) check(books);
}

}  // namespace

int main() {
  Books books;
  std::string unread;
  while (zoo::read_some(STDIN_FILENO, unread)) {
    for (std::string line; zoo::take_line(unread, line);) obey(books, line);
  }
}
