/*
 * threads.c - two machines on two threads: the same guest twice, with equal results; one more that
 * is stopped from outside.
 */
#include "guest_image.h"
#include <libcpu/libcpu.h>

#include <pthread.h>
#include <stdio.h>

struct job {
    pthread_t thread;
    libcpu *m;
    struct libcpu_stop stop;
    uint64_t hash;
};

/* A machine belongs to one thread at a time. Different machines share nothing. */
static void *work(void *user)
{
    struct job *job = user;
    libcpu_run(job->m, UINT64_MAX, &job->stop);
    libcpu_state_hash(job->m, &job->hash);
    return NULL;
}

static int start(struct job *job, const char *cmdline)
{
    struct libcpu_image_options image;

    libcpu_image_init(&image);
    image.cmdline = cmdline;
    return libcpu_create(NULL, &job->m) == LIBCPU_ERR_OK &&
           libcpu_load_mem(job->m, guest_image, guest_image_size, &image) == LIBCPU_ERR_OK &&
           pthread_create(&job->thread, NULL, work, job) == 0;
}

int main(void)
{
    struct job jobs[2], shell;

    if (!start(&jobs[0], "init=/bin/story") || !start(&jobs[1], "init=/bin/story") ||
        !start(&shell, "init=/bin/sh"))
        return 1;
    for (int i = 0; i < 2; i++)
        pthread_join(jobs[i].thread, NULL);
    printf("machine 1: %s\nmachine 2: %s\n", libcpu_stop_name(jobs[0].stop.reason),
           libcpu_stop_name(jobs[1].stop.reason));
    printf("the same number of instructions: %s\n",
           jobs[0].stop.insns == jobs[1].stop.insns ? "yes" : "no");
    printf("the same state: %s\n", jobs[0].hash == jobs[1].hash ? "yes" : "no");

    /* The shell waits for somebody to type. This may come from any thread. */
    libcpu_request_stop(shell.m);
    pthread_join(shell.thread, NULL);
    printf("machine 3: %s\n", libcpu_stop_name(shell.stop.reason));

    for (int i = 0; i < 2; i++)
        libcpu_destroy(jobs[i].m);
    libcpu_destroy(shell.m);
    return 0;
}
