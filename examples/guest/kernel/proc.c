/*
 * proc.c: /proc: what the kernel knows, as files whose text is made when they are read. (proc(5).)
 * Each process has a directory; what stands in it, the table at the end says.
 */
#include "boot.h"
#include "console.h"
#include "format.h"
#include "fs.h"
#include "mem.h"
#include "sched.h"
#include "string.h"
#include "task.h"

#define TEXT_SIZE PAGE_SIZE
#define TTY_NR    1088 /* ttyS0: major 4, minor 64 */
#define PER_TICK  (NANOS / TICKS_OF_USER)

extern uint64_t heap_pieces;

/* ---- texts about the system ---- */

static size_t text_meminfo(struct task *task, char *text, size_t size)
{
    uint64_t cached = frames_of_kind[FRAME_CACHE];
    (void)task;
    return format_text(
        text, size,
        "MemTotal:     %8lu kB\nMemFree:      %8lu kB\nMemAvailable: %8lu kB\n"
        "Buffers:             0 kB\nCached:       %8lu kB\nShmem:               0 kB\n"
        "AnonPages:    %8lu kB\nPageTables:   %8lu kB\nSlab:         %8lu kB\n"
        "SReclaimable:        0 kB\nSwapTotal:    %8lu kB\nSwapFree:     %8lu kB\n",
        4 * frames_total, 4 * frames_free, 4 * frames_free, 4 * cached,
        4 * frames_of_kind[FRAME_ANON], 4 * frames_of_kind[FRAME_TABLE],
        4 * frames_of_kind[FRAME_HEAP], 4 * swap_slots, 4 * (swap_slots - swap_used));
}

static size_t text_uptime(struct task *task, char *text, size_t size)
{
    uint64_t up = now_monotonic() / 10000000, idle = tasks[0].kernel_time / 10000000;
    (void)task;
    return format_text(text, size, "%lu.%02lu %lu.%02lu\n", up / 100, up % 100, idle / 100,
                       idle % 100);
}

static size_t text_stat(struct task *task, char *text, size_t size)
{
    uint64_t user = 0, kernel = 0, idle = tasks[0].kernel_time / PER_TICK;
    (void)task;
    for (int i = 1; i < MAX_TASKS; i++) {
        user += tasks[i].user_time;
        kernel += tasks[i].kernel_time;
    }
    user /= PER_TICK;
    kernel /= PER_TICK;
    return format_text(text, size,
                       "cpu  %lu 0 %lu %lu 0 0 0 0 0 0\ncpu0 %lu 0 %lu %lu 0 0 0 0 0 0\n"
                       "intr %lu\nctxt %lu\nbtime %lu\nprocesses %lu\n",
                       user, kernel, idle, user, kernel, idle, interrupts, context_switches,
                       (now_realtime() - now_monotonic()) / NANOS, forks + 1);
}

static size_t text_loadavg(struct task *task, char *text, size_t size)
{
    unsigned int ready = 0, all = 0;
    (void)task;
    for (int i = 1; i < MAX_TASKS; i++) {
        all += tasks[i].state != TASK_FREE;
        ready += tasks[i].state == TASK_READY;
    }
    return format_text(text, size, "0.00 0.00 0.00 %u/%u %lu\n", ready, all, forks + 1);
}

static size_t text_version(struct task *task, char *text, size_t size)
{
    (void)task;
    return format_text(text, size, "Linux version 6.1.0 (libcpu's guest, in its own words)\n");
}

static size_t text_cmdline(struct task *task, char *text, size_t size)
{
    (void)task;
    return format_text(text, size, "%s\n", boot_facts.command_line);
}

static size_t text_mounts(struct task *task, char *text, size_t size)
{
    (void)task;
    return format_text(text, size, "rootfs / rootfs rw 0 0\nproc /proc proc rw 0 0\n");
}

static size_t text_filesystems(struct task *task, char *text, size_t size)
{
    (void)task;
    return format_text(text, size, "nodev\trootfs\nnodev\tproc\n");
}

static size_t text_sched(struct task *task, char *text, size_t size)
{
    (void)task;
    return sched_report(text, size);
}

