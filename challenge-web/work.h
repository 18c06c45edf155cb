/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few threads and a bounded queue: what waits for the store does so here, and
 * never in the thread that serves connections.  All functions: any thread.
 */
#ifndef OCT_CHALLENGE_WEB_WORK_H
#define OCT_CHALLENGE_WEB_WORK_H

#include "lib/def.h"

struct work;
typedef void work_fn(void *arg);

/* 0, -ENOMEM, or -errno of a thread that could not be made. */
OCT_CHECK int work_new(size_t threads, size_t queue_max, struct work **out);

/* Do fn(arg) soon; false: the queue is full or closing, and it will not be. */
OCT_CHECK bool work_submit(struct work *w, work_fn *fn, void *arg);

/* Do what is queued, then end the threads. */
void work_free(struct work *w);

#endif
