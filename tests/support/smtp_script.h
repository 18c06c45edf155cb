/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An SMTP server of one thread that follows a script and records what it gets,
 * and a client for it.  Fails the cmocka test that uses it when the client
 * departs from the script.  Every wait ends after 5 s.
 */
#ifndef OCT_TESTS_SMTP_SCRIPT_H
#define OCT_TESTS_SMTP_SCRIPT_H

#include <pthread.h>

#include "lib/def.h"
#include "lib/smtp_out.h"
#include "lib/str.h"

/* One step: what must come, and what is said then (NULL = nothing). */
struct step {
	const char *expect; /* a line; NULL = the end */
	const char *say;
};

#define CONNECT "<connect>" /* accept */
#define BODY "<body>"       /* up to the final dot */
#define GONE "<gone>"       /* everything up to the client's close */
#define ANY "<any>"         /* a line, whatever it says */
#define CLOSE "<close>"     /* say nothing, close */

#define STEPS 24

/* Pieces that most scripts share. */
#define HI { CONNECT, "220 hi\r\n" }, \
	{ "EHLO edge.example", "250 b.example\r\n" }
#define EHLO_WITH(lines) { CONNECT, "220 hi\r\n" }, \
	{ "EHLO edge.example", "250-b.example\r\n" lines }
#define MAIL { "MAIL FROM:<s@a.example>", "250 2.1.0 Ok\r\n" }
#define RCPT { "RCPT TO:<r@b.example>", "250 2.1.5 Ok\r\n" }
#define DATA { "DATA", "354 go\r\n" }
#define QUEUED { BODY, "250 2.0.0 Ok: queued as 4ABC\r\n" }
#define QUIT { "QUIT", "221 bye\r\n" }

struct server {
	const struct step *steps;
	int listener, fd;
	struct oct_str in;      /* not yet consumed */
	struct oct_str message; /* octets of BODY, GONE and ANY: the caller's */
	bool pipelined;         /* more than one line came at once */
	char error[256];
	pthread_t thread;
};

/* A folder and a socket path for this program; server_fini removes them. */
void server_init(void);
void server_fini(void);
/* "unix:..." of that path. */
const char *server_address(void);

/* Listen on the path; on the listener, run the script; wait for its end. */
int server_listen(void);
void server_start(struct server *s, const struct step *steps, int listener);
void server_join(struct server *s);

/* A client with short deadlines; user may be NULL. */
struct smtp_out *server_client(const char *address, const char *user);

/* s@a.example to r@b.example, "x". */
struct smtp_mail server_mail(void);

#endif