/* What the tests count: who has each frame, and what kinds of page faults there were. */
static size_t text_frames(struct task *task, char *text, size_t size)
{
    const uint64_t *k = frames_of_kind;
    (void)task;
    size_t n =
        format_text(text, size,
                    "total %lu\nfree %lu\ntables %lu\nkernel %lu\nheap %lu\nanon %lu\n"
                    "cache %lu\npieces %lu\ninodes %lu\nfiles %lu\n",
                    frames_total, frames_free, k[FRAME_TABLE], k[FRAME_KERNEL], k[FRAME_HEAP],
                    k[FRAME_ANON], k[FRAME_CACHE], heap_pieces, inodes_alive, files_open);
    return n + format_text(text + n, size - n,
                           "faults %lu\nfile %lu\ncow %lu\nswap %lu\nout %lu\nin %lu\noom %lu\n",
                           page_faults, faults_file, faults_cow, faults_swap, swap_outs, swap_ins,
                           oom_kills);
}

static size_t text_misc(struct task *task, char *text, size_t size)
{
    (void)task;
    return misc_status(text, size);
}

/* ---- texts about a process ---- */

static char state_letter(const struct task *task)
{
    static const char letters[] = "XRSDTZD";
    return letters[task->state];
}

static uint64_t virtual_size(const struct mm *mm)
{
    uint64_t size = 0;
    for (const struct vma *vma = mm != NULL ? mm->vmas : NULL; vma != NULL; vma = vma->next)
        size += vma->end - vma->start;
    return size;
}

static uint64_t handled(const struct task *task, bool ignored)
{
    uint64_t mask = 0;
    for (int i = 0; task->actions != NULL && i < SIGNALS; i++) {
        uint64_t handler = task->actions[i].handler;
        if (ignored ? handler == SIG_IGN : handler > SIG_IGN)
            mask |= 1ull << i;
    }
    return mask;
}

static int32_t parent_pid(const struct task *task)
{
    return task->parent != NULL ? task->parent->pid : 0;
}

static size_t text_pid_stat(struct task *t, char *text, size_t size)
{
    uint64_t resident = t->mm != NULL ? t->mm->resident : 0;
    size_t n =
        format_text(text, size, "%d (%s) %c %d %d %d %d -1 0 %lu 0 %lu 0 %lu %lu %lu %lu ", t->pid,
                    t->name, state_letter(t), parent_pid(t), t->pgid, t->sid, TTY_NR, t->min_faults,
                    t->maj_faults, t->user_time / PER_TICK, t->kernel_time / PER_TICK,
                    t->child_time[0] / PER_TICK, t->child_time[1] / PER_TICK);
    return n + format_text(text + n, size - n,
                           "%d %d 1 0 %lu %lu %lu 18446744073709551615 0 0 0 0 0 %lu %lu %lu %lu "
                           "0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
                           20 + t->nice, t->nice, t->started / 10, virtual_size(t->mm), resident,
                           t->pending, t->blocked, handled(t, true), handled(t, false));
}

static size_t text_pid_statm(struct task *t, char *text, size_t size)
{
    return format_text(text, size, "%lu %lu 0 0 0 0 0\n", virtual_size(t->mm) / PAGE_SIZE,
                       t->mm != NULL ? t->mm->resident : 0);
}

static size_t text_pid_status(struct task *t, char *text, size_t size)
{
    size_t n = format_text(text, size,
                           "Name:\t%s\nState:\t%c\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\n"
                           "Uid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\nThreads:\t1\n",
                           t->name, state_letter(t), t->pid, t->pid, parent_pid(t));
    return n + format_text(text + n, size - n,
                           "VmSize:\t%8lu kB\nVmRSS:\t%8lu kB\nVmSwap:\t%8lu kB\n"
                           "SigPnd:\t%016lx\nSigBlk:\t%016lx\nSigIgn:\t%016lx\nSigCgt:\t%016lx\n",
                           virtual_size(t->mm) / 1024, t->mm != NULL ? 4 * t->mm->resident : 0,
                           t->mm != NULL ? 4 * t->mm->swapped : 0, t->pending, t->blocked,
                           handled(t, true), handled(t, false));
}

/* Another process's memory, through its page tables; what is not there now is left out. */
static size_t text_pid_cmdline(struct task *t, char *text, size_t size)
{
    size_t n = 0;
    if (t->mm == NULL)
        return 0;
    for (uint64_t va = t->mm->arg_start; va < t->mm->arg_end && n < size - 1; va++) {
        const uint64_t *pte = pte_of(t->mm->cr3, va, false);
        if (pte != NULL && (*pte & PTE_PRESENT))
            text[n++] = ((const char *)direct(*pte & PTE_ADDRESS))[va % PAGE_SIZE];
    }
    return n;
}

static size_t text_pid_comm(struct task *t, char *text, size_t size)
{
    return format_text(text, size, "%s\n", t->name);
}

