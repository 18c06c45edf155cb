/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/mapd_conn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/err.h"

/* Answers wait in memory up to the first bound before more are made; one answer
 * fits between the two. */
#define OUT_ENOUGH 131072
#define OUT_MAX 262144
#define OUT_KEPT 16384 /* larger buffers are given back when empty */

_Static_assert(DICT_LINE_MAX < MAPD_INPUT_SIZE, "a line fits");
_Static_assert(SOCKETMAP_REQUEST_MAX <= MAPD_INPUT_SIZE, "a request fits");
_Static_assert(
    OUT_ENOUGH + SOCKETMAP_VALUE_MAX + 64 < OUT_MAX, "an answer fits");

struct mapd_conn *
mapd_conn_new(int fd, bool dict, int64_t now_ms)
{
	struct mapd_conn *c = calloc(1, sizeof(*c));

	if (c != NULL && dict)
		c->dict = dict_session_new();
	if (c == NULL || (dict && c->dict == NULL)) {
		(void)close(fd);
		free(c);
		return NULL;
	}
	c->fd = fd;
	c->active_ms = now_ms;
	oct_str_heap(&c->out, OUT_MAX);
	return c;
}

void
mapd_conn_free(struct mapd_conn *c)
{
	if (c == NULL)
		return;
	(void)close(c->fd);
	dict_session_free(c->dict);
	oct_str_free(&c->out);
	free(c);
}

static void
answer_one(
    struct mapd_conn *c, struct mapd_answers *a, const struct dir_snapshot *s)
{
	enum socketmap_status status =
	    socketmap_answer(s, &a->site, &a->request, &a->value);

	a->count[status]++;
	socketmap_reply(status,
	    status == SOCKETMAP_NOTFOUND ? "" : oct_str_text(&a->value),
	    &c->out);
}

/* One request at in + at: 1 and *used, 0 (it is not whole), or an error. */
static int
answer_socketmap(struct mapd_conn *c, struct mapd_answers *a,
    const struct dir_snapshot *s, size_t at, size_t *used)
{
	int rc = socketmap_parse(
	    c->in + at, c->in_len - at, &a->request, used);

	if (rc == 1)
		answer_one(c, a, s);
	return rc;
}

static int
answer_dict(struct mapd_conn *c, struct mapd_answers *a,
    const struct dir_snapshot *s, size_t at, size_t *used)
{
	char *line = c->in + at, *end = memchr(line, '\n', c->in_len - at);
	size_t len = end != NULL ? (size_t)(end - line) : c->in_len - at;
	int rc;

	if (len > DICT_LINE_MAX)
		return OCT_ELIMIT;
	if (end == NULL)
		return 0;
	if (memchr(line, '\0', len) != NULL)
		return OCT_EPARSE;
	*end = '\0';
	*used = len + 1;
	rc = dict_line(c->dict, &a->dict, s, line, &a->dict_count, &c->out);
	return rc == 0 ? 1 : rc;
}

/* Answers whole requests in the buffer.  Their number, or an error. */
static int
answer_all(struct mapd_conn *c, struct mapd_answers *a)
{
	const struct dir_snapshot *s = directory_get(a->directory);
	size_t at = 0, used;
	int rc = 1, done = 0;

	while (c->out.len < OUT_ENOUGH) {
		rc = c->dict != NULL ? answer_dict(c, a, s, at, &used)
				     : answer_socketmap(c, a, s, at, &used);
		if (rc != 1)
			break;
		at += used;
		done++;
	}
	directory_put(s);
	c->in_len -= at;
	memmove(c->in, c->in + at, c->in_len);
	return rc < 0 ? rc : done;
}

/* 1: all written; 0: the client does not take it yet; or -errno. */
static int
flush(struct mapd_conn *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.buf + c->sent,
		    c->out.len - c->sent, MSG_NOSIGNAL);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN)
			return 0;
		if (n == -1)
			return -errno;
		c->sent += (size_t)n;
	}
	c->sent = 0;
	if (c->out.cap > OUT_KEPT) {
		oct_str_free(&c->out);
		oct_str_heap(&c->out, OUT_MAX);
	}
	oct_str_clear(&c->out);
	return 1;
}

/* 1: there may be something new; 0: nothing now; or an error. */
static int
fill(struct mapd_conn *c)
{
	ssize_t n;

	if (c->in_len == sizeof(c->in))
		return 1;
	n = recv(c->fd, c->in + c->in_len, sizeof(c->in) - c->in_len, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n == -1)
		return -errno;
	if (n == 0)
		return -EPIPE;
	c->in_len += (size_t)n;
	return 1;
}

static const char *
broken_rule(const struct mapd_conn *c, int rc)
{
	if (c->dict != NULL && rc == OCT_ELIMIT)
		return "dict: line over 3072 octets or over 8 transactions";
	if (c->dict != NULL)
		return rc == OCT_EPARSE ? "dict: no command, or not in this "
					  "place"
					: NULL;
	if (rc == OCT_ELIMIT)
		return "request over 2048 octets of key or 64 of map name";
	return rc == OCT_EPARSE ? "request is no netstring of map and key"
				: NULL;
}

enum mapd_wish
mapd_conn_serve(struct mapd_conn *c, struct mapd_answers *a, int64_t now_ms,
    const char **limit)
{
	int rc = flush(c);

	*limit = NULL;
	if (rc == 1)
		rc = fill(c);
	else if (rc == 0)
		return MAPD_WRITE;
	if (rc < 0)
		return MAPD_CLOSE;
	/* Ends: each round takes requests out of a buffer not filled here. */
	while ((rc = answer_all(c, a)) > 0) {
		c->active_ms = now_ms;
		if (oct_str_err(&c->out) != 0)
			return MAPD_CLOSE;
		rc = flush(c);
		if (rc != 1)
			return rc == 0 ? MAPD_WRITE : MAPD_CLOSE;
	}
	if (rc == 0)
		return MAPD_READ;
	*limit = broken_rule(c, rc);
	(void)flush(c); /* the answers before it */
	return MAPD_CLOSE;
}
