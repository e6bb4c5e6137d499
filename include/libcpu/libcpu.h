/*
 * libcpu - an x86-64 computer in a library.
 *
 *     struct libcpu_config config;
 *     libcpu *m;
 *     libcpu_config_init(&config);
 *     if (libcpu_create(&config, &m) == LIBCPU_ERR_OK) {
 *         libcpu_load_file(m, "kernel.elf", NULL);
 *         libcpu_run(m, UINT64_MAX, NULL);
 *         libcpu_destroy(m);
 *     }
 *
 * This header includes all others.
 */
#ifndef LIBCPU_LIBCPU_H
#define LIBCPU_LIBCPU_H

#include <libcpu/bare.h>
#include <libcpu/debug.h>
#include <libcpu/device.h>
#include <libcpu/disk.h>
#include <libcpu/hook.h>
#include <libcpu/image.h>
#include <libcpu/inspect.h>
#include <libcpu/io.h>
#include <libcpu/machine.h>
#include <libcpu/memory.h>
#include <libcpu/regs.h>
#include <libcpu/trace.h>
#include <libcpu/version.h>

#endif
