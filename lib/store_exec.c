/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/store_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"

/* Stands in for the digest until the connection is known. */
#define SHA_BLANK "0000000000000000000000000000000000000000"

void
store_exec_init(struct store_exec *x)
{
	*x = (struct store_exec){ .block_ms = -1, .wake_fd = -1,
		.script = STORE_SCRIPTS };
	oct_str_heap(&x->out, STORE_OUT_MAX);
	oct_str_heap(&x->shape, STORE_OUT_MAX);
}

static void
drop_replies(struct store_exec *x)
{
	for (size_t i = 0; i < x->replies; i++)
		freeReplyObject(x->reply[i]);
	free(x->reply);
	x->reply = NULL;
	x->replies = 0;
	x->sent = x->answered = false;
}

void
store_exec_clear(struct store_exec *x)
{
	drop_replies(x);
	oct_str_clear(&x->out);
	oct_str_clear(&x->shape);
	x->block_ms = x->wake_fd = -1;
	x->script = STORE_SCRIPTS;
}

void
store_exec_fini(struct store_exec *x)
{
	drop_replies(x);
	oct_str_free(&x->out);
	oct_str_free(&x->shape);
}

void
store_exec_begin(struct store_exec *x, enum store_shape shape, size_t argc)
{
	oct_str_addc(&x->shape, (char)shape);
	oct_str_addf(&x->out, "*%zu\r\n", argc);
}

void
store_exec_arg(struct store_exec *x, const char *arg)
{
	size_t len = strlen(arg);

	oct_str_addf(&x->out, "$%zu\r\n", len);
	oct_str_addn(&x->out, arg, len);
	oct_str_addn(&x->out, "\r\n", 2);
}

void
store_exec_int(struct store_exec *x, int64_t arg)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, arg);
	store_exec_arg(x, text);
}

void
store_exec_cmd(struct store_exec *x, enum store_shape shape, ...)
{
	va_list ap, count;
	const char *arg;
	size_t argc = 0;

	va_start(ap, shape);
	va_copy(count, ap);
	while (va_arg(count, const char *) != NULL)
		argc++;
	va_end(count);
	store_exec_begin(x, shape, argc);
	while ((arg = va_arg(ap, const char *)) != NULL)
		store_exec_arg(x, arg);
	va_end(ap);
}

void
store_exec_append(struct store_exec *x, const struct store_exec *from)
{
	oct_str_addn(&x->out, oct_str_text(&from->out), from->out.len);
	oct_str_addn(&x->shape, oct_str_text(&from->shape), from->shape.len);
}

void
store_exec_script(struct store_exec *x, enum store_script script, size_t keys,
    size_t args)
{
	OCT_ASSERT(x->script == STORE_SCRIPTS);
	x->script = script;
	x->script_no = x->shape.len;
	x->script_from = x->out.len;
	store_exec_begin(x, STORE_ANY, 3 + keys + args);
	store_exec_arg(x, "EVALSHA");
	store_exec_arg(x, SHA_BLANK);
	x->sha_at = x->out.len - STORE_SHA_LEN - 2;
	store_exec_int(x, (int64_t)keys);
}

void
store_exec_script_end(struct store_exec *x)
{
	x->script_to = x->out.len;
}

int
store_exec_err(const struct store_exec *x)
{
	int rc = oct_str_err(&x->out);

	if (rc == 0)
		rc = oct_str_err(&x->shape);
	return rc == OCT_EFULL ? OCT_ELIMIT : rc;
}

bool
store_reply_is(const redisReply *r, const char *word)
{
	size_t len = strlen(word);

	return r != NULL && r->type == REDIS_REPLY_ERROR &&
	    strncmp(r->str, word, len) == 0 &&
	    (r->str[len] == ' ' || r->str[len] == '\0');
}

int
store_reply_int(const redisReply *r, int64_t *out)
{
	if (r == NULL || r->type != REDIS_REPLY_STRING ||
	    strlen(r->str) != r->len ||
	    oct_num_int(r->str, INT64_MIN, INT64_MAX, out) != 0)
		return OCT_EREPLY;
	return 0;
}

static void
find_tag(const char *key, const char **tag, size_t *len)
{
	const char *open = strchr(key, '{');
	const char *end = open != NULL ? strchr(open, '}') : NULL;

	*tag = key;
	*len = strlen(key);
	if (end != NULL && end > open + 1) {
		*tag = open + 1;
		*len = (size_t)(end - open - 1);
	}
}

bool
store_same_tag(const char *key, const char *other)
{
	const char *a, *b;
	size_t alen, blen;

	find_tag(key, &a, &alen);
	find_tag(other, &b, &blen);
	return alen == blen && memcmp(a, b, alen) == 0;
}

