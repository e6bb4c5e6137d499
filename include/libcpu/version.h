/*
 * libcpu/version.h - the version of these headers.
 */
#ifndef LIBCPU_VERSION_H
#define LIBCPU_VERSION_H

#define LIBCPU_VERSION_MAJOR  0
#define LIBCPU_VERSION_MINOR  1
#define LIBCPU_VERSION_PATCH  0
#define LIBCPU_VERSION_STRING "0.1.0"
#define LIBCPU_VERSION                                                                             \
    (LIBCPU_VERSION_MAJOR << 16 | LIBCPU_VERSION_MINOR << 8 | LIBCPU_VERSION_PATCH)

#endif
