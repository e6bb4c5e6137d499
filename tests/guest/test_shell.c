/*
 * test_shell.c - what a person at the terminal can do: pipes, redirections, scripts, signals from
 * the keyboard, services, and the kernel's choice of process 1.
 */
#include "guest.h"

#include <stdio.h>

/* Type a line and wait for what it prints, up to the next prompt. */
static void expect(struct guest *g, const char *line, const char *output)
{
    char typed[256], wanted[512];
    size_t before = g->out_len;
    snprintf(typed, sizeof(typed), "%s\n", line);
    guest_serial(g, typed);
    snprintf(wanted, sizeof(wanted), "%s%s$ ", typed, output);
    for (unsigned i = 0; i < 2000 && !strstr(g->out + before, wanted); i++)
        OK(libcpu_run(g->m, 1000000, &g->stop));
    if (!strstr(g->out + before, wanted))
        fail_msg("\"%s\" gave: %s", line, g->out + before);
}

/* As guest_run_until, for what takes seconds of the guest's time. */
static void wait_for(struct guest *g, const char *text)
{
    for (unsigned i = 0; i < 3000 && !guest_said(g, text); i++)
        OK(libcpu_run(g->m, 1000000, &g->stop));
    if (!guest_said(g, text))
        fail_msg("no \"%s\" in: %s", text, g->out);
}

static void start(struct guest *g, const char *cmdline)
{
    guest_boot(g, cmdline);
    guest_run_until(g, "$ ");
}

static void the_language(void **state)
{
    struct guest g;
    (void)state;
    start(&g, "quiet init=/bin/sh");
    expect(&g, "echo one 'two  three' \"$HOME\" # not this", "one two  three /\n");
    expect(&g, "echo a b c | wc | cat", "1 3 6\n");
    expect(&g, "echo first >/tmp/f; echo second >>/tmp/f; cat </tmp/f", "first\nsecond\n");
    expect(&g, "false; echo $?; true && echo yes || echo no; false || echo or", "1\nyes\nor\n");
    expect(&g, "missing; echo $?", "sh: missing: No such file or directory\n127\n");
    expect(&g, "cat /none 2>/tmp/e; cat /tmp/e", "cat: /none: No such file or directory\n");
    expect(&g, "mkdir /tmp/d; cd /tmp/d; echo x >y; ls; cd /; rm /tmp/d/y /tmp/d; ls /tmp/d",
           "y\nls: /tmp/d: No such file or directory\n");
    expect(&g, "sh -c 'exit 7'; echo $?", "7\n");
    expect(&g, "faulty null >/dev/null; echo $?", "signal 11 (Segmentation fault)\n139\n");
    guest_end(&g);
}

static void the_tools(void **state)
{
    struct guest g;
    (void)state;
    start(&g, "quiet init=/bin/sh");
    expect(&g, "echo pear >f; echo 10 Fig >>f; echo 9 fig >>f; echo apple >>f; wc f; wc -l <f",
           "4 6 24 f\n4\n");
    expect(&g, "sort f; sort -n -r f", "10 Fig\n9 fig\napple\npear\n10 Fig\n9 fig\npear\napple\n");
    expect(&g, "cat f f | sort -u | wc -l; head -n 2 f; head -1 f f",
           "4\npear\n10 Fig\npear\npear\n");
    expect(&g, "grep -n fig f; grep -ci fig f; grep -v g f; grep -i fig f /etc/motd",
           "3:9 fig\n2\npear\napple\nf:10 Fig\nf:9 fig\n");
    expect(&g, "grep '^p.*r$' f; grep 'ap*le' f; grep '^.p' f; grep 'a\\.' f; echo $?",
           "pear\napple\napple\n1\n");
    expect(&g, "grep x /none; echo $?", "grep: /none: No such file or directory\n2\n");
    expect(&g, "ls /bin | grep '^s' | sort -r | head -n 3", "swapper\nstory\nspin\n");
    guest_end(&g);
}

/* "#!" for the kernel, nothing for the shell itself, and one that is cut at 256 bytes. */
static void scripts(void **state)
{
    struct guest g;
    (void)state;
    start(&g, "quiet init=/bin/sh");
    expect(&g, "shebang 42", "this script has no first line for the kernel: shebang 42\n");
    guest_serial(&g, "script x\n");
    wait_for(&g, "argv[1] = \"first second\"");
    wait_for(&g, "argv[2] = \"/bin/script\"");
    wait_for(&g, "argv[3] = \"x\"");
    guest_serial(&g, "cutoff\n");
    wait_for(&g, ".260      .270\" (243 bytes)");
    expect(&g, "hello32; echo $?", "sh: hello32: Exec format error\n126\n");
    guest_end(&g);
}

