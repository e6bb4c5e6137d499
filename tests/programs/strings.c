/*
 * strings.c: loops over bytes as C libraries have them: length, copy, compare, search, case,
 * numbers to text and back, base 64, UTF-8.
 */
#include "program.h"

enum { SIZE = 16384, WORDS = 200 };

static char text[SIZE + 1], other[SIZE + 64];

static void make_text(void)
{
    static const char letters[] = "etaoin shrdlu,.ETAOIN";
    uint64_t random = 362436069u;
    for (unsigned i = 0; i < SIZE; i++)
        text[i] = letters[(next_random(&random) >> 20) % (sizeof(letters) - 1)];
    text[SIZE] = '\0';
}

static size_t length(const char *s)
{
    size_t n = 0;
    while (s[n] != '\0')
        n++;
    return n;
}

static size_t find_byte(const char *s, size_t size, char c)
{
    size_t n = 0;
    while (n < size && s[n] != c)
        n++;
    return n;
}

static unsigned count_byte(const char *s, size_t size, char c)
{
    unsigned n = 0;
    for (size_t i = 0; i < size; i++)
        n += s[i] == c;
    return n;
}

static void upper(char *restrict to, const char *restrict from, size_t size)
{
    for (size_t i = 0; i < size; i++)
        to[i] = (char)(from[i] >= 'a' && from[i] <= 'z' ? from[i] - 32 : from[i]);
}

static void reverse(char *s, size_t size)
{
    for (size_t i = 0; i < size / 2; i++) {
        char c = s[i];
        s[i] = s[size - 1 - i];
        s[size - 1 - i] = c;
    }
}

/* ---- search: naive and Horspool's (1980) have to find the same places ---- */

static uint64_t search_naive(const char *s, size_t size, const char *word, size_t word_size)
{
    uint64_t hash = FNV_START;
    for (size_t i = 0; i + word_size <= size; i++) {
        if (memcmp(s + i, word, word_size) == 0)
            hash = fnv(hash, &(uint32_t){(uint32_t)i}, 4);
    }
    return hash;
}

static uint64_t search_horspool(const char *s, size_t size, const char *word, size_t word_size)
{
    size_t skip[256];
    uint64_t hash = FNV_START;
    for (unsigned i = 0; i < 256; i++)
        skip[i] = word_size;
    for (size_t i = 0; i + 1 < word_size; i++)
        skip[(uint8_t)word[i]] = word_size - 1 - i;
    for (size_t i = 0; i + word_size <= size; i += skip[(uint8_t)s[i + word_size - 1]]) {
        if (memcmp(s + i, word, word_size) == 0)
            hash = fnv(hash, &(uint32_t){(uint32_t)i}, 4);
    }
    return hash;
}

static void searches(void)
{
    uint64_t random = 123456789u, sum = 0;
    for (unsigned i = 0; i < 24; i++) {
        size_t at = (size_t)((next_random(&random) >> 20) % (SIZE - 16)), size = 1 + i % 12;
        uint64_t naive = search_naive(text, SIZE, text + at, size);
        check(naive == search_horspool(text, SIZE, text + at, size), "search");
        sum = sum * 31 + naive;
    }
    report("search", sum);
}

/* ---- copies at all alignments, overlapping ones too ---- */

static void copies(void)
{
    uint64_t hash = FNV_START;
    for (unsigned from = 0; from < 17; from++) {
        for (unsigned to = 0; to < 33; to += 3) {
            size_t size = 61 * from + to;
            memset(other, 0x55, 1200);
            memcpy(other + to, text + from, size);
            check(memcmp(other + to, text + from, size) == 0, "copy");
            memmove(other + from, other + to, size);
            check(memcmp(other + from, text + from, size) == 0, "move");
            hash = fnv(hash, other, 1200);
        }
    }
    report("copies", hash);
}

/* ---- numbers ---- */

static unsigned format_signed(char *to, int64_t value, unsigned base)
{
    char digits[65];
    unsigned n = 0, size = 0;
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        digits[n++] = "0123456789abcdefghijklmnopqrstuvwxyz"[rest % base];
    while ((rest /= base) != 0);
    if (value < 0)
        to[size++] = '-';
    while (n > 0)
        to[size++] = digits[--n];
    to[size] = '\0';
    return size;
}

