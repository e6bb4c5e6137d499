/* string.h: the few string functions that the kernel and the programs need. */
#ifndef GUEST_STRING_H
#define GUEST_STRING_H

#include <stdbool.h>
#include <stddef.h>

void *memcpy(void *dest, const void *src, size_t size);
void *memmove(void *dest, const void *src, size_t size);
void *memset(void *dest, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t size);

/* Copies at most size - 1 characters and always ends the copy with a zero. */
void string_copy(char *dest, const char *src, size_t size);

/* The first place of a character that is not the final zero; NULL: none. */
const char *find_char(const char *text, char c);

/* Is word one of the words of text, which are separated by spaces? */
bool string_has_word(const char *text, const char *word);

#endif
