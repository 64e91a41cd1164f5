// Functions whose addresses and names symbols_test.cc knows.
#define EXPORTED __attribute__((visibility("default")))
#define NOT_INLINED __attribute__((noinline))

namespace hidden {
namespace {

NOT_INLINED int unexported(int x) {
  return x * 3;
}

template <typename T>
NOT_INLINED T twice(T x) {
  return x + x;
}

}  // namespace
}  // namespace hidden

namespace outer {

class EXPORTED Counter {
 public:
  NOT_INLINED int add(int x, const char* why);

 private:
  int sum_ = 0;
};

int Counter::add(int x, const char* why) {
  return sum_ += why[0] + hidden::unexported(x);
}

}  // namespace outer

extern "C" {

EXPORTED NOT_INLINED int plain_c(int x) {
  return hidden::twice(x) + 1;
}

EXPORTED void* address_of_unexported() {
  return reinterpret_cast<void*>(&hidden::unexported);
}

EXPORTED void* address_of_template() {
  return reinterpret_cast<void*>(&hidden::twice<int>);
}
}

// `where` answers with the place that it returns to: within inlined_leaf, which is within caller.
__attribute__((always_inline)) inline void* inlined_leaf(void* (*where)()) {
  void* volatile place = where();
  return place;
}

extern "C" EXPORTED NOT_INLINED void* caller(void* (*where)()) {
  return inlined_leaf(where);
}
