/* all.c: process 1 of a test: runs the programs that the kernel's command line names, one by one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(const char *name)
{
    char path[128];
    int status;
    snprintf(path, sizeof(path), "/bin/%s", name);
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        execl(path, path, (char *)NULL);
        _exit(127);
    }
    while (wait(&status) != pid)
        ;
    if (status != 0)
        printf("%s: status 0x%x\n", name, status);
}

int main(void)
{
    char line[512] = "";
    int fd = open("/proc/cmdline", O_RDONLY);
    if (fd < 0 || read(fd, line, sizeof(line) - 1) <= 0)
        return 1;
    close(fd);
    char *list = strstr(line, "run=");
    if (list == NULL)
        return 1;
    list[strcspn(list, " \n")] = '\0';
    for (char *name = strtok(list + 4, ","); name != NULL; name = strtok(NULL, ","))
        run(name);
    return 0;
}
