/*
 * exec.c: execve. The kernel copies the file's name and all arguments out of the old program's
 * memory, reads the first 256 bytes of the file, and asks one format after the other whether it
 * knows them. A format may answer that another file must be run instead (the interpreter of a
 * script), and the search begins again; if none knows the file, the answer is ENOEXEC.
 */
#include "exec.h"

#include "cpu.h"
#include "string.h"

static const struct format *const formats[] = {&format_misc, &format_script, &format_elf};

/* ---- the strings ---- */

/* Bytes just below what is there; from user or kernel memory. */
static int push_bytes(struct program *p, const char *text, uint64_t user, size_t size)
{
    if (size > p->at)
        return -E2BIG;
    p->at -= size;
    for (size_t done = 0, n; done < size; done += n) {
        size_t offset = (p->at + done) % PAGE_SIZE;
        uint64_t *page = &p->pages[(p->at + done) / PAGE_SIZE];
        n = size - done < PAGE_SIZE - offset ? size - done : PAGE_SIZE - offset;
        if (*page == 0)
            *page = frame_alloc(FRAME_ANON);
        if (*page == 0)
            return -ENOMEM;
        char *to = (char *)direct(*page) + offset;
        if (text != NULL)
            memcpy(to, text + done, n);
        else if (copy_from_user(to, user + done, n) != 0)
            return -EFAULT;
    }
    return 0;
}

int program_push(struct program *p, const char *text)
{
    return push_bytes(p, text, 0, strlen(text) + 1);
}

int program_drop_first(struct program *p)
{
    if (p->argc == 0)
        return 0;
    while (((const char *)direct(p->pages[p->at / PAGE_SIZE]))[p->at % PAGE_SIZE] != '\0')
        p->at++;
    p->at++;
    p->argc--;
    return 0;
}

static int64_t user_length(uint64_t at)
{
    char piece[64];
    for (uint64_t n = 0; n <= ARG_PAGES * PAGE_SIZE; n += sizeof(piece)) {
        int64_t length = copy_string_from_user(piece, at + n, sizeof(piece));
        if (length >= 0)
            return (int64_t)n + length;
        if (length != -ENAMETOOLONG)
            return length;
    }
    return -E2BIG;
}

static int64_t count_pointers(uint64_t list)
{
    uint64_t pointer;
    if (list == 0)
        return 0;
    for (int64_t n = 0; n <= ARG_PAGES * PAGE_SIZE / 2; n++) {
        if (copy_from_user(&pointer, list + 8 * (uint64_t)n, sizeof(pointer)) != 0)
            return -EFAULT;
        if (pointer == 0)
            return n;
    }
    return -E2BIG;
}

/* The last string first, so that the first lies lowest. */
static int push_list(struct program *p, uint64_t list, uint64_t count)
{
    for (uint64_t i = count; i-- > 0;) {
        uint64_t pointer;
        if (copy_from_user(&pointer, list + 8 * i, sizeof(pointer)) != 0)
            return -EFAULT;
        int64_t length = user_length(pointer);
        if (length < 0)
            return (int)length;
        int error = push_bytes(p, NULL, pointer, (size_t)length + 1);
        if (error != 0)
            return error;
    }
    return 0;
}

static int push_arguments(struct program *p, uint64_t argv, uint64_t envp)
{
    int64_t argc = count_pointers(argv), envc = count_pointers(envp);
    if (argc < 0 || envc < 0)
        return (int)(argc < 0 ? argc : envc);
    p->argc = (uint64_t)argc;
    p->envc = (uint64_t)envc;
    int error = push_list(p, envp, p->envc);
    if (error == 0)
        error = push_list(p, argv, p->argc);
    if (error == 0 && argc == 0) { /* never empty, as on Linux since 5.18 */
        error = program_push(p, "");
        p->argc = 1;
    }
    return error;
}

/* ---- the file ---- */

static int take_inode(struct program *p, struct inode *inode)
{
    inode_put(p->inode);
    p->inode = inode;
    if ((inode->mode & S_IFMT) != S_IFREG || (inode->mode & S_IXUGO) == 0)
        return -EACCES;
    if (inode->writers > 0)
        return -ETXTBSY;
    memset(p->header, 0, HEADER_SIZE);
    int64_t n = cache_read_kernel(inode, p->header, HEADER_SIZE, 0);
    return n < 0 ? (int)n : 0;
}

int program_open(struct program *p, const char *path)
{
    struct inode *inode;
    int error = path_lookup(AT_FDCWD, path, true, &inode);
    if (error != 0)
        return error;
    string_copy(p->path, path, sizeof(p->path));
    return take_inode(p, inode);
}

static int search_formats(struct program *p)
{
    for (;;) {
        int answer = -ENOEXEC;
        for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]) && answer == -ENOEXEC; i++)
            answer = formats[i]->load(p);
        if (answer != ONE_MORE)
            return answer;
        if (++p->depth > INTERPRETERS)
            return -ELOOP;
    }
}

