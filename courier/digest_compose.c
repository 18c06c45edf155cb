/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a digest says to one reader, with links of his own.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "courier/digest.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/template_store.h"

#define LINKS 3 /* of a message */

/* What a mail borrows. */
struct parts {
	char role[OCT_ADDR_SIZE], mailbox[OCT_ADDR_SIZE];
	char page[OWNER_LINK_URL_SIZE], unsubscribe[OWNER_LINK_URL_SIZE];
	char enter[OWNER_LINK_SIZE], schedule[OWNER_LINK_SIZE];
	struct digest_line line[DIGEST_LINES_MAX];
	char link[DIGEST_LINES_MAX][LINKS][OWNER_LINK_URL_SIZE];
};

/* The token, and its URL. */
static int
make_link(const struct digest_for *f, enum owner_link_kind kind,
    const char *person, char token[OWNER_LINK_SIZE],
    char url[OWNER_LINK_URL_SIZE])
{
	const struct owner_link_who who = { .domain = f->domain->name,
		.local = f->mailbox->local, .person = person };
	int64_t life = kind == OWNER_LINK_ENTER ? OWNER_LINK_DIGEST_MS
						: OWNER_LINK_SCHEDULE_MS;
	int rc = 0;

	if (f->desk->links != NULL)
		rc = owner_link_make(f->desk->links, kind, &who, f->now_ms,
		    f->now_ms + life, token);
	else
		memcpy(token, "preview", sizeof("preview"));
	return rc != 0 ? rc
		       : owner_link_url(f->desk->settings->challenge_url,
			     kind, token, url);
}

static int
add_links(const struct digest_for *f, struct parts *p, size_t i,
    const char *id)
{
	static const enum owner_link_act acts[LINKS] = { OWNER_LINK_RELEASE,
		OWNER_LINK_ACCEPT, OWNER_LINK_REFUSE };
	int rc = 0;

	for (size_t k = 0; rc == 0 && k < LINKS; k++)
		rc = owner_link_item_url(f->desk->settings->challenge_url,
		    p->enter, id, acts[k], p->link[i][k]);
	p->line[i].release = p->link[i][0];
	p->line[i].accept = p->link[i][1];
	p->line[i].refuse = p->link[i][2];
	return rc;
}

/* The address that was written to, where it is not the mailbox's own. */
static const char *
typed(const struct parts *p, const struct held *h)
{
	return strcasecmp(h->typed, p->mailbox) != 0 && notice_is_shown(h->typed)
	    ? h->typed
	    : "";
}

static int
add_line(const struct digest_for *f, struct parts *p, size_t i,
    const struct case_item *item)
{
	const struct held *h = &item->held;
	bool withheld = digest_withholds(item);

	p->line[i] = (struct digest_line){ .arrival_ms = h->arrival_ms,
		.expiry_ms = withheld ? item->expires_ms
				      : digest_expiry(item, f->now_ms),
		.rcpt = typed(p, h),
		.from = h->from,
		.rpath = h->rpath,
		.class = h->class,
		.subject = h->subject,
		.reason = item->refused != CASE_NOT_REFUSED ? "undelivered"
							    : h->reason,
		.asked = h->challenge[0] != '\0' && item->silent[0] == '\0',
		.release = "",
		.accept = "",
		.refuse = "" };
	return withheld ? 0 : add_links(f, p, i, h->id);
}

static int
fill(const struct digest_for *f, const struct digest_list *l,
    const char *person, struct parts *p)
{
	struct oct_str s;
	int rc;

	oct_str_fixed(&s, p->role, sizeof(p->role));
	oct_str_addf(&s, "%s@%s", f->desk->settings->challenge_from,
	    f->desk->challenge_domain);
	oct_str_fixed(&s, p->mailbox, sizeof(p->mailbox));
	oct_str_addf(&s, "%s@%s", f->mailbox->local, f->domain->name);
	rc = make_link(f, OWNER_LINK_ENTER, person, p->enter, p->page);
	if (rc == 0)
		rc = make_link(f, OWNER_LINK_SCHEDULE, person, p->schedule,
		    p->unsubscribe);
	for (size_t i = 0; rc == 0 && i < l->count; i++)
		rc = add_line(f, p, i, &l->item[i]);
	return rc;
}

static int
write_mail(const struct digest_for *f, const struct digest_list *l,
    const struct parts *p, const char *to, struct oct_str *out)
{
	const struct settings *set = f->desk->settings;
	bool en = dir_lang_of(f->domain, f->mailbox) == DIR_LANG_EN;
	struct template_texts texts;
	struct digest_mail m = { .host = f->desk->challenge_domain,
		.role = p->role, .to = to, .mailbox = p->mailbox,
		.now_ms = f->now_ms, .lines = p->line, .count = l->count,
		.total = l->total, .earlier = l->earlier, .page = p->page,
		.unsubscribe = p->unsubscribe,
		.contact = { .name = set->web_operator,
			.help = set->mail_help,
			.dpo = set->challenge_dpo,
			.privacy = set->mail_notice },
		.texts = { .first = en ? TEMPLATE_EN : TEMPLATE_FR } };
	int rc = template_load(f->desk->store, f->domain->name,
	    TEMPLATE_DIGEST, f->desk->page_host, &texts);

	if (rc != 0)
		return rc;
	if (texts.passed_over)
		oct_log(OCT_WARNING,
		    "template=digest of=%s domain=%s used=no error=\"%s\"",
		    template_origin_name(texts.bad_origin), f->domain->name,
		    texts.problem.text);
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++)
		m.texts.source[i] = texts.source[i];
	randombytes_buf(m.random, sizeof(m.random));
	rc = digest_mail_write(&m, out);
	template_texts_fini(&texts);
	return rc;
}

int
digest_compose(const struct digest_for *f, const struct digest_list *l,
    const char *person, struct oct_str *out)
{
	struct parts *p = calloc(1, sizeof(*p));
	int rc;

	if (p == NULL)
		return -ENOMEM;
	rc = fill(f, l, person, p);
	if (rc == 0)
		rc = write_mail(f, l, p,
		    *person != '\0' ? person : p->mailbox, out);
	free(p);
	return rc;
}