static size_t text_pid_maps(struct task *t, char *text, size_t size)
{
    size_t n = 0;
    for (const struct vma *v = t->mm != NULL ? t->mm->vmas : NULL; v != NULL; v = v->next)
        n += format_text(text + n, size - n, "%08lx-%08lx %c%c%c%c %08lx 00:01 %lu%s\n", v->start,
                         v->end, v->prot & PROT_READ ? 'r' : '-', v->prot & PROT_WRITE ? 'w' : '-',
                         v->prot & PROT_EXEC ? 'x' : '-', v->flags & MAP_SHARED ? 's' : 'p',
                         v->offset, v->inode != NULL ? v->inode->ino : 0,
                         v->flags & MAP_GROWSDOWN ? "  [stack]" : "");
    return n;
}

/* ---- the files ---- */

struct proc_file {
    const char *name;
    size_t (*text)(struct task *task, char *text, size_t size);
    int64_t (*command)(const char *file, char *line); /* NULL: it cannot be written */
};

static int64_t command_sched(const char *file, char *line)
{
    (void)file;
    return sched_command(line);
}

static const struct proc_file files[] = {
    {"meminfo", text_meminfo, NULL},
    {"uptime", text_uptime, NULL},
    {"stat", text_stat, NULL},
    {"loadavg", text_loadavg, NULL},
    {"version", text_version, NULL},
    {"cmdline", text_cmdline, NULL},
    {"mounts", text_mounts, NULL},
    {"filesystems", text_filesystems, NULL},
    {"sched", text_sched, command_sched},
    {"frames", text_frames, NULL},
};
static const struct proc_file misc_files[] = {
    {"register", NULL, misc_write},
    {"status", text_misc, misc_write},
};
static const struct proc_file pid_files[] = {
    {"stat", text_pid_stat, NULL},     {"statm", text_pid_statm, NULL},
    {"status", text_pid_status, NULL}, {"cmdline", text_pid_cmdline, NULL},
    {"comm", text_pid_comm, NULL},     {"maps", text_pid_maps, NULL},
    {"mounts", text_mounts, NULL},
};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const struct proc_file *const tables[] = {files, misc_files, pid_files};

/* An inode's `what` is its table and place in it. */
static const struct proc_file *proc_file_of(const struct inode *inode)
{
    return &tables[inode->what / 256][inode->what % 256];
}

static int64_t proc_read(struct file *file, uint64_t to, size_t size, uint64_t at)
{
    const struct inode *inode = file->inode;
    struct task *task = inode->pid != 0 ? task_of(inode->pid) : current;
    char *text = kmalloc(TEXT_SIZE);
    if (text == NULL || task == NULL || proc_file_of(inode)->text == NULL) {
        kfree(text);
        return task == NULL ? -ESRCH : text == NULL ? -ENOMEM : -EINVAL;
    }
    size_t n = proc_file_of(inode)->text(task, text, TEXT_SIZE);
    n = at < n ? n - at : 0;
    n = n < size ? n : size;
    int error = copy_to_user(to, text + at, n);
    kfree(text);
    return error != 0 ? error : (int64_t)n;
}

static int64_t proc_write(struct file *file, uint64_t from, size_t size, uint64_t at)
{
    char line[512];
    const struct proc_file *pf = proc_file_of(file->inode);
    (void)at;
    if (pf->command == NULL)
        return -EACCES;
    if (size >= sizeof(line))
        return -EINVAL;
    if (copy_from_user(line, from, size) != 0)
        return -EFAULT;
    line[size] = '\0';
    int64_t error = pf->command(pf->name, line);
    return error != 0 ? error : (int64_t)size;
}

static const struct file_ops proc_ops = {.read = proc_read, .write = proc_write};

static struct inode *new_file(unsigned int table, size_t n, int32_t pid)
{
    bool writable = tables[table][n].command != NULL;
    struct inode *inode = inode_new(S_IFREG | (writable ? 0644 : 0444));
    if (inode == NULL)
        return NULL;
    inode->ops = &proc_ops;
    inode->pid = pid;
    inode->what = (uint32_t)(256 * table + n);
    return inode;
}

/* ---- /proc/PID/fd ---- */

static bool number(const char *text, int32_t *value)
{
    *value = 0;
    for (; *text >= '0' && *text <= '9' && *value < 1000000; text++)
        *value = *value * 10 + (*text - '0');
    return *text == '\0';
}

static struct inode *fd_lookup(struct inode *dir, const char *name)
{
    const struct task *task = task_of(dir->pid);
    int32_t fd;
    if (task == NULL || task->fds == NULL || !number(name, &fd) || fd >= MAX_FDS)
        return NULL;
    return task->fds->file[fd] != NULL ? inode_get(task->fds->file[fd]->inode) : NULL;
}

