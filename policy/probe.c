/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/probe.h"

#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/case_int.h"
#include "policy/keys.h"

static const char *const states[] = {
    [PROBE_WAITING] = "waiting",
    [PROBE_SENT] = "sent",
    [PROBE_ARRIVED] = "arrived",
    [PROBE_RECORDED] = "recorded",
    [PROBE_BOUNCED] = "bounced",
    [PROBE_REFUSED] = "refused",
};
static const char *const dkims[] = {
    [PROBE_DKIM_NONE] = "none",
    [PROBE_DKIM_KEPT] = "kept",
    [PROBE_DKIM_BROKEN] = "broken",
};

const char *
probe_state_name(enum probe_state s)
{
	return states[s];
}

const char *
probe_dkim_name(enum probe_dkim d)
{
	return dkims[d];
}

/* --- As text ------------------------------------------------------------- */

/* One spelling: what was read is compared with what is there.  The caller
 * frees. */
static char *
write_probe(const struct probe *p)
{
	json_t *v = json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:i,s:s,s:s,s:s}",
	    "state", states[p->state], "address", p->address, "local",
	    p->local, "made", (json_int_t)p->made_ms, "sent",
	    (json_int_t)p->sent_ms, "arrived", (json_int_t)p->arrived_ms,
	    "dkim", dkims[p->dkim], "hops", p->hops, "host", p->host, "path",
	    p->path, "note", p->note);
	char *text = v != NULL ? json_dumps(v, JSON_COMPACT) : NULL;

	json_decref(v);
	return text;
}

static int
word_of(const json_t *v, const char *name, const char *const *words,
    size_t count)
{
	const char *text = json_string_value(json_object_get(v, name));

	for (size_t i = 0; text != NULL && i < count; i++)
		if (strcmp(words[i], text) == 0)
			return (int)i;
	return -1;
}

static bool
copy(const json_t *v, const char *name, char *out, size_t size)
{
	const char *text = json_string_value(json_object_get(v, name));

	if (text == NULL || strlen(text) >= size)
		return false;
	memcpy(out, text, strlen(text) + 1);
	return true;
}

static int
parse(const char *text, struct probe *out)
{
	json_t *v = json_loads(text, 0, NULL);
	int state = word_of(v, "state", states, OCT_LEN(states));
	int dkim = word_of(v, "dkim", dkims, OCT_LEN(dkims));
	bool good = state >= 0 && dkim >= 0 &&
		    copy(v, "address", out->address, sizeof(out->address)) &&
		    copy(v, "local", out->local, sizeof(out->local)) &&
		    copy(v, "host", out->host, sizeof(out->host)) &&
		    copy(v, "path", out->path, sizeof(out->path)) &&
		    copy(v, "note", out->note, sizeof(out->note));

	if (good) {
		out->state = (enum probe_state)state;
		out->dkim = (enum probe_dkim)dkim;
		out->made_ms = json_integer_value(json_object_get(v, "made"));
		out->sent_ms = json_integer_value(json_object_get(v, "sent"));
		out->arrived_ms =
		    json_integer_value(json_object_get(v, "arrived"));
		out->hops =
		    (int)json_integer_value(json_object_get(v, "hops"));
	}
	json_decref(v);
	return good ? 0 : OCT_EPARSE;
}

/* --- The store ----------------------------------------------------------- */

/* One value into out: 1, 0 (absent, or longer than room), or an error. */
static int
read_one(struct store *s, const char *key, const char *field, char *out,
    size_t size)
{
	struct store_batch *b;
	const struct store_value *v;
	int rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	rc = field != NULL ? store_batch_hget(b, key, field)
			   : store_batch_get(b, key);
	if (rc >= 0)
		rc = store_batch_run(s, b);
	if (rc == 0) {
		v = store_batch_value(b, 0, 0);
		rc = v->data != NULL && v->len < size;
		if (rc == 1)
			memcpy(out, v->data, v->len + 1);
	}
	store_batch_free(b);
	return rc;
}

int
probe_read(struct store *s, const char *domain, const char *id,
    struct probe *out)
{
	char key[KEY_SIZE], text[4096];
	int rc = read_one(
	    s, key_probe(key, domain, id), NULL, text, sizeof(text));

	if (rc == 1 && parse(text, out) != 0)
		rc = 0;
	return rc;
}

int
probe_last(struct store *s, const char *domain, const char *address,
    char id[OCT_TOKEN_ID_SIZE], struct probe *out)
{
	char key[KEY_SIZE];
	int rc = read_one(
	    s, key_probes(key, domain), address, id, OCT_TOKEN_ID_SIZE);

	return rc == 1 ? probe_read(s, domain, id, out) : rc;
}

int
probe_domain(struct store *s, const char *id, char domain[OCT_DOMAIN_SIZE])
{
	char key[KEY_SIZE];

	return read_one(
	    s, key_probe_of(key, id), NULL, domain, OCT_DOMAIN_SIZE);
}

int
probe_make(struct store *s, const char *node, const char *domain,
    const struct probe *p, char id[OCT_TOKEN_ID_SIZE])
{
	uint8_t random[(OCT_TOKEN_ID_SIZE - 1) / 2];
	char key[KEY_SIZE], *text = write_probe(p);
	struct store_txn *txn;
	int rc = store_txn_new(&txn);

	if (rc == 0 && text != NULL) {
		randombytes_buf(random, sizeof(random));
		sodium_bin2hex(id, OCT_TOKEN_ID_SIZE, random, sizeof(random));
		store_txn_before_set(
		    txn, key_probe_of(key, id), domain, PROBE_LIFE_MS);
		case_due(txn, node, PROBE_VERB, domain, id, p->made_ms);
		store_txn_set(
		    txn, key_probe(key, domain, id), text, PROBE_LIFE_MS);
		store_txn_hset(
		    txn, key_probes(key, domain), p->address, id);
		store_txn_expire(txn, key_probes(key, domain), PROBE_LIFE_MS);
		case_work(txn, node, PROBE_VERB, domain, id);
		rc = store_txn_commit(s, txn);
	} else if (rc == 0) {
		rc = -ENOMEM;
	}
	store_txn_free(txn);
	free(text);
	return rc;
}

int
probe_move(struct store *s, const char *node, const char *domain,
    const char *id, const struct probe *from, const struct probe *to)
{
	char key[KEY_SIZE], *was = write_probe(from), *is = write_probe(to);
	struct store_txn *txn;
	int rc = store_txn_new(&txn);

	if (rc == 0 && was != NULL && is != NULL) {
		key_probe(key, domain, id);
		store_txn_expect(txn, key, was);
		store_txn_set(txn, key, is, PROBE_LIFE_MS);
		if (node != NULL) {
			case_due(txn, node, PROBE_VERB, domain, id,
			    to->arrived_ms);
			case_work(txn, node, PROBE_VERB, domain, id);
		}
		rc = store_txn_commit(s, txn);
	} else if (rc == 0) {
		rc = -ENOMEM;
	}
	store_txn_free(txn);
	free(was);
	free(is);
	return rc;
}
