/* heartbeat.c: a service: writes to /var/heartbeat how many seconds it has been running. */
#include "libc.h"

int main(int argc, char *argv[])
{
    (void)argc, (void)argv;
    char text[32];
    for (int seconds = 0;; seconds++) {
        size_t n = format_text(text, sizeof(text), "%d\n", seconds);
        int file = open("/var/heartbeat", O_WRONLY | O_CREAT | O_TRUNC, 0644);
        write(file, text, n);
        close(file);
        sleep_ms(1000);
    }
}
