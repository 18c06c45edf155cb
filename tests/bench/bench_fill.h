/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The directory at its design size, in a private Redis: 10,000 domains
 * (commune-00000.example.fr ...) of one tenant "t1" (the worst case for a change
 * of it), each with 30 mailboxes (prenom.nom00 ...) of which every tenth sets
 * options, and two aliases (mairie, contact).
 */
#ifndef OCT_TESTS_BENCH_FILL_H
#define OCT_TESTS_BENCH_FILL_H

#include "tests/support/redis.h"

#define BENCH_DOMAINS 10000
#define BENCH_MAILBOXES 30 /* of each */

/* 0 or -1. */
int bench_fill(const struct test_redis *redis);

#endif
