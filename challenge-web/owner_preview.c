/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/owner_preview.h"

#include <string.h>
#include <unistd.h>

#include "challenge-web/owner_words.h"
#include "lib/mime_text.h"
#include "lib/spool.h"
#include "policy/content.h"

#define BODY_MAX (32u << 20) /* a larger message is read so far */

/* 0, or why it cannot be had. */
static int
read_content(const struct app *app, const char *id, const struct content **out)
{
	struct oct_msg_limits limits;
	struct content_limits bounds;
	struct oct_msg *m = NULL;
	int fd, rc;

	if (app->spool == NULL)
		return -1;
	rc = spool_item_open(app->spool, id, &fd);
	if (rc != 0)
		return rc;
	oct_msg_limits_init(&limits);
	limits.memory_octets = limits.body_octets = BODY_MAX;
	rc = oct_msg_read(&limits, fd, &m);
	(void)close(fd);
	if (rc == 0) {
		content_limits_init(&bounds);
		rc = content_read(m, &bounds, out);
	}
	oct_msg_free(m);
	return rc;
}

/* Up to the bound, and not through a character. */
static size_t
shown_octets(const struct content_text *t)
{
	size_t n = t->len < OWNER_PREVIEW_OCTETS ? t->len
						 : OWNER_PREVIEW_OCTETS;

	while (n > 0 && n < t->len &&
	    ((unsigned char)t->data[n] & 0xc0) == 0x80)
		n--;
	return n;
}

static bool
is_blank(const struct content_text *t)
{
	return strspn(t->data, " \n") >= t->len;
}

static void
write_text(const struct owner_visit *o, struct page *p,
    const struct content *c)
{
	const struct content_text *t = is_blank(&c->plain) ? &c->visible
							   : &c->plain;
	size_t shown;

	if (is_blank(t)) {
		page_element(p, "p", NULL,
		    owner_say(o->view, OTEXT_PREVIEW_NONE));
		return;
	}
	shown = shown_octets(t);
	/* Read by keyboard too, for it scrolls. */
	page_open(p, "div", "class", "preview", "tabindex", "0", "role",
	    "region", "aria-label", owner_say(o->view, OTEXT_PREVIEW), NULL);
	page_part(p, t->data, shown);
	page_close(p);
	if (shown < t->len || c->over != NULL)
		page_element(p, "p", "hint",
		    owner_say(o->view, OTEXT_PREVIEW_CUT));
}

/* --- Attachments ------------------------------------------------------------ */

static bool
is_attachment(const struct content_part *part)
{
	if (strncmp(part->type, "multipart/", 10) == 0)
		return false;
	return (part->flags & CONTENT_PART_ATTACHED) != 0 ||
	    strncmp(part->type, "text/", 5) != 0;
}

static enum otext
danger_of(const struct content_part *part)
{
	if ((part->flags & (CONTENT_PART_EXECUTABLE |
				CONTENT_PART_DOUBLE_EXTENSION |
				CONTENT_PART_BOMB | CONTENT_PART_SCRIPT |
				CONTENT_PART_FORM)) != 0)
		return OTEXT_PART_DANGER;
	if ((part->flags & CONTENT_PART_MACRO) != 0)
		return OTEXT_PART_MACRO;
	if ((part->flags & CONTENT_PART_ENCRYPTED) != 0)
		return OTEXT_PART_LOCKED;
	return OTEXT_COUNT;
}

static void
write_part(const struct owner_visit *o, struct page *p,
    const struct content_part *part)
{
	enum otext danger = danger_of(part);
	char size[64];
	struct oct_str s;

	oct_str_fixed(&s, size, sizeof(size));
	owner_words_size(o->view->lang, (int64_t)part->octets, &s);
	page_open(p, "li", NULL);
	page_element(p, "strong", NULL, *part->name != '\0'
		? part->name
		: owner_say(o->view, OTEXT_PART_NO_NAME));
	page_open(p, "span", "class", "hint", NULL);
	page_text(p, part->type);
	page_text(p, ", ");
	page_text(p, oct_str_err(&s) == 0 ? size : "");
	page_close(p);
	if (danger != OTEXT_COUNT)
		page_element(p, "span", "danger",
		    owner_say(o->view, danger));
	page_close(p);
}

static void
write_parts(const struct owner_visit *o, struct page *p,
    const struct content *c)
{
	size_t n = 0;

	for (size_t i = 0; i < c->part_count; i++)
		n += is_attachment(&c->parts[i]);
	if (n == 0)
		return;
	page_element(p, "h3", NULL, owner_say(o->view, OTEXT_PARTS));
	page_open(p, "ul", "class", "parts", NULL);
	n = 0;
	for (size_t i = 0; i < c->part_count && n < OWNER_PREVIEW_PARTS; i++) {
		if (!is_attachment(&c->parts[i]))
			continue;
		write_part(o, p, &c->parts[i]);
		if (++n == OWNER_PREVIEW_PARTS)
			page_element(p, "li", "hint",
			    owner_say(o->view, OTEXT_PART_MORE));
	}
	page_close(p);
}

void
owner_preview(const struct owner_visit *o, struct page *p,
    const struct case_item *item)
{
	const struct content *c = NULL;

	page_open(p, "section", "class", "card", NULL);
	page_element(p, "h2", NULL, owner_say(o->view, OTEXT_PREVIEW));
	if (owner_group_of(item->held.reason) == OWNER_VIRUS) {
		page_element(p, "p", NULL,
		    owner_say(o->view, OTEXT_PREVIEW_VIRUS));
	} else if (read_content(o->view->app, item->held.id, &c) != 0) {
		page_element(p, "p", NULL,
		    owner_say(o->view, OTEXT_PREVIEW_AWAY));
	} else {
		page_element(p, "p", "hint",
		    owner_say(o->view, OTEXT_PREVIEW_NOTE));
		write_text(o, p, c);
		write_parts(o, p, c);
		content_free(c);
	}
	page_close(p);
}
