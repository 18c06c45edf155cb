/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/page.h"

#include <stdarg.h>
#include <string.h>

#include "lib/html_text.h"

void
page_init(struct page *p)
{
	oct_str_heap(&p->out, PAGE_MAX);
	p->depth = 0;
	oct_str_add(&p->out, "<!DOCTYPE html>\n");
}

static bool
is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && name[n] == '\0';
}

static void
start_tag(struct page *p, const char *tag, va_list ap)
{
	const char *name, *value;

	OCT_ASSERT(is_name(tag));
	oct_str_addf(&p->out, "<%s", tag);
	while ((name = va_arg(ap, const char *)) != NULL) {
		value = va_arg(ap, const char *);
		OCT_ASSERT(is_name(name));
		if (value == NULL)
			continue;
		oct_str_addf(&p->out, " %s=\"", name);
		oct_html_text(&p->out, value, strlen(value));
		oct_str_addc(&p->out, '"');
	}
	oct_str_addc(&p->out, '>');
}

void
page_open(struct page *p, const char *tag, ...)
{
	va_list ap;

	OCT_ASSERT(p->depth < PAGE_DEPTH);
	va_start(ap, tag);
	start_tag(p, tag, ap);
	va_end(ap);
	p->open[p->depth++] = tag;
}

void
page_void(struct page *p, const char *tag, ...)
{
	va_list ap;

	va_start(ap, tag);
	start_tag(p, tag, ap);
	va_end(ap);
}

void
page_close(struct page *p)
{
	OCT_ASSERT(p->depth > 0);
	oct_str_addf(&p->out, "</%s>\n", p->open[--p->depth]);
}

void
page_text(struct page *p, const char *text)
{
	oct_html_text(&p->out, text, strlen(text));
}

void
page_part(struct page *p, const char *text, size_t len)
{
	oct_html_text(&p->out, text, len);
}

void
page_fill(struct page *p, const char *text, const char *value)
{
	const char *hole = strstr(text, "{}");

	OCT_ASSERT(hole != NULL);
	oct_html_text(&p->out, text, (size_t)(hole - text));
	page_text(p, value);
	page_text(p, hole + 2);
}

void
page_element(struct page *p, const char *tag, const char *class,
    const char *text)
{
	page_open(p, tag, "class", class, NULL);
	page_text(p, text);
	page_close(p);
}

char *
page_take(struct page *p, size_t *len)
{
	char *text;

	while (p->depth > 0)
		page_close(p);
	*len = p->out.len;
	text = oct_str_err(&p->out) == 0 ? oct_str_take(&p->out) : NULL;
	oct_str_free(&p->out);
	return text;
}
