/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/template_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/keys.h"

#define PLATFORM_TAG "@" /* no domain is called so */
#define FIELD_SIZE 32

const char *
template_origin_name(enum template_origin o)
{
	switch (o) {
	case TEMPLATE_BUILTIN:
		return "built-in";
	case TEMPLATE_PLATFORM:
		return "platform";
	case TEMPLATE_DOMAIN:
		return "domain";
	}
	return "?";
}

static const char *
key_of(char out[KEY_SIZE], const char *domain)
{
	return key_templates(out, domain != NULL ? domain : PLATFORM_TAG);
}

static const char *
field(char out[FIELD_SIZE], enum template_id id, enum template_lang lang)
{
	struct oct_str s;

	oct_str_fixed(&s, out, FIELD_SIZE);
	oct_str_addf(&s, "%s.%s", template_name(id), template_lang_name(lang));
	OCT_ASSERT(oct_str_err(&s) == 0);
	return out;
}

/* --- Reading ---------------------------------------------------------------- */

static int
ask(struct store_batch *b, const char *domain, enum template_id id)
{
	char key[KEY_SIZE], fr[FIELD_SIZE], en[FIELD_SIZE];
	const char *const fields[] = { field(fr, id, TEMPLATE_FR),
		field(en, id, TEMPLATE_EN) };

	return store_batch_hmget(b, key_of(key, domain), fields,
	    TEMPLATE_LANGS);
}

/* Take it if it is there and good; 1 taken, 0 not. */
static int
take(const struct store_value *v, enum template_id id, const char *host,
    enum template_lang lang, enum template_origin origin,
    struct template_texts *out)
{
	struct template_problem problem;
	int rc;

	if (v == NULL || v->data == NULL)
		return 0;
	rc = strlen(v->data) == v->len
	    ? template_check(id, v->data, host, &problem)
	    : OCT_EPARSE;
	if (rc == -ENOMEM)
		return rc;
	if (rc != 0) {
		out->passed_over = true;
		out->bad_origin = origin;
		out->bad_lang = lang;
		out->problem = problem;
		return 0;
	}
	out->backing[lang] = strdup(v->data);
	if (out->backing[lang] == NULL)
		return -ENOMEM;
	out->source[lang] = out->backing[lang];
	out->origin[lang] = origin;
	return 1;
}

static int
choose(const struct store_batch *b, int own, int platform, enum template_id id,
    const char *host, struct template_texts *out)
{
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
		enum template_lang lang = (enum template_lang)i;
		int rc = 0;

		out->source[i] = template_builtin(id, lang);
		out->origin[i] = TEMPLATE_BUILTIN;
		if (own >= 0)
			rc = take(store_batch_value(b, own, i), id, host, lang,
			    TEMPLATE_DOMAIN, out);
		if (rc == 0)
			rc = take(store_batch_value(b, platform, i), id, host,
			    lang, TEMPLATE_PLATFORM, out);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
template_load(struct store *store, const char *domain, enum template_id id,
    const char *host, struct template_texts *out)
{
	struct template_texts texts = { .passed_over = false };
	struct store_batch *b;
	int own = -1, platform, rc = store_batch_new(&b);

	if (rc != 0)
		return rc;
	platform = ask(b, NULL, id);
	rc = platform < 0 ? platform : 0;
	if (rc == 0 && domain != NULL) {
		own = ask(b, domain, id);
		rc = own < 0 ? own : 0;
	}
	if (rc == 0)
		rc = store_batch_run(store, b);
	if (rc == 0)
		rc = choose(b, own, platform, id, host, &texts);
	store_batch_free(b);
	if (rc == 0)
		*out = texts;
	else
		template_texts_fini(&texts);
	return rc;
}

void
template_texts_fini(struct template_texts *t)
{
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
		free(t->backing[i]);
		t->backing[i] = NULL;
		t->source[i] = NULL;
	}
}

int
template_stored(struct store *store, const char *domain, enum template_id id,
    enum template_lang lang, char **out)
{
	char key[KEY_SIZE], name[FIELD_SIZE];

	return store_hget(store, key_of(key, domain), field(name, id, lang),
	    out);
}

/* --- Changing ---------------------------------------------------------------- */

static int
check_hosted(const struct template_change *c)
{
	char key[KEY_SIZE];
	int rc = c->domain == NULL
	    ? 1
	    : store_has(c->store, key_domain(key, c->domain));

	return rc < 0 ? rc : rc == 0 ? OCT_EABSENT : 0;
}

static int
write_change(const struct template_change *c, const char *old)
{
	char key[KEY_SIZE], name[FIELD_SIZE], detail[64];
	const char *const audit[] = { "actor", c->actor, "action",
		c->source != NULL ? "template-set" : "template-remove", "kind",
		"template", "domain", c->domain != NULL ? c->domain : "",
		"local", field(name, c->id, c->lang), "json", detail };
	struct store_txn *txn;
	struct oct_str s;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	oct_str_fixed(&s, detail, sizeof(detail));
	oct_str_addf(&s, "{\"octets\":%zu,\"octets_before\":%zu}",
	    c->source != NULL ? strlen(c->source) : 0,
	    old != NULL ? strlen(old) : 0);
	key_of(key, c->domain);
	store_txn_expect_field(txn, key, name, old);
	if (c->source != NULL)
		store_txn_hset(txn, key, name, c->source);
	else
		store_txn_hdel(txn, key, name);
	store_txn_after_xadd(txn, KEY_AUDIT, 0, audit, OCT_LEN(audit));
	rc = store_txn_commit(c->store, txn);
	store_txn_free(txn);
	return rc;
}

int
template_change(const struct template_change *c,
    struct template_problem *problem)
{
	char *old = NULL;
	int rc = 0;

	*problem = (struct template_problem){ .line = 0 };
	if (c->source != NULL)
		rc = template_check(c->id, c->source, c->host, problem);
	if (rc == 0)
		rc = check_hosted(c);
	if (rc == 0)
		rc = template_stored(c->store, c->domain, c->id, c->lang, &old);
	if (rc == 0 && c->source == NULL)
		rc = OCT_EABSENT;
	if (rc >= 0)
		rc = write_change(c, old);
	free(old);
	return rc;
}
