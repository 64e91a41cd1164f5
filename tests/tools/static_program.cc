// A program that no library can be loaded into.
int main() {
  return 0;
}
