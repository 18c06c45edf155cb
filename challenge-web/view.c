/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/view.h"

#include <string.h>

#include "lib/addr.h"
#include "lib/mime_text.h"

const char *
view_text(const struct view *v, enum text_id id)
{
	return text_get(v->lang, id);
}

const char *
view_operator(const struct view *v)
{
	const char *name = v->app->settings->web_operator;

	return *name != '\0' ? name : view_text(v, TEXT_THE_OPERATOR);
}

static void
make_url(const struct view *v, const char *path, const char *lang,
    const char *result, char out[VIEW_URL_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, VIEW_URL_SIZE);
	oct_str_addf(&s, "%s%s", v->app->prefix, path);
	if (lang != NULL)
		oct_str_addf(&s, "?lang=%s", lang);
	if (*result != '\0')
		oct_str_addf(&s, "%cr=%s", lang != NULL ? '&' : '?', result);
	/* Paths and results are ours, or were checked. */
	OCT_ASSERT(oct_str_err(&s) == 0);
}

void
view_url(const struct view *v, const char *path, const char *result,
    char out[VIEW_URL_SIZE])
{
	make_url(v, path, v->lang_asked ? lang_code(v->lang) : NULL, result,
	    out);
}

void
view_contact(struct page *p, const char *contact)
{
	char url[OCT_ADDR_SIZE + 8];
	struct oct_addr addr;
	struct oct_str s;

	oct_str_fixed(&s, url, sizeof(url));
	if (strncmp(contact, "https://", 8) == 0 ||
	    strncmp(contact, "http://", 7) == 0)
		oct_str_add(&s, contact);
	else if (oct_addr_parse(contact, &addr) == 0 &&
	    *addr.domain != '\0' && strpbrk(contact, "<>\"?&% ") == NULL)
		oct_str_addf(&s, "mailto:%s", contact);
	if (s.len == 0 || oct_str_err(&s) != 0) {
		page_text(p, contact);
		return;
	}
	page_open(p, "a", "href", url, NULL);
	page_text(p, contact);
	page_close(p);
}

/* --- The frame ---------------------------------------------------------- */

static void
write_head(const struct view *v, struct page *p, const char *title,
    bool problem)
{
	char style[VIEW_URL_SIZE];

	make_url(v, "/octroi.css", NULL, "", style);
	page_open(p, "head", NULL);
	page_void(p, "meta", "charset", "utf-8", NULL);
	page_void(p, "meta", "name", "viewport", "content",
	    "width=device-width, initial-scale=1", NULL);
	page_void(p, "meta", "name", "robots", "content", "noindex", NULL);
	page_void(p, "meta", "name", "format-detection", "content",
	    "telephone=no", NULL);
	page_open(p, "title", NULL);
	if (problem)
		page_fill(p, view_text(v, TEXT_ERROR_TITLE), title);
	else
		page_text(p, title);
	page_text(p, " – ");
	page_text(p, view_text(v, TEXT_SERVICE));
	page_close(p);
	page_void(p, "link", "rel", "stylesheet", "href", style, NULL);
	page_close(p);
}

/* The same page in the other language. */
static void
write_language(const struct view *v, struct page *p)
{
	enum lang other = v->lang == LANG_FR ? LANG_EN : LANG_FR;
	const char *code = lang_code(other), *result = v->request->result;
	char url[VIEW_URL_SIZE];
	bool known = strcmp(result, "done") == 0 ||
	    strcmp(result, "notme") == 0 || strcmp(result, "over") == 0;

	make_url(v, v->path, code, known ? result : "", url);
	page_open(p, "nav", "class", "languages", "aria-label",
	    view_text(v, TEXT_LANGUAGES), NULL);
	page_open(p, "a", "href", url, "lang", code, "hreflang", code, NULL);
	page_text(p, view_text(v, TEXT_OTHER_LANGUAGE));
	page_close(p);
	page_close(p);
}

static void
write_banner(const struct view *v, struct page *p)
{
	page_open(p, "a", "class", "skip", "href", "#content", NULL);
	page_text(p, view_text(v, TEXT_SKIP));
	page_close(p);
	page_open(p, "header", "class", "banner", NULL);
	page_open(p, "div", "class", "inner", NULL);
	page_open(p, "p", "class", "brand", NULL);
	page_element(p, "span", "service", view_text(v, TEXT_SERVICE));
	if (*v->app->settings->web_operator != '\0')
		page_element(p, "span", "operator", view_operator(v));
	page_close(p);
	write_language(v, p);
	page_close(p);
	page_close(p);
}

static void
footer_link(const struct view *v, struct page *p, const char *path,
    enum text_id text)
{
	char url[VIEW_URL_SIZE];

	view_url(v, path, "", url);
	page_open(p, "li", NULL);
	page_open(p, "a", "href", url, "aria-current",
	    strcmp(path, v->path) == 0 ? "page" : NULL, NULL);
	page_text(p, view_text(v, text));
	page_close(p);
	page_close(p);
}

/* With what an audit found, as decree 2019-768 wants it on every page. */
static enum text_id
access_link(const struct view *v)
{
	switch (v->app->settings->web_access) {
	case SETTINGS_ACCESS_NONE:
		return TEXT_ACCESS_LINK_NONE;
	case SETTINGS_ACCESS_PARTIAL:
		return TEXT_ACCESS_LINK_PARTIAL;
	case SETTINGS_ACCESS_FULL:
		return TEXT_ACCESS_LINK_FULL;
	default:
		return TEXT_ACCESS_LINK;
	}
}

static void
write_footer(const struct view *v, struct page *p)
{
	const char *contact = v->app->settings->challenge_contact;

	page_open(p, "footer", "class", "foot", NULL);
	page_open(p, "div", "class", "inner", NULL);
	if (*contact != '\0') {
		page_open(p, "p", NULL);
		page_text(p, view_text(v, TEXT_QUESTION));
		page_text(p, " ");
		view_contact(p, contact);
		page_close(p);
	}
	page_open(p, "nav", "aria-label", view_text(v, TEXT_FOOTER), NULL);
	page_open(p, "ul", NULL);
	footer_link(v, p, "/accessibilite", access_link(v));
	footer_link(v, p, "/mentions-legales", TEXT_LEGAL_TITLE);
	footer_link(v, p, "/donnees-personnelles", TEXT_DATA_TITLE);
	page_close(p);
	page_close(p);
	page_close(p);
	page_close(p);
}

void
view_begin(struct view *v, struct page *p, enum text_id title, bool problem)
{
	view_begin_titled(v, p, view_text(v, title), problem);
}

void
view_begin_titled(struct view *v, struct page *p, const char *title,
    bool problem)
{
	page_init(p);
	page_open(p, "html", "lang", lang_code(v->lang), NULL);
	write_head(v, p, title, problem);
	page_open(p, "body", "class", v->wide ? "wide" : NULL, NULL);
	write_banner(v, p);
	if (v->menu != NULL)
		v->menu(v, p, v->menu_arg);
	page_open(p, "main", "id", "content", "class", "inner", "tabindex",
	    "-1", NULL);
}

void
view_end(struct view *v, struct page *p, unsigned int status)
{
	struct http_reply *r = v->reply;

	page_close(p);
	write_footer(v, p);
	r->status = status;
	r->type = "text/html; charset=utf-8";
	r->language = lang_code(v->lang);
	r->body = page_take(p, &r->len);
	if (r->body == NULL) { /* out of memory */
		r->status = 500;
		r->len = 0;
	}
}
