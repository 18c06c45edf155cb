/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One stream socket with deadlines, read line by line: the wire under smtp_out.
 * Deadlines are absolute monotonic milliseconds.  One thread at a time.
 */
#ifndef OCT_LIB_SMTP_CONN_H
#define OCT_LIB_SMTP_CONN_H

#include <sys/socket.h>

#include "lib/def.h"

/* RFC 5321 4.5.3.1.5 says 512; servers say more.  With its line end. */
#define SMTP_LINE_MAX 2048

struct smtp_peer {
	struct sockaddr_storage addr;
	socklen_t len;
};

struct smtp_conn {
	int fd;          /* -1: closed; owned */
	size_t have;     /* octets in in[] */
	size_t consumed; /* of these, the line handed out last */
	char in[SMTP_LINE_MAX];
};

/* "127.0.0.1:25", "[::1]:25" or "unix:/path"; no names.  OCT_ECONF. */
OCT_CHECK int smtp_peer_parse(const char *text, struct smtp_peer *out);

void smtp_conn_init(struct smtp_conn *c);
/* 0, OCT_EDOWN, OCT_ETIME, or -errno (no socket to be had). */
OCT_CHECK int smtp_conn_open(struct smtp_conn *c, const struct smtp_peer *peer,
    int64_t deadline);
void smtp_conn_close(struct smtp_conn *c);

/* All of it: 0, OCT_EDOWN or OCT_ETIME. */
OCT_CHECK int smtp_conn_write(struct smtp_conn *c, const void *octets,
    size_t len, int64_t deadline);

/*
 * The next line without its end (LF, or CRLF), borrowed until the next call; it
 * may hold any octet.  0, OCT_EDOWN, OCT_ETIME; OCT_EREPLY: over the bound.
 */
OCT_CHECK int smtp_conn_line(struct smtp_conn *c, const char **line,
    size_t *len, int64_t deadline);

/* What has come, at least one octet, borrowed until the next call; *len 0: the
 * peer has ended.  0, OCT_EDOWN or OCT_ETIME. */
OCT_CHECK int smtp_conn_some(struct smtp_conn *c, const char **octets,
    size_t *len, int64_t deadline);

/* Open, and the peer has said nothing that was not read, nor left. */
bool smtp_conn_quiet(const struct smtp_conn *c);

#endif
