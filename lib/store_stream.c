/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/store_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

#define NUMBER_SIZE 24
#define BLOCK_MAX_MS 600000
#define STRINGS_MAX 1024 /* of one entry */
#define CLAIM_ROUNDS 100 /* each looks at ten times its limit */

/* --- Entries out of replies --------------------------------------------- */

/* What to do with the entries of one answer. */
struct walk {
	store_each_entry *each;
	void *arg;
	const redisReply *skip; /* a list of entries already given, or NULL */
	char *last;             /* moved on, or NULL */
	size_t given;
};

/* [id, [field, value, ...]]; the second is nil for one deleted meanwhile. */
static bool
is_entry(const redisReply *e)
{
	return e->type == REDIS_REPLY_ARRAY && e->elements == 2 &&
	    e->element[0]->type == REDIS_REPLY_STRING &&
	    e->element[0]->len < OCT_STREAM_ID &&
	    (e->element[1]->type == REDIS_REPLY_ARRAY ||
		e->element[1]->type == REDIS_REPLY_NIL);
}

static bool
was_given(const struct walk *w, const char *id)
{
	for (size_t i = 0; w->skip != NULL && i < w->skip->elements; i++)
		if (strcmp(w->skip->element[i]->element[0]->str, id) == 0)
			return true;
	return false;
}

static int
give_entry(struct walk *w, const redisReply *e)
{
	const redisReply *list = e->element[1];
	struct store_entry entry = { .id = e->element[0]->str,
		.count = list->elements };
	const char **pairs;
	int rc = 0;

	pairs = calloc(list->elements + 1, sizeof(*pairs));
	if (pairs == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < list->elements; i++) {
		if (list->element[i]->type != REDIS_REPLY_STRING)
			rc = OCT_EREPLY;
		pairs[i] = list->element[i]->str;
	}
	entry.pairs = pairs;
	if (rc == 0)
		rc = w->each(w->arg, &entry);
	free(pairs);
	w->given++;
	if (rc == 0 && w->last != NULL)
		(void)snprintf(w->last, OCT_STREAM_ID, "%s", entry.id);
	return rc;
}

static int
check_entries(const redisReply *list)
{
	if (list->type != REDIS_REPLY_ARRAY)
		return OCT_EREPLY;
	for (size_t i = 0; i < list->elements; i++)
		if (!is_entry(list->element[i]))
			return OCT_EREPLY;
	return 0;
}

static int
give_entries(struct walk *w, const redisReply *list)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < list->elements; i++) {
		const redisReply *e = list->element[i];

		if (e->element[1]->type == REDIS_REPLY_ARRAY &&
		    !was_given(w, e->element[0]->str))
			rc = give_entry(w, e);
	}
	return rc;
}

/* XREAD and XREADGROUP: nil, or [[stream, entries]].  *out NULL = nothing. */
static int
entries_of(const redisReply *r, const redisReply **out)
{
	*out = NULL;
	if (r->type == REDIS_REPLY_NIL)
		return 0;
	if (r->type != REDIS_REPLY_ARRAY || r->elements != 1 ||
	    r->element[0]->type != REDIS_REPLY_ARRAY ||
	    r->element[0]->elements != 2)
		return OCT_EREPLY;
	*out = r->element[0]->element[1];
	return check_entries(*out);
}

/* NOGROUP: the store lost its data, or nobody made the group yet. */
static int
run_group(struct store *s, struct store_exec *x)
{
	int rc = store_exec_strict(s, x);

	if (rc == OCT_EREPLY && x->answered &&
	    store_reply_is(x->reply[0], "NOGROUP"))
		return OCT_EABSENT;
	return rc;
}

/* --- Groups ------------------------------------------------------------- */

int
store_group_create(struct store *s, const char *stream, const char *group)
{
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	store_exec_cmd(&x, STORE_STATUS, "XGROUP", "CREATE", stream, group, "0",
	    "MKSTREAM", (char *)NULL);
	rc = store_exec_run(s, &x);
	if (rc == 0 && x.reply[0]->type == REDIS_REPLY_ERROR &&
	    !store_reply_is(x.reply[0], "BUSYGROUP"))
		rc = OCT_EREPLY;
	if (rc == 0)
		store_mark_wrote(s);
	store_exec_fini(&x);
	return rc;
}

