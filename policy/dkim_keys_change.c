/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of a key's life.  Read, decide, and commit on the condition that
 * what was read still stands; a conflict starts again.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/dkim_key.h"
#include "lib/err.h"
#include "policy/dkim_keys.h"
#include "policy/keys.h"

#define TRIES_MAX 10
#define JSON_MAX (128 * 1024)
#define RSA_BITS 2048

struct stepping {
	const struct dkim_keys_change *c;
	const char *action; /* for the audit */
	char *problem;
	struct store_txn *txn;
	struct dkim_keys keys; /* as read */
	/* add */
	const char *json;
	/* activate */
	struct dns_session *dns;
	/* note */
	int64_t ready_ms;
};

/* Decides on what was read and adds the writes. */
typedef int step(struct stepping *s);

static int OCT_PRINTF(3, 4)
    refuse(const struct stepping *s, int rc, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->problem, DKIM_KEYS_PROBLEM_SIZE, fmt, ap);
	va_end(ap);
	return rc;
}

static int
check_names(const struct stepping *s)
{
	const struct dkim_keys_change *c = s->c;
	char normal[OCT_DOMAIN_SIZE];

	if (oct_domain_normalise(c->domain, normal) != 0 ||
	    strcmp(normal, c->domain) != 0)
		return refuse(s, OCT_EPARSE,
		    "the domain must be a name in lower case, like "
		    "example.org");
	if (!dkim_keys_is_selector(c->selector) ||
	    auth_dkim_key_name(c->selector, c->domain, normal) != 0)
		return refuse(s, OCT_EPARSE,
		    "a selector is up to %d letters in lower case, digits, "
		    "'-' and '_'",
		    DKIM_SELECTOR_SIZE - 1);
	return 0;
}

/* --- One try -------------------------------------------------------------- */

static int
check_hosted(const struct stepping *s)
{
	char key[KEY_SIZE];
	int rc = s->c->own
	    ? 1
	    : store_has(s->c->store, key_domain(key, s->c->domain));

	if (rc == 0)
		return refuse(s, OCT_EABSENT, "there is no domain %.150s",
		    s->c->domain);
	return rc < 0 ? rc : 0;
}

/* A change of any other key of the domain is a conflict too: two of one
 * algorithm must not become active side by side. */
static void
expect_all(struct stepping *s, const char *key)
{
	for (size_t i = 0; i < s->keys.count; i++)
		store_txn_expect_field(s->txn, key, s->keys.items[i].selector,
		    s->keys.items[i].stored);
}

static void
add_streams(struct stepping *s)
{
	const struct dkim_keys_change *c = s->c;
	const char *const changed[] = { "domain", c->domain };
	const char *const audit[] = { "actor",
		c->actor != NULL ? c->actor : "", "action", s->action, "kind",
		"dkim", "domain", c->domain, "local", c->selector, "json",
		c->force ? "{\"force\":true}" : "" };

	store_txn_after_xadd(s->txn, KEY_CHANGES, KEY_CHANGES_MAX, changed,
	    OCT_LEN(changed));
	store_txn_after_xadd(s->txn, KEY_AUDIT, 0, audit, OCT_LEN(audit));
}

static int
try_step(struct stepping *s, step *decide)
{
	char key[KEY_SIZE];
	int rc = check_hosted(s);

	if (rc == 0)
		rc = dkim_keys_load(s->c->store, s->c->domain, &s->keys);
	if (rc != 0)
		return rc;
	store_txn_clear(s->txn);
	expect_all(s, key_dkim(key, s->c->domain));
	rc = decide(s);
	if (rc == 0) {
		add_streams(s);
		rc = store_txn_commit(s->c->store, s->txn);
	}
	dkim_keys_fini(&s->keys);
	return rc;
}

static int
run(struct stepping *s, step *decide)
{
	int rc = check_names(s);

	if (rc == 0)
		rc = store_txn_new(&s->txn);
	for (int i = 0; rc == 0 && i < TRIES_MAX; i++) {
		rc = try_step(s, decide);
		if (rc != OCT_ECONFLICT || s->problem[0] != '\0')
			break;
		rc = i + 1 < TRIES_MAX ? 0 : rc;
	}
	if (rc != 0 && s->problem[0] == '\0')
		(void)refuse(s, rc, "%s", oct_strerror(rc));
	store_txn_free(s->txn);
	return rc;
}

/* --- Add ------------------------------------------------------------------ */

