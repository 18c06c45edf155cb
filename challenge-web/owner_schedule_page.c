/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The schedule of the digest by a link of its own, which opens nothing else: what
 * stands in List-Unsubscribe (RFC 8058).
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "challenge-web/hosts.h"
#include "challenge-web/notice.h"
#include "challenge-web/owner_schedule.h"
#include "challenge-web/owner_web.h"
#include "lib/err.h"

#define ONE_CLICK "List-Unsubscribe"

/* What a mail program posts by itself (RFC 8058 3.2): as a form of either kind. */
static bool
is_one_click(const struct http_request *r)
{
	return memmem(r->body, r->body_len, ONE_CLICK, sizeof(ONE_CLICK) - 1) !=
	    NULL &&
	    memmem(r->body, r->body_len, "One-Click", 9) != NULL;
}

static void
show_schedule(struct owner_visit *o, const char *token, bool stopped)
{
	struct view *v = o->view;
	char path[OWNER_LINK_SIZE + 8];
	struct page p;

	(void)snprintf(path, sizeof(path), "/d/%s", token);
	view_begin_titled(v, &p, owner_say(v, OTEXT_PLAN_TITLE), false);
	page_element(&p, "h1", NULL, owner_say(v, OTEXT_PLAN_TITLE));
	if (stopped) {
		page_element(&p, "p", "lead", owner_say(v, OTEXT_PLAN_STOPPED));
	} else {
		owner_filled(&p, "p", "lead", owner_say(v, OTEXT_PLAN_LEAD),
		    o->address);
		owner_told(o, &p);
	}
	page_open(&p, "div", "class", "card", NULL);
	owner_form(o, &p, path, NULL);
	owner_schedule_fields(o, &p);
	owner_button(&p, "do", "save", "button",
	    owner_say(v, OTEXT_SET_SAVE));
	page_close(&p);
	page_close(&p);
	if (!stopped) {
		page_open(&p, "div", "class", "other", NULL);
		owner_form(o, &p, path, NULL);
		owner_button(&p, "do", "stop", "button plain",
		    owner_say(v, OTEXT_PLAN_STOP));
		page_close(&p);
		page_close(&p);
	}
	view_end(v, &p, 200);
}

static void
post_schedule(struct owner_visit *o, const char *token)
{
	struct view *v = o->view;
	char act[16], path[OWNER_LINK_SIZE + 8];
	bool one_click = is_one_click(v->request), stop;
	int rc;

	if (!one_click && !owner_post_ok(v, token, NULL))
		return;
	owner_field(v, "do", act, sizeof(act));
	stop = one_click || strcmp(act, "stop") == 0;
	rc = stop ? owner_schedule_stop(o) : owner_schedule_post(o);
	if (rc == -EINVAL) {
		notice_fault_page(v, 400);
		return;
	}
	if (rc != 0) {
		notice_page(v, NOTICE_AWAY, NULL);
		return;
	}
	if (one_click) {
		show_schedule(o, token, true);
		return;
	}
	(void)snprintf(path, sizeof(path), "/d/%s", token);
	owner_go(v, &(struct owner_to){ .path = path,
	    .result = stop ? "over" : "saved" });
}

void
owner_page_schedule(struct view *v, const char *rest)
{
	struct owner_visit o = { .view = v };
	struct owner_link link;

	o.hosted = hosts_hold(v->app->hosts);
	if (o.hosted == NULL) {
		notice_page(v, NOTICE_AWAY, NULL);
		return;
	}
	if (owner_read_link(&o, OWNER_LINK_SCHEDULE, rest, &link)) {
		nonce_make(v->app->nonce_key, rest, o.owner.now_ms, o.nonce);
		if (v->request->method == HTTP_POST)
			post_schedule(&o, rest);
		else
			show_schedule(&o, rest, strcmp(v->request->result,
			    "over") == 0);
	}
	hosts_put(v->app->hosts, o.hosted);
}