static void
ack_cmds(struct store_exec *x, const char *stream, const char *group,
    const char *id)
{
	store_exec_cmd(x, STORE_INT, "XACK", stream, group, id, (char *)NULL);
	store_exec_cmd(x, STORE_INT, "XDEL", stream, id, (char *)NULL);
}

int
store_group_ack(struct store *s, const char *stream, const char *group,
    const char *id)
{
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	ack_cmds(&x, stream, group, id);
	rc = store_exec_strict(s, &x);
	if (rc == 0)
		store_mark_wrote(s);
	store_exec_fini(&x);
	return rc;
}

struct group {
	const char *stream, *name, *consumer;
};

/* Entries deleted while pending would be given, empty, for ever. */
static int
ack_deleted(struct store *s, const struct group *g, const redisReply *list)
{
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	for (size_t i = 0; i < list->elements; i++)
		if (list->element[i]->element[1]->type == REDIS_REPLY_NIL)
			ack_cmds(&x, g->stream, g->name,
			    list->element[i]->element[0]->str);
	rc = store_exec_strict(s, &x);
	store_exec_fini(&x);
	return rc;
}

/* One XAUTOCLAIM from cursor on, which is moved; "0-0" again at the end. */
static int
claim_round(struct store *s, const struct group *g, int64_t idle_ms,
    size_t limit, struct store_exec *x, char cursor[OCT_STREAM_ID])
{
	char idle[NUMBER_SIZE], count[NUMBER_SIZE];
	const redisReply *r;
	int rc;

	(void)snprintf(idle, sizeof(idle), "%" PRId64, idle_ms);
	(void)snprintf(count, sizeof(count), "%zu", limit);
	store_exec_clear(x);
	store_exec_cmd(x, STORE_ARRAY, "XAUTOCLAIM", g->stream, g->name,
	    g->consumer, idle, cursor, "COUNT", count, (char *)NULL);
	rc = run_group(s, x);
	if (rc != 0)
		return rc;
	r = x->reply[0];
	if (r->type != REDIS_REPLY_ARRAY || r->elements < 2 ||
	    r->element[0]->type != REDIS_REPLY_STRING ||
	    r->element[0]->len >= OCT_STREAM_ID)
		return OCT_EREPLY;
	(void)snprintf(cursor, OCT_STREAM_ID, "%s", r->element[0]->str);
	return check_entries(r->element[1]);
}

static int
claim(struct store *s, const struct group *g, int64_t idle_ms, size_t limit,
    struct walk *w)
{
	char cursor[OCT_STREAM_ID] = "0-0";
	struct store_exec x;
	int rc = 0;

	store_exec_init(&x);
	for (int i = 0; rc == 0 && w->given < limit && i < CLAIM_ROUNDS; i++) {
		rc = claim_round(s, g, idle_ms, limit - w->given, &x, cursor);
		if (rc == 0)
			rc = give_entries(w, x.reply[0]->element[1]);
		if (strcmp(cursor, "0-0") == 0)
			break;
	}
	store_exec_fini(&x);
	return rc;
}

static int
read_group(struct store *s, const struct group *g, const char *from,
    int64_t block_ms, size_t limit, struct store_exec *x)
{
	char count[NUMBER_SIZE], block[NUMBER_SIZE];

	(void)snprintf(count, sizeof(count), "%zu", limit);
	(void)snprintf(block, sizeof(block), "%" PRId64, block_ms);
	if (block_ms > 0) {
		/* 0 would wait for ever */
		x->block_ms = block_ms;
		store_exec_cmd(x, STORE_ARRAY, "XREADGROUP", "GROUP", g->name,
		    g->consumer, "COUNT", count, "BLOCK", block, "STREAMS",
		    g->stream, from, (char *)NULL);
	} else {
		store_exec_cmd(x, STORE_ARRAY, "XREADGROUP", "GROUP", g->name,
		    g->consumer, "COUNT", count, "STREAMS", g->stream, from,
		    (char *)NULL);
	}
	return run_group(s, x);
}

static int
give_pending(struct store *s, const struct group *g, int64_t idle_ms,
    size_t limit, struct walk *w)
{
	const redisReply *own = NULL;
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	rc = read_group(s, g, "0", 0, limit, &x);
	if (rc == 0)
		rc = entries_of(x.reply[0], &own);
	if (rc == 0 && own != NULL)
		rc = ack_deleted(s, g, own);
	if (rc == 0 && own != NULL)
		rc = give_entries(w, own);
	w->skip = own;
	if (rc == 0)
		rc = claim(s, g, idle_ms, limit, w);
	store_exec_fini(&x);
	return rc;
}

