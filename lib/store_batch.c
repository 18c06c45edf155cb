/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/store_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

#define READS_MAX 4096
#define FIELDS_MAX 1024
#define NUMBER_SIZE 24

/* What a read asked for, and where its values are. */
struct read {
	enum { READ_ONE, READ_NUMBER, READ_FIELDS, READ_PAIRS, READ_LIST } kind;
	size_t fields; /* READ_FIELDS */
	size_t first, count;
};

struct store_batch {
	struct store_exec exec;
	struct read *read;
	size_t reads, room;
	struct store_value *value;
	size_t values;
	char (*number)[NUMBER_SIZE]; /* one a read: texts of READ_NUMBER.  Not
					in read, which moves as it grows */
	int err; /* sticky until clear */
};

int
store_batch_new(struct store_batch **out)
{
	struct store_batch *b = calloc(1, sizeof(*b));

	if (b == NULL)
		return -ENOMEM;
	store_exec_init(&b->exec);
	*out = b;
	return 0;
}

static void
drop_values(struct store_batch *b)
{
	free(b->value);
	free(b->number);
	b->value = NULL;
	b->number = NULL;
	b->values = 0;
	for (size_t i = 0; i < b->reads; i++)
		b->read[i].count = 0;
}

void
store_batch_clear(struct store_batch *b)
{
	drop_values(b);
	store_exec_clear(&b->exec);
	b->reads = 0;
	b->err = 0;
}

void
store_batch_free(struct store_batch *b)
{
	if (b == NULL)
		return;
	drop_values(b);
	store_exec_fini(&b->exec);
	free(b->read);
	free(b);
}

