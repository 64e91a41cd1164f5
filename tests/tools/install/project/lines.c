// Reads lines, records each of them, and dies of the line "die" after the line "arm".
#include <crashreel.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void) {
  crashreel_start(NULL);
  const uint32_t session = crashreel_new_session();
  crashreel_open(session);
  int is_armed = 0;
  char line[256];
  while (fgets(line, sizeof line, stdin) != NULL) {
    crashreel_data(session, line, strlen(line));
    if (strcmp(line, "arm\n") == 0) is_armed = 1;
    if (strcmp(line, "die\n") == 0 && is_armed) abort();
  }
  crashreel_close(session);
  return 0;
}
