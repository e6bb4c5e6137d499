/* start.c: takes apart what lies on the first stack, and calls main. */
#include "libc.h"

char **environ;
const char *program_name = "?";
static const uint64_t *auxiliary;

uint64_t getauxval(uint64_t key)
{
    for (const uint64_t *pair = auxiliary; pair[0] != AT_NULL; pair += 2) {
        if (pair[0] == key)
            return pair[1];
    }
    return 0;
}

const char *getenv(const char *name)
{
    size_t n = strlen(name);
    for (char **entry = environ; *entry != NULL; entry++) {
        if (strncmp(*entry, name, n) == 0 && (*entry)[n] == '=')
            return *entry + n + 1;
    }
    return NULL;
}

_Noreturn void start(uint64_t *stack);

_Noreturn void start(uint64_t *stack)
{
    int argc = (int)stack[0];
    char **argv = (char **)(stack + 1);
    environ = argv + argc + 1;
    char **after = environ;
    while (*after != NULL)
        after++;
    auxiliary = (const uint64_t *)(after + 1);
    if (argc > 0)
        program_name = argv[0];
    exit(main(argc, argv));
}
