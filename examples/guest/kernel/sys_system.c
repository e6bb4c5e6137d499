/* sys_system.c: system calls about the system as a whole. */
#include "devices.h"
#include "string.h"
#include "syscall.h"
#include "time.h"

static char host_name[65] = "libcpu";

int64_t sys_uname(const uint64_t *a)
{
    struct utsname name = {.sysname = "Linux",
                           .release = "6.1.0-libcpu",
                           .version = "#1 the bundled guest",
                           .machine = "x86_64",
                           .domainname = "(none)"};
    string_copy(name.nodename, host_name, sizeof(name.nodename));
    return copy_to_user(a[0], &name, sizeof(name));
}

int64_t sys_sethostname(const uint64_t *a)
{
    char name[sizeof(host_name)] = {0};
    if (a[1] >= sizeof(name))
        return -EINVAL;
    if (copy_from_user(name, a[0], a[1]) != 0)
        return -EFAULT;
    memcpy(host_name, name, sizeof(name));
    return 0;
}

int64_t sys_sysinfo(const uint64_t *a)
{
    struct sysinfo info = {.uptime = (int64_t)(now_monotonic() / NANOS),
                           .totalram = frames_total * PAGE_SIZE,
                           .freeram = frames_free * PAGE_SIZE,
                           .totalswap = swap_slots * PAGE_SIZE,
                           .freeswap = (swap_slots - swap_used) * PAGE_SIZE,
                           .mem_unit = 1};
    for (int i = 1; i < MAX_TASKS; i++)
        info.procs = (uint16_t)(info.procs + (tasks[i].state != TASK_FREE));
    return copy_to_user(a[0], &info, sizeof(info));
}

int64_t sys_reboot(const uint64_t *a)
{
    if ((int32_t)a[0] != REBOOT_MAGIC1 || (int32_t)a[1] != REBOOT_MAGIC2)
        return -EINVAL;
    switch ((uint32_t)a[2]) {
    case REBOOT_POWER_OFF: power_off(0);
    case REBOOT_HALT: power_halt();
    case REBOOT_RESTART: power_restart();
    case 0: return 0; /* what ctrl-alt-del shall do: nothing, here */
    default: return -EINVAL;
    }
}

int64_t sys_sync(const uint64_t *a)
{
    (void)a;
    return 0;
}

int64_t sys_getrandom(const uint64_t *a)
{
    int error = fill_random_user(a[0], a[1]);
    return error != 0 ? error : (int64_t)a[1];
}

int64_t sys_syslog(const uint64_t *a)
{
    (void)a;
    return 0; /* the log went to the console; none of it is kept */
}

/* What there is to mount is mounted. */
int64_t sys_mount(const uint64_t *a)
{
    (void)a;
    return -EBUSY;
}
