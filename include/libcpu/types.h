/*
 * libcpu/types.h - what every other header needs.
 */
#ifndef LIBCPU_TYPES_H
#define LIBCPU_TYPES_H

#include <libcpu/error.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define LIBCPU_API
#else
#define LIBCPU_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One machine: a CPU, its memory, its board.  A machine is used by one thread at a time; machines
 * are independent of each other.  Only libcpu_request_stop() may be called from another thread.
 */
typedef struct libcpu libcpu;

/*
 * Allocator: resize `ptr` (NULL: allocate) from `old_size` to `new_size` bytes (0: free, the result
 * is ignored).  NULL for a failed request, `ptr` then stays as it was.  Blocks must be aligned as
 * malloc() aligns them.
 */
typedef void *(*libcpu_alloc_fn)(void *user, void *ptr, size_t old_size, size_t new_size);

enum libcpu_log_level {
    LIBCPU_LOG_DEBUG = 0,
    LIBCPU_LOG_INFO = 1,
    LIBCPU_LOG_WARN = 2,
    LIBCPU_LOG_ERROR = 3,
};

/* A message of one line without a newline; `text` is valid during the call only. */
typedef void (*libcpu_log_fn)(void *user, int level, const char *text);

/* Bytes that the guest sent (serial port, debug console); valid during the call only. */
typedef void (*libcpu_output_fn)(void *user, const uint8_t *data, size_t size);

#ifdef __cplusplus
}
#endif

#endif