static int64_t parse_signed(const char *s, unsigned base)
{
    bool negative = *s == '-';
    uint64_t value = 0;
    for (s += negative; *s != '\0'; s++)
        value = value * base + (uint64_t)(*s <= '9' ? *s - '0' : *s - 'a' + 10);
    return (int64_t)(negative ? 0 - value : value);
}

static void numbers(void)
{
    uint64_t random = 88172645463325252u, hash = FNV_START;
    for (unsigned i = 0; i < 1000; i++) {
        char buffer[70];
        unsigned base = 2 + i % 35;
        int64_t value = (int64_t)next_random(&random) >> i % 64;
        unsigned size = format_signed(buffer, value, base);
        check(parse_signed(buffer, base) == value, "a number does not come back");
        hash = fnv(hash, buffer, size);
    }
    report("numbers", hash);
}

/* ---- base 64 (RFC 4648) ---- */

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t encode64(char *to, const char *from, size_t size)
{
    size_t n = 0;
    for (size_t i = 0; i + 3 <= size; i += 3) {
        uint32_t group = (uint32_t)(uint8_t)from[i] << 16 | (uint32_t)(uint8_t)from[i + 1] << 8 |
                         (uint8_t)from[i + 2];
        for (unsigned k = 4; k-- > 0;)
            to[n++] = digits64[group >> 6 * k & 63];
    }
    return n;
}

static void decode64(char *to, const char *from, size_t size)
{
    uint8_t value[256] = {0};
    for (uint8_t i = 0; i < 64; i++)
        value[(uint8_t)digits64[i]] = i;
    for (size_t i = 0; i + 4 <= size; i += 4) {
        uint32_t group = 0;
        for (unsigned k = 0; k < 4; k++)
            group = group << 6 | value[(uint8_t)from[i + k]];
        for (unsigned k = 3; k-- > 0;)
            *to++ = (char)(group >> 8 * k);
    }
}

static void base64(void)
{
    static char plain[9000];
    size_t size = encode64(other, text, 9000);
    report("base64", fnv(FNV_START, other, size));
    decode64(plain, other, size);
    check(memcmp(plain, text, 9000) == 0, "base 64 does not come back");
}

/* ---- UTF-8 (RFC 3629) ---- */

static unsigned encode_point(uint8_t *to, uint32_t point)
{
    if (point < 0x80) {
        to[0] = (uint8_t)point;
        return 1;
    }
    unsigned size = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (unsigned i = size; i-- > 1; point >>= 6)
        to[i] = (uint8_t)(0x80 | (point & 63));
    to[0] = (uint8_t)(0xf00 >> size | point);
    return size;
}

static uint32_t decode_point(const uint8_t *from, unsigned *size)
{
    *size = from[0] < 0x80 ? 1 : from[0] < 0xe0 ? 2 : from[0] < 0xf0 ? 3 : 4;
    uint32_t point = *size == 1 ? from[0] : from[0] & 0x7fu >> *size;
    for (unsigned i = 1; i < *size; i++)
        point = point << 6 | (from[i] & 63u);
    return point;
}

static void utf8(void)
{
    uint64_t hash = FNV_START;
    for (uint32_t point = 0; point < 0x110000; point += 1 + point / 64) {
        uint8_t bytes[4];
        unsigned size = encode_point(bytes, point), again;
        check(decode_point(bytes, &again) == point && again == size, "UTF-8");
        hash = fnv(hash, bytes, size);
    }
    report("utf8", hash);
}

int main(void)
{
    make_text();
    check(length(text) == SIZE, "length");
    report("comma", find_byte(text, SIZE, ','));
    report("blanks", count_byte(text, SIZE, ' '));
    upper(other, text, SIZE);
    report("upper", fnv(FNV_START, other, SIZE));
    reverse(other, SIZE - 3);
    report("reverse", fnv(FNV_START, other, SIZE));
    copies();
    searches();
    numbers();
    base64();
    utf8();
    return 0;
}
