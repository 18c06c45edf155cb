/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Asking for a link.  Who asks learns nothing of the address: the answer is the
 * same, and so is what the store has to do for it.
 */
#include <errno.h>
#include <string.h>

#include <sodium.h>

#include "challenge-web/hosts.h"
#include "challenge-web/notice.h"
#include "challenge-web/owner_web.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/keys.h"
#include "policy/owner_request.h"

#define ADDRESS_FIELD 340
#define MINUTE_MS 60000
#define NONCE_FOR "ask-for-a-link"

void
owner_ask_form(struct view *v, struct page *p, enum otext problem,
    const char *typed)
{
	char url[VIEW_URL_SIZE], nonce[NONCE_SIZE];
	bool bad = problem != OTEXT_COUNT;

	view_url(v, "/m", "", url);
	nonce_make(v->app->nonce_key, NONCE_FOR, oct_clock_wall_ms(), nonce);
	page_open(p, "form", "class", "card", "method", "post", "action", url,
	    NULL);
	owner_hidden(p, "n", nonce);
	page_open(p, "div", "class", bad ? "field bad" : "field", NULL);
	page_open(p, "label", "for", "address", NULL);
	page_text(p, owner_say(v, OTEXT_ASK_LABEL));
	page_close(p);
	page_open(p, "p", "class", "hint", "id", "address-hint", NULL);
	page_text(p, owner_say(v, OTEXT_ASK_HINT));
	page_close(p);
	if (bad) {
		page_open(p, "p", "class", "wrong", "id", "address-wrong",
		    NULL);
		page_text(p, owner_say(v, problem));
		page_close(p);
	}
	page_void(p, "input", "class", "address", "id", "address", "name",
	    "address", "type", "text", "inputmode", "email", "autocomplete",
	    "email", "autocapitalize", "none", "spellcheck", "false",
	    "maxlength", "320", "value", typed, "aria-describedby",
	    bad ? "address-wrong address-hint" : "address-hint",
	    "aria-invalid", bad ? "true" : NULL, NULL);
	page_close(p);
	owner_button(p, "do", "ask", "button", owner_say(v, OTEXT_ASK_BUTTON));
	page_element(p, "p", "after", owner_say(v, OTEXT_ASK_AFTER));
	page_close(p);
}

static void
show(struct view *v, enum otext problem, const char *typed)
{
	struct page p;

	view_begin_titled(v, &p, owner_say(v, OTEXT_TITLE),
	    problem != OTEXT_COUNT);
	page_element(&p, "h1", NULL, owner_say(v, OTEXT_TITLE));
	page_element(&p, "p", "lead", owner_say(v, OTEXT_ASK_LEAD));
	owner_ask_form(v, &p, problem, typed);
	view_end(v, &p, problem != OTEXT_COUNT ? 422 : 200);
}

void
owner_page_over(struct view *v, enum otext title, enum otext text)
{
	struct page p;

	view_begin_titled(v, &p, owner_say(v, title), false);
	page_open(&p, "div", "class", "mark still", "aria-hidden", "true",
	    NULL);
	page_close(&p);
	page_element(&p, "h1", NULL, owner_say(v, title));
	page_element(&p, "p", "lead", owner_say(v, text));
	owner_ask_form(v, &p, OTEXT_COUNT, NULL);
	view_end(v, &p, 200);
}

static void
show_asked(struct view *v)
{
	char url[VIEW_URL_SIZE];
	struct page p;

	view_url(v, "/m", "", url);
	view_begin_titled(v, &p, owner_say(v, OTEXT_ASKED_TITLE), false);
	page_open(&p, "div", "class", "mark good", "aria-hidden", "true",
	    NULL);
	page_close(&p);
	page_element(&p, "h1", NULL, owner_say(v, OTEXT_ASKED_TITLE));
	page_element(&p, "p", "lead", owner_say(v, OTEXT_ASKED));
	page_element(&p, "p", NULL, owner_say(v, OTEXT_ASKED_NEXT));
	page_open(&p, "p", NULL);
	page_open(&p, "a", "href", url, NULL);
	page_text(&p, owner_say(v, OTEXT_ASKED_AGAIN));
	page_close(&p);
	page_close(&p);
	view_end(v, &p, 200);
}

