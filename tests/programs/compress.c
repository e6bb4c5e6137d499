/*
 * compress.c: LZ77 with hash chains, its tokens in a canonical Huffman code, and back. (Ziv and
 * Lempel 1977; Huffman 1952.)
 */
#include "program.h"

enum {
    SIZE = 30000,
    HASH = 4096,
    LONGEST = 258,
    SHORTEST = 4,
    CHAIN = 16,
    SYMBOLS = 512, /* bytes, then lengths of matches */
    LONGEST_CODE = 31,
};

static uint8_t text[SIZE], packed[2 * SIZE], back[SIZE];

/* ---- text: words of a small language, with repetitions near and far ---- */

static void make_text(void)
{
    static const char *const syllables[] = {"lo", "ra", "min", "te", "sol", "ve", "nu", "ka"};
    uint64_t random = 521288629u;
    for (size_t n = 0; n < SIZE;) {
        uint64_t r = next_random(&random) >> 16;
        for (unsigned i = 0; i <= r % 3; i++) {
            for (const char *s = syllables[r >> (4 + 3 * i) & 7]; *s != '\0' && n < SIZE;)
                text[n++] = (uint8_t)*s++;
        }
        if (n < SIZE)
            text[n++] = r >> 40 & 15 ? ' ' : '\n';
    }
}

/* ---- matches ---- */

struct token {
    uint16_t symbol;   /* a byte, or 256 + length - SHORTEST */
    uint16_t distance; /* of a match */
};

static struct token tokens[SIZE];
static size_t token_count;

static size_t match_length(size_t a, size_t b)
{
    size_t n = 0;
    while (n < LONGEST && b + n < SIZE && text[a + n] == text[b + n])
        n++;
    return n;
}

static uint32_t hash_at(size_t at)
{
    uint32_t word;
    memcpy(&word, text + at, sizeof(word));
    return word * 2654435761u >> 20;
}

static int32_t head[HASH], before[SIZE];

static size_t longest_match(size_t at, size_t *distance)
{
    size_t best = 0;
    int32_t other = head[hash_at(at)];
    for (unsigned i = 0; i < CHAIN && other >= 0; i++, other = before[other]) {
        size_t n = match_length((size_t)other, at);
        if (n > best) {
            best = n;
            *distance = at - (size_t)other;
        }
    }
    return best;
}

static void note(size_t at)
{
    uint32_t h = hash_at(at);
    before[at] = head[h];
    head[h] = (int32_t)at;
}

static void tokenize(void)
{
    for (unsigned i = 0; i < HASH; i++)
        head[i] = -1;
    for (size_t at = 0; at < SIZE;) {
        size_t distance = 0, length = at + 4 <= SIZE ? longest_match(at, &distance) : 0;
        struct token t = {text[at], 0};
        if (length >= SHORTEST)
            t = (struct token){(uint16_t)(256 + length - SHORTEST), (uint16_t)distance};
        else
            length = 1;
        tokens[token_count++] = t;
        for (; length > 0; length--, at++) {
            if (at + 4 <= SIZE)
                note(at);
        }
    }
}

/* ---- code: lengths by Huffman, codes in order of length and symbol ---- */

static uint8_t code_length[SYMBOLS];
static uint32_t code[SYMBOLS];

static void measure(unsigned node, uint16_t child[][2], unsigned depth)
{
    if (node < SYMBOLS) {
        check(depth <= LONGEST_CODE, "a code is too long");
        code_length[node] = (uint8_t)depth;
        return;
    }
    measure(child[node - SYMBOLS][0], child, depth + 1);
    measure(child[node - SYMBOLS][1], child, depth + 1);
}

/* Take the rarest node out of the alive ones. */
static unsigned rarest(uint32_t *count, unsigned nodes)
{
    unsigned best = nodes;
    for (unsigned i = 0; i < nodes; i++) {
        if (count[i] != 0 && (best == nodes || count[i] < count[best]))
            best = i;
    }
    return best;
}

