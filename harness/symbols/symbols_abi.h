/* How do symbols.cc and the library that it loads speak with each other? In C, so that neither
 * needs to know how the other was compiled (LLVM has its own flags, the caller may be sanitized).
 * A changed meaning gets a new name. Nothing here throws; one thread at a time per symbolizer. */
#ifndef CRASHREEL_HARNESS_SYMBOLS_SYMBOLS_ABI_H_
#define CRASHREEL_HARNESS_SYMBOLS_SYMBOLS_ABI_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct crashreel_symbolizer crashreel_symbolizer;

/* The result is owned by the caller and ended by crashreel_symbolizer_close_1; never NULL. */
crashreel_symbolizer* crashreel_symbolizer_open_1(void);
void crashreel_symbolizer_close_1(crashreel_symbolizer* symbolizer);

/* Calls `each` with every function at the offset, innermost first; none, if nothing covers it. The
 * name ends with a zero byte and lives until `each` returns. */
void crashreel_symbolizer_functions_1(crashreel_symbolizer* symbolizer, const char* module_path,
                                      uint64_t offset,
                                      void (*each)(void* context, const char* name), void* context);

/* The same with the last of these alone, as far as the file's own symbol tables tell. */
void crashreel_symbolizer_tabled_1(crashreel_symbolizer* symbolizer, const char* module_path,
                                   uint64_t offset, void (*each)(void* context, const char* name),
                                   void* context);

#ifdef __cplusplus
}
#endif

#endif /* CRASHREEL_HARNESS_SYMBOLS_SYMBOLS_ABI_H_ */
