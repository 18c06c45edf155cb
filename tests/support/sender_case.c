/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/sender_case.h"

#include <stdio.h>
#include <string.h>

#include <sodium.h>

#include "lib/b32.h"
#include "policy/casework.h"

#define MINUTE 60000
#define DAY (24 * 60 * MINUTE)

void
sender_case_init(struct sender_case *c, int64_t now_ms)
{
	memset(c, 0, sizeof(*c));
	c->arrival_ms = now_ms - 12 * (int64_t)MINUTE;
	c->expires_ms = c->arrival_ms + 7 * (int64_t)DAY;
	c->state = CHALLENGE_SENT;
	c->handed_ms = now_ms - 10 * (int64_t)MINUTE;
}

static void
fill_item(const struct sender_case *c, const char *id, const char *local,
    const char *typed, struct held *h)
{
	held_init(h);
	h->id = id;
	h->domain = SENDER_CASE_DOMAIN;
	h->local = local;
	h->rcpt = h->typed = typed;
	h->rpath = c->rpath != NULL ? c->rpath : "jeanne@example.org";
	h->from = "jeanne@example.org";
	h->subject = "Permis de construire";
	h->class = "A";
	h->sid = c->sid;
	h->reason = fate_reason_name(FATE_R_FIRST_CONTACT);
	h->client = "192.0.2.25";
	h->node = "test";
	h->challenge = c->id;
	h->lang = "fr";
	h->arrival_ms = c->arrival_ms;
	h->expires_ms = c->expires_ms;
	h->size = 2000;
}

/* Room for what the parts of one case point to. */
struct parts {
	char local[4][32];
	struct oct_str json[4];
	struct held held[4];
	struct case_new new[4];
	struct challenge ask;
};

static int
add_part(struct sender_case *c, struct parts *p, size_t i)
{
	struct relation r;
	uint8_t octets[20];
	int rc;

	(void)snprintf(p->local[i], sizeof(p->local[i]),
	    i == 0 ? "%s" : "%s%zu", SENDER_CASE_LOCAL, i);
	randombytes_buf(octets, sizeof(octets));
	oct_b32_encode(octets, sizeof(octets), c->item[i]);
	fill_item(c, c->item[i], p->local[i], c->typed[i], &p->held[i]);
	relation_init(&r);
	r.state = REL_ASKED;
	r.asks = 1;
	r.since_ms = r.last_ms = r.asked_ms = c->arrival_ms;
	memcpy(r.challenge, c->id, sizeof(r.challenge));
	relation_add_item(&r, c->item[i], p->held[i].size);
	relation_pack(&r, p->new[i].rel_new);
	rc = held_write(&p->held[i], &p->json[i]);
	p->new[i].item = &p->held[i];
	p->new[i].json = oct_str_text(&p->json[i]);
	p->new[i].sid = c->sid;
	p->ask.local[i] = p->local[i];
	p->ask.typed[i] = c->typed[i];
	return rc;
}

static int
make(struct store *s, struct sender_case *c, struct parts *p)
{
	struct case_timers timers;
	int rc = 0;

	challenge_init(&p->ask);
	p->ask.id = c->id;
	p->ask.domain = SENDER_CASE_DOMAIN;
	p->ask.rpath = c->rpath != NULL ? c->rpath : "jeanne@example.org";
	p->ask.sid = c->sid;
	p->ask.node = "test";
	p->ask.lang = "fr";
	p->ask.arrival_ms = c->arrival_ms;
	p->ask.expires_ms = c->expires_ms;
	p->ask.count = c->count;
	for (size_t i = 0; rc == 0 && i < c->count; i++)
		rc = add_part(c, p, i);
	case_timers_init(&timers);
	if (rc == 0)
		rc = case_register(s, &timers, p->new, c->count, &p->ask,
		    c->arrival_ms);
	if (rc != 0 || c->state == CHALLENGE_PENDING)
		return rc;
	rc = case_challenge_move(s, SENDER_CASE_DOMAIN, c->id,
	    CHALLENGE_PENDING, c->state, c->handed_ms);
	return rc == 1 ? 0 : -1;
}

int
sender_case_make(struct store *s, struct sender_case *c)
{
	static struct parts p;
	int rc;

	if (c->count == 0) {
		c->count = 1;
		c->typed[0] = SENDER_CASE_LOCAL "@" SENDER_CASE_DOMAIN;
	}
	memset(&p, 0, sizeof(p));
	for (size_t i = 0; i < OCT_LEN(p.json); i++)
		oct_str_heap(&p.json[i], HELD_JSON_MAX);
	challenge_new_id(c->id);
	if (c->own_sid != NULL)
		(void)snprintf(c->sid, sizeof(c->sid), "%s", c->own_sid);
	else
		(void)snprintf(c->sid, sizeof(c->sid),
		    "A|%s@example.org|example.org", c->id);
	rc = make(s, c, &p);
	for (size_t i = 0; i < OCT_LEN(p.json); i++)
		oct_str_free(&p.json[i]);
	return rc;
}