static void build_lengths(void)
{
    static uint32_t count[2 * SYMBOLS];
    static uint16_t child[SYMBOLS][2];
    unsigned nodes = SYMBOLS;
    for (size_t i = 0; i < token_count; i++)
        count[tokens[i].symbol]++;
    for (;;) {
        unsigned a = rarest(count, nodes);
        uint32_t sum = count[a];
        count[a] = 0;
        unsigned b = rarest(count, nodes);
        if (b == nodes) {
            measure(a, child, 0);
            return;
        }
        sum += count[b];
        count[b] = 0;
        child[nodes - SYMBOLS][0] = (uint16_t)a;
        child[nodes - SYMBOLS][1] = (uint16_t)b;
        count[nodes++] = sum;
    }
}

static void build_codes(void)
{
    uint32_t next = 0;
    for (unsigned length = 1; length <= LONGEST_CODE; length++, next <<= 1) {
        for (unsigned s = 0; s < SYMBOLS; s++) {
            if (code_length[s] == length)
                code[s] = next++;
        }
    }
}

/* ---- bits, the highest first ---- */

static size_t bits;

static void put_bits(uint32_t value, unsigned count)
{
    while (count-- > 0) {
        packed[bits >> 3] |= (uint8_t)((value >> count & 1) << (7 - (bits & 7)));
        bits++;
    }
}

static uint32_t get_bits(unsigned count)
{
    uint32_t value = 0;
    for (; count > 0; count--, bits++)
        value = value << 1 | (packed[bits >> 3] >> (7 - (bits & 7)) & 1u);
    return value;
}

static void pack(void)
{
    for (size_t i = 0; i < token_count; i++) {
        put_bits(code[tokens[i].symbol], code_length[tokens[i].symbol]);
        if (tokens[i].symbol >= 256)
            put_bits(tokens[i].distance, 16);
    }
}

/* ---- and back, by the lengths alone ---- */

static uint16_t by_code[SYMBOLS];
static uint32_t first_code[LONGEST_CODE + 2], first_index[LONGEST_CODE + 2];

static void build_decoder(void)
{
    uint32_t next = 0, index = 0;
    for (unsigned length = 1; length <= LONGEST_CODE + 1; length++, next <<= 1) {
        first_code[length] = next;
        first_index[length] = index;
        for (unsigned s = 0; s < SYMBOLS; s++) {
            if (code_length[s] == length) {
                by_code[index++] = (uint16_t)s;
                next++;
            }
        }
    }
}

static unsigned get_symbol(void)
{
    uint32_t value = 0;
    for (unsigned length = 1; length <= LONGEST_CODE; length++) {
        value = value << 1 | get_bits(1);
        uint32_t of_length = first_index[length + 1] - first_index[length];
        if (value - first_code[length] < of_length)
            return by_code[first_index[length] + value - first_code[length]];
    }
    check(false, "a code that is none");
    return 0;
}

static void unpack(void)
{
    bits = 0;
    for (size_t at = 0; at < SIZE;) {
        unsigned symbol = get_symbol();
        if (symbol < 256) {
            back[at++] = (uint8_t)symbol;
            continue;
        }
        size_t distance = get_bits(16);
        check(distance > 0 && distance <= at, "a distance that is none");
        for (unsigned n = symbol - 256 + SHORTEST; n > 0 && at < SIZE; n--, at++)
            back[at] = back[at - distance];
    }
}

int main(void)
{
    make_text();
    report("text", fnv(FNV_START, text, SIZE));
    tokenize();
    report("tokens", token_count);
    build_lengths();
    build_codes();
    pack();
    report("bits", bits);
    report("packed", fnv(FNV_START, packed, (bits + 7) / 8));
    check(bits < 8 * SIZE / 2, "nothing was gained");
    build_decoder();
    unpack();
    check(memcmp(text, back, SIZE) == 0, "the text does not come back");
    report("back", fnv(FNV_START, back, SIZE));
    return 0;
}
