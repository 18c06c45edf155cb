/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/held.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "lib/b32.h"
#include "lib/err.h"
#include "lib/spool.h"
#include "policy/json_text.h"

static const char *const state_names[] = { "tentative", "stored", "releasing",
	"released", "expired", "dropped" };

const char *
held_state_name(enum held_state s)
{
	return (size_t)s < OCT_LEN(state_names) ? state_names[s] : "?";
}

int
held_state_parse(const char *name, enum held_state *out)
{
	for (size_t i = 0; i < OCT_LEN(state_names); i++) {
		if (strcmp(name, state_names[i]) == 0) {
			*out = (enum held_state)i;
			return 0;
		}
	}
	return OCT_EPARSE;
}

bool
held_is_live(enum held_state s)
{
	return s == HELD_TENTATIVE || s == HELD_STORED || s == HELD_RELEASING;
}

/* The JSON form: one row a member. */
static const struct {
	const char *name;
	size_t offset;
	size_t max;
} strings[] = {
	{ "id", offsetof(struct held, id), 32 },
	{ "domain", offsetof(struct held, domain), 255 },
	{ "local", offsetof(struct held, local), 255 },
	{ "rcpt", offsetof(struct held, rcpt), 512 },
	{ "typed", offsetof(struct held, typed), 1024 },
	{ "rpath", offsetof(struct held, rpath), 1024 },
	{ "mail_params", offsetof(struct held, mail_params), 1024 },
	{ "rcpt_params", offsetof(struct held, rcpt_params), 1024 },
	{ "from", offsetof(struct held, from), 512 },
	{ "subject", offsetof(struct held, subject), 4096 },
	{ "message_id", offsetof(struct held, message_id), 1024 },
	{ "references", offsetof(struct held, references), 8192 },
	{ "class", offsetof(struct held, class), 1 },
	{ "sid", offsetof(struct held, sid), 2048 },
	{ "reason", offsetof(struct held, reason), 32 },
	{ "symbols", offsetof(struct held, symbols), 4096 },
	{ "client", offsetof(struct held, client), 64 },
	{ "helo", offsetof(struct held, helo), 1024 },
	{ "queue_id", offsetof(struct held, queue_id), 64 },
	{ "node", offsetof(struct held, node), 64 },
	{ "trace", offsetof(struct held, trace), 16384 },
	{ "challenge", offsetof(struct held, challenge), 16 },
	{ "lang", offsetof(struct held, lang), 8 },
	{ "share", offsetof(struct held, share), 512 },
	{ "ledger", offsetof(struct held, ledger), 64 },
};

/* Absent in what an older version wrote. */
static bool
may_be_absent(const char *name)
{
	return strcmp(name, "share") == 0 || strcmp(name, "ledger") == 0;
}

static const struct {
	const char *name;
	size_t offset;
} numbers[] = {
	{ "arrival_ms", offsetof(struct held, arrival_ms) },
	{ "expires_ms", offsetof(struct held, expires_ms) },
	{ "size", offsetof(struct held, size) },
};

static const char **
string_at(struct held *h, size_t offset)
{
	return (const char **)(void *)((char *)h + offset);
}

static int64_t *
number_at(struct held *h, size_t offset)
{
	return (int64_t *)(void *)((char *)h + offset);
}

void
held_init(struct held *h)
{
	memset(h, 0, sizeof(*h));
	for (size_t i = 0; i < OCT_LEN(strings); i++)
		*string_at(h, strings[i].offset) = "";
}

int
held_write(const struct held *h, struct oct_str *out)
{
	json_t *root = json_object();
	struct held copy = *h;
	char *text;
	int bad = 0;

	if (root == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < OCT_LEN(strings); i++)
		bad |= json_object_set_new(root, strings[i].name,
		    json_text(*string_at(&copy, strings[i].offset),
			HELD_JSON_MAX));
	for (size_t i = 0; i < OCT_LEN(numbers); i++)
		bad |= json_object_set_new(root, numbers[i].name,
		    json_integer(*number_at(&copy, numbers[i].offset)));
	bad |= json_object_set_new(root, "score", json_integer(h->score));
	if (h->adrift)
		bad |= json_object_set_new(root, "adrift", json_true());
	text = bad == 0 ? json_dumps(root, JSON_COMPACT) : NULL;
	json_decref(root);
	if (text == NULL)
		return -ENOMEM;
	if (strlen(text) >= HELD_JSON_MAX) {
		free(text);
		return OCT_ELIMIT;
	}
	oct_str_add(out, text);
	free(text);
	return oct_str_err(out);
}

static int
read_members(json_t *root, struct held *h)
{
	const json_t *node;

	for (size_t i = 0; i < OCT_LEN(strings); i++) {
		node = json_object_get(root, strings[i].name);
		if (node == NULL && may_be_absent(strings[i].name))
			continue;
		/* Twice the bound: uncoded octets grew when written. */
		if (!json_is_string(node) ||
		    json_string_length(node) > 2 * strings[i].max)
			return OCT_EPARSE;
		*string_at(h, strings[i].offset) = json_string_value(node);
	}
	for (size_t i = 0; i < OCT_LEN(numbers); i++) {
		node = json_object_get(root, numbers[i].name);
		if (!json_is_integer(node) || json_integer_value(node) < 0)
			return OCT_EPARSE;
		*number_at(h, numbers[i].offset) = json_integer_value(node);
	}
	node = json_object_get(root, "score");
	if (!json_is_integer(node) || json_integer_value(node) > INT32_MAX ||
	    json_integer_value(node) < INT32_MIN)
		return OCT_EPARSE;
	h->score = (int32_t)json_integer_value(node);
	h->adrift = json_is_true(json_object_get(root, "adrift"));
	/* These become parts of keys and of file names. */
	if (!spool_id_ok(h->id) || !json_text_is_domain(h->domain) ||
	    strlen(h->local) >= OCT_LOCAL_SIZE)
		return OCT_EPARSE;
	return 0;
}

int
held_parse(const char *json, size_t len, struct held *out)
{
	struct held h;
	json_t *root;
	int rc;

	if (len > HELD_JSON_MAX)
		return OCT_EPARSE;
	root = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	if (root == NULL)
		return OCT_EPARSE;
	held_init(&h);
	rc = json_is_object(root) ? read_members(root, &h) : OCT_EPARSE;
	if (rc != 0) {
		json_decref(root);
		return rc;
	}
	h.backing = root;
	*out = h;
	return 0;
}

void
held_fini(struct held *h)
{
	json_decref(h->backing);
	held_init(h);
}

void
held_id(const uint8_t key[32], const uint8_t content[OCT_MSG_DIGEST],
    const char *rpath, const char *rcpt, char out[HELD_ID_SIZE])
{
	crypto_generichash_state st;
	uint8_t sum[20];

	(void)crypto_generichash_init(&st, key, 32, sizeof(sum));
	(void)crypto_generichash_update(&st, content, OCT_MSG_DIGEST);
	/* The NULs between are part of what is hashed. */
	(void)crypto_generichash_update(&st, (const uint8_t *)rpath,
	    strlen(rpath) + 1);
	(void)crypto_generichash_update(&st, (const uint8_t *)rcpt,
	    strlen(rcpt) + 1);
	(void)crypto_generichash_final(&st, sum, sizeof(sum));
	_Static_assert(OCT_B32_LEN(sizeof(sum)) + 1 == HELD_ID_SIZE,
	    "an id is a whole digest");
	oct_b32_encode(sum, sizeof(sum), out);
}
