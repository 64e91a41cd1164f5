// SQLite as functions: a session is a connection to one database in memory, an input is a
// statement.
#include <sqlite3.h>
#include <stdlib.h>

#include "adapter.h"

enum { kMostSessions = 16, kMostSteps = 200000 };

struct instance {
  sqlite3* connections[kMostSessions];
  int steps_left; /* of SQLite's own machine, so that no statement takes for ever */
};

// The first connection keeps the database alive.
static const char kDatabase[] = "file:fuzzed?mode=memory&cache=shared";

static int out_of_steps(void* context) {
  struct instance* self = context;
  self->steps_left -= 1000;
  return self->steps_left < 0;
}

static sqlite3* connect(struct instance* self) {
  sqlite3* connection = NULL;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_URI;
  if (sqlite3_open_v2(kDatabase, &connection, flags, NULL) != SQLITE_OK) abort();
  sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, 1 << 20);
  sqlite3_limit(connection, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_progress_handler(connection, 1000, out_of_steps, self);
  return connection;
}

void* crashreel_adapter_start(void) {
  struct instance* self = calloc(1, sizeof *self);
  if (self == NULL) abort();
  self->steps_left = kMostSteps;
  self->connections[0] = connect(self);
  return self;
}

void crashreel_adapter_input(void* instance, uint32_t session, uint32_t kind, const void* bytes,
                             size_t size) {
  struct instance* self = instance;
  if (session >= kMostSessions) return;
  sqlite3** connection = &self->connections[session];
  if (kind == CRASHREEL_INPUT_CLOSE && session != 0) {
    sqlite3_close_v2(*connection);
    *connection = NULL;
  }
  if (kind != CRASHREEL_INPUT_DATA) return;
  if (*connection == NULL) *connection = connect(self);
  sqlite3_stmt* statement = NULL;
  if (sqlite3_prepare_v2(*connection, bytes, (int)size, &statement, NULL) != SQLITE_OK) return;
  while (statement != NULL && sqlite3_step(statement) == SQLITE_ROW) {
  }
  sqlite3_finalize(statement);
}

void crashreel_adapter_idle(void* instance, uint64_t nanoseconds) {
  (void)instance;
  (void)nanoseconds;
}

void crashreel_adapter_stop(void* instance) {
  struct instance* self = instance;
  for (int i = 0; i < kMostSessions; ++i) sqlite3_close_v2(self->connections[i]);
  free(self);
}
