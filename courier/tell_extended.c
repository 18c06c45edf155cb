/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The referent of a tenant hears what was kept longer because its owner had no
 * digest (challenge.md 3, expiry rule): mailboxes and numbers, no subjects.  The
 * transaction that extends an item counts it (policy/case_courier.c); what a
 * mail has told is subtracted, so that what comes meanwhile is for the next one.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "courier/gate.h"
#include "courier/tell.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/mime_text.h"
#include "lib/num.h"
#include "policy/keys.h"
#include "policy/told.h"

#define DOMAINS_MAX 1000 /* of one round */
#define LINES_MAX 500     /* mailboxes that a mail names */
/* A domain leaves the index when nothing was noted in it for so long: longer
 * than any time between tell_extended_note and case_extend. */
#define IDLE_MS 3600000LL

int
tell_extended_note(struct courier *c, const char *domain)
{
	return store_zadd(c->store, KEY_EXTENDED, oct_clock_wall_ms(), domain);
}

/* --- What a domain has ------------------------------------------------------------ */

/* The counts of one domain, as read. */
struct counts {
	struct store_batch *batch; /* a hash, in slot 0 */
};

static int
read_counts(struct store *s, const char *domain, struct counts *out)
{
	char key[KEY_SIZE];

	return store_hash(s, key_extended(key, domain), &out->batch);
}

/* The i-th field if it counts a mailbox: its local part, or NULL. */
static const char *
local_of(const struct counts *n, size_t i, int64_t *count)
{
	const struct store_value *f = store_batch_value(n->batch, 0, i);
	const struct store_value *v =
	    store_batch_value(n->batch, 0, i + 1);

	if (f->data == NULL || v->data == NULL ||
	    strncmp(f->data, "n:", 2) != 0 ||
	    oct_num_int(v->data, 1, INT64_MAX, count) != 0)
		return NULL;
	return f->data + 2;
}

static int64_t
end_of(const struct counts *n, const char *local)
{
	size_t fields = store_batch_count(n->batch, 0);
	int64_t end = 0;

	for (size_t i = 0; i + 1 < fields; i += 2) {
		const char *f = store_batch_value(n->batch, 0, i)->data;
		const char *v =
		    store_batch_value(n->batch, 0, i + 1)->data;

		if (f != NULL && v != NULL && strncmp(f, "e:", 2) == 0 &&
		    strcmp(f + 2, local) == 0 &&
		    oct_num_int(v, 0, INT64_MAX, &end) == 0)
			return end;
	}
	return 0;
}

/* --- The mail of a tenant ------------------------------------------------------------ */

struct list {
	struct oct_str lines;
	int64_t items, end_ms;
	size_t boxes, domains, unnamed;
	const char *domain; /* the first that has some */
};

static void
add_line(struct list *l, const char *domain, const char *local, int64_t count,
    int64_t end_ms)
{
	char day[DETAIL_DATE_SIZE];

	l->items += count;
	if (end_ms > l->end_ms)
		l->end_ms = end_ms;
	if (l->boxes++ >= LINES_MAX) {
		l->unnamed++;
		return;
	}
	detail_day(end_ms, day);
	oct_str_addf(&l->lines, "  %s@%s  %lld  -> %s\n",
	    oct_mime_shown(local) ? local : "?", domain, (long long)count, day);
}

static void
add_domain(struct list *l, const char *domain, const struct counts *n)
{
	size_t fields = store_batch_count(n->batch, 0);
	size_t before = l->boxes;

	for (size_t i = 0; i + 1 < fields; i += 2) {
		int64_t count;
		const char *local = local_of(n, i, &count);

		if (local != NULL)
			add_line(l, domain, local, count, end_of(n, local));
	}
	if (l->boxes == before)
		return;
	if (l->domains++ == 0)
		l->domain = domain;
}

