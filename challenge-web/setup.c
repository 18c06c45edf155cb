/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/setup.h"

#include <string.h>
#include <strings.h>

#include "challenge-web/notice.h"
#include "challenge-web/setup_text.h"
#include "lib/err.h"

#define ANSWER_MAX 8192
#define XML "application/xml; charset=utf-8"
#define PLAIN "text/plain; charset=utf-8"
#define STS_PATH "/.well-known/mta-sts.txt"
#define THUNDERBIRD_PATH "/mail/config-v1.1.xml"
#define THUNDERBIRD_KNOWN "/.well-known/autoconfig/mail/config-v1.1.xml"
#define OUTLOOK_PATH "/autodiscover/autodiscover.xml"

enum service { SERVICE_NONE, SERVICE_STS, SERVICE_THUNDERBIRD, SERVICE_OUTLOOK };

/* Which prefix of a name leads to which service. */
static const struct {
	const char *prefix, *path;
	enum service service;
} names[] = {
	{ "mta-sts.", STS_PATH, SERVICE_STS },
	{ "autoconfig.", THUNDERBIRD_PATH, SERVICE_THUNDERBIRD },
	{ "autoconfig.", THUNDERBIRD_KNOWN, SERVICE_THUNDERBIRD },
	{ "autodiscover.", OUTLOOK_PATH, SERVICE_OUTLOOK },
	{ "", THUNDERBIRD_KNOWN, SERVICE_THUNDERBIRD },
	{ "", OUTLOOK_PATH, SERVICE_OUTLOOK },
};

/* The Host field without its port; false: it is no host name. */
static bool
read_host(const char *field, char out[OCT_DOMAIN_SIZE])
{
	char name[OCT_DOMAIN_SIZE];
	size_t len;

	if (field == NULL)
		return false;
	len = strcspn(field, ":");
	if (len == 0 || len >= sizeof(name))
		return false;
	memcpy(name, field, len);
	name[len] = '\0';
	return oct_domain_normalise(name, out) == 0;
}

/* The hosted domain that a name of it stands for; prefix: what was before. */
static const struct dir_domain *
find_domain(const struct dir_snapshot *s, const char *host, const char *prefix)
{
	const struct dir_domain *d;
	size_t len = strlen(prefix);

	if (strncmp(host, prefix, len) != 0)
		return NULL;
	d = dir_domain(s, host + len);
	return d != NULL && d->state != DIR_CLOSED ? d : NULL;
}

static void
answer(struct view *v, const char *type, struct oct_str *text)
{
	struct http_reply *r = v->reply;

	r->status = 200;
	r->type = type;
	r->len = text->len;
	r->body = oct_str_take(text);
	oct_str_free(text);
}

static void
refuse(struct view *v, unsigned int status, const char *allow)
{
	notice_fault_page(v, status);
	v->reply->allow = allow;
}

static void
give_policy(struct view *v, const struct hosting *h)
{
	struct oct_str text;

	if (h->sts == HOSTING_STS_NONE) {
		notice_page(v, NOTICE_MISSING, NULL);
		return;
	}
	oct_str_heap(&text, ANSWER_MAX);
	zone_sts_policy(h, &text);
	answer(v, PLAIN, &text);
}

static void
give_thunderbird(struct view *v, const char *domain, const struct hosting *h)
{
	struct oct_str text;

	oct_str_heap(&text, ANSWER_MAX);
	setup_text_thunderbird(domain, h, &text);
	answer(v, XML, &text);
}

/* Any address of any domain that is hosted: whether somebody has it is not
 * said. */
static void
give_outlook(struct view *v, const struct dir_snapshot *s,
    const struct hosting *h)
{
	char address[OCT_ADDR_SIZE];
	const struct dir_domain *d = NULL;
	struct oct_str text;
	struct oct_addr a;

	if (setup_request_address(v->request->body, v->request->body_len,
		address) != 0) {
		refuse(v, 400, NULL);
		return;
	}
	if (oct_addr_parse(address, &a) == 0)
		d = find_domain(s, a.domain, "");
	oct_str_heap(&text, ANSWER_MAX);
	if (d != NULL)
		setup_text_outlook(address, h, &text);
	else
		setup_text_outlook_error(&text);
	answer(v, XML, &text);
}

static bool
method_fits(struct view *v, enum service service)
{
	enum http_method m = v->request->method;
	bool post = service == SERVICE_OUTLOOK;

	if (post ? m == HTTP_POST : m == HTTP_GET || m == HTTP_HEAD)
		return true;
	refuse(v, 405, post ? "POST" : "GET, HEAD");
	return false;
}

static void
serve(struct view *v, const struct dir_snapshot *s, const struct dir_domain *d,
    enum service service)
{
	struct hosting h;

	if (!method_fits(v, service))
		return;
	hosting_of_domain(v->app->settings, d, &h);
	if (service == SERVICE_STS)
		give_policy(v, &h);
	else if (*h.imap.host == '\0' || *h.smtp.host == '\0')
		notice_page(v, NOTICE_MISSING, NULL);
	else if (service == SERVICE_THUNDERBIRD)
		give_thunderbird(v, d->name, &h);
	else
		give_outlook(v, s, &h);
}

bool
setup_handle(struct view *v)
{
	const struct hosted *held;
	char host[OCT_DOMAIN_SIZE];
	bool done = false;

	if (!read_host(v->request->host, host))
		return false;
	held = hosts_hold(v->app->hosts);
	for (size_t i = 0; held != NULL && !done && i < OCT_LEN(names); i++) {
		const struct dir_domain *d;

		if (strcasecmp(v->request->path, names[i].path) != 0)
			continue;
		d = find_domain(held->snapshot, host, names[i].prefix);
		if (d == NULL)
			continue;
		serve(v, held->snapshot, d, names[i].service);
		done = true;
	}
	if (held != NULL)
		hosts_put(v->app->hosts, held);
	return done;
}
