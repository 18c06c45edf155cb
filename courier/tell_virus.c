/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Malware is on the list of the administrators instead of the owner's digest
 * (challenge.md 3, expiry rule): once they were told of it, its time can end.  A
 * mail an hour at most, with what has come since.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "courier/tell.h"
#include "lib/err.h"
#include "lib/mime_text.h"
#include "policy/digest.h"
#include "policy/keys.h"
#include "policy/told.h"

#define LINES_MAX 100
#define HOUR_MS 3600000LL
#define OVER_MS (180LL * 86400000) /* longer than any is held */
#define TEXT_MAX (160u * 1024)

struct list {
	struct tell_round *round;
	struct case_item *items; /* LINES_MAX */
	size_t count, more;
	int error;
};

static int
forget(struct list *l, const char *member)
{
	return store_zrem(l->round->courier->store, KEY_VIRUSES, member);
}

/* "domain id" */
static int
each_member(void *arg, const char *member, OCT_UNUSED int64_t arrival_ms)
{
	struct list *l = arg;
	char domain[OCT_DOMAIN_SIZE], id[HELD_ID_SIZE];
	const char *rest = member;
	struct case_item item;
	int rc = 0;

	if (l->count == LINES_MAX) {
		l->more++;
		return 0;
	}
	if (oct_str_word(&rest, domain, sizeof(domain)) &&
	    oct_str_word(&rest, id, sizeof(id)))
		rc = case_item_read(l->round->courier->store, domain, id,
		    &item);
	if (rc == 1 && held_is_live(item.state)) {
		l->items[l->count++] = item;
		return 0;
	}
	if (rc == 1)
		case_item_fini(&item);
	l->error = rc >= 0 || rc == OCT_EPARSE ? forget(l, member) : rc;
	return l->error != 0 ? 1 : 0;
}

static const char *
shown(const char *address)
{
	if (*address == '\0')
		return "<>";
	return oct_mime_shown(address) ? address : "?";
}

static void
add_line(const struct case_item *item, struct oct_str *out)
{
	const struct held *h = &item->held;
	char until[DETAIL_DATE_SIZE];

	detail_day(item->expires_ms, until);
	oct_str_addf(out, "  %s@%s\n    %s\n    octroictl held show %s/%s"
			  "  (-> %s)\n",
	    oct_mime_shown(h->local) ? h->local : "?", h->domain,
	    shown(*h->from != '\0' ? h->from : h->rpath), h->domain, h->id,
	    until);
}

static void
write_text(const struct list *l, struct oct_str *out)
{
	oct_str_add(out,
	    "Messages retenus car ils contiennent peut-être un logiciel "
	    "malveillant :\ndestinataire, expéditeur annoncé, commande, fin de "
	    "conservation.\n\n");
	for (size_t i = 0; i < l->count; i++)
		add_line(&l->items[i], out);
	if (l->more > 0)
		oct_str_addf(out, "  ... +%zu\n", l->more);
	oct_str_add(out,
	    "\nLeurs destinataires savent qu'ils existent et ne peuvent pas se "
	    "les faire\nremettre ; vous le pouvez (octroictl held release). "
	    "Sans cela ils sont\nsupprimés à la date indiquée.\n\n"
	    "English\n\nThese messages were held because they may contain "
	    "malware. Only an\nadministrator can release them; they are deleted "
	    "at the date shown.\n");
}

static int
send_list(struct list *l, const char *what)
{
	struct courier *c = l->round->courier;
	struct oct_str text;
	struct tell t = { .what = what,
		.to = c->settings->challenge_alerts,
		.subject = "Logiciels malveillants retenus",
		.text = &text };
	int sent, rc = 0;

	oct_str_heap(&text, TEXT_MAX);
	write_text(l, &text);
	sent = oct_str_err(&text);
	if (sent == 0) {
		l->round->left--;
		sent = tell_send(c, &t);
	}
	oct_str_free(&text);
	if (sent < 0)
		l->round->error = sent;
	for (size_t i = 0; rc >= 0 && sent == 1 && i < l->count; i++)
		rc = digest_reported(c->store, &l->items[i], l->round->now_ms);
	return rc < 0 ? rc : 0;
}

static int
tell(struct tell_round *r, const char *what)
{
	struct list l = { .round = r,
		.items = calloc(LINES_MAX, sizeof(*l.items)) };
	int rc = l.items == NULL
	    ? -ENOMEM
	    : store_zrange(r->courier->store, KEY_VIRUSES, INT64_MAX, 1000,
		  each_member, &l);

	if (rc >= 0)
		rc = l.error;
	if (rc == 0 && l.count > 0)
		rc = send_list(&l, what);
	for (size_t i = 0; i < l.count; i++)
		case_item_fini(&l.items[i]);
	free(l.items);
	return rc;
}

static int
each_over(void *arg, const char *member, OCT_UNUSED int64_t arrival_ms)
{
	const struct tell_round *r = arg;
	int rc = store_zrem(r->courier->store, KEY_VIRUSES, member);

	return rc < 0 ? rc : 0;
}

int
tell_viruses(struct tell_round *r)
{
	char what[TOLD_SIZE];
	struct oct_str s;
	int rc;

	/* Without anybody to tell, the referent hears when they are extended. */
	if (*r->courier->settings->challenge_alerts == '\0')
		return store_zrange(r->courier->store, KEY_VIRUSES,
		    r->now_ms - OVER_MS, LINES_MAX, each_over, r);
	if (r->left == 0)
		return 0;
	oct_str_fixed(&s, what, sizeof(what));
	oct_str_addf(&s, "viruses:%lld", (long long)(r->now_ms / HOUR_MS));
	rc = told_read(r->courier->store, what);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	return tell(r, what);
}