/* A program without its library, linked by an interpreter that the kernel has started first. */
static void dynamic_programs(void **state)
{
    struct guest g;
    (void)state;
    start(&g, "quiet init=/bin/sh");
    guest_serial(&g, "dynamic; echo $?\n");
    wait_for(&g, "my main is at 0x5555555550");
    wait_for(&g, "the interpreter that linked us is at 0x7ff");
    wait_for(&g, "\n0\n$ ");
    expect(&g, "/lib/ld-guest.so; echo $?",
           "ld-guest: nothing to link: start the program, not me\n127\n");
    guest_end(&g);
}

static void keys_are_signals(void **state)
{
    struct guest g;
    (void)state;
    start(&g, "quiet");
    guest_serial(&g, "sleep 1000\n");
    wait_for(&g, "sleep 1000\n");
    for (unsigned i = 0; i < 20; i++)
        OK(libcpu_run(g.m, 1000000, &g.stop));
    guest_serial(&g, "\003");
    wait_for(&g, "^C$ ");
    expect(&g, "echo $?", "130\n");
    guest_serial(&g, "sleep 2000\n");
    for (unsigned i = 0; i < 20; i++)
        OK(libcpu_run(g.m, 1000000, &g.stop));
    guest_serial(&g, "\032");
    wait_for(&g, "] stopped\n$ ");
    guest_serial(&g, "cat\nechoed\n\004");
    wait_for(&g, "echoed\nechoed\n$ ");
    guest_serial(&g, "echo wronh\177g\n");
    wait_for(&g, "\nwrong\n");
    guest_end(&g);
}

/* init has started a service and a shell; all are one tree. */
static void services(void **state)
{
    struct guest g;
    (void)state;
    start(&g, "quiet");
    guest_serial(&g, "sleep 1.5; cat /var/heartbeat; ps\n");
    wait_for(&g, "\n1\n");
    wait_for(&g, "  init\n");
    wait_for(&g, "    heartbeat\n");
    wait_for(&g, "    sh\n");
    wait_for(&g, "      ps\n");
    expect(&g, "kill -9 1; echo alive", "alive\n");
    guest_serial(&g, "exit 6\n");
    for (unsigned i = 0; i < 100 && g.stop.reason == LIBCPU_STOP_BUDGET; i++)
        OK(libcpu_run(g.m, 1000000, &g.stop));
    assert_int_equal(g.stop.reason, LIBCPU_STOP_EXIT);
    assert_int_equal(g.stop.exit_value, 6);
    guest_end(&g);
}

/* A newc archive with one member, made here. */
static size_t archive(char *to, const char *name, const char *content)
{
    size_t n = (size_t)sprintf(to, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1,
                               0100755, 0, 0, 1, 0, (unsigned)strlen(content), 0, 0, 0, 0,
                               (unsigned)strlen(name) + 1, 0);
    n += (size_t)sprintf(to + n, "%s", name) + 1;
    while (n % 4)
        to[n++] = 0;
    n += (size_t)sprintf(to + n, "%s", content);
    while (n % 4)
        to[n++] = 0;
    return n;
}

/* No program in /sbin/init: the next places, and at last the shell. */
static void the_first_program(void **state)
{
    struct guest g;
    struct libcpu_image_options o;
    struct libcpu_module module;
    char bytes[512];
    (void)state;
    memset(&module, 0, sizeof(module));
    module.data = bytes;
    module.size = archive(bytes, "sbin/init", "not a program");
    libcpu_image_init(&o);
    o.modules = &module;
    o.module_count = 1;
    guest_boot_with(&g, NULL, &o);
    wait_for(&g, "$ ");
    assert_true(guest_said(&g, "no /sbin/init\n"));
    assert_true(guest_said(&g, "no /etc/init\n"));
    assert_true(guest_said(&g, "no /bin/init\n"));
    assert_true(guest_said(&g, "pid 1 is sh"));
    guest_end(&g);
}

/* Process 1 breaks a rule: there is nothing to go on with. */
static void the_last_program(void **state)
{
    struct guest g;
    (void)state;
    struct libcpu_image_options o;
    struct libcpu_module module;
    char bytes[512];
    memset(&module, 0, sizeof(module));
    module.data = bytes;
    module.size = archive(bytes, "sbin/init", "#!/bin/faulty null\n");
    libcpu_image_init(&o);
    o.modules = &module;
    o.module_count = 1;
    guest_boot_with(&g, NULL, &o);
    guest_run(&g);
    assert_int_equal(g.stop.reason, LIBCPU_STOP_EXIT);
    assert_int_equal(g.stop.exit_value, 128 + 11);
    assert_true(guest_said(&g, "Kernel panic: init was killed by signal 11"));
    guest_end(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_language),      cmocka_unit_test(the_tools),
        cmocka_unit_test(scripts),           cmocka_unit_test(dynamic_programs),
        cmocka_unit_test(keys_are_signals),  cmocka_unit_test(services),
        cmocka_unit_test(the_first_program), cmocka_unit_test(the_last_program),
    };
    return cmocka_run_group_tests_name("guest_shell", tests, NULL, NULL);
}
