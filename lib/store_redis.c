/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection.  hiredis connects and parses; sending and receiving is done
 * here, since in hiredis 0.14 the time-out is one of each read (a server that
 * drips octets is waited for without end) and its writes raise SIGPIPE.
 */
#include "lib/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"

#include "lib/scripts/rate_charge.h"
#include "lib/scripts/rate_peek.h"
#include "lib/scripts/rate_refund.h"
#include "lib/scripts/rate_take.h"
#include "lib/scripts/txn.h"
#include "lib/scripts/zmove_if.h"
#include "lib/scripts/zrem_if.h"

static const char *const script_text[STORE_SCRIPTS] = {
	[STORE_TXN] = script_txn,
	[STORE_RATE_TAKE] = script_rate_take,
	[STORE_RATE_CHARGE] = script_rate_charge,
	[STORE_RATE_REFUND] = script_rate_refund,
	[STORE_RATE_PEEK] = script_rate_peek,
	[STORE_ZREM_IF] = script_zrem_if,
	[STORE_ZMOVE_IF] = script_zmove_if,
};

/* --- The store ---------------------------------------------------------- */

void
store_conf_init(struct store_conf *conf)
{
	*conf = (struct store_conf){ .connect_ms = 500, .command_ms = 2000,
		.pool_max = 64 };
}

static int
copy_text(const char *text, size_t len, char **out)
{
	*out = strndup(text, len);
	return *out != NULL ? 0 : -ENOMEM;
}

static int
parse_host(const char *address, struct store *s)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon != NULL ? (size_t)(colon - address) : 0;
	int64_t port;

	if (len == 0 || len > 255 ||
	    oct_num_int(colon + 1, 1, 65535, &port) != 0)
		return OCT_ECONF;
	if (address[0] == '[' && address[len - 1] == ']') {
		address++;
		len -= 2;
	}
	s->port = (int)port;
	return copy_text(address, len, &s->host);
}

static int
parse_address(const char *address, struct store *s)
{
	int rc;

	if (address == NULL)
		return OCT_ECONF;
	rc = copy_text(address, strlen(address), &s->address);
	if (rc != 0)
		return rc;
	if (strncmp(address, "unix:", 5) != 0)
		return parse_host(address, s);
	address += 5;
	/* hiredis would cut a longer path */
	if (*address == '\0' ||
	    strlen(address) >= sizeof(((struct sockaddr_un *)0)->sun_path))
		return OCT_ECONF;
	return copy_text(address, strlen(address), &s->path);
}

