/* A program that loads the library by itself, records from a thread, and unloads it at once, again
 * and again: what is left behind must not be called into nowhere. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include "capture/runtime/crashreel.h"

static void (*record_)(uint32_t, uint32_t, const void*, size_t);
static pthread_barrier_t both;

static void* record_and_outlive(void* unused) {
  (void)unused;
  record_(CRASHREEL_DATA, 1, "bytes", 5);
  pthread_barrier_wait(&both); /* recorded */
  pthread_barrier_wait(&both); /* unloaded */
  return NULL;
}

int main(int argc, char** argv) {
  char path[64];
  crashreel_options options = CRASHREEL_OPTIONS_INIT;
  if (argc != 2) return 2;
  snprintf(path, sizeof path, "/dev/shm/crashreel-dlclose-%d.ring", (int)getpid());
  options.ring_path = path;
  options.ring_bytes = 1 << 20;
  pthread_barrier_init(&both, NULL, 2);
  for (int i = 0; i < 20; ++i) {
    void* library = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) return fprintf(stderr, "%s\n", dlerror()), 3;
    int (*start)(const crashreel_options*);
    *(void**)&start = dlsym(library, "crashreel_start_");
    *(void**)&record_ = dlsym(library, "crashreel_record_");
    const int trouble = start(&options);
    if (i == 0) unlink(path);
    if (trouble != 0 && i == 0) return 4;
    pthread_t thread;
    if (pthread_create(&thread, NULL, record_and_outlive, NULL) != 0) return 5;
    pthread_barrier_wait(&both);
    dlclose(library);
    pthread_barrier_wait(&both);
    pthread_join(thread, NULL);
  }
  return 0;
}
