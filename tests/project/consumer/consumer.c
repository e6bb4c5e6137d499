/*
 * consumer.c - a program of somebody who has installed libcpu: headers and library fit together.
 */
#include <libcpu/libcpu.h>

#include <stdio.h>
#include <string.h>

int main(void)
{
    libcpu *m = NULL;
    if (libcpu_version() != LIBCPU_VERSION ||
        strcmp(libcpu_version_string(), LIBCPU_VERSION_STRING) != 0)
        return 1;
    if (libcpu_create(NULL, &m) != LIBCPU_ERR_OK)
        return 2;
    libcpu_destroy(m);
    puts(libcpu_version_string());
    return 0;
}