int
store_new(const struct store_conf *conf, struct store **out)
{
	struct store *s;
	int rc;

	if (conf->connect_ms <= 0 || conf->command_ms <= 0 ||
	    conf->connect_ms > 600000 || conf->command_ms > 600000 ||
	    conf->pool_max == 0 || conf->pool_max > 10000 || conf->db < 0)
		return OCT_ECONF;
	s = calloc(1, sizeof(*s));
	if (s == NULL)
		return -ENOMEM;
	s->connect_ms = conf->connect_ms;
	s->command_ms = conf->command_ms;
	s->pool_max = conf->pool_max;
	s->db = conf->db;
	store_pool_init(s);
	rc = parse_address(conf->address, s);
	if (rc == 0 && conf->password != NULL)
		rc = copy_text(conf->password, strlen(conf->password),
		    &s->password);
	if (rc == 0 && conf->user != NULL)
		rc = copy_text(conf->user, strlen(conf->user), &s->user);
	if (rc != 0) {
		store_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void
store_free(struct store *s)
{
	if (s == NULL)
		return;
	store_pool_fini(s);
	if (s->password != NULL)
		explicit_bzero(s->password, strlen(s->password));
	free(s->password);
	free(s->user);
	free(s->address);
	free(s->path);
	free(s->host);
	free(s);
}

bool
store_is_up(struct store *s)
{
	return atomic_load(&s->up);
}

/* --- Octets ------------------------------------------------------------- */

static int
wait_for(const struct store_conn *c, short events, int64_t deadline_ms)
{
	/* poll passes over a negative descriptor. */
	struct pollfd p[] = { { .fd = c->ctx->fd, .events = events },
		{ .fd = c->wake_fd, .events = POLLIN } };

	for (;;) {
		int64_t left = deadline_ms - oct_clock_mono_ms();
		int n;

		if (left <= 0)
			return OCT_ETIME;
		n = poll(p, OCT_LEN(p), left < INT_MAX ? (int)left : INT_MAX);
		if (n > 0) /* an answer that is there is taken */
			return p[0].revents != 0 ? 0 : -ECANCELED;
		if (n < 0 && errno != EINTR)
			return -errno;
	}
}

static bool
would_block(void)
{
	return errno == EAGAIN || errno == EINTR;
}

static int
send_some(struct store_conn *c, const struct oct_str *out, size_t *off)
{
	ssize_t n;

	if (*off == out->len)
		return 0;
	n = send(c->ctx->fd, out->buf + *off, out->len - *off, MSG_NOSIGNAL);
	if (n < 0)
		return would_block() ? 0 : OCT_EDOWN;
	*off += (size_t)n;
	return 0;
}

static int
receive_some(struct store_conn *c, size_t *total)
{
	ssize_t n = recv(c->ctx->fd, c->buf, sizeof(c->buf), 0);

	if (n == 0)
		return OCT_EDOWN;
	if (n < 0)
		return would_block() ? 0 : OCT_EDOWN;
	*total += (size_t)n;
	if (*total > STORE_IN_MAX)
		return OCT_ELIMIT;
	if (redisReaderFeed(c->ctx->reader, c->buf, (size_t)n) != REDIS_OK)
		return -ENOMEM;
	return 0;
}

static int
take_replies(struct store_conn *c, redisReply **reply, size_t n, size_t *got)
{
	while (*got < n) {
		void *r = NULL;

		if (redisReaderGetReply(c->ctx->reader, &r) != REDIS_OK)
			return OCT_EREPLY;
		if (r == NULL)
			return 0;
		reply[(*got)++] = r;
	}
	return 0;
}

int
store_conn_talk(struct store_conn *c, const struct oct_str *out,
    redisReply **reply, size_t n, int64_t deadline_ms, bool *sent)
{
	size_t off = 0, got = 0, total = 0;
	int rc = send_some(c, out, &off);

	while (rc == 0 && got < n) {
		*sent = off > 0;
		rc = wait_for(c,
		    off < out->len ? POLLIN | POLLOUT : POLLIN, deadline_ms);
		if (rc == 0)
			rc = send_some(c, out, &off);
		if (rc == 0)
			rc = receive_some(c, &total);
		if (rc == 0)
			rc = take_replies(c, reply, n, &got);
	}
	if (rc != 0)
		return rc;
	/* What is left over answers nothing that we asked. */
	if (off < out->len || c->ctx->reader->pos < c->ctx->reader->len)
		return OCT_EREPLY;
	return 0;
}

bool
store_conn_idle_ok(const struct store_conn *c)
{
	char octet;

	return recv(c->ctx->fd, &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
	    would_block();
}

/* --- Connecting --------------------------------------------------------- */

/* An array's memory is taken before its elements came. */
static void *
bounded_array(const redisReadTask *task, int elements)
{
	const struct store_conn *c = task->privdata;

	if (elements < 0 || elements > STORE_ELEMENTS_MAX)
		return NULL;
	return c->make_array(task, elements);
}

static int
prepare(struct store_conn *c)
{
	redisReader *reader = c->ctx->reader;
	int flags = fcntl(c->ctx->fd, F_GETFL);

	if (flags < 0 || fcntl(c->ctx->fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
	    fcntl(c->ctx->fd, F_SETFD, FD_CLOEXEC) < 0)
		return -errno;
	c->fn = *reader->fn;
	c->make_array = c->fn.createArray;
	c->fn.createArray = bounded_array;
	reader->fn = &c->fn;
	reader->privdata = c;
	return 0;
}

static int
dial(const struct store *s, int64_t deadline_ms, struct store_conn *c,
    char why[STORE_WHY_SIZE])
{
	int64_t left = deadline_ms - oct_clock_mono_ms();
	struct timeval tv;

	if (left <= 0)
		left = 1;
	tv.tv_sec = (time_t)(left / 1000);
	tv.tv_usec = (suseconds_t)(left % 1000) * 1000;
	if (s->path != NULL)
		c->ctx = redisConnectUnixWithTimeout(s->path, tv);
	else
		c->ctx = redisConnectWithTimeout(s->host, s->port, tv);
	if (c->ctx == NULL)
		return -ENOMEM;
	if (c->ctx->err != 0) {
		(void)snprintf(why, STORE_WHY_SIZE, "%s", c->ctx->errstr);
		return OCT_EDOWN;
	}
	return prepare(c);
}

/* A script's reply to SCRIPT LOAD is its digest. */
static int
keep_sha(struct store_conn *c, size_t script, const redisReply *r)
{
	if (r->type != REDIS_REPLY_STRING || r->len != STORE_SHA_LEN)
		return OCT_EREPLY;
	memcpy(c->sha[script], r->str, STORE_SHA_LEN + 1);
	return 0;
}

static void
greet(const struct store *s, struct store_exec *x)
{
	char db[16];

	if (s->password != NULL && s->user != NULL)
		store_exec_cmd(x, STORE_STATUS, "AUTH", s->user, s->password,
		    (char *)NULL);
	else if (s->password != NULL)
		store_exec_cmd(x, STORE_STATUS, "AUTH", s->password,
		    (char *)NULL);
	if (s->db != 0) {
		(void)snprintf(db, sizeof(db), "%d", s->db);
		store_exec_cmd(x, STORE_STATUS, "SELECT", db, (char *)NULL);
	}
	/* Gone after each restart, AOF or not: load them now, not on demand. */
	for (size_t i = 0; i < STORE_SCRIPTS; i++)
		store_exec_cmd(x, STORE_STRING, "SCRIPT", "LOAD",
		    script_text[i], (char *)NULL);
}

static int
check_greeting(struct store_conn *c, redisReply **reply, size_t n,
    char why[STORE_WHY_SIZE])
{
	for (size_t i = 0; i < n; i++) {
		const redisReply *r = reply[i];
		int rc = 0;

		if (r->type == REDIS_REPLY_ERROR) {
			(void)snprintf(why, STORE_WHY_SIZE, "%.*s",
			    STORE_WHY_SIZE - 1, r->str);
			return OCT_EDOWN;
		}
		if (i >= n - STORE_SCRIPTS)
			rc = keep_sha(c, i - (n - STORE_SCRIPTS), r);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
introduce(const struct store *s, int64_t deadline_ms, struct store_conn *c,
    char why[STORE_WHY_SIZE])
{
	redisReply *reply[2 + STORE_SCRIPTS] = { NULL };
	struct store_exec x;
	bool sent = false;
	size_t n;
	int rc;

	store_exec_init(&x);
	greet(s, &x);
	n = x.shape.len;
	rc = store_exec_err(&x);
	if (rc == 0)
		rc = store_conn_talk(c, &x.out, reply, n, deadline_ms, &sent);
	if (rc == 0)
		rc = check_greeting(c, reply, n, why);
	else if (reply[0] != NULL && reply[0]->type == REDIS_REPLY_ERROR)
		/* "max number of clients reached", then it hangs up */
		(void)snprintf(why, STORE_WHY_SIZE, "%.*s", STORE_WHY_SIZE - 1,
		    reply[0]->str);
	for (size_t i = 0; i < OCT_LEN(reply); i++)
		freeReplyObject(reply[i]);
	if (x.out.buf != NULL)
		explicit_bzero(x.out.buf, x.out.len);
	store_exec_fini(&x);
	return rc;
}

int
store_conn_open(const struct store *s, int64_t deadline_ms,
    struct store_conn **out, char why[STORE_WHY_SIZE])
{
	struct store_conn *c = calloc(1, sizeof(*c));
	int rc;

	if (c == NULL)
		return -ENOMEM;
	c->wake_fd = -1;
	why[0] = '\0';
	rc = dial(s, deadline_ms, c, why);
	if (rc == 0)
		rc = introduce(s, deadline_ms, c, why);
	if (rc != 0) {
		if (why[0] == '\0')
			(void)snprintf(why, STORE_WHY_SIZE, "greeting: %s",
			    oct_strerror(rc));
		store_conn_close(c);
		return rc;
	}
	*out = c;
	return 0;
}

void
store_conn_close(struct store_conn *c)
{
	if (c == NULL)
		return;
	if (c->ctx != NULL)
		redisFree(c->ctx);
	free(c);
}

int
store_conn_load(struct store_conn *c, enum store_script script,
    struct store_exec *x, int64_t deadline_ms)
{
	redisReply *reply[2] = { NULL };
	struct store_exec again;
	bool sent = false;
	int rc;

	store_exec_init(&again);
	store_exec_cmd(&again, STORE_STRING, "SCRIPT", "LOAD",
	    script_text[script], (char *)NULL);
	oct_str_addn(&again.out, x->out.buf + x->script_from,
	    x->script_to - x->script_from);
	rc = store_exec_err(&again);
	if (rc == 0)
		rc = store_conn_talk(c, &again.out, reply, 2, deadline_ms,
		    &sent);
	if (rc == 0) {
		freeReplyObject(x->reply[x->script_no]);
		x->reply[x->script_no] = reply[1];
		reply[1] = NULL;
	}
	freeReplyObject(reply[0]);
	freeReplyObject(reply[1]);
	store_exec_fini(&again);
	return rc;
}

/* --- Small calls -------------------------------------------------------- */

int
store_ping(struct store *s)
{
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	store_exec_cmd(&x, STORE_STATUS, "PING", (char *)NULL);
	rc = store_exec_strict(s, &x);
	store_exec_fini(&x);
	return rc;
}

static int
copy_setting(const char *value, size_t value_len, char *out, size_t len)
{
	if (value_len >= len)
		return OCT_EFULL;
	memcpy(out, value, value_len);
	out[value_len] = '\0';
	return 1;
}

/* INFO is lines of "name:value". */
static int
find_info(const redisReply *info, const char *name, char *out, size_t len)
{
	size_t name_len = strlen(name);
	const char *line = info->type == REDIS_REPLY_STRING ? info->str : NULL;

	while (line != NULL && *line != '\0') {
		if (strncmp(line, name, name_len) == 0 &&
		    line[name_len] == ':') {
			line += name_len + 1;
			return copy_setting(line, strcspn(line, "\r\n"), out,
			    len);
		}
		line = strchr(line, '\n');
		if (line != NULL)
			line++;
	}
	return 0;
}

int
store_setting(struct store *s, const char *name, char *out, size_t len)
{
	struct store_exec x;
	const redisReply *conf;
	int rc;

	if (strpbrk(name, "*?[\\") != NULL) /* CONFIG GET takes patterns */
		return -EINVAL;
	store_exec_init(&x);
	store_exec_cmd(&x, STORE_ARRAY, "CONFIG", "GET", name, (char *)NULL);
	store_exec_cmd(&x, STORE_STRING, "INFO", (char *)NULL);
	rc = store_exec_run(s, &x);
	if (rc != 0)
		goto out;
	/* CONFIG may be forbidden to our user while INFO is not. */
	conf = x.reply[0];
	if (conf->type == REDIS_REPLY_ARRAY && conf->elements == 2 &&
	    conf->element[1]->type == REDIS_REPLY_STRING)
		rc = copy_setting(conf->element[1]->str, conf->element[1]->len,
		    out, len);
	else
		rc = find_info(x.reply[1], name, out, len);
	if (rc == 0 && (conf->type == REDIS_REPLY_ERROR ||
			   x.reply[1]->type == REDIS_REPLY_ERROR))
		rc = OCT_EREPLY;
out:
	store_exec_fini(&x);
	return rc;
}
