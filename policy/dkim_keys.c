/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys as they are stored, and as the DNS shows them.
 */
#include "policy/dkim_keys.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dkim_key.h"
#include "lib/err.h"
#include "policy/keys.h"

#define SELECTOR_CHARS "abcdefghijklmnopqrstuvwxyz0123456789-_"

const char *
dkim_keys_state_name(enum dkim_keys_state state)
{
	switch (state) {
	case DKIM_KEYS_NEW:
		return "new";
	case DKIM_KEYS_ACTIVE:
		return "active";
	case DKIM_KEYS_RETIRED:
		return "retired";
	case DKIM_KEYS_BROKEN:
		break;
	}
	return "unreadable";
}

const char *
dkim_keys_algorithm(bool ed25519)
{
	return ed25519 ? "ed25519" : "rsa2048";
}

bool
dkim_keys_is_selector(const char *text)
{
	size_t len = strnlen(text, DKIM_SELECTOR_SIZE);

	return len > 0 && len < DKIM_SELECTOR_SIZE && text[0] != '-' &&
	    text[len - 1] != '-' && strspn(text, SELECTOR_CHARS) == len;
}

/* --- Reading -------------------------------------------------------------- */

static int
read_state(const char *text, enum dkim_keys_state *out)
{
	for (int i = DKIM_KEYS_NEW; i < DKIM_KEYS_BROKEN; i++) {
		enum dkim_keys_state state = (enum dkim_keys_state)i;

		if (strcmp(text, dkim_keys_state_name(state)) == 0) {
			*out = state;
			return 0;
		}
	}
	return OCT_EPARSE;
}

static int
read_members(json_t *object, struct dkim_keys_item *out)
{
	const char *alg, *state, *sealed, *record;
	json_int_t created, changed;

	/* Borrowed of object; a missing or misshapen one ends it. */
	if (json_unpack(object,
		"{s:s, s:s, s:s, s:s, s:I, s:I}", "alg", &alg, "state", &state,
		"private", &sealed, "record", &record, "created_ms", &created,
		"changed_ms", &changed) != 0)
		return OCT_EPARSE;
	out->ed25519 = strcmp(alg, dkim_keys_algorithm(true)) == 0;
	if (!out->ed25519 && strcmp(alg, dkim_keys_algorithm(false)) != 0)
		return OCT_EPARSE;
	if (read_state(state, &out->state) != 0)
		return OCT_EPARSE;
	out->ready_ms = json_integer_value(json_object_get(object, "ready_ms"));
	out->created_ms = created;
	out->changed_ms = changed;
	out->sealed = strdup(sealed);
	out->record = strdup(record);
	return out->sealed != NULL && out->record != NULL ? 0 : -ENOMEM;
}

static int
read_item(const struct store_value *selector, const struct store_value *value,
    struct dkim_keys_item *out)
{
	json_error_t err;
	json_t *object;
	int rc;

	memcpy(out->selector, selector->data, strlen(selector->data) + 1);
	out->stored = strdup(value->data);
	if (out->stored == NULL)
		return -ENOMEM;
	object = json_loadb(value->data, value->len, JSON_REJECT_DUPLICATES,
	    &err);
	rc = object != NULL ? read_members(object, out) : OCT_EPARSE;
	json_decref(object);
	if (rc == OCT_EPARSE) {
		out->state = DKIM_KEYS_BROKEN;
		rc = 0;
	}
	return rc;
}

static int
by_selector(const void *a, const void *b)
{
	const struct dkim_keys_item *x = a, *y = b;

	return strcmp(x->selector, y->selector);
}

static int
read_all(const struct store_batch *batch, int slot, struct dkim_keys *out)
{
	size_t count = store_batch_count(batch, slot) / 2;
	int rc = 0;

	out->items = calloc(count + 1, sizeof(*out->items));
	if (out->items == NULL)
		return -ENOMEM;
	for (size_t i = 0; rc == 0 && i < count; i++) {
		const struct store_value *selector =
		    store_batch_value(batch, slot, 2 * i);

		/* Not ours: it could not be named by the administrator. */
		if (!dkim_keys_is_selector(selector->data))
			continue;
		rc = read_item(selector,
		    store_batch_value(batch, slot, 2 * i + 1),
		    &out->items[out->count++]);
	}
	qsort(out->items, out->count, sizeof(*out->items), by_selector);
	return rc;
}

int
dkim_keys_load(struct store *store, const char *domain, struct dkim_keys *out)
{
	struct dkim_keys keys = { .items = NULL };
	struct store_batch *batch;
	char key[KEY_SIZE];
	int rc = store_hash(store, key_dkim(key, domain), &batch);

	if (rc != 0)
		return rc;
	rc = read_all(batch, 0, &keys);
	store_batch_free(batch);
	if (rc == 0)
		*out = keys;
	else
		dkim_keys_fini(&keys);
	return rc;
}

void
dkim_keys_fini(struct dkim_keys *keys)
{
	for (size_t i = 0; i < keys->count; i++) {
		free(keys->items[i].sealed);
		free(keys->items[i].record);
		free(keys->items[i].stored);
	}
	free(keys->items);
	*keys = (struct dkim_keys){ .items = NULL };
}

const struct dkim_keys_item *
dkim_keys_find(const struct dkim_keys *keys, const char *selector)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->items[i].selector, selector) == 0)
			return &keys->items[i];
	return NULL;
}

/* --- The DNS -------------------------------------------------------------- */

static int
say(char problem[DKIM_KEYS_PROBLEM_SIZE], int rc, const char *name,
    const char *what)
{
	(void)snprintf(problem, DKIM_KEYS_PROBLEM_SIZE, "%.160s: %.80s", name,
	    what);
	return rc;
}

int
dkim_keys_published(struct dns_session *dns, const char *domain,
    const struct dkim_keys_item *key, char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	struct auth_dkim_pubkey shown, ours;
	char name[OCT_DOMAIN_SIZE], why[128] = "";
	int rc;

	if (auth_dkim_key_name(key->selector, domain, name) != 0 ||
	    auth_dkim_key_parse(key->record, strlen(key->record), &ours,
		why) != 1)
		return say(problem, OCT_ECORRUPT, key->selector,
		    "the stored record is no key");
	rc = auth_dkim_key_get(dns, key->selector, domain, &shown, why);
	if (rc < 0)
		return say(problem, rc, name, why);
	if (rc == 0)
		return say(problem,
		    dns_get(dns, name, DNS_TXT)->status == DNS_OK
			? OCT_ECONFLICT
			: OCT_EABSENT,
		    name, why);
	if (shown.ed25519 != ours.ed25519 || shown.der_len != ours.der_len ||
	    memcmp(shown.der, ours.der, ours.der_len) != 0)
		return say(problem, OCT_ECONFLICT, name,
		    "the DNS shows another key");
	/* RFC 6376 3.6.1: readers may treat such mail as unsigned. */
	if (shown.testing)
		return say(problem, OCT_ECONFLICT, name,
		    "the DNS shows the key with t=y (testing)");
	return 0;
}