/* One local part was told: its fields go, or what came meanwhile is left. */
static int
subtract_one(struct store *s, struct store_txn *txn, const char *key,
    const char *local, int64_t count)
{
	char n[KEY_SIZE], e[KEY_SIZE], old[24];
	struct oct_str field;
	int rc;

	oct_str_fixed(&field, n, sizeof(n));
	oct_str_addf(&field, "n:%s", local);
	oct_str_fixed(&field, e, sizeof(e));
	oct_str_addf(&field, "e:%s", local);
	oct_str_fixed(&field, old, sizeof(old));
	oct_str_addf(&field, "%lld", (long long)count);
	store_txn_clear(txn);
	store_txn_expect_field(txn, key, n, old);
	store_txn_hdel(txn, key, n);
	store_txn_hdel(txn, key, e);
	rc = store_txn_commit(s, txn);
	if (rc != OCT_ECONFLICT)
		return rc;
	store_txn_clear(txn);
	store_txn_hincr(txn, key, n, -count);
	return store_txn_commit(s, txn);
}

static int
subtract(struct store *s, const char *domain, const struct counts *n)
{
	size_t fields = store_batch_count(n->batch, 0);
	struct store_txn *txn = NULL;
	char key[KEY_SIZE];
	int rc = store_txn_new(&txn);

	key_extended(key, domain);
	for (size_t i = 0; rc == 0 && i + 1 < fields; i += 2) {
		int64_t count;
		const char *local = local_of(n, i, &count);

		if (local != NULL)
			rc = subtract_one(s, txn, key, local, count);
	}
	store_txn_free(txn);
	return rc;
}

/* Whom to tell: the referent, or whom the platform names; "" if neither is an
 * address. */
static const char *
reader_of(const struct courier *c, const struct dir_tenant *tenant)
{
	const char *of[] = { tenant != NULL ? tenant->contact : "",
		c->settings->challenge_contact };
	struct oct_addr addr;

	for (size_t i = 0; i < OCT_LEN(of); i++)
		if (oct_addr_parse(of[i], &addr) == 0 && addr.domain[0] != '\0')
			return of[i];
	return "";
}

static int
send_list(struct courier *c, const struct dir_tenant *tenant,
    struct list *l, const char *what)
{
	struct notice_contact contact;
	struct notice_values v;
	struct oct_str name, count;
	char domain[OCT_DOMAIN_SIZE + 32], number[24];
	struct tell t = { .what = what, .to = reader_of(c, tenant),
		.id = TEMPLATE_EXTENSION,
		.domain = l->domain,
		.lang = tenant != NULL && tenant->lang == DIR_LANG_EN ? "en"
								      : "fr",
		.values = &v };

	if (*t.to == '\0') {
		oct_log(OCT_WARNING,
		    "extension=untold what=%s domain=%s mailboxes=%zu "
		    "items=%lld hint=\"the tenant has no contact\"",
		    what, l->domain, l->boxes, (long long)l->items);
		return told_mark(c->store, what, TELL_DAYS_MS);
	}
	if (l->unnamed > 0)
		oct_str_addf(&l->lines, "  ... +%zu\n", l->unnamed);
	oct_str_fixed(&name, domain, sizeof(domain));
	oct_str_add(&name, l->domain);
	if (l->domains > 1)
		oct_str_addf(&name, " (+%zu)", l->domains - 1);
	oct_str_fixed(&count, number, sizeof(number));
	oct_str_addf(&count, "%lld", (long long)l->items);
	courier_contact(c, &contact);
	notice_values_init(&v, &contact);
	notice_set(&v, TEMPLATE_V_DOMAIN, domain);
	notice_set(&v, TEMPLATE_V_COUNT, number);
	notice_set(&v, TEMPLATE_V_LINES, oct_str_text(&l->lines));
	notice_set_date(&v, TEMPLATE_V_EXPIRY, l->end_ms);
	notice_word(&v, l->items == 1 ? TEMPLATE_W_ONE : TEMPLATE_W_MANY);
	return tell_send(c, &t);
}

/* --- All of them ---------------------------------------------------------------------- */

struct noted {
	char *domain;
	const char *tenant; /* id, "" = none; of the snapshot */
	int64_t score;
	struct counts counts;
};

