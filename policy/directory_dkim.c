/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The active DKIM keys of a domain, sealed: part of the directory, so that a
 * store that is away stops no signing.  Keys in other states are not its
 * business.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/directory_private.h"
#include "policy/dkim_keys.h"

/* 0 when reading goes on without this key, else OCT_EPARSE. */
static int
unreadable(struct dir_reading *r, const char *domain, const char *selector)
{
	char safe[OCT_LOG_SAFE_SIZE];

	(void)snprintf(r->problem, sizeof(r->problem),
	    "a DKIM key must be an object with alg and private");
	if (!r->lenient)
		return OCT_EPARSE;
	if (r->problems++ < DIR_LOGGED_MAX)
		oct_log(OCT_WARNING,
		    "directory: dkim=%s domain=%s problem=\"the key cannot be "
		    "read: nothing is signed with it\"",
		    oct_log_safe(selector, safe, sizeof(safe)), domain);
	return 0;
}

static bool
is_active(const json_t *object)
{
	const char *state = json_string_value(json_object_get(object, "state"));

	return state == NULL ||
	    strcmp(state, dkim_keys_state_name(DKIM_KEYS_ACTIVE)) == 0;
}

int
dir_add_dkim(struct dir_reading *r, const char *selector, const json_t *object,
    struct dir_build *b)
{
	const char *alg = json_string_value(json_object_get(object, "alg"));
	const char *sealed = json_string_value(json_object_get(object,
	    "private"));
	struct dir_dkim *key;

	if (alg == NULL || sealed == NULL || !dkim_keys_is_selector(selector))
		return unreadable(r, b->domain.name, selector);
	if (!is_active(object))
		return 0;
	if (b->domain.dkim_count == DIR_DKIM_MAX)
		return unreadable(r, b->domain.name, selector);
	key = &b->dkim[b->domain.dkim_count];
	key->ed25519 = strcmp(alg, dkim_keys_algorithm(true)) == 0;
	if (!key->ed25519 && strcmp(alg, dkim_keys_algorithm(false)) != 0)
		return unreadable(r, b->domain.name, selector);
	key->selector = dir_pool_text(&b->pool, selector);
	key->sealed = dir_pool_text(&b->pool, sealed);
	if (key->selector == NULL || key->sealed == NULL)
		return -ENOMEM;
	b->domain.dkim_count++;
	return 0;
}

int
dir_read_dkim(struct dir_reading *r, const char *selector, const char *json,
    size_t len, struct dir_build *b)
{
	json_t *object = json_loadb(json, len, JSON_REJECT_DUPLICATES, NULL);
	int rc = dir_add_dkim(r, selector, object, b);

	json_decref(object);
	return rc;
}

int
dir_add_dkim_whole(struct dir_reading *r, json_t *keys, struct dir_build *b)
{
	const char *selector;
	json_t *value;
	int rc = 0;

	if (keys != NULL && !json_is_object(keys))
		return unreadable(r, b->domain.name, "");
	json_object_foreach(keys, selector, value)
	{
		rc = dir_add_dkim(r, selector, value, b);
		if (rc != 0)
			break;
	}
	return rc;
}

/* Selectors and sealed texts were checked: nothing in them to escape. */
void
dir_dkim_json(const struct dir_domain *d, struct oct_str *out)
{
	if (d->dkim_count == 0)
		return;
	oct_str_add(out, "\"dkim\":{");
	for (size_t i = 0; i < d->dkim_count; i++)
		oct_str_addf(out,
		    "%s\"%s\":{\"alg\":\"%s\",\"private\":\"%s\"}",
		    i > 0 ? "," : "", d->dkim[i].selector,
		    dkim_keys_algorithm(d->dkim[i].ed25519),
		    d->dkim[i].sealed);
	oct_str_add(out, "},");
}