static bool fd_entry(struct inode *dir, size_t n, char *name, uint64_t *ino, uint32_t *mode)
{
    const struct task *task = task_of(dir->pid);
    for (size_t fd = 0; task != NULL && task->fds != NULL && fd < MAX_FDS; fd++) {
        const struct file *file = task->fds->file[fd];
        if (file == NULL || n-- != 0)
            continue;
        format_text(name, NAME_LIMIT, "%lu", fd);
        *ino = file->inode->ino;
        *mode = file->inode->mode;
        return true;
    }
    return false;
}

static const struct dir_ops fd_dir_ops = {.lookup = fd_lookup, .entry = fd_entry};

static struct inode *new_dir(struct inode *parent, const struct dir_ops *ops, int32_t pid)
{
    struct inode *dir = inode_new(S_IFDIR | 0555);
    if (dir == NULL)
        return NULL;
    dir->dir_ops = ops;
    dir->parent = inode_get(parent);
    dir->pid = pid;
    dir->nlink = 2;
    return dir;
}

/* ---- /proc/PID ---- */

/* exe and cwd are not links here, but the things themselves. */
static struct inode *pid_lookup(struct inode *dir, const char *name)
{
    const struct task *task = task_of(dir->pid);
    if (task == NULL)
        return NULL;
    for (size_t i = 0; i < COUNT(pid_files); i++) {
        if (strcmp(pid_files[i].name, name) == 0)
            return new_file(2, i, dir->pid);
    }
    if (strcmp(name, "fd") == 0)
        return new_dir(dir, &fd_dir_ops, dir->pid);
    if (strcmp(name, "exe") == 0 && task->mm != NULL)
        return inode_get(task->mm->exe);
    return strcmp(name, "cwd") == 0 ? inode_get(task->cwd) : NULL;
}

static bool pid_entry(struct inode *dir, size_t n, char *name, uint64_t *ino, uint32_t *mode)
{
    if (n > COUNT(pid_files))
        return false;
    string_copy(name, n < COUNT(pid_files) ? pid_files[n].name : "fd", NAME_LIMIT);
    *ino = (uint64_t)dir->pid * 100 + 1000000 + n;
    *mode = n < COUNT(pid_files) ? S_IFREG : S_IFDIR;
    return true;
}

static const struct dir_ops pid_dir_ops = {.lookup = pid_lookup, .entry = pid_entry};

/* ---- /proc ---- */

static char *self_target(struct inode *link, char *buffer, size_t size)
{
    (void)link;
    format_text(buffer, size, "%d", current->pid);
    return buffer;
}

static const struct dir_ops self_ops = {.readlink = self_target};

static struct inode *root_lookup(struct inode *dir, const char *name)
{
    int32_t pid;
    if (!number(name, &pid) || pid == 0 || task_of(pid) == NULL)
        return NULL;
    return new_dir(dir, &pid_dir_ops, pid);
}

static bool root_entry(struct inode *dir, size_t n, char *name, uint64_t *ino, uint32_t *mode)
{
    (void)dir;
    for (int i = 1; i < MAX_TASKS; i++) {
        if (tasks[i].state == TASK_FREE || tasks[i].leader != &tasks[i] || n-- != 0)
            continue;
        format_text(name, NAME_LIMIT, "%d", tasks[i].pid);
        *ino = (uint64_t)tasks[i].pid + 1000000;
        *mode = S_IFDIR;
        return true;
    }
    return false;
}

static const struct dir_ops root_dir_ops = {.lookup = root_lookup, .entry = root_entry};

INIT static void add_files(struct inode *dir, unsigned int table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct inode *inode = new_file(table, i, 0);
        dir_add(dir, tables[table][i].name, inode);
        inode_put(inode);
    }
}

INIT static struct inode *make_dir(struct inode *parent, const char *name)
{
    struct inode *dir = inode_new(S_IFDIR | 0555);
    dir_add(parent, name, dir);
    inode_put(dir); /* its name keeps it */
    return dir;
}

INIT void proc_init(void)
{
    struct inode *proc = make_dir(fs_root, "proc");
    struct inode *misc = make_dir(make_dir(make_dir(proc, "sys"), "fs"), "binfmt_misc");
    add_files(proc, 0, COUNT(files));
    add_files(misc, 1, COUNT(misc_files));
    struct inode *self = inode_new(S_IFLNK | 0777);
    self->dir_ops = &self_ops;
    dir_add(proc, "self", self);
    inode_put(self);
    proc->dir_ops = &root_dir_ops;
}
