/*
 * test_shell.c - what a person at the terminal can do: pipes, redirections, scripts, signals from
 * the keyboard, services, and the kernel's choice of process 1.
 */
#include "cpio.h"
#include "shell.h"

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
    shell_expect(&g, "echo one 'two  three' \"$HOME\" # not this", "one two  three /\n");
    shell_expect(&g, "echo a b c | wc | cat", "1 3 6\n");
    shell_expect(&g, "echo first >/tmp/f; echo second >>/tmp/f; cat </tmp/f", "first\nsecond\n");
    shell_expect(&g, "false; echo $?; true && echo yes || echo no; false || echo or",
                 "1\nyes\nor\n");
    shell_expect(&g, "missing; echo $?", "sh: missing: No such file or directory\n127\n");
    shell_expect(&g, "cat /none 2>/tmp/e; cat /tmp/e", "cat: /none: No such file or directory\n");
    shell_expect(&g, "mkdir /tmp/d; cd /tmp/d; echo x >y; ls; cd /; rm /tmp/d/y /tmp/d; ls /tmp/d",
                 "y\nls: /tmp/d: No such file or directory\n");
    shell_expect(&g, "sh -c 'exit 7'; echo $?", "7\n");
    shell_expect(&g, "faulty null >/dev/null; echo $?", "signal 11 (Segmentation fault)\n139\n");
    guest_end(&g);
}

static void the_tools(void **state)
{
    struct guest g;
    (void)state;
    start(&g, "quiet init=/bin/sh");
    shell_expect(&g,
                 "echo pear >f; echo 10 Fig >>f; echo 9 fig >>f; echo apple >>f; wc f; wc -l <f",
                 "4 6 24 f\n4\n");
    shell_expect(&g, "sort f; sort -n -r f",
                 "10 Fig\n9 fig\napple\npear\n10 Fig\n9 fig\npear\napple\n");
    shell_expect(&g, "cat f f | sort -u | wc -l; head -n 2 f; head -1 f f",
                 "4\npear\n10 Fig\npear\npear\n");
    shell_expect(&g, "grep -n fig f; grep -ci fig f; grep -v g f; grep -i fig f /etc/motd",
                 "3:9 fig\n2\npear\napple\nf:10 Fig\nf:9 fig\n");
    shell_expect(&g, "grep '^p.*r$' f; grep 'ap*le' f; grep '^.p' f; grep 'a\\.' f; echo $?",
                 "pear\napple\napple\n1\n");
    shell_expect(&g, "mkdir t; mkdir t/u; echo x >t/u/v; rm t; rm -r t; rm -f t; ls t",
                 "rm: t: Directory not empty\nls: t: No such file or directory\n");
    shell_expect(&g, "grep x /none; echo $?", "grep: /none: No such file or directory\n2\n");
    shell_expect(&g, "ls /bin | grep '^s' | sort -r | head -n 3", "swapper\nstory\nspin\n");
    guest_end(&g);
}

/* "#!" for the kernel, nothing for the shell itself, and one that is cut at 256 bytes. */
static void scripts(void **state)
{
    struct guest g;
    (void)state;
    start(&g, "quiet init=/bin/sh");
    shell_expect(&g, "shebang 42", "this script has no first line for the kernel: shebang 42\n");
    guest_serial(&g, "script x\n");
    wait_for(&g, "argv[1] = \"first second\"");
    wait_for(&g, "argv[2] = \"/bin/script\"");
    wait_for(&g, "argv[3] = \"x\"");
    guest_serial(&g, "cutoff\n");
    wait_for(&g, ".260      .270\" (243 bytes)");
    shell_expect(&g, "hello32; echo $?", "sh: hello32: Exec format error\n126\n");
    guest_end(&g);
}

/* A program without its library, linked by an interpreter that the kernel has started first. */
static void dynamic_programs(void **state)
{
    struct guest g;
    (void)state;
    start(&g, "quiet init=/bin/sh");
    guest_serial(&g, "dynamic; echo $?\n");
    wait_for(&g, "my main is at 0x55555555");
    wait_for(&g, "the interpreter that linked us is at 0x7ff");
    wait_for(&g, "\n0\n$ ");
    shell_expect(&g, "/lib/ld-guest.so; echo $?",
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
    shell_expect(&g, "echo $?", "130\n");
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
    shell_expect(&g, "kill -9 1; echo alive", "alive\n");
    guest_serial(&g, "exit 6\n");
    for (unsigned i = 0; i < 100 && g.stop.reason == LIBCPU_STOP_BUDGET; i++)
        OK(libcpu_run(g.m, 1000000, &g.stop));
    assert_int_equal(g.stop.reason, LIBCPU_STOP_EXIT);
    assert_int_equal(g.stop.exit_value, 6);
    guest_end(&g);
}

/* No program in /sbin/init: the next places, and at last the shell. */
static void the_first_program(void **state)
{
    struct guest g;
    struct cpio files = {0};
    (void)state;
    cpio_text(&files, "sbin/init", "not a program");
    guest_boot_files(&g, "", &files);
    wait_for(&g, "$ ");
    assert_true(guest_said(&g, "no /sbin/init\n"));
    assert_true(guest_said(&g, "no /etc/init\n"));
    assert_true(guest_said(&g, "no /bin/init\n"));
    assert_true(guest_said(&g, "pid 1 is sh"));
    guest_end(&g);
    cpio_free(&files);
}

/* Process 1 breaks a rule: there is nothing to go on with. */
static void the_last_program(void **state)
{
    struct guest g;
    (void)state;
    struct cpio files = {0};
    cpio_text(&files, "sbin/init", "#!/bin/faulty null\n");
    guest_boot_files(&g, "", &files);
    guest_run(&g);
    assert_int_equal(g.stop.reason, LIBCPU_STOP_EXIT);
    assert_int_equal(g.stop.exit_value, 128 + 11);
    assert_true(guest_said(&g, "Kernel panic: init was killed by signal 11"));
    guest_end(&g);
    cpio_free(&files);
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
