/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/store_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "lib/err.h"

#define NUMBER_SIZE 24

/* Replies outlive the connection: each may use the store itself. */
static int
call_each(const redisReply *list, store_each *each, void *arg)
{
	int rc = 0;

	if (list->type != REDIS_REPLY_ARRAY || list->elements % 2 != 0)
		return OCT_EREPLY;
	for (size_t i = 0; rc == 0 && i < list->elements; i += 2) {
		const redisReply *member = list->element[i];
		int64_t score = 0;

		if (member->type != REDIS_REPLY_STRING)
			return OCT_EREPLY;
		rc = store_reply_int(list->element[i + 1], &score);
		if (rc == 0)
			rc = each(arg, member->str, score);
	}
	return rc;
}

int
store_zrange(struct store *s, const char *key, int64_t max, size_t limit,
    store_each *each, void *arg)
{
	char max_text[NUMBER_SIZE], limit_text[NUMBER_SIZE];
	struct store_exec x;
	int rc;

	if (limit > STORE_PAGE_MAX)
		return OCT_ELIMIT;
	(void)snprintf(max_text, sizeof(max_text), "%" PRId64, max);
	(void)snprintf(limit_text, sizeof(limit_text), "%zu", limit);
	store_exec_init(&x);
	store_exec_cmd(&x, STORE_ARRAY, "ZRANGE", key, "-inf", max_text,
	    "BYSCORE", "LIMIT", "0", limit_text, "WITHSCORES", (char *)NULL);
	rc = store_exec_strict(s, &x);
	if (rc == 0)
		rc = call_each(x.reply[0], each, arg);
	store_exec_fini(&x);
	return rc;
}

int
store_zrevpage(struct store *s, const char *key, size_t offset, size_t limit,
    size_t *total, store_each *each, void *arg)
{
	char from[NUMBER_SIZE], to[NUMBER_SIZE];
	struct store_exec x;
	int rc;

	if (limit > STORE_PAGE_MAX || offset > INT64_MAX - STORE_PAGE_MAX)
		return OCT_ELIMIT;
	(void)snprintf(from, sizeof(from), "%zu", offset);
	(void)snprintf(to, sizeof(to), "%zu", offset + limit - 1);
	store_exec_init(&x);
	store_exec_cmd(&x, STORE_INT, "ZCARD", key, (char *)NULL);
	if (limit > 0)
		store_exec_cmd(&x, STORE_ARRAY, "ZRANGE", key, from, to, "REV",
		    "WITHSCORES", (char *)NULL);
	rc = store_exec_strict(s, &x);
	if (rc == 0 && x.reply[0]->integer < 0)
		rc = OCT_EREPLY;
	if (rc == 0)
		*total = (size_t)x.reply[0]->integer;
	if (rc == 0 && limit > 0)
		rc = call_each(x.reply[1], each, arg);
	store_exec_fini(&x);
	return rc;
}

static int
run_write(struct store *s, struct store_exec *x)
{
	int rc = store_exec_strict(s, x);

	if (rc == 0)
		store_mark_wrote(s);
	store_exec_fini(x);
	return rc;
}

int
store_zrem(struct store *s, const char *key, const char *member)
{
	struct store_exec x;

	store_exec_init(&x);
	store_exec_cmd(&x, STORE_INT, "ZREM", key, member, (char *)NULL);
	return run_write(s, &x);
}

int
store_zrem_if(struct store *s, const char *key, const char *member,
    int64_t score)
{
	struct store_exec x;
	int rc, removed = 0;

	store_exec_init(&x);
	store_exec_script(&x, STORE_ZREM_IF, 1, 2);
	store_exec_arg(&x, key);
	store_exec_arg(&x, member);
	store_exec_int(&x, score);
	store_exec_script_end(&x);
	rc = store_exec_strict(s, &x);
	if (rc == 0 && x.reply[0]->type != REDIS_REPLY_INTEGER)
		rc = OCT_EREPLY;
	if (rc == 0) {
		removed = x.reply[0]->integer == 1;
		store_mark_wrote(s);
	}
	store_exec_fini(&x);
	return rc != 0 ? rc : removed;
}

int
store_zmove_if(struct store *s, const char *key, const char *member,
    int64_t from, int64_t to)
{
	struct store_exec x;

	if (to > STORE_SCORE_MAX || to < -STORE_SCORE_MAX)
		return -ERANGE;
	store_exec_init(&x);
	store_exec_script(&x, STORE_ZMOVE_IF, 1, 3);
	store_exec_arg(&x, key);
	store_exec_arg(&x, member);
	store_exec_int(&x, from);
	store_exec_int(&x, to);
	store_exec_script_end(&x);
	return run_write(s, &x);
}

int
store_zadd(struct store *s, const char *key, int64_t score, const char *member)
{
	char text[NUMBER_SIZE];
	struct store_exec x;

	if (score > STORE_SCORE_MAX || score < -STORE_SCORE_MAX)
		return -ERANGE;
	(void)snprintf(text, sizeof(text), "%" PRId64, score);
	store_exec_init(&x);
	store_exec_cmd(&x, STORE_INT, "ZADD", key, text, member, (char *)NULL);
	return run_write(s, &x);
}
