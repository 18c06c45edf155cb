/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files bench_auth*.c share: the material that bench_auth.py laid out
 * in a folder, and rows to be measured.  An error ends the program: a benchmark
 * that goes on with less would measure something else.
 */
#ifndef OCT_TESTS_BENCH_AUTH_H
#define OCT_TESTS_BENCH_AUTH_H

#include "auth/dkim.h"
#include "auth/types.h"
#include "lib/dns.h"
#include "lib/msg.h"

#define BENCH_SPF_MAX 8

struct bench_spf {
	char name[64], ip[OCT_IP_SIZE], helo[128], from[256];
};

struct bench_mail {
	char *text; /* CRLF */
	size_t len;
	struct oct_msg *msg; /* the same, read */
};

struct bench {
	const char *folder;
	int runs; /* of one round */
	struct dns *dns;
	struct auth_dkim_lib *dkim;
	struct bench_mail rsa, ed25519, arc, plain;
	char *rsa_pem, *ed25519_seed, *rsa_record, *ed25519_record;
	size_t spf_count;
	struct bench_spf spf[BENCH_SPF_MAX];
};

/* Ends the program. */
_Noreturn void bench_fail(const char *what);

/* "FOLDER/name" as one block, NUL-terminated; the caller frees. */
char *bench_read(const struct bench *b, const char *name, size_t *len);

/* One thing that is measured: arg as given to bench_row. */
typedef void bench_run(struct bench *b, const void *arg);

/* Print "row", what and the median of five rounds in microseconds of CPU time
 * of the whole process. */
void bench_row(struct bench *b, const char *what, bench_run *run,
    const void *arg);

/* The peers: libspf2 and libopendkim with nothing of ours around them. */
void bench_peers(struct bench *b);

#endif