static int
decide_add(struct stepping *s)
{
	char key[KEY_SIZE];

	if (dkim_keys_find(&s->keys, s->c->selector) != NULL)
		return refuse(s, -EEXIST, "there is a key %s already",
		    s->c->selector);
	if (s->keys.count >= DKIM_KEYS_MAX)
		return refuse(s, OCT_ELIMIT,
		    "the domain has %d keys already: remove retired ones",
		    DKIM_KEYS_MAX);
	key_dkim(key, s->c->domain);
	store_txn_expect_field(s->txn, key, s->c->selector, NULL);
	store_txn_hset(s->txn, key, s->c->selector, s->json);
	return 0;
}

/* Every value is ours and needs no escaping: base64, words, numbers. */
static int
new_json(const struct dkim_keys_change *c, const struct dkim_vault *vault,
    bool ed25519, struct oct_str *out)
{
	struct oct_str record, sealed;
	char *pem = NULL;
	int rc;

	oct_str_heap(&record, JSON_MAX);
	oct_str_heap(&sealed, JSON_MAX);
	rc = auth_dkim_keygen(ed25519, RSA_BITS, &pem, &record);
	if (rc == 0)
		rc = dkim_vault_seal(vault, c->domain, c->selector, pem,
		    &sealed);
	oct_str_addf(out,
	    "{\"alg\":\"%s\",\"changed_ms\":%" PRId64 ",\"created_ms\":%" PRId64
	    ",\"private\":\"%s\",\"record\":\"%s\",\"state\":\"%s\"}",
	    dkim_keys_algorithm(ed25519), c->now_ms, c->now_ms,
	    oct_str_text(&sealed), oct_str_text(&record),
	    dkim_keys_state_name(DKIM_KEYS_NEW));
	if (rc == 0)
		rc = oct_str_err(out);
	if (pem != NULL)
		explicit_bzero(pem, strlen(pem));
	free(pem);
	oct_str_free(&sealed);
	oct_str_free(&record);
	return rc;
}

int
dkim_keys_add(const struct dkim_keys_change *c, const struct dkim_vault *vault,
    bool ed25519, char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	struct stepping s = { .c = c, .action = "add", .problem = problem };
	struct oct_str json;
	int rc;

	problem[0] = '\0';
	/* Before a pair is made in vain, and before names go into JSON. */
	rc = check_names(&s);
	if (rc != 0)
		return rc;
	oct_str_heap(&json, JSON_MAX);
	rc = new_json(c, vault, ed25519, &json);
	s.json = oct_str_text(&json);
	if (rc == 0)
		rc = run(&s, decide_add);
	else
		(void)refuse(&s, rc, "the key was not made: %s",
		    oct_strerror(rc));
	oct_str_free(&json);
	return rc;
}

/* --- Changes of state ----------------------------------------------------- */

/* Takes object over, which may be NULL: no memory. */
static int
put(struct stepping *s, const struct dkim_keys_item *item, json_t *object)
{
	char key[KEY_SIZE], *text = NULL;
	int rc;

	if (object != NULL)
		text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);
	rc = text != NULL ? 0 : -ENOMEM;
	if (rc == 0)
		store_txn_hset(s->txn, key_dkim(key, s->c->domain),
		    item->selector, text);
	json_decref(object);
	free(text);
	return rc;
}

static int
put_state(struct stepping *s, const struct dkim_keys_item *item,
    enum dkim_keys_state state)
{
	json_t *object = json_loads(item->stored, 0, NULL);

	if (json_object_set_new(object, "state",
		json_string(dkim_keys_state_name(state))) != 0 ||
	    json_object_set_new(object, "changed_ms",
		json_integer(s->c->now_ms)) != 0) {
		json_decref(object);
		return -ENOMEM;
	}
	return put(s, item, object);
}

static int
find(struct stepping *s, const struct dkim_keys_item **out)
{
	*out = dkim_keys_find(&s->keys, s->c->selector);
	if (*out == NULL)
		return refuse(s, OCT_EABSENT, "there is no key %s",
		    s->c->selector);
	return 0;
}

static int
decide_note(struct stepping *s)
{
	const struct dkim_keys_item *key;
	int rc = find(s, &key);
	json_t *object;

	if (rc != 0)
		return rc;
	if (key->state == DKIM_KEYS_BROKEN)
		return refuse(s, -EBUSY, "the key %s cannot be read",
		    key->selector);
	object = json_loads(key->stored, 0, NULL);
	if (json_object_set_new(object, "ready_ms",
		json_integer(s->ready_ms)) != 0) {
		json_decref(object);
		return -ENOMEM;
	}
	return put(s, key, object);
}

