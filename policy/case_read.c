/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "lib/num.h"
#include "policy/case_int.h"
#include "policy/keys.h"

void
case_timers_init(struct case_timers *t)
{
	const int64_t day = 86400000;
	struct option_values options;

	*t = (struct case_timers){ .settle = 20000,
		.fresh = 15 * 60000,
		.hold = 7 * day,
		.hold_silent = 14 * day,
		.hold_virus = 30 * day,
		.extend = 30 * day,
		.quiet = 30 * day,
		.button = 60000,
		.lease = 60000,
		.asks_max = 2 };
	options_standard(&options);
	relation_ages(&options, &t->ages);
}

int64_t
case_hold_ms(const struct case_timers *t, enum fate_reason reason, bool ask)
{
	if (reason == FATE_R_VIRUS)
		return t->hold_virus;
	return ask ? t->hold : t->hold_silent;
}

void
case_number(int64_t v, char out[24])
{
	(void)snprintf(out, 24, "%lld", (long long)v);
}

void
case_duty_write(const char *verb, const char *domain, const char *id,
    char out[OCT_DOMAIN_SIZE + 64])
{
	(void)snprintf(out, OCT_DOMAIN_SIZE + 64, "%s %s %s", verb, domain, id);
}

int
case_duty_parse(const char *member, struct case_duty *out)
{
	struct case_duty d = { .armed_ms = 0 };

	if (!oct_str_word(&member, d.verb, sizeof(d.verb)) ||
	    !oct_str_word(&member, d.domain, sizeof(d.domain)) ||
	    !oct_str_word(&member, d.id, sizeof(d.id)) || *member != '\0')
		return OCT_EPARSE;
	*out = d;
	return 0;
}

void
case_due(struct store_txn *txn, const char *node, const char *verb,
    const char *domain, const char *id, int64_t when_ms)
{
	char key[KEY_SIZE], member[OCT_DOMAIN_SIZE + 64];

	case_duty_write(verb, domain, id, member);
	store_txn_before_zadd(txn, key_due(key, node), when_ms, member);
}

void
case_work(struct store_txn *txn, const char *node, const char *verb,
    const char *domain, const char *id)
{
	const char *pairs[] = { "verb", verb, "domain", domain, "id", id };
	char key[KEY_SIZE];

	store_txn_after_xadd(txn, key_work(key, node), 0, pairs,
	    OCT_LEN(pairs));
}

/* --- Items ---------------------------------------------------------------- */

static void
copy_text(char *out, size_t len, const char *text)
{
	size_t n = strnlen(text, len - 1);

	memcpy(out, text, n);
	out[n] = '\0';
}

static int64_t
number_of(const char *text)
{
	int64_t v = 0;

	return oct_num_int(text, 0, INT64_MAX, &v) == 0 ? v : 0;
}

static const char *const refused_names[] = { "", "permanent", "gave-up",
	"bounced", "lost" };

const char *
case_refused_name(enum case_refused r)
{
	return refused_names[r];
}

static enum case_refused
refused_of(const char *name)
{
	for (size_t i = 1; i < OCT_LEN(refused_names); i++)
		if (strcmp(refused_names[i], name) == 0)
			return (enum case_refused)i;
	return CASE_NOT_REFUSED;
}

bool
case_is_gone(const char *file)
{
	return strncmp(file, CASE_GONE, sizeof(CASE_GONE) - 1) == 0;
}

