/*
 * libcpu/error.h - what can go wrong on the caller's or the host's side.
 *
 * An error means that a call could not do what its caller asked; nothing has
 * changed then.  Whatever the guest does is never an error: it is a stop reason
 * (libcpu/machine.h).
 */
#ifndef LIBCPU_ERROR_H
#define LIBCPU_ERROR_H

#ifdef __cplusplus
extern "C" {
#endif

/* X(NAME, value, text): the name, its number for ever, what libcpu_strerror() says. */
#define LIBCPU_ERR_MAP(X)                                                                          \
    X(OK, 0, "success")                                                                            \
    X(INVALID, 1, "invalid argument")                      /* any function */                      \
    X(NOMEM, 2, "out of memory")                           /* create, load, add */                 \
    X(STATE, 3, "not allowed in this state")               /* run or destroy inside a hook */      \
    X(RANGE, 4, "address or length out of range")          /* memory and device functions */       \
    X(OVERLAP, 5, "overlaps with something already there") /* device and memory placement */       \
    X(UNMAPPED, 6, "no memory at that address")            /* memory functions, translate */       \
    X(FORMAT, 7, "malformed or unrecognised image")        /* load */                              \
    X(NOFILE, 8, "cannot open file")                       /* load from a file */                  \
    X(IO, 9, "input or output failed")                     /* load from a file */                  \
    X(UNSUPPORTED, 10, "not supported")                    /* create, load, register access */     \
    X(FULL, 11, "no room left")                            /* keyboard and serial input */         \
    X(HOST, 12, "the host refused a resource")             /* create */

/* Result of every function that can fail.  Numbers are never reused. */
enum libcpu_err {
#define LIBCPU_ERR_ENUM(name, value, text) LIBCPU_ERR_##name = (value),
    LIBCPU_ERR_MAP(LIBCPU_ERR_ENUM)
#undef LIBCPU_ERR_ENUM
};

#ifdef __cplusplus
}
#endif

#endif
