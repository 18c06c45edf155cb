/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/notice.h"

#include <stdio.h>
#include <string.h>

#define RETRY_S 60
#define MINUTE_MS 60000

static const struct {
	unsigned int status;
	const char *mark; /* class of the sign before the title, NULL = none */
	enum text_id title, text, next; /* TEXT_COUNT = none */
} notices[] = {
	[NOTICE_DONE] = { 200, "mark good", TEXT_DONE_TITLE, TEXT_DONE,
	    TEXT_DONE_NEXT },
	[NOTICE_ALREADY] = { 200, "mark good", TEXT_ALREADY_TITLE,
	    TEXT_ALREADY, TEXT_COUNT },
	[NOTICE_DISOWNED] = { 200, "mark good", TEXT_DISOWNED_TITLE,
	    TEXT_DISOWNED, TEXT_DISOWNED_NEXT },
	[NOTICE_EXPIRED] = { 200, "mark still", TEXT_EXPIRED_TITLE,
	    TEXT_EXPIRED, TEXT_EXPIRED_NEXT },
	[NOTICE_OVER] = { 200, "mark still", TEXT_OVER_TITLE, TEXT_OVER,
	    TEXT_OVER_NEXT },
	[NOTICE_MISSING] = { 404, NULL, TEXT_MISSING_TITLE, TEXT_MISSING,
	    TEXT_MISSING_NEXT },
	[NOTICE_AWAY] = { 503, "mark still", TEXT_AWAY_TITLE, TEXT_AWAY,
	    TEXT_AWAY_NEXT },
	[NOTICE_PASS_DONE] = { 200, "mark good", TEXT_PASS_DONE_TITLE,
	    TEXT_PASS_DONE, TEXT_PASS_DONE_NEXT },
	[NOTICE_PASS_ALREADY] = { 200, "mark good", TEXT_ALREADY_TITLE,
	    TEXT_PASS_ALREADY, TEXT_PASS_ALREADY_NEXT },
	[NOTICE_PASS_SPENT] = { 200, "mark still", TEXT_PASS_SPENT_TITLE,
	    TEXT_PASS_SPENT, TEXT_PASS_SPENT_NEXT },
	[NOTICE_PASS_OVER] = { 200, "mark still", TEXT_PASS_OVER_TITLE,
	    TEXT_PASS_OVER, TEXT_PASS_OVER_NEXT },
};

static bool
is_repeated(const struct challenge *c, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(c->typed[k], c->typed[i]) == 0)
			return true;
	return false;
}

/* May be broken before the "@" first. */
static void
write_address(struct page *p, const char *address)
{
	const char *at = strrchr(address, '@');

	page_open(p, "li", NULL);
	if (at != NULL) {
		page_part(p, address, (size_t)(at - address));
		page_void(p, "wbr", NULL);
		address = at;
	}
	page_text(p, address);
	page_close(p);
}

void
notice_addresses(struct page *p, const struct challenge *c)
{
	page_open(p, "ul", "class", "addresses", NULL);
	for (size_t i = 0; i < c->count; i++)
		if (!is_repeated(c, i))
			write_address(p, c->typed[i]);
	page_close(p);
}

static void
begin(struct view *v, struct page *p, enum text_id title, const char *mark)
{
	view_begin(v, p, title, false);
	if (mark != NULL) {
		page_open(p, "div", "class", mark, "aria-hidden", "true", NULL);
		page_close(p);
	}
	page_element(p, "h1", NULL, view_text(v, title));
}

static void
end(struct view *v, struct page *p, enum notice what)
{
	if (notices[what].next != TEXT_COUNT)
		page_element(p, "p", NULL, view_text(v, notices[what].next));
	if (what == NOTICE_AWAY)
		v->reply->retry_after_s = RETRY_S;
	view_end(v, p, notices[what].status);
}

void
notice_page(struct view *v, enum notice what, const struct challenge *of)
{
	struct page p;

	begin(v, &p, notices[what].title, notices[what].mark);
	page_element(&p, "p", "lead", view_text(v, notices[what].text));
	if (of != NULL)
		notice_addresses(&p, of);
	end(v, &p, what);
}

void
notice_domain_page(struct view *v, enum notice what, const char *domain)
{
	struct page p;

	begin(v, &p, notices[what].title, notices[what].mark);
	page_open(&p, "p", "class", "lead", NULL);
	page_fill(&p, view_text(v, notices[what].text), domain);
	page_close(&p);
	end(v, &p, what);
}

void
notice_tries_page(struct view *v, enum notice_tries what, int64_t retry_ms)
{
	static const struct {
		enum text_id text, next;
	} texts[] = {
		[NOTICE_TRIES_CODE] = { TEXT_TRIES, TEXT_TRIES_NEXT },
		[NOTICE_TRIES_ADDRESS] = { TEXT_TRIES_ADDRESS,
		    TEXT_TRIES_ADDRESS_NEXT },
		[NOTICE_TRIES_PACE] = { TEXT_TRIES_PACE,
		    TEXT_TRIES_ADDRESS_NEXT },
	};
	int64_t minutes = (retry_ms + MINUTE_MS - 1) / MINUTE_MS;
	char number[24];
	struct page p;

	(void)snprintf(number, sizeof(number), "%lld", (long long)minutes);
	begin(v, &p, TEXT_TRIES_TITLE, "mark still");
	page_open(&p, "p", "class", "lead", NULL);
	page_fill(&p, view_text(v, texts[what].text), number);
	page_close(&p);
	page_element(&p, "p", NULL, view_text(v, texts[what].next));
	v->reply->retry_after_s = minutes * 60;
	view_end(v, &p, 429);
}

void
notice_fault_page(struct view *v, unsigned int status)
{
	struct page p;

	if (status == 503) {
		notice_page(v, NOTICE_AWAY, NULL);
		return;
	}
	begin(v, &p, TEXT_REFUSED_TITLE, NULL);
	page_element(&p, "p", "lead", view_text(v, TEXT_REFUSED));
	view_end(v, &p, status);
}
