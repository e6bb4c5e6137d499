/*
 * recorded.h - cases with what silicon made of them, in a file: for hosts that cannot be asked.
 *
 * The file: the eight letters of RECORDED_MAGIC, the length of what follows once unpacked (4 bytes,
 * little endian), then a zlib stream of records.  The first is the judge: 1 when it is AMD's, then
 * its name, ended by a zero.  Each case is:
 *
 *   1        mode, and RECORDED_*
 *   4        seed of the state that the case's own is told against (recorded_state())
 *   numbers  offset and length of the code, flags that are not compared; then the code
 *   changes  of the state against that; of the data pages against recorded_background();
 *            of the state afterwards against that before; the same of the data pages
 *   numbers  vector, error code, CR2 for vector 14
 *   numbers  with RECORDED_BYTES: offset and length of bytes of the data pages that are not
 *            compared, three times
 *
 * A number has seven bits a byte, the lowest first, bit 7: more follow.  Changes: how many bytes
 * stay, how many change (0: no more changes), those bytes; and again.
 */
#ifndef LC_TESTS_EXEC_RECORDED_H
#define LC_TESTS_EXEC_RECORDED_H

#include "exec/silicon.h"

#define RECORDED_MAGIC "LCJUDGE2"

enum {
    RECORDED_MODE = 0x03,
    RECORDED_ADDRESS = 0x04, /* gen_info.open_address */
    RECORDED_BYTES = 0x08,   /* gen_info.open_bytes */
    RECORDED_MAX = 64 << 20, /* bytes of records */
    RECORDED_NAME = 64,
};

/* Bytes that grow. */
struct recorded_bytes {
    uint8_t *p;
    size_t len, room;
};

/* A plain state with random registers, the same for a seed forever; memory too. */
void recorded_state(uint32_t seed, const struct oracle_case *c, struct oracle_state *s);
void recorded_background(uint8_t out[ORACLE_DATA_LEN]);

/* ---- writing; false: no memory, or the file cannot be written ---- */
bool recorded_put_judge(struct recorded_bytes *b, bool amd, const char *name);
bool recorded_put_case(struct recorded_bytes *b, uint32_t seed, const struct oracle_case *c,
                       const struct gen_info *info, uint32_t not_compared);
bool recorded_save(const struct recorded_bytes *b, const char *path);

/* ---- reading; false: not such a file, or its end ---- */
bool recorded_load(struct recorded_bytes *b, const char *path);
bool recorded_get_judge(const struct recorded_bytes *b, size_t *at, bool *amd,
                        char name[RECORDED_NAME]);
bool recorded_get_case(const struct recorded_bytes *b, size_t *at, struct oracle_case *c,
                       struct gen_info *info);

#endif