static void
item_field(struct case_item *i, const char *name, const char *value)
{
	if (strcmp(name, "expires") == 0)
		i->expires_ms = number_of(value);
	else if (strcmp(name, "lease") == 0)
		i->lease_ms = number_of(value);
	else if (strcmp(name, "wait") == 0)
		i->wait_ms = number_of(value);
	else if (strcmp(name, "released") == 0)
		i->released_ms = number_of(value);
	else if (strcmp(name, "wanted") == 0)
		i->wanted_ms = number_of(value);
	else if (strcmp(name, "undo") == 0)
		i->undo_ms = number_of(value);
	else if (strcmp(name, "attempts") == 0)
		i->attempts = (int)(number_of(value) % 1000000);
	else if (strcmp(name, "extended") == 0)
		i->extended = true;
	else if (strcmp(name, "digested") == 0)
		i->digested = true;
	else if (strcmp(name, "decided") == 0)
		i->decided = true;
	else if (strcmp(name, "refused") == 0)
		i->refused = refused_of(value);
	else if (strcmp(name, "notice") == 0)
		copy_text(i->notice, sizeof(i->notice), value);
	else if (strcmp(name, "want") == 0)
		copy_text(i->want_text, sizeof(i->want_text), value);
	else if (strcmp(name, "file") == 0)
		copy_text(i->file, sizeof(i->file), value);
	else if (strcmp(name, "note") == 0)
		copy_text(i->note, sizeof(i->note), value);
	else if (strcmp(name, "silent") == 0)
		copy_text(i->silent, sizeof(i->silent), value);
	else if (strcmp(name, "state") == 0)
		copy_text(i->state_text, sizeof(i->state_text), value);
}

/* "origin since", or "origin" alone where nobody was there to want it.  What was
 * tried for an earlier wish does not count. */
static void
read_want(struct case_item *i)
{
	const char *rest = i->want_text;
	int64_t since;

	if (*rest == '\0' || !oct_str_word(&rest, i->want, sizeof(i->want)))
		return;
	i->refused = CASE_NOT_REFUSED;
	since = number_of(rest);
	if (since > 0 && since != i->wanted_ms) {
		i->wanted_ms = since;
		i->attempts = 0;
	}
}

static int
item_from_batch(const struct store_batch *b, int slot, struct case_item *out)
{
	struct case_item i;
	const struct store_value *v = NULL;
	size_t n = store_batch_count(b, slot);
	int rc;

	memset(&i, 0, sizeof(i));
	for (size_t f = 0; f + 1 < n; f += 2) {
		const struct store_value *name = store_batch_value(b, slot, f);
		const struct store_value *value =
		    store_batch_value(b, slot, f + 1);

		if (name->data == NULL || value->data == NULL)
			continue;
		if (strcmp(name->data, "v") == 0)
			v = value;
		else
			item_field(&i, name->data, value->data);
	}
	if (v == NULL || held_state_parse(i.state_text, &i.state) != 0)
		return n == 0 ? 0 : OCT_EPARSE;
	read_want(&i);
	rc = held_parse(v->data, v->len, &i.held);
	if (rc != 0)
		return rc;
	*out = i;
	return 1;
}

int
case_item_read(struct store *s, const char *domain, const char *id,
    struct case_item *out)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int rc = store_hash(s, key_held(key, domain, id), &b);

	if (rc == 0)
		rc = item_from_batch(b, 0, out);
	store_batch_free(b);
	return rc;
}

int
case_items_read(struct store *s, const char *domain, const char *const *ids,
    size_t count, struct case_item *out, bool *found)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int first = 0, rc = count <= CASE_ITEMS_MAX ? 0 : -EINVAL;

	if (rc == 0)
		rc = store_batch_new(&b);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		int slot = store_batch_hgetall(b,
		    key_held(key, domain, ids[i]));

		first = i == 0 ? slot : first;
		rc = slot < 0 ? slot : 0;
	}
	if (rc == 0 && count > 0)
		rc = store_batch_run(s, b);
	for (size_t i = 0; rc == 0 && i < count; i++)
		found[i] = item_from_batch(b, first + (int)i, &out[i]) == 1;
	store_batch_free(b);
	return rc;
}

void
case_item_fini(struct case_item *i)
{
	held_fini(&i->held);
}

/* --- Challenges -------------------------------------------------------------- */