static int
grow(struct store_batch *b)
{
	size_t room = b->room == 0 ? 16 : b->room * 2;
	struct read *grown;

	if (b->reads == READS_MAX)
		return OCT_ELIMIT;
	if (b->reads < b->room)
		return 0;
	grown = reallocarray(b->read, room, sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;
	b->read = grown;
	b->room = room;
	return 0;
}

/* Reads are added whole or not at all, but for memory and length: those spoil
 * the batch, and its run says so. */
static int
add(struct store_batch *b, struct read r)
{
	if (b->err == 0)
		b->err = store_exec_err(&b->exec);
	if (b->err != 0)
		return b->err;
	b->read[b->reads] = r;
	return (int)b->reads++;
}

int
store_batch_get(struct store_batch *b, const char *key)
{
	int rc = grow(b);

	if (rc != 0)
		return rc;
	store_exec_cmd(&b->exec, STORE_STRING, "GET", key, (char *)NULL);
	return add(b, (struct read){ .kind = READ_ONE });
}

int
store_batch_hget(struct store_batch *b, const char *key, const char *field)
{
	int rc = grow(b);

	if (rc != 0)
		return rc;
	store_exec_cmd(&b->exec, STORE_STRING, "HGET", key, field,
	    (char *)NULL);
	return add(b, (struct read){ .kind = READ_ONE });
}

int
store_batch_hmget(struct store_batch *b, const char *key,
    const char *const *fields, size_t count)
{
	int rc = grow(b);

	if (rc != 0)
		return rc;
	if (count == 0 || count > FIELDS_MAX)
		return OCT_ELIMIT;
	store_exec_begin(&b->exec, STORE_ARRAY, 2 + count);
	store_exec_arg(&b->exec, "HMGET");
	store_exec_arg(&b->exec, key);
	for (size_t i = 0; i < count; i++)
		store_exec_arg(&b->exec, fields[i]);
	return add(b, (struct read){ .kind = READ_FIELDS, .fields = count });
}

int
store_batch_hgetall(struct store_batch *b, const char *key)
{
	int rc = grow(b);

	if (rc != 0)
		return rc;
	store_exec_cmd(&b->exec, STORE_ARRAY, "HGETALL", key, (char *)NULL);
	return add(b, (struct read){ .kind = READ_PAIRS });
}

int
store_batch_smembers(struct store_batch *b, const char *key)
{
	int rc = grow(b);

	if (rc != 0)
		return rc;
	store_exec_cmd(&b->exec, STORE_ARRAY, "SMEMBERS", key, (char *)NULL);
	return add(b, (struct read){ .kind = READ_LIST });
}

int
store_batch_exists(struct store_batch *b, const char *key)
{
	int rc = grow(b);

	if (rc != 0)
		return rc;
	store_exec_cmd(&b->exec, STORE_INT, "EXISTS", key, (char *)NULL);
	return add(b, (struct read){ .kind = READ_NUMBER });
}

int
store_batch_hlen(struct store_batch *b, const char *key)
{
	int rc = grow(b);

	if (rc != 0)
		return rc;
	store_exec_cmd(&b->exec, STORE_INT, "HLEN", key, (char *)NULL);
	return add(b, (struct read){ .kind = READ_NUMBER });
}

int
store_batch_zcard(struct store_batch *b, const char *key)
{
	int rc = grow(b);

	if (rc != 0)
		return rc;
	store_exec_cmd(&b->exec, STORE_INT, "ZCARD", key, (char *)NULL);
	return add(b, (struct read){ .kind = READ_NUMBER });
}

int
store_batch_zfirst(struct store_batch *b, const char *key)
{
	int rc = grow(b);

	if (rc != 0)
		return rc;
	store_exec_cmd(&b->exec, STORE_ARRAY, "ZRANGE", key, "0", "0",
	    "WITHSCORES", (char *)NULL);
	return add(b, (struct read){ .kind = READ_PAIRS });
}

static int
count_values(const struct read *r, const redisReply *reply, size_t *count)
{
	bool array = reply->type == REDIS_REPLY_ARRAY;

	if (reply->type == REDIS_REPLY_ERROR)
		return OCT_EREPLY;
	*count = array ? reply->elements : 1;
	switch (r->kind) {
	case READ_ONE:
	case READ_NUMBER:
		return 0;
	case READ_FIELDS:
		return array && *count == r->fields ? 0 : OCT_EREPLY;
	case READ_PAIRS:
		return array && *count % 2 == 0 ? 0 : OCT_EREPLY;
	case READ_LIST:
		return array ? 0 : OCT_EREPLY;
	}
	return OCT_EREPLY;
}

static int
set_value(const redisReply *r, struct store_value *out)
{
	if (r->type == REDIS_REPLY_NIL) {
		*out = (struct store_value){ NULL, 0 };
		return 0;
	}
	if (r->type != REDIS_REPLY_STRING)
		return OCT_EREPLY;
	*out = (struct store_value){ r->str, r->len };
	return 0;
}

static int
set_values(struct store_batch *b, size_t slot, const redisReply *reply)
{
	const struct read *r = &b->read[slot];
	struct store_value *v = b->value + r->first;
	int rc = 0;

	if (r->kind == READ_NUMBER) {
		(void)snprintf(b->number[slot], NUMBER_SIZE, "%lld",
		    reply->integer);
		v->data = b->number[slot];
		v->len = strlen(v->data);
		return 0;
	}
	if (reply->type != REDIS_REPLY_ARRAY)
		return set_value(reply, v);
	for (size_t i = 0; rc == 0 && i < reply->elements; i++)
		rc = set_value(reply->element[i], v + i);
	return rc;
}

static int
collect(struct store_batch *b)
{
	size_t total = 0;
	int rc = 0;

	for (size_t i = 0; i < b->reads; i++) {
		struct read *r = &b->read[i];

		rc = count_values(r, b->exec.reply[i], &r->count);
		if (rc != 0)
			return rc;
		r->first = total;
		total += r->count;
	}
	b->value = calloc(total > 0 ? total : 1, sizeof(*b->value));
	b->number = calloc(b->reads, sizeof(*b->number));
	if (b->value == NULL || b->number == NULL)
		return -ENOMEM;
	b->values = total;
	for (size_t i = 0; rc == 0 && i < b->reads; i++)
		rc = set_values(b, i, b->exec.reply[i]);
	return rc;
}

int
store_batch_run(struct store *s, struct store_batch *b)
{
	int rc;

	drop_values(b);
	if (b->err != 0)
		return b->err;
	if (b->reads == 0)
		return 0;
	rc = store_exec_run(s, &b->exec);
	if (rc == 0)
		rc = collect(b);
	if (rc != 0)
		drop_values(b);
	return rc;
}

size_t
store_batch_count(const struct store_batch *b, int slot)
{
	if (slot < 0 || (size_t)slot >= b->reads || b->value == NULL)
		return 0;
	return b->read[slot].count;
}

const struct store_value *
store_batch_value(const struct store_batch *b, int slot, size_t i)
{
	static const struct store_value absent = { NULL, 0 };

	if (i >= store_batch_count(b, slot))
		return &absent;
	return &b->value[b->read[slot].first + i];
}
