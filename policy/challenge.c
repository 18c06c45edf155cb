/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/challenge.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/octets.h"
#include "policy/json_text.h"

static const char *const state_names[] = { "pending", "sending", "sent",
	"confirmed", "lapsed", "late" };

const char *
challenge_state_name(enum challenge_state s)
{
	return (size_t)s < OCT_LEN(state_names) ? state_names[s] : "?";
}

int
challenge_state_parse(const char *name, enum challenge_state *out)
{
	for (size_t i = 0; i < OCT_LEN(state_names); i++) {
		if (strcmp(name, state_names[i]) == 0) {
			*out = (enum challenge_state)i;
			return 0;
		}
	}
	return OCT_EPARSE;
}

static const struct {
	const char *name;
	size_t offset;
} strings[] = {
	{ "id", offsetof(struct challenge, id) },
	{ "domain", offsetof(struct challenge, domain) },
	{ "rpath", offsetof(struct challenge, rpath) },
	{ "sid", offsetof(struct challenge, sid) },
	{ "node", offsetof(struct challenge, node) },
	{ "lang", offsetof(struct challenge, lang) },
	{ "message_id", offsetof(struct challenge, message_id) },
	{ "references", offsetof(struct challenge, references) },
	{ "client", offsetof(struct challenge, client) },
	{ "org", offsetof(struct challenge, org) },
};

/* Absent in what an older version wrote. */
static bool
may_be_absent(const char *name)
{
	return strcmp(name, "client") == 0 || strcmp(name, "org") == 0;
}

static const char **
string_at(struct challenge *c, size_t offset)
{
	return (const char **)(void *)((char *)c + offset);
}

void
challenge_init(struct challenge *c)
{
	memset(c, 0, sizeof(*c));
	for (size_t i = 0; i < OCT_LEN(strings); i++)
		*string_at(c, strings[i].offset) = "";
}

static int
add_rcpts(json_t *root, const struct challenge *c)
{
	json_t *list = json_array();
	int bad = json_object_set_new(root, "rcpt", list);

	for (size_t i = 0; bad == 0 && i < c->count; i++) {
		json_t *pair = json_array();

		bad |= json_array_append_new(list, pair);
		if (bad != 0)
			break;
		bad |= json_array_append_new(pair,
		    json_text(c->local[i], CHALLENGE_JSON_MAX));
		bad |= json_array_append_new(pair,
		    json_text(c->typed[i], CHALLENGE_JSON_MAX));
	}
	return bad;
}

int
challenge_write(const struct challenge *c, struct oct_str *out)
{
	json_t *root = json_object();
	struct challenge copy = *c;
	char *text = NULL;
	int bad = 0;

	if (root == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < OCT_LEN(strings); i++)
		bad |= json_object_set_new(root, strings[i].name,
		    json_text(*string_at(&copy, strings[i].offset),
			CHALLENGE_JSON_MAX));
	bad |= json_object_set_new(root, "arrival_ms",
	    json_integer(c->arrival_ms));
	bad |= json_object_set_new(root, "expires_ms",
	    json_integer(c->expires_ms));
	bad |= json_object_set_new(root, "deferred",
	    json_boolean(c->deferred));
	bad |= add_rcpts(root, c);
	if (bad == 0)
		text = json_dumps(root, JSON_COMPACT);
	json_decref(root);
	if (text == NULL)
		return -ENOMEM;
	oct_str_add(out, text);
	free(text);
	return oct_str_err(out);
}

static int
read_rcpts(const json_t *list, struct challenge *c)
{
	size_t n = json_array_size(list);

	if (!json_is_array(list) || n == 0 || n > CHALLENGE_RCPT_MAX)
		return OCT_EPARSE;
	for (size_t i = 0; i < n; i++) {
		const json_t *pair = json_array_get(list, i);

		c->local[i] = json_string_value(json_array_get(pair, 0));
		c->typed[i] = json_string_value(json_array_get(pair, 1));
		if (c->local[i] == NULL || c->typed[i] == NULL ||
		    strlen(c->local[i]) >= OCT_LOCAL_SIZE)
			return OCT_EPARSE;
	}
	c->count = n;
	return 0;
}

static int
read_members(const json_t *root, struct challenge *c)
{
	const json_t *arrival = json_object_get(root, "arrival_ms");
	const json_t *expires = json_object_get(root, "expires_ms");

	for (size_t i = 0; i < OCT_LEN(strings); i++) {
		const char *v = json_string_value(
		    json_object_get(root, strings[i].name));

		if (v == NULL && !may_be_absent(strings[i].name))
			return OCT_EPARSE;
		if (v != NULL)
			*string_at(c, strings[i].offset) = v;
	}
	if (!json_is_integer(arrival) || !json_is_integer(expires))
		return OCT_EPARSE;
	/* These become parts of keys. */
	if (strlen(c->id) != REL_CHALLENGE_SIZE - 1 ||
	    strspn(c->id, "0123456789abcdef") != REL_CHALLENGE_SIZE - 1 ||
	    !json_text_is_domain(c->domain) || strlen(c->node) > 64)
		return OCT_EPARSE;
	c->deferred = json_is_true(json_object_get(root, "deferred"));
	c->arrival_ms = json_integer_value(arrival);
	c->expires_ms = json_integer_value(expires);
	return read_rcpts(json_object_get(root, "rcpt"), c);
}

int
challenge_parse(const char *json, size_t len, struct challenge *out)
{
	struct challenge c;
	json_t *root = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);

	if (root == NULL)
		return OCT_EPARSE;
	challenge_init(&c);
	if (read_members(root, &c) != 0) {
		json_decref(root);
		return OCT_EPARSE;
	}
	c.backing = root;
	*out = c;
	return 0;
}

void
challenge_fini(struct challenge *c)
{
	json_decref(c->backing);
	challenge_init(c);
}

void
challenge_new_id(char out[REL_CHALLENGE_SIZE])
{
	uint8_t octets[8];

	randombytes_buf(octets, sizeof(octets));
	(void)sodium_bin2hex(out, REL_CHALLENGE_SIZE, octets, sizeof(octets));
}

void
challenge_code(const uint8_t key[32], const char *id, char out[7])
{
	uint8_t sum[32];
	uint64_t v;

	(void)crypto_generichash(sum, sizeof(sum), (const uint8_t *)id,
	    strlen(id), key, 32);
	/* 64 bits over 10^6 values: the bias is under 10^-13. */
	v = oct_be_get(sum, sizeof(v));
	(void)snprintf(out, 7, "%06u", (unsigned int)(v % 1000000));
	sodium_memzero(sum, sizeof(sum));
}

bool
challenge_needs_code(enum challenge_state s, int64_t handed_ms, int64_t now_ms,
    int64_t wait_ms)
{
	return s != CHALLENGE_SENT || handed_ms <= 0 ||
	    now_ms - handed_ms < wait_ms;
}
