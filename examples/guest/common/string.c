/*
 * string.c: memory and string functions. The first three are single string instructions, which the
 * processor repeats by itself (SDM vol. 2, "REP"); a compiler may also call them unasked.
 */
#include "string.h"

void *memcpy(void *dest, const void *src, size_t size)
{
    void *to = dest;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(src), "+c"(size) : : "memory");
    return dest;
}

void *memset(void *dest, int value, size_t size)
{
    void *to = dest;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
    return dest;
}

void *memmove(void *dest, const void *src, size_t size)
{
    if ((const char *)dest <= (const char *)src || (const char *)dest >= (const char *)src + size)
        return memcpy(dest, src, size);
    for (size_t i = size; i > 0; i--)
        ((char *)dest)[i - 1] = ((const char *)src)[i - 1];
    return dest;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *x = a, *y = b;
    for (size_t i = 0; i < size; i++) {
        if (x[i] != y[i])
            return x[i] - y[i];
    }
    return 0;
}

size_t strlen(const char *s)
{
    size_t n = 0;
    while (s[n] != '\0')
        n++;
    return n;
}

int strcmp(const char *a, const char *b)
{
    while (*a != '\0' && *a == *b) {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

int strncmp(const char *a, const char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (a[i] != b[i] || a[i] == '\0')
            return (unsigned char)a[i] - (unsigned char)b[i];
    }
    return 0;
}

void string_copy(char *dest, const char *src, size_t size)
{
    size_t n = strlen(src);
    if (n > size - 1)
        n = size - 1;
    memcpy(dest, src, n);
    dest[n] = '\0';
}

bool string_has_word(const char *text, const char *word)
{
    size_t n = strlen(word);
    while (*text != '\0') {
        while (*text == ' ')
            text++;
        if (strncmp(text, word, n) == 0 && (text[n] == ' ' || text[n] == '\0'))
            return true;
        while (*text != '\0' && *text != ' ')
            text++;
    }
    return false;
}

const char *find_char(const char *text, char c)
{
    for (; *text != '\0'; text++) {
        if (*text == c)
            return text;
    }
    return NULL;
}
