/* args.c: prints what a program finds when it starts: arguments, environment, auxiliary vector. */
#include "libc.h"

static void show_auxiliary(const char *name, uint64_t key)
{
    printf("  %-15s 0x%lx\n", name, getauxval(key));
}

int main(int argc, char *argv[])
{
    printf("%d arguments\n", argc);
    for (int i = 0; i < argc; i++) {
        printf("  argv[%d] = \"", i);
        write(1, argv[i], strlen(argv[i]));
        printf("\" (%lu bytes)\n", strlen(argv[i]));
    }
    printf("environment\n");
    for (char **entry = environ; *entry != NULL; entry++)
        printf("  %s\n", *entry);
    printf("auxiliary vector\n");
    show_auxiliary("AT_PHDR", AT_PHDR);
    show_auxiliary("AT_ENTRY", AT_ENTRY);
    show_auxiliary("AT_PAGESZ", AT_PAGESZ);
    show_auxiliary("AT_SYSINFO_EHDR", AT_SYSINFO_EHDR);
    printf("  %-15s %s\n", "AT_EXECFN", (const char *)getauxval(AT_EXECFN));
    return 0;
}