static int
give_new(struct store *s, const struct group *g, int64_t block_ms, size_t limit,
    struct walk *w)
{
	const redisReply *list = NULL;
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	rc = read_group(s, g, ">", block_ms, limit, &x);
	if (rc == 0)
		rc = entries_of(x.reply[0], &list);
	if (rc == 0 && list != NULL)
		rc = give_entries(w, list);
	store_exec_fini(&x);
	return rc;
}

static int
check_bounds(int64_t ms, size_t limit)
{
	if (ms < 0)
		return -EINVAL;
	return limit == 0 || limit > STORE_PAGE_MAX ? OCT_ELIMIT : 0;
}

int
store_group_read(struct store *s, const char *stream, const char *group,
    const char *consumer, bool pending, int64_t block_or_idle_ms, size_t limit,
    store_each_entry *each, void *arg)
{
	const struct group g = { stream, group, consumer };
	struct walk w = { .each = each, .arg = arg };
	int rc = check_bounds(block_or_idle_ms, limit);

	if (rc != 0)
		return rc;
	if (pending)
		return give_pending(s, &g, block_or_idle_ms, limit, &w);
	if (block_or_idle_ms > BLOCK_MAX_MS)
		return -EINVAL;
	return give_new(s, &g, block_or_idle_ms, limit, &w);
}

/* --- Streams without a group -------------------------------------------- */

/* "$": the last id there is, so that nothing is missed between two reads. */
static int
find_end(struct store *s, const char *stream, char last[OCT_STREAM_ID])
{
	const char *id = "0-0";
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	store_exec_cmd(&x, STORE_ARRAY, "XREVRANGE", stream, "+", "-", "COUNT",
	    "1", (char *)NULL);
	rc = store_exec_strict(s, &x);
	if (rc == 0)
		rc = check_entries(x.reply[0]);
	if (rc == 0 && x.reply[0]->elements > 0)
		id = x.reply[0]->element[0]->element[0]->str;
	if (rc == 0)
		(void)snprintf(last, OCT_STREAM_ID, "%s", id);
	store_exec_fini(&x);
	return rc;
}

int
store_stream_read(struct store *s, const char *stream, char last[OCT_STREAM_ID],
    int64_t block_ms, size_t limit, store_each_entry *each, void *arg)
{
	char count[NUMBER_SIZE], block[NUMBER_SIZE];
	struct walk w = { .each = each, .arg = arg, .last = last };
	const redisReply *list = NULL;
	struct store_exec x;
	int rc = check_bounds(block_ms, limit);

	if (rc == 0 && block_ms > BLOCK_MAX_MS)
		rc = -EINVAL;
	if (rc == 0 && strcmp(last, "$") == 0)
		rc = find_end(s, stream, last);
	if (rc != 0)
		return rc;
	(void)snprintf(count, sizeof(count), "%zu", limit);
	(void)snprintf(block, sizeof(block), "%" PRId64, block_ms);
	store_exec_init(&x);
	if (block_ms > 0) {
		x.block_ms = block_ms;
		store_exec_cmd(&x, STORE_ARRAY, "XREAD", "COUNT", count,
		    "BLOCK", block, "STREAMS", stream, last, (char *)NULL);
	} else {
		store_exec_cmd(&x, STORE_ARRAY, "XREAD", "COUNT", count,
		    "STREAMS", stream, last, (char *)NULL);
	}
	rc = store_exec_strict(s, &x);
	if (rc == 0)
		rc = entries_of(x.reply[0], &list);
	if (rc == 0 && list != NULL)
		rc = give_entries(&w, list);
	store_exec_fini(&x);
	return rc;
}

