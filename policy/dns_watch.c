/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/dns_watch.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/str.h"
#include "policy/keys.h"

struct dns_watch {
	struct store_batch *batch; /* a hash, in slot 0 */
};

static int
read_hash(struct store *store, const char *key, struct dns_watch **out)
{
	struct dns_watch *w = calloc(1, sizeof(*w));
	int rc = w != NULL ? store_hash(store, key, &w->batch) : -ENOMEM;

	if (rc != 0) {
		dns_watch_free(w);
		return rc;
	}
	*out = w;
	return 0;
}

int
dns_watch_load(struct store *store, struct dns_watch **out)
{
	return read_hash(store, KEY_DNS_WATCH, out);
}

void
dns_watch_free(struct dns_watch *w)
{
	if (w == NULL)
		return;
	store_batch_free(w->batch);
	free(w);
}

const char *
dns_watch_domain(const struct dns_watch *w, size_t i)
{
	return 2 * i + 1 < store_batch_count(w->batch, 0)
	    ? store_batch_value(w->batch, 0, 2 * i)->data
	    : NULL;
}

/* What cannot be read was never looked at. */
static void
read_state(const char *text, struct dns_watch_state *out)
{
	json_t *v = json_loads(text, 0, NULL);
	const char *digest = json_string_value(json_object_get(v, "digest"));
	struct oct_str s;

	oct_str_fixed(&s, out->digest, sizeof(out->digest));
	oct_str_add(&s, digest != NULL ? digest : "");
	out->since_ms = json_integer_value(json_object_get(v, "since_ms"));
	out->checked_ms = json_integer_value(json_object_get(v, "checked_ms"));
	json_decref(v);
}

void
dns_watch_get(const struct dns_watch *w, const char *domain,
    struct dns_watch_state *out)
{
	const char *name;

	*out = (struct dns_watch_state){ .since_ms = 0 };
	for (size_t i = 0; (name = dns_watch_domain(w, i)) != NULL; i++)
		if (strcmp(name, domain) == 0) {
			read_state(store_batch_value(w->batch, 0,
				       2 * i + 1)->data, out);
			return;
		}
}

static char *
state_text(const struct dns_watch_state *state)
{
	json_t *v = json_pack("{s:s, s:I, s:I}", "digest", state->digest,
	    "since_ms", (json_int_t)state->since_ms, "checked_ms",
	    (json_int_t)state->checked_ms);
	char *text = v != NULL ? json_dumps(v, JSON_COMPACT) : NULL;

	json_decref(v);
	return text;
}

static char *
alarm_text(const struct dns_watch_state *state, const char *subject,
    const char *text)
{
	json_t *v = json_pack("{s:s, s:s, s:I}", "subject", subject, "text",
	    text, "since_ms", (json_int_t)state->since_ms);
	char *out = v != NULL ? json_dumps(v, JSON_COMPACT) : NULL;

	json_decref(v);
	return out;
}

int
dns_watch_note(struct store *store, const char *domain,
    const struct dns_watch_state *state, const char *subject,
    const char *text)
{
	char *now = state_text(state), *alarm = NULL;
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (subject != NULL)
		alarm = alarm_text(state, subject, text);
	if (rc == 0 && (now == NULL || (subject != NULL && alarm == NULL)))
		rc = -ENOMEM;
	if (rc == 0) {
		store_txn_hset(txn, KEY_DNS_WATCH, domain, now);
		if (alarm != NULL)
			store_txn_hset(txn, KEY_DNS_ALARMS, domain, alarm);
		rc = store_txn_commit(store, txn);
	}
	store_txn_free(txn);
	free(alarm);
	free(now);
	return rc;
}

int
dns_watch_forget(struct store *store, const char *domain)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	store_txn_hdel(txn, KEY_DNS_WATCH, domain);
	store_txn_hdel(txn, KEY_DNS_ALARMS, domain);
	rc = store_txn_commit(store, txn);
	store_txn_free(txn);
	return rc;
}

int
dns_watch_told(struct store *store, const char *domain, const char *stored)
{
	struct store_txn *txn = NULL;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	store_txn_expect_field(txn, KEY_DNS_ALARMS, domain, stored);
	store_txn_hdel(txn, KEY_DNS_ALARMS, domain);
	rc = store_txn_commit(store, txn);
	store_txn_free(txn);
	return rc == OCT_ECONFLICT ? 0 : rc;
}

static int
give(const char *domain, const char *stored, dns_watch_each *each, void *arg)
{
	json_t *v = json_loads(stored, 0, NULL);
	struct dns_watch_alarm alarm = { .domain = domain, .stored = stored,
		.subject = json_string_value(json_object_get(v, "subject")),
		.text = json_string_value(json_object_get(v, "text")),
		.since_ms = json_integer_value(
		    json_object_get(v, "since_ms")) };
	int rc = 0;

	if (alarm.subject != NULL && alarm.text != NULL)
		rc = each(arg, &alarm);
	json_decref(v);
	return rc;
}

int
dns_watch_alarms(struct store *store, dns_watch_each *each, void *arg)
{
	struct dns_watch *w = NULL;
	const char *domain;
	int rc = read_hash(store, KEY_DNS_ALARMS, &w);

	for (size_t i = 0;
	     rc == 0 && (domain = dns_watch_domain(w, i)) != NULL; i++)
		rc = give(domain,
		    store_batch_value(w->batch, 0, 2 * i + 1)->data,
		    each, arg);
	dns_watch_free(w);
	return rc;
}
