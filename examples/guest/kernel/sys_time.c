/* sys_time.c: system calls that tell the time or wait: for a time, or for descriptors. */
#include "string.h"
#include "syscall.h"
#include "time.h"

#define FOREVER UINT64_MAX

static struct timespec timespec(uint64_t ns)
{
    return (struct timespec){(int64_t)(ns / NANOS), (int64_t)(ns % NANOS)};
}

static int read_timespec(uint64_t user, uint64_t *ns)
{
    struct timespec ts;
    if (copy_from_user(&ts, user, sizeof(ts)) != 0)
        return -EFAULT;
    if (ts.sec < 0 || ts.nsec < 0 || ts.nsec >= NANOS)
        return -EINVAL;
    *ns = ts.sec > 1000000000 ? FOREVER / 2 : (uint64_t)ts.sec * NANOS + (uint64_t)ts.nsec;
    return 0;
}

int64_t sys_time(const uint64_t *a)
{
    int64_t seconds = (int64_t)(now_realtime() / NANOS);
    if (a[0] != 0 && copy_to_user(a[0], &seconds, sizeof(seconds)) != 0)
        return -EFAULT;
    return seconds;
}

int64_t sys_gettimeofday(const uint64_t *a)
{
    uint64_t now = now_realtime();
    struct timeval tv = {(int64_t)(now / NANOS), (int64_t)(now % NANOS / 1000)};
    return a[0] != 0 ? copy_to_user(a[0], &tv, sizeof(tv)) : 0;
}

static int read_clock(uint64_t clock, uint64_t *ns)
{
    switch (clock) {
    case CLOCK_REALTIME:
    case CLOCK_REALTIME_COARSE: *ns = now_realtime(); return 0;
    case CLOCK_MONOTONIC:
    case CLOCK_MONOTONIC_RAW:
    case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: *ns = now_monotonic(); return 0;
    case CLOCK_PROCESS_CPUTIME:
    case CLOCK_THREAD_CPUTIME: *ns = current->user_time + current->kernel_time; return 0;
    default: return -EINVAL;
    }
}

int64_t sys_clock_gettime(const uint64_t *a)
{
    uint64_t ns;
    int error = read_clock(a[0], &ns);
    struct timespec ts = timespec(ns);
    return error != 0 ? error : copy_to_user(a[1], &ts, sizeof(ts));
}

int64_t sys_clock_getres(const uint64_t *a)
{
    uint64_t ns;
    int error = read_clock(a[0], &ns);
    struct timespec ts = {0, NANOS_PER_TICK};
    return error != 0 || a[1] == 0 ? error : copy_to_user(a[1], &ts, sizeof(ts));
}

/* A jiffy more than asked for: the current one has begun already. */
static uint64_t deadline(uint64_t ns)
{
    return jiffies + ns / NANOS_PER_JIFFY + (ns % NANOS_PER_JIFFY != 0) + 1;
}

static int64_t sleep_for(uint64_t ns, uint64_t remaining)
{
    uint64_t until = deadline(ns);
    int error;
    do
        error = jiffies < until ? sleep_on(&jiffies, until) : -ETIMEDOUT;
    while (error == 0);
    if (error == -ETIMEDOUT)
        return 0;
    struct timespec left = timespec(until > jiffies ? (until - jiffies) * NANOS_PER_JIFFY : 0);
    if (remaining != 0 && copy_to_user(remaining, &left, sizeof(left)) != 0)
        return -EFAULT;
    return -EINTR;
}

int64_t sys_nanosleep(const uint64_t *a)
{
    uint64_t ns;
    int error = read_timespec(a[0], &ns);
    return error != 0 ? error : sleep_for(ns, a[1]);
}

int64_t sys_clock_nanosleep(const uint64_t *a)
{
    uint64_t ns, now;
    int error = read_timespec(a[2], &ns);
    if (error == 0)
        error = read_clock(a[0], &now);
    if (error != 0)
        return error;
    if ((a[1] & TIMER_ABSTIME) == 0)
        return sleep_for(ns, a[3]);
    return ns <= now ? 0 : sleep_for(ns - now, 0);
}

/* ---- poll and select ---- */

static int ready_events(int fd, int wanted)
{
    struct file *file = fd_file(fd);
    if (file == NULL)
        return POLLNVAL;
    int now =
        file->ops != NULL && file->ops->poll != NULL ? file->ops->poll(file) : POLLIN | POLLOUT;
    return now & (wanted | POLLERR | POLLHUP);
}

static int64_t poll_once(uint64_t user, uint64_t count)
{
    int64_t ready = 0;
    for (uint64_t i = 0; i < count; i++) {
        struct pollfd p;
        if (copy_from_user(&p, user + i * sizeof(p), sizeof(p)) != 0)
            return -EFAULT;
        p.revents = p.fd < 0 ? 0 : (int16_t)ready_events(p.fd, p.events);
        ready += p.revents != 0;
        if (copy_to_user(user + i * sizeof(p), &p, sizeof(p)) != 0)
            return -EFAULT;
    }
    return ready;
}

/* Looks, and waits for anything to change, until something is ready. until: 0: for ever. */
static int64_t wait_for_change(uint64_t until)
{
    int64_t error = sleep_on(&poll_channel, until);
    return error == -ERESTART ? -EINTR : error;
}

