/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small SMTP client for our own Postfix on loopback or a unix socket: one
 * recipient a transaction, ESMTP parameters given back as they were taken, exact
 * reply codes, null reverse-path, connection reuse.  No TLS (never leaves the
 * host).  One connection object, one thread at a time.
 */
#ifndef OCT_LIB_SMTP_OUT_H
#define OCT_LIB_SMTP_OUT_H

#include "lib/def.h"

struct smtp_out;

struct smtp_out_conf {
	const char *address;  /* "127.0.0.1:10026", "[::1]:10026" or
				 "unix:/path": numbers, no names */
	const char *helo;     /* our host name */
	const char *user, *password; /* SASL PLAIN, NULL = none */
	/* 5 s; 30 s each answer; 300 s the message, and as much its answer */
	int64_t connect_ms, command_ms, data_ms;
};

void smtp_out_conf_init(struct smtp_out_conf *conf);
/* Does not connect; conf is copied. */
OCT_CHECK int smtp_out_new(const struct smtp_out_conf *conf,
    struct smtp_out **out);
void smtp_out_free(struct smtp_out *s); /* QUIT, bounded to 1 s */

struct smtp_reply {
	int code;            /* 0: no answer (connection failed or lost) */
	char text[512];      /* enhanced code and text of the last line, made
				printable; of code 0, our own words */
	char queue_id[64];   /* from "queued as ID", "" if none */
	bool sent_all;       /* the final dot was sent, or begun: a code of 0 is
				then "not known" */
};

struct smtp_mail {
	const char *mail_from;   /* without brackets; "" = null */
	const char *mail_params; /* "BODY=8BITMIME RET=HDRS" or "" */
	const char *rcpt_to;
	const char *rcpt_params; /* "NOTIFY=NEVER" or "" */
	int fd;                  /* message, CRLF, read from offset 0 (pread);
				    or -1 and: */
	const char *octets;
	size_t len;
	/* Called once just before the final dot (NULL = nothing): non-zero stops
	 * the transaction by closing, nothing is delivered. */
	int (*before_dot)(void *arg);
	void *arg;
};

/*
 * Send one message over the open connection, or a new one (one retry when a
 * kept connection turns out to be dead before MAIL was accepted).  Addresses and
 * parameters with control octets, spaces where none belong, or over 1,000 octets
 * are OCT_EPARSE before anything is sent.  Parameters that the server did not
 * offer in EHLO are left out (DSN, 8BITMIME, SMTPUTF8: OCT_EREFUSED with code 0
 * if the address needs SMTPUTF8 and it is not offered); so is SIZE, which told
 * another size.
 * 0 = 2xx; OCT_EDEFER = 4xx; OCT_EREFUSED = 5xx, both about this message.  A
 * server that refuses us before MAIL is OCT_EDOWN with its code (OCT_EAUTH: the
 * credentials).  OCT_EDOWN, OCT_ETIME, OCT_EREPLY (not SMTP): see
 * reply->sent_all.  What before_dot returned if negative, else OCT_ECONFLICT;
 * -errno if the message cannot be read.  reply is always filled in.
 */
OCT_CHECK int smtp_out_send(struct smtp_out *s, const struct smtp_mail *mail,
    struct smtp_reply *reply);

#endif