static bool
has_shape(const redisReply *r, char shape)
{
	switch ((enum store_shape)shape) {
	case STORE_ANY:
		return true;
	case STORE_STRING:
		return r->type == REDIS_REPLY_STRING ||
		    r->type == REDIS_REPLY_NIL;
	case STORE_INT:
		return r->type == REDIS_REPLY_INTEGER;
	case STORE_ARRAY:
		return r->type == REDIS_REPLY_ARRAY ||
		    r->type == REDIS_REPLY_NIL;
	case STORE_STATUS:
		return r->type == REDIS_REPLY_STATUS;
	}
	return false;
}

/* The server lives but cannot serve: 1 at all, 2 no writes, 0 it can. */
static int
not_ready(const redisReply *r)
{
	static const char *const deaf[] = { "LOADING", "MASTERDOWN", "BUSY",
		"NOAUTH" };
	static const char *const refusing[] = { "READONLY", "OOM", "MISCONF",
		"NOREPLICAS" };

	for (size_t i = 0; i < OCT_LEN(deaf); i++)
		if (store_reply_is(r, deaf[i]))
			return 1;
	for (size_t i = 0; i < OCT_LEN(refusing); i++)
		if (store_reply_is(r, refusing[i]))
			return 2;
	return 0;
}

static int
check_replies(struct store *s, const struct store_exec *x)
{
	for (size_t i = 0; i < x->replies; i++) {
		const redisReply *r = x->reply[i];
		int why;

		if (r->type != REDIS_REPLY_ERROR) {
			if (has_shape(r, x->shape.buf[i]))
				continue;
			store_mark_down(s, "answer of another type");
			return OCT_EREPLY;
		}
		why = not_ready(r);
		if (why == 1)
			store_mark_down(s, r->str);
		else if (why == 2)
			store_mark_refusing(s, r->str);
		if (why != 0)
			return OCT_EDOWN;
		oct_log(OCT_DEBUG, "store: error=\"%s\"", r->str);
	}
	return 0;
}

static const char *
failure_text(int rc)
{
	switch (rc) {
	case OCT_EDOWN:
		return "connection lost";
	case OCT_ETIME:
		return "no answer in time";
	case OCT_EREPLY:
		return "answer is not the protocol";
	default:
		return oct_strerror(rc);
	}
}

static int
talk(struct store *s, struct store_conn *c, struct store_exec *x,
    int64_t deadline_ms)
{
	int rc;

	if (x->script != STORE_SCRIPTS)
		memcpy(x->out.buf + x->sha_at, c->sha[x->script],
		    STORE_SHA_LEN);
	c->wake_fd = x->wake_fd;
	rc = store_conn_talk(c, &x->out, x->reply, x->replies, deadline_ms,
	    &x->sent);
	if (rc == 0 && x->script != STORE_SCRIPTS &&
	    store_reply_is(x->reply[x->script_no], "NOSCRIPT"))
		rc = store_conn_load(c, x->script, x, deadline_ms);
	if (rc != 0) {
		if (rc != -ENOMEM && rc != OCT_ELIMIT && rc != -ECANCELED)
			store_mark_down(s, failure_text(rc));
		return rc;
	}
	x->answered = true;
	return check_replies(s, x);
}

int
store_exec_run(struct store *s, struct store_exec *x)
{
	bool blocking = x->block_ms >= 0;
	int64_t extra = blocking ? x->block_ms : 0;
	int64_t start = oct_clock_mono_ms();
	int64_t end = start + s->connect_ms + s->command_ms, deadline;
	struct store_conn *c = NULL;
	int rc = store_exec_err(x);

	if (rc != 0 || x->shape.len == 0)
		return rc;
	drop_replies(x);
	x->reply = calloc(x->shape.len, sizeof(*x->reply));
	if (x->reply == NULL)
		return -ENOMEM;
	x->replies = x->shape.len;
	rc = store_lend(s, blocking, end, &c);
	if (rc != 0)
		return rc;
	deadline = oct_clock_mono_ms() + s->command_ms;
	rc = talk(s, c, x, (deadline < end ? deadline : end) + extra);
	store_give_back(s, c, rc == 0 ? STORE_KEEP :
	    x->answered || rc == -ECANCELED ? STORE_CLOSE : STORE_CLOSE_ALL);
	if (rc == 0)
		store_mark_up(s);
	return rc;
}

int
store_exec_strict(struct store *s, struct store_exec *x)
{
	int rc = store_exec_run(s, x);

	for (size_t i = 0; rc == 0 && i < x->replies; i++)
		if (x->reply[i]->type == REDIS_REPLY_ERROR)
			rc = OCT_EREPLY;
	return rc;
}
