/* kill.c: kill [-SIGNAL] PID...: sends a signal; TERM if none is named. */
#include "libc.h"

int main(int argc, char *argv[])
{
    int signal = SIGTERM, failed = 0;
    for (int i = 1; i < argc; i++) {
        if (i == 1 && argv[1][0] == '-') {
            signal = (int)-to_number(argv[1]);
            continue;
        }
        int error = kill((int)to_number(argv[i]), signal);
        if (error < 0)
            complain("kill: %s: %s\n", argv[i], error_text(error));
        failed |= error < 0;
    }
    return failed;
}
