/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same work on many items by several threads, its results taken in order by
 * the one that asked.
 */
#ifndef OCT_PROVISIONING_CTL_PARALLEL_H
#define OCT_PROVISIONING_CTL_PARALLEL_H

#include "lib/def.h"

/* How many results may wait to be taken: bounds the memory. */
#define CTL_PARALLEL_WINDOW 256
#define CTL_PARALLEL_JOBS_MAX 64

struct ctl_parallel {
	size_t count, jobs;
	/* On item i, in any thread and order; what it returns is given to
	 * taken. */
	void *(*work)(void *arg, size_t i);
	/* In the caller's thread and in order; non-zero ends it: items that were
	 * worked on already are given to dropped. */
	int (*taken)(void *arg, size_t i, void *result);
	void (*dropped)(void *arg, void *result);
	void *arg;
};

/* What taken returned last, or an error: no thread could be made. */
OCT_CHECK int ctl_parallel_run(const struct ctl_parallel *p);
/* As many threads as this machine has processors. */
size_t ctl_parallel_jobs(void);

#endif