int
dkim_keys_note(const struct dkim_keys_change *c, int64_t ready_ms,
    char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	struct stepping s = { .c = c, .action = "note", .ready_ms = ready_ms,
		.problem = problem };

	problem[0] = '\0';
	return run(&s, decide_note);
}

/* Nobody may remember that a new key was not there (RFC 2308). */
static int
check_ready(const struct stepping *s, const struct dkim_keys_item *key)
{
	if (key->state != DKIM_KEYS_NEW ||
	    (key->ready_ms > 0 && key->ready_ms <= s->c->now_ms))
		return 0;
	return refuse(s, -EBUSY,
	    "the key %s has not been seen at all name servers for long enough",
	    key->selector);
}

static int
decide_activate(struct stepping *s)
{
	const struct dkim_keys_item *key;
	int rc = find(s, &key);

	if (rc != 0)
		return rc;
	if (key->state == DKIM_KEYS_ACTIVE)
		return refuse(s, -EEXIST, "the key %s is active already",
		    key->selector);
	if (key->state == DKIM_KEYS_BROKEN)
		return refuse(s, -EBUSY, "the key %s cannot be read",
		    key->selector);
	if (!s->c->force)
		rc = dkim_keys_published(s->dns, s->c->domain, key, s->problem);
	if (rc == 0 && !s->c->force)
		rc = check_ready(s, key);
	for (size_t i = 0; rc == 0 && i < s->keys.count; i++) {
		const struct dkim_keys_item *other = &s->keys.items[i];

		if (other->state == DKIM_KEYS_ACTIVE &&
		    other->ed25519 == key->ed25519)
			rc = put_state(s, other, DKIM_KEYS_RETIRED);
	}
	return rc == 0 ? put_state(s, key, DKIM_KEYS_ACTIVE) : rc;
}

int
dkim_keys_activate(const struct dkim_keys_change *c, struct dns_session *dns,
    char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	struct stepping s = { .c = c, .action = "activate", .dns = dns,
		.problem = problem };

	problem[0] = '\0';
	OCT_ASSERT(c->force || dns != NULL);
	return run(&s, decide_activate);
}

static int
decide_retire(struct stepping *s)
{
	const struct dkim_keys_item *key;
	int rc = find(s, &key);

	if (rc != 0)
		return rc;
	if (key->state != DKIM_KEYS_ACTIVE)
		return refuse(s, -EBUSY, "the key %s is %s, not active",
		    key->selector, dkim_keys_state_name(key->state));
	return put_state(s, key, DKIM_KEYS_RETIRED);
}

int
dkim_keys_retire(const struct dkim_keys_change *c,
    char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	struct stepping s = { .c = c, .action = "retire", .problem = problem };

	problem[0] = '\0';
	return run(&s, decide_retire);
}

/* --- Removal -------------------------------------------------------------- */

static int
may_remove(const struct stepping *s, const struct dkim_keys_item *key)
{
	int64_t left = key->changed_ms + DKIM_KEYS_RETIRED_MS - s->c->now_ms;

	switch (key->state) {
	case DKIM_KEYS_NEW:
		return 0;
	case DKIM_KEYS_ACTIVE:
		return refuse(s, -EBUSY,
		    "the key %s is active: activate another one, or retire it",
		    key->selector);
	case DKIM_KEYS_RETIRED:
		if (left <= 0 || s->c->force)
			return 0;
		return refuse(s, -EBUSY,
		    "the key %s was retired less than 7 days ago: mail signed "
		    "with it may still be under way (%" PRId64 " h to go)",
		    key->selector, left / 3600000 + 1);
	case DKIM_KEYS_BROKEN:
		break;
	}
	return s->c->force ? 0
			   : refuse(s, -EBUSY, "the key %s cannot be read",
				 key->selector);
}

static int
decide_remove(struct stepping *s)
{
	const struct dkim_keys_item *key;
	char name[KEY_SIZE];
	int rc = find(s, &key);

	if (rc == 0)
		rc = may_remove(s, key);
	if (rc == 0)
		store_txn_hdel(s->txn, key_dkim(name, s->c->domain),
		    key->selector);
	return rc;
}

int
dkim_keys_remove(const struct dkim_keys_change *c,
    char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	struct stepping s = { .c = c, .action = "remove", .problem = problem };

	problem[0] = '\0';
	return run(&s, decide_remove);
}
