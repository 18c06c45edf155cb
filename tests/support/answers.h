/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A server of one thread on a unix socket that reads what a client sends and
 * answers with given octets: for clients of clamd and rspamd.  Every wait ends
 * after 5 s.
 */
#ifndef OCT_TESTS_ANSWERS_H
#define OCT_TESTS_ANSWERS_H

#include <pthread.h>

#include "lib/def.h"
#include "lib/smtp_conn.h"
#include "lib/str.h"

/* Up to where the client's octets are read before the answer. */
enum answers_read {
	ANSWERS_FRAMES, /* a line, then INSTREAM chunks up to the empty one */
	ANSWERS_LINE,
	ANSWERS_HTTP,   /* a header, then Content-Length octets */
	ANSWERS_SOME,   /* whatever comes first */
	ANSWERS_NOTHING
};

struct answers {
	enum answers_read read;
	const char *say;   /* NULL: nothing, until the client leaves */
	size_t say_len;    /* 0: strlen(say) */
	size_t times;      /* that say is said; 0 = once */
	bool reset;        /* close without reading the rest */
	/* The server's own. */
	char path[64];
	int listener;
	struct oct_str in;      /* all octets that came */
	struct oct_str message; /* INSTREAM: of the chunks */
	bool whole;             /* what was to be read came */
	pthread_t thread;
};

/* Listen, serve one connection. */
void answers_start(struct answers *a, struct smtp_peer *peer);
/* Wait for its end; in and message stay until answers_free. */
void answers_join(struct answers *a);
void answers_free(struct answers *a);

#endif
