// A table that the loader has to fill, a hundred pages long: built as a program, and as a library.
//
// Each entry is an address, and so known only once what holds it has its place.
namespace {

constexpr char kSomething = 'x';
constexpr int kEntries = 100 * 4096 / sizeof(const char*);

struct Table {
  constexpr Table() {
    for (const char*& entry : entries) entry = &kSomething;
  }

  const char* entries[kEntries] = {};
};

__attribute__((used)) constinit const Table table;

}  // namespace

#ifdef RELOCATED_PROGRAM
int main() {
  return table.entries[0] == &kSomething ? 0 : 1;
}
#endif
