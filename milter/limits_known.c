/* SPDX-License-Identifier: Apache-2.0 */
/* Whom a mailbox knows has a bucket of his own there. */
#include "milter/limits_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/grant.h"
#include "policy/keys.h"
#include "policy/relation.h"

#define SIDS_MAX 8 /* two forms, four domains */

struct asked {
	int relations, grants, domain_grants;
	size_t sids;
};

/* The sender's address under each organisation that may have proven it: its
 * domain and those above. */
static size_t
list_sids(const struct session *s, char (*text)[PROOF_SID_SIZE],
    const char *fields[SIDS_MAX])
{
	const char *org = s->rpath.domain;
	char address[OCT_ADDR_SIZE];
	struct oct_addr folded;
	size_t n = 0;

	oct_addr_fold(&s->rpath, '\0', &folded);
	oct_addr_text(&folded, address);
	for (; n < SIDS_MAX && strchr(org, '.') != NULL;
	    org = strchr(org, '.') + 1) {
		for (int form = 0; form < 2; form++) {
			struct oct_str sid;

			oct_str_fixed(&sid, text[n], PROOF_SID_SIZE);
			oct_str_addf(&sid, "%c|%s|%s", form == 0 ? 'A' : 'F',
			    address, org);
			fields[n] = text[n];
			n++;
		}
	}
	return n;
}

static int
ask_relations(const struct session *s, const struct dir_final *f,
    struct store_batch *b, struct asked *at)
{
	char (*text)[PROOF_SID_SIZE] = calloc(SIDS_MAX, sizeof(*text));
	const char *fields[SIDS_MAX];
	char key[KEY_SIZE];

	if (text == NULL)
		return -ENOMEM;
	at->relations = 0;
	at->sids = list_sids(s, text, fields);
	if (at->sids > 0)
		at->relations = store_batch_hmget(b,
		    key_relations(key, f->domain->name, f->mailbox->local),
		    fields, at->sids);
	free(text);
	return at->relations < 0 ? at->relations : 0;
}

#define WHOS 3

static int
ask_grants(const struct session *s, const struct dir_final *f,
    struct store_batch *b, struct asked *at)
{
	char text[WHOS][GRANT_WHO_SIZE], key[KEY_SIZE];
	const char *fields[WHOS] = { text[0], text[1], text[2] };
	struct oct_str dom;

	oct_str_fixed(&dom, text[2], sizeof(text[2]));
	oct_str_addf(&dom, "dom:%s", s->rpath.domain);
	if (grant_who("addr", &s->rpath, text[0]) != 0 ||
	    grant_who("sent", &s->rpath, text[1]) != 0 ||
	    oct_str_err(&dom) != 0)
		return OCT_EPARSE;
	at->grants = store_batch_hmget(b,
	    key_grants(key, f->domain->name, f->mailbox->local), fields, WHOS);
	at->domain_grants = store_batch_hmget(b,
	    key_grants(key, f->domain->name, "@"), fields, WHOS);
	return at->grants < 0 || at->domain_grants < 0 ? OCT_ELIMIT : 0;
}

/* *blocked: by somebody whose word counts more. */
static bool
read_grants(const struct store_batch *b, int slot, int64_t now_ms,
    bool *blocked)
{
	bool granted = false;

	for (size_t i = 0; i < WHOS; i++) {
		const char *packed = store_batch_value(b, slot, i)->data;
		struct case_grant g;

		if (packed == NULL || case_grant_parse(packed, &g) != 0 ||
		    !grant_is_live(&g, now_ms))
			continue;
		granted |= !g.block;
		*blocked |= g.block;
	}
	return granted;
}

static bool
read_known(const struct session *s, const struct store_batch *b,
    const struct asked *at)
{
	bool known = false, blocked = false;

	for (size_t i = 0; i < at->sids; i++) {
		const char *packed =
		    store_batch_value(b, at->relations, i)->data;
		struct relation r;

		if (packed == NULL || relation_unpack(packed, &r) != 0)
			continue;
		(void)relation_age(&r, &s->app->timers.ages, s->started_wall_ms);
		known |= r.state == REL_ALLOWED;
		blocked |= r.state == REL_BLOCKED;
	}
	known |= read_grants(b, at->grants, s->started_wall_ms, &blocked);
	known |= read_grants(b, at->domain_grants, s->started_wall_ms,
	    &blocked);
	return known && !blocked;
}

bool
limits_known(const struct session *s, const struct dir_final *f)
{
	struct asked at = { .sids = 0 };
	struct store_batch *b = NULL;
	bool known = false;

	if (oct_addr_is_null(&s->rpath) || s->rpath.domain[0] == '\0' ||
	    store_batch_new(&b) != 0)
		return false;
	if (ask_relations(s, f, b, &at) == 0 && ask_grants(s, f, b, &at) == 0 &&
	    store_batch_run(s->app->store, b) == 0)
		known = read_known(s, b, &at);
	store_batch_free(b);
	return known;
}