int
store_stream_wait(struct store *s, const char *stream, const char *last,
    int64_t block_ms, int wake_fd)
{
	const redisReply *list = NULL;
	char block[NUMBER_SIZE];
	struct store_exec x;
	int rc;

	/* BLOCK 0 would be for ever. */
	if (block_ms <= 0 || block_ms > BLOCK_MAX_MS)
		return -EINVAL;
	(void)snprintf(block, sizeof(block), "%" PRId64, block_ms);
	store_exec_init(&x);
	x.block_ms = block_ms;
	x.wake_fd = wake_fd;
	store_exec_cmd(&x, STORE_ARRAY, "XREAD", "COUNT", "1", "BLOCK", block,
	    "STREAMS", stream, last, (char *)NULL);
	rc = store_exec_strict(s, &x);
	if (rc == 0)
		rc = entries_of(x.reply[0], &list);
	if (rc == 0)
		rc = list != NULL ? 1 : 0;
	store_exec_fini(&x);
	return rc;
}

int
store_stream_len(struct store *s, const char *stream, int64_t *out)
{
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	store_exec_cmd(&x, STORE_INT, "XLEN", stream, (char *)NULL);
	rc = store_exec_strict(s, &x);
	if (rc == 0)
		*out = x.reply[0]->integer;
	store_exec_fini(&x);
	return rc;
}

int
store_stream_cut(struct store *s, const char *stream, const char *id)
{
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	store_exec_cmd(&x, STORE_INT, "XTRIM", stream, "MINID", "=", id,
	    (char *)NULL);
	rc = store_exec_strict(s, &x);
	if (rc == 0)
		store_mark_wrote(s);
	store_exec_fini(&x);
	return rc;
}

int
store_stream_back(struct store *s, const char *stream, char id[OCT_STREAM_ID],
    size_t limit, store_each_entry *each, void *arg)
{
	char count[NUMBER_SIZE], from[OCT_STREAM_ID + 1];
	struct walk w = { .each = each, .arg = arg, .last = id };
	struct store_exec x;
	int rc = check_bounds(0, limit);

	if (rc != 0)
		return rc;
	(void)snprintf(count, sizeof(count), "%zu", limit);
	(void)snprintf(from, sizeof(from), "%s%s",
	    strcmp(id, "+") == 0 ? "" : "(", id);
	store_exec_init(&x);
	store_exec_cmd(&x, STORE_ARRAY, "XREVRANGE", stream, from, "-",
	    "COUNT", count, (char *)NULL);
	rc = store_exec_strict(s, &x);
	if (rc == 0)
		rc = check_entries(x.reply[0]);
	if (rc == 0)
		rc = give_entries(&w, x.reply[0]);
	store_exec_fini(&x);
	return rc;
}

int
store_exec_xadd(struct store_exec *x, const char *stream, size_t maxlen,
    const char *const *pairs, size_t count)
{
	if (count == 0 || count % 2 != 0)
		return -EINVAL;
	if (count > STRINGS_MAX || maxlen > INT64_MAX)
		return OCT_ELIMIT;
	store_exec_begin(x, STORE_STRING, (maxlen > 0 ? 6 : 3) + count);
	store_exec_arg(x, "XADD");
	store_exec_arg(x, stream);
	if (maxlen > 0) {
		store_exec_arg(x, "MAXLEN");
		store_exec_arg(x, "~"); /* whole nodes: an exact trim costs */
		store_exec_int(x, (int64_t)maxlen);
	}
	store_exec_arg(x, "*");
	for (size_t i = 0; i < count; i++)
		store_exec_arg(x, pairs[i]);
	return 0;
}

int
store_xadd(struct store *s, const char *stream, size_t maxlen,
    const char *const *pairs, size_t count)
{
	struct store_exec x;
	int rc;

	store_exec_init(&x);
	rc = store_exec_xadd(&x, stream, maxlen, pairs, count);
	if (rc == 0)
		rc = store_exec_strict(s, &x);
	if (rc == 0)
		store_mark_wrote(s);
	store_exec_fini(&x);
	return rc;
}

int
store_stream_trim(struct store *s, const char *stream, int64_t before_wall_ms)
{
	char id[NUMBER_SIZE];
	struct store_exec x;
	int rc;

	(void)snprintf(id, sizeof(id), "%" PRId64, before_wall_ms);
	store_exec_init(&x);
	store_exec_cmd(&x, STORE_INT, "XTRIM", stream, "MINID", "~", id,
	    (char *)NULL);
	rc = store_exec_strict(s, &x);
	if (rc == 0)
		rc = x.reply[0]->integer < INT32_MAX
		    ? (int)x.reply[0]->integer
		    : INT32_MAX;
	store_exec_fini(&x);
	return rc;
}
