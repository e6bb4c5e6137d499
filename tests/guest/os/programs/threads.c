/* threads.c: one process, several threads: shared memory, locks, their own thread-local data. */
#define _GNU_SOURCE
#include "checks.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

enum { THREADS = 4, ROUNDS = 2000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long counter, turn;
static _Thread_local long own;

static void *count(void *argument)
{
    long me = (long)argument;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_mutex_lock(&lock);
        long seen = counter;
        if (i % 100 == 0)
            sched_yield(); /* somebody else runs while we hold it */
        counter = seen + 1;
        pthread_mutex_unlock(&lock);
        own += me;
    }
    return (void *)own;
}

static void counting(void)
{
    pthread_t thread[THREADS];
    long sum = 0;
    for (long i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, count, (void *)(i + 1)) == 0);
    for (int i = 0; i < THREADS; i++) {
        void *result;
        CHECK(pthread_join(thread[i], &result) == 0);
        sum += (long)result;
    }
    CHECK(counter == (long)THREADS * ROUNDS);
    CHECK(sum == (1 + 2 + 3 + 4) * (long)ROUNDS && own == 0);
}

static void *take_turns(void *argument)
{
    long me = (long)argument;
    pthread_mutex_lock(&lock);
    for (int i = 0; i < 50; i++) {
        while (turn % 2 != me)
            pthread_cond_wait(&changed, &lock);
        turn++;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void turns(void)
{
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, take_turns, (void *)1) == 0);
    take_turns((void *)0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(turn == 100);
}

static void *for_ever(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static void *fail(void *argument)
{
    (void)argument;
    *(volatile int *)0 = 1;
    return NULL;
}

static void *end_all(void *argument)
{
    (void)argument;
    exit(5);
}

static void *same_process(void *argument)
{
    return (void *)(long)(getpid() == *(pid_t *)argument && gettid() != getpid());
}

static void with_threads(void)
{
    pthread_t thread;
    for (int i = 0; i < 3; i++)
        pthread_create(&thread, NULL, for_ever, NULL);
}

static void one_exits(void)
{
    with_threads();
    _exit(4);
}

static void another_exits(void)
{
    pthread_t thread;
    with_threads();
    pthread_create(&thread, NULL, end_all, NULL);
    for_ever(NULL);
}

static void another_fails(void)
{
    pthread_t thread;
    with_threads();
    pthread_create(&thread, NULL, fail, NULL);
    for_ever(NULL);
}

static void main_ends_first(void)
{
    pthread_t thread;
    pthread_create(&thread, NULL, end_all, NULL);
    pthread_exit(NULL);
}

static void replaced(void)
{
    with_threads();
    execl("/bin/sh", "sh", "-c", "exit 6", (char *)NULL);
}

static void ends(void)
{
    pid_t pid = getpid();
    pthread_t thread;
    void *result;
    CHECK(pthread_create(&thread, NULL, same_process, &pid) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result != NULL);
    for (int i = 0; i < 20; i++) {
        ENDS_WITH(4, one_exits);
        ENDS_WITH(5, another_exits);
        DIES_OF(SIGSEGV, another_fails);
        ENDS_WITH(5, main_ends_first);
        ENDS_WITH(6, replaced);
    }
    CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
}

int main(void)
{
    counting();
    turns();
    ends();
    return checks_end("threads");
}
