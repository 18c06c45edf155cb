/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/owner_request.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/keys.h"

static void
add(struct owner_requested *out, const struct dir_domain *d,
    const struct dir_mailbox *m, const char *person)
{
	struct owner_of *of = &out->of[out->count];
	size_t len = strlen(person);

	if (out->count == OWNER_REQUEST_MAX || m->state == DIR_CLOSED ||
	    len >= sizeof(of->person))
		return;
	of->domain = d;
	of->mailbox = m;
	memcpy(of->person, person, len + 1);
	out->count++;
}

/* The mailbox behind the address, if it is one: a list of people has no page. */
static void
find_own(const struct dir_snapshot *dir, const struct oct_addr *a,
    struct owner_requested *out)
{
	struct dir_finals f = { .count = 0 };

	if (dir_resolve(dir, a, NULL, &f) == DIR_FOUND && f.count == 1 &&
	    f.finals[0].domain != NULL && f.finals[0].mailbox != NULL)
		add(out, f.finals[0].domain, f.finals[0].mailbox, "");
	dir_finals_free(&f);
}

static bool
is_folded(const char *text, const struct oct_addr *folded)
{
	struct oct_addr a, f;

	if (oct_addr_parse(text, &a) != 0)
		return false;
	oct_addr_fold(&a, '+', &f);
	return strcmp(f.local, folded->local) == 0 &&
	    strcmp(f.domain, folded->domain) == 0;
}

static void
find_shared(const struct dir_domain *d, const struct oct_addr *a,
    struct owner_requested *out)
{
	char person[OCT_ADDR_SIZE];

	for (size_t i = 0; i < d->mailbox_count; i++) {
		const struct dir_mailbox *m = dir_mailbox_at(d, i);
		size_t at = 0;

		while (owner_person_next(m, &at, person)) {
			if (is_folded(person, a))
				add(out, d, m, person);
		}
	}
}

void
owner_request_find(const struct dir_snapshot *dir, const struct oct_addr *a,
    struct owner_requested *out)
{
	out->count = 0;
	find_own(dir, a, out);
	for (size_t i = 0; i < dir_domain_count(dir); i++) {
		const struct dir_domain *d = dir_domain_at(dir, i);

		if (dir_domain(dir, d->name) != NULL)
			find_shared(d, a, out);
	}
}

/* of NULL: to nobody, as one entry that replaces the last. */
static void
add_work(const struct owner_request *ask, const struct owner_of *of,
    struct store_txn *txn)
{
	char key[KEY_SIZE], asked[24];
	const char *pairs[] = { "verb", OWNER_JOB_LINK, "domain",
		of != NULL ? of->domain->name : "-", "local",
		of != NULL ? of->mailbox->local : "-", "person",
		of != NULL ? of->person : "-", "lang", ask->lang, "ip-net",
		ask->net, "asked", asked };

	(void)snprintf(asked, sizeof(asked), "%lld", (long long)ask->now_ms);
	store_txn_after_xadd(txn,
	    of != NULL ? key_work(key, ask->node) : KEY_NOBODY,
	    of != NULL ? 0 : 1, pairs, OCT_LEN(pairs));
}

int
owner_request_send(const struct owner_request *ask, const struct dir_snapshot *dir,
    const struct oct_addr *a, bool within)
{
	struct store_txn *txn = NULL;
	struct owner_requested found;
	int rc = store_txn_new(&txn);

	if (rc != 0)
		return rc;
	owner_request_find(dir, a, &found);
	for (size_t i = 0; within && i < found.count; i++)
		add_work(ask, &found.of[i], txn);
	if (!within || found.count == 0)
		add_work(ask, NULL, txn);
	rc = store_txn_commit(ask->store, txn);
	store_txn_free(txn);
	return rc;
}