static void free_program(struct program *p)
{
    for (size_t i = 0; i < ARG_PAGES; i++) {
        if (p->pages[i] != 0)
            frame_put(p->pages[i]);
    }
    inode_put(p->inode);
    kfree(p);
}

/* ---- the change ---- */

static void set_name(const char *path)
{
    const char *name = path;
    for (; *path != '\0'; path++) {
        if (*path == '/' && path[1] != '\0')
            name = path + 1;
    }
    string_copy(current->name, name, NAME_SIZE);
}

/* The strings' pages become the top of the new stack. */
static int install_strings(struct program *p, struct mm *mm)
{
    struct vma stack = {.prot = PROT_READ | PROT_WRITE,
                        .flags = MAP_PRIVATE | MAP_GROWSDOWN | MAP_FIXED};
    uint64_t bottom = STACK_TOP - ARG_PAGES * PAGE_SIZE;
    uint64_t first = page_down(p->at);
    int64_t at = mm_map(mm, bottom + first, STACK_TOP - bottom - first, stack);
    if (at < 0)
        return (int)at;
    const struct vma *vma = vma_find(mm, bottom + first);
    for (uint64_t i = first / PAGE_SIZE; i < ARG_PAGES; i++) {
        uint64_t *pte = pte_of(mm->cr3, bottom + i * PAGE_SIZE, true);
        if (pte == NULL)
            return -ENOMEM;
        *pte = p->pages[i] | vma_pte_flags(vma, true);
        p->pages[i] = 0;
        mm->resident++;
    }
    return 0;
}

int program_replace(struct program *p, struct mm *mm)
{
    int error = install_strings(p, mm);
    if (error == 0)
        error = task_end_other_threads();
    if (error != 0) {
        mm_put(mm);
        return error;
    }
    mm->exe = inode_get(p->inode);
    task_release_memory();
    task_set_mm(mm);
    fd_close_on_exec();
    signal_exec();
    set_name(p->first);
    void *fresh = fpu_new(NULL);
    if (fresh != NULL) {
        memcpy(current->fpu, fresh, fpu_size);
        fpu_load(fresh);
        kfree(fresh);
    }
    current->fs_base = current->gs_base = 0;
    write_msr(MSR_FS_BASE, 0);
    write_msr(MSR_KERNEL_GS_BASE, 0);
    current->clear_tid = 0;
    current->did_exec = true;
    return 0;
}

static struct program *new_program(struct inode *inode, const char *path, int *error)
{
    make_room_for(2 * ARG_PAGES); /* strings, tables */
    struct program *p = kmalloc(sizeof(*p));
    if (p == NULL) {
        inode_put(inode);
        *error = -ENOMEM;
        return NULL;
    }
    p->at = ARG_PAGES * PAGE_SIZE;
    string_copy(p->path, path, sizeof(p->path));
    string_copy(p->first, path, sizeof(p->first));
    *error = take_inode(p, inode);
    if (*error == 0)
        *error = program_push(p, p->first);
    return p;
}

/* execveat's path may be relative to a descriptor: scripts find their file under /dev/fd. */
int64_t exec_program(int dirfd, const char *path, uint64_t argv, uint64_t envp, int flags)
{
    struct inode *inode;
    int error;
    if (current != current->leader)
        return -EAGAIN; /* its number would have to become the leader's */
    if ((flags & AT_EMPTY_PATH) && path[0] == '\0') {
        const struct file *file = fd_file(dirfd);
        if (file == NULL)
            return -EBADF;
        inode = inode_get(file->inode);
    } else {
        error = path_lookup(dirfd, path, (flags & AT_SYMLINK_NOFOLLOW) == 0, &inode);
        if (error != 0)
            return error;
        if ((inode->mode & S_IFMT) == S_IFLNK)
            error = -ELOOP;
    }
    struct program *p = new_program(inode, path, &error);
    if (p == NULL)
        return error;
    if (error == 0)
        error = push_arguments(p, argv, envp);
    if (error == 0)
        error = search_formats(p);
    free_program(p);
    return error;
}

/* The first program has nobody to call execve for it. */
int kernel_exec(const char *path)
{
    struct inode *inode;
    int error = path_lookup(AT_FDCWD, path, true, &inode);
    if (error != 0)
        return error;
    struct program *p = new_program(inode, path, &error);
    if (p == NULL)
        return error;
    static const char *const environment[] = {"TERM=linux", "PATH=/bin:/sbin:/usr/bin", "HOME=/"};
    for (size_t i = 0; i < 3 && error == 0; i++, p->envc++)
        error = program_push(p, environment[i]);
    if (error == 0) {
        p->argc = 1;
        error = program_push(p, path);
    }
    if (error == 0)
        error = search_formats(p);
    free_program(p);
    return error;
}