static int64_t do_poll(uint64_t user, uint64_t count, uint64_t timeout)
{
    uint64_t until = timeout == FOREVER ? 0 : deadline(timeout);
    if (count > MAX_FDS)
        return -EINVAL;
    for (;;) {
        uint64_t irq = irq_save(); /* input may come between the look and the sleep */
        int64_t answer = poll_once(user, count);
        int64_t error = 0;
        if (answer == 0 && timeout != 0)
            error = wait_for_change(until);
        irq_restore(irq);
        if (answer != 0 || timeout == 0)
            return answer;
        if (error != 0)
            return error == -ETIMEDOUT ? poll_once(user, count) : error;
    }
}

int64_t sys_poll(const uint64_t *a)
{
    int32_t ms = (int32_t)a[2];
    return do_poll(a[0], a[1], ms < 0 ? FOREVER : (uint64_t)ms * 1000000);
}

static int read_timeout(uint64_t user, uint64_t *timeout)
{
    *timeout = FOREVER;
    return user != 0 ? read_timespec(user, timeout) : 0;
}

/* The signal mask for the time of the wait, as of rt_sigsuspend. */
static int swap_mask(uint64_t user)
{
    uint64_t mask;
    if (user == 0)
        return 0;
    if (copy_from_user(&mask, user, sizeof(mask)) != 0)
        return -EFAULT;
    current->saved_mask = current->blocked;
    current->restore_mask = true;
    current->blocked = mask & ~(1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1));
    return 0;
}

static int64_t unswap_mask(int64_t answer)
{
    if (answer != -EINTR && current->restore_mask) {
        current->restore_mask = false;
        current->blocked = current->saved_mask;
    }
    return answer;
}

int64_t sys_ppoll(const uint64_t *a)
{
    uint64_t timeout;
    int error = read_timeout(a[2], &timeout);
    if (error == 0)
        error = swap_mask(a[3]);
    return error != 0 ? error : unswap_mask(do_poll(a[0], a[1], timeout));
}

#define SET_BYTES (MAX_FDS / 8)

struct fd_sets {
    uint8_t in[3][SET_BYTES], out[3][SET_BYTES];
};

static int64_t select_once(struct fd_sets *sets, int count)
{
    static const int events[3] = {POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, 0};
    int64_t ready = 0;
    memset(sets->out, 0, sizeof(sets->out));
    for (int fd = 0; fd < count; fd++) {
        for (int kind = 0; kind < 3; kind++) {
            uint8_t bit = (uint8_t)(1 << fd % 8);
            if ((sets->in[kind][fd / 8] & bit) == 0)
                continue;
            int now = ready_events(fd, events[kind]);
            if (now == POLLNVAL)
                return -EBADF;
            if ((now & events[kind]) != 0) {
                sets->out[kind][fd / 8] |= bit;
                ready++;
            }
        }
    }
    return ready;
}

static int copy_sets(const uint64_t users[3], struct fd_sets *sets, size_t bytes, bool back)
{
    for (int kind = 0; kind < 3; kind++) {
        int error = 0;
        if (users[kind] != 0 && back)
            error = copy_to_user(users[kind], sets->out[kind], bytes);
        else if (users[kind] != 0)
            error = copy_from_user(sets->in[kind], users[kind], bytes);
        if (error != 0)
            return error;
    }
    return 0;
}

static int64_t do_select(const uint64_t *a, uint64_t timeout)
{
    struct fd_sets sets = {0};
    const uint64_t users[3] = {a[1], a[2], a[3]};
    uint64_t until = timeout == FOREVER ? 0 : deadline(timeout);
    int count = (int)a[0];
    if (count < 0)
        return -EINVAL;
    count = count < MAX_FDS ? count : MAX_FDS;
    size_t bytes = (size_t)(count + 63) / 64 * 8;
    if (copy_sets(users, &sets, bytes, false) != 0)
        return -EFAULT;
    for (;;) {
        uint64_t irq = irq_save();
        int64_t answer = select_once(&sets, count), error = 0;
        if (answer == 0 && timeout != 0)
            error = wait_for_change(until);
        irq_restore(irq);
        if (error == -ETIMEDOUT)
            answer = select_once(&sets, count);
        else if (error != 0)
            return error;
        if (answer < 0)
            return answer;
        if (answer != 0 || timeout == 0 || error == -ETIMEDOUT)
            return copy_sets(users, &sets, bytes, true) != 0 ? -EFAULT : answer;
    }
}

int64_t sys_select(const uint64_t *a)
{
    struct timeval tv;
    uint64_t timeout = FOREVER;
    if (a[4] != 0) {
        if (copy_from_user(&tv, a[4], sizeof(tv)) != 0)
            return -EFAULT;
        if (tv.sec < 0 || tv.usec < 0)
            return -EINVAL;
        timeout = (uint64_t)tv.sec * NANOS + (uint64_t)tv.usec * 1000;
    }
    return do_select(a, timeout);
}

int64_t sys_pselect6(const uint64_t *a)
{
    uint64_t timeout, mask[2] = {0, 0};
    int error = read_timeout(a[4], &timeout);
    if (error == 0 && a[5] != 0 && copy_from_user(mask, a[5], sizeof(mask)) != 0)
        error = -EFAULT;
    if (error == 0)
        error = swap_mask(mask[0]);
    return error != 0 ? error : unswap_mask(do_select(a, timeout));
}