int
case_challenge_read(struct store *s, const char *domain, const char *id,
    struct case_challenge *out)
{
	static const char *const fields[] = { "v", "state", "handed", "net",
		"why", "share" };
	const struct store_value *v, *state, *handed, *net, *why, *share;
	struct case_challenge c = { .handed_ms = 0 };
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	int rc, slot;

	rc = store_batch_new(&b);
	if (rc != 0)
		return rc;
	slot = store_batch_hmget(b, key_challenge(key, domain, id), fields,
	    OCT_LEN(fields));
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc != 0)
		goto out;
	v = store_batch_value(b, slot, 0);
	state = store_batch_value(b, slot, 1);
	handed = store_batch_value(b, slot, 2);
	net = store_batch_value(b, slot, 3);
	why = store_batch_value(b, slot, 4);
	share = store_batch_value(b, slot, 5);
	if (v->data == NULL || state->data == NULL)
		goto out;
	rc = challenge_state_parse(state->data, &c.state);
	if (rc == 0)
		rc = challenge_parse(v->data, v->len, &c.challenge);
	if (rc != 0)
		goto out;
	if (handed->data != NULL)
		c.handed_ms = number_of(handed->data);
	if (net->data != NULL)
		copy_text(c.network, sizeof(c.network), net->data);
	if (why->data != NULL)
		copy_text(c.why, sizeof(c.why), why->data);
	if (share->data != NULL)
		copy_text(c.share, sizeof(c.share), share->data);
	*out = c;
	rc = 1;
out:
	store_batch_free(b);
	return rc;
}

int
case_challenge_find(struct store *s, const char *id, struct case_challenge *out)
{
	char key[KEY_SIZE], *domain;
	int rc = store_get(s, key_token(key, id), &domain);

	if (rc == 1)
		rc = strlen(domain) < OCT_DOMAIN_SIZE
		    ? case_challenge_read(s, domain, id, out)
		    : 0;
	free(domain);
	return rc;
}

void
case_challenge_fini(struct case_challenge *c)
{
	challenge_fini(&c->challenge);
}

/* --- Relations ----------------------------------------------------------------- */

int
case_rel_read(struct store *s, const char *domain, const char *local,
    const char *sid, struct case_rel *out)
{
	struct store_batch *b = NULL;
	const struct store_value *v;
	char key[KEY_SIZE];
	int rc, slot;

	memset(out, 0, sizeof(*out));
	relation_init(&out->rel);
	rc = store_batch_new(&b);
	if (rc != 0)
		return rc;
	slot = store_batch_hget(b, key_relations(key, domain, local), sid);
	rc = slot < 0 ? slot : store_batch_run(s, b);
	if (rc != 0)
		goto out;
	v = store_batch_value(b, slot, 0);
	if (v->data == NULL)
		goto out;
	if (v->len >= sizeof(out->packed)) {
		rc = OCT_EREPLY;
		goto out;
	}
	out->present = true;
	memcpy(out->packed, v->data, v->len + 1);
	if (relation_unpack(v->data, &out->rel) != 0)
		oct_log(OCT_WARNING, "relation=unreadable domain=%s", domain);
out:
	store_batch_free(b);
	return rc;
}

int
case_relation_read(struct store *s, const char *domain, const char *local,
    const char *sid, struct relation *out)
{
	struct case_rel r;
	int rc = case_rel_read(s, domain, local, sid, &r);

	if (rc != 0)
		return rc;
	*out = r.rel;
	return r.present ? 1 : 0;
}

void
case_rel_write(struct store_txn *txn, const char *domain, const char *local,
    const char *sid, const struct case_rel *r)
{
	char key[KEY_SIZE], packed[REL_PACKED_SIZE];

	key_relations(key, domain, local);
	store_txn_expect_field(txn, key, sid, r->present ? r->packed : NULL);
	if (relation_is_empty(&r->rel)) {
		if (r->present)
			store_txn_hdel(txn, key, sid);
		return;
	}
	relation_pack(&r->rel, packed);
	store_txn_hset(txn, key, sid, packed);
}