struct noted_list {
	const struct dir_snapshot *dir;
	struct noted *items;
	size_t count;
	int error;
};

static int
each_noted(void *arg, const char *domain, int64_t score)
{
	struct noted_list *l = arg;
	const struct dir_domain *d = dir_domain_any(l->dir, domain);
	struct noted *n = &l->items[l->count];

	if (l->count >= DOMAINS_MAX)
		return 1;
	*n = (struct noted){ .domain = strdup(domain), .score = score,
		.tenant = d != NULL ? d->tenant : "" };
	if (n->domain == NULL) {
		l->error = -ENOMEM;
		return 1;
	}
	l->count++;
	return 0;
}

static int
by_tenant(const void *a, const void *b)
{
	const struct noted *x = a, *y = b;
	int order = strcmp(x->tenant, y->tenant);

	return order != 0 ? order : strcmp(x->domain, y->domain);
}

/* The domains of one tenant, from first on: one mail. */
static int
tell_tenant(struct tell_round *r, struct noted *first, size_t count,
    const struct dir_tenant *tenant, const char *what)
{
	struct store *s = r->courier->store;
	struct list l = { .domain = NULL };
	int rc = 0;

	oct_str_heap(&l.lines, 256 * LINES_MAX);
	for (size_t i = 0; rc == 0 && i < count; i++) {
		struct noted *n = &first[i];
		size_t before = l.boxes;

		rc = read_counts(s, n->domain, &n->counts);
		if (rc == 0)
			add_domain(&l, n->domain, &n->counts);
		if (rc == 0 && l.boxes == before && r->now_ms - n->score > IDLE_MS)
			rc = store_zrem_if(s, KEY_EXTENDED, n->domain, n->score);
		rc = rc < 0 ? rc : 0;
	}
	if (rc == 0 && l.items > 0) {
		int sent;

		r->left--;
		sent = send_list(r->courier, tenant, &l, what);
		if (sent < 0)
			r->error = sent;
		for (size_t i = 0; rc == 0 && sent == 1 && i < count; i++)
			rc = subtract(s, first[i].domain, &first[i].counts);
	}
	oct_str_free(&l.lines);
	return rc;
}

static int
tell_tenants(struct tell_round *r, struct noted_list *l)
{
	char what[TOLD_SIZE], day[DETAIL_DATE_SIZE];
	struct oct_str s;
	int rc = 0;

	detail_day(r->now_ms, day);
	qsort(l->items, l->count, sizeof(*l->items), by_tenant);
	for (size_t i = 0, n; rc == 0 && r->left > 0 && i < l->count; i += n) {
		const char *tenant = l->items[i].tenant;

		for (n = 1; i + n < l->count &&
		     strcmp(l->items[i + n].tenant, tenant) == 0;
		     n++)
			;
		oct_str_fixed(&s, what, sizeof(what));
		oct_str_addf(&s, "extension:%s:%s", tenant, day);
		rc = oct_str_err(&s);
		if (rc == 0)
			rc = told_read(r->courier->store, what);
		if (rc == 0)
			rc = tell_tenant(r, &l->items[i], n,
			    dir_tenant(l->dir, tenant), what);
		rc = rc < 0 ? rc : 0;
	}
	return rc;
}

int
tell_extended(struct tell_round *r)
{
	struct noted_list l = { .dir = gate_directory(r->courier) };
	int rc;

	if (l.dir == NULL)
		return OCT_EDOWN;
	l.items = calloc(DOMAINS_MAX, sizeof(*l.items));
	rc = l.items == NULL
	    ? -ENOMEM
	    : store_zrange(r->courier->store, KEY_EXTENDED, INT64_MAX,
		  DOMAINS_MAX, each_noted, &l);
	if (rc >= 0)
		rc = l.error;
	if (rc == 0)
		rc = tell_tenants(r, &l);
	for (size_t i = 0; i < l.count; i++) {
		store_batch_free(l.items[i].counts.batch);
		free(l.items[i].domain);
	}
	free(l.items);
	directory_put(l.dir);
	return rc;
}