static void
show_many(struct view *v, int64_t retry_ms)
{
	size_t minutes = (size_t)((retry_ms + MINUTE_MS - 1) / MINUTE_MS);
	struct page p;

	view_begin_titled(v, &p, owner_say(v, OTEXT_TITLE), true);
	page_element(&p, "h1", NULL, owner_say(v, OTEXT_TITLE));
	owner_filled_number(&p, "p", "lead", owner_say(v, OTEXT_ASK_MANY),
	    minutes);
	v->reply->retry_after_s = (int64_t)minutes * 60;
	view_end(v, &p, 429);
}

/* --- Limits ---------------------------------------------------------------- */

/* 1 within, 0 over (*retry_ms), or an error. */
static int
take(const struct app *app, const char *key, const struct app_rate *rate,
    int64_t *retry_ms)
{
	struct store_rate r = { .key = key, .count = rate->count,
		.period_ms = rate->period_ms, .burst = rate->count,
		.cost = 1 };
	size_t over;

	if (rate->count == 0)
		return 1;
	return store_rate_take(app->store, &r, 1, &over, retry_ms);
}

static int
take_network(const struct view *v, int64_t *retry_ms)
{
	char net[OCT_IP_SIZE] = "unknown", key[KEY_SIZE];

	if (v->request->client.family != AF_UNSPEC)
		oct_ip_net_text(&v->request->client, net);
	return take(v->app, key_rate_net(key, "owner-link", net),
	    &v->app->links_net, retry_ms);
}

/* Under a keyed hash: nobody shall read there who asked. */
static int
take_address(const struct view *v, const char *address)
{
	uint8_t sum[16];
	char hex[sizeof(sum) * 2 + 1], key[KEY_SIZE];
	int64_t retry_ms;

	(void)crypto_generichash(sum, sizeof(sum), (const uint8_t *)address,
	    strlen(address), v->app->client_key, OCT_KEY_OCTETS);
	(void)sodium_bin2hex(hex, sizeof(hex), sum, sizeof(sum));
	return take(v->app, key_rate_net(key, "owner-link-to", hex),
	    &v->app->links_address, &retry_ms);
}

/* --- The post -------------------------------------------------------------- */

/* Of the mailbox, and of those that he shares. */
static int
send_links(const struct view *v, const struct oct_addr *a, bool within)
{
	const struct hosted *h = hosts_hold(v->app->hosts);
	struct owner_request ask = { .store = v->app->store,
		.node = v->app->settings->node,
		.lang = lang_code(v->lang),
		.net = "-",
		.now_ms = oct_clock_wall_ms() };
	char net[OCT_IP_SIZE];
	int rc;

	if (h == NULL)
		return OCT_EDOWN;
	if (v->request->client.family != AF_UNSPEC) {
		oct_ip_net_text(&v->request->client, net);
		ask.net = net;
	}
	rc = owner_request_send(&ask, h->snapshot, a, within);
	hosts_put(v->app->hosts, h);
	return rc;
}

static void
post(struct view *v)
{
	char typed[ADDRESS_FIELD], address[OCT_ADDR_SIZE];
	struct oct_addr a, folded;
	int64_t retry_ms = 0;
	int rc;

	if (!owner_post_ok(v, NONCE_FOR, "/m"))
		return;
	owner_field(v, "address", typed, sizeof(typed));
	if (oct_addr_parse(typed + strspn(typed, " "), &a) != 0 ||
	    *a.local == '\0' || *a.domain == '\0' ||
	    strchr(a.domain, '.') == NULL) {
		show(v, OTEXT_ASK_BAD, typed);
		return;
	}
	rc = take_network(v, &retry_ms);
	if (rc == 0) {
		owner_refused(v, "too-many-links", "", "");
		show_many(v, retry_ms);
		return;
	}
	oct_addr_fold(&a, '+', &folded);
	oct_addr_text(&folded, address);
	if (rc > 0)
		rc = take_address(v, address);
	if (rc >= 0)
		rc = send_links(v, &folded, rc == 1);
	if (rc < 0) {
		notice_page(v, NOTICE_AWAY, NULL);
		return;
	}
	owner_go(v, &(struct owner_to){ .path = "/m", .result = "sent" });
}

void
owner_page_ask(struct view *v)
{
	if (v->request->method == HTTP_POST)
		post(v);
	else if (strcmp(v->request->result, "sent") == 0)
		show_asked(v);
	else
		show(v, OTEXT_COUNT, NULL);
}
