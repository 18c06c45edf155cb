/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The duty "tell": a round of what referents and administrators must hear.
 */
#include "courier/tell.h"

#include <sodium.h>
#include <string.h>

#include "courier/notice_mail.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/told.h"

#define TEXT_MAX (192u * 1024) /* of a mail; courier/own.c takes 256 kB */
#define AFTER_FAILURE_MS 60000

struct sending {
	struct courier *courier;
	const char *what;
	bool tried, marked, was;
};

/* Just before the dot: nobody else tells it from here on. */
static int
mark(void *arg)
{
	struct sending *s = arg;
	int rc = told_mark(s->courier->store, s->what, TELL_DAYS_MS);

	s->tried = rc < 0;
	s->marked = rc == 1;
	s->was = rc == 0;
	return s->marked ? 0 : -1;
}

/* A text of ours that no template stands for. */
static int
write_plain(const struct notice_mail *m, const struct tell *t,
    struct oct_str *out)
{
	struct notice_head head = { .from_name = notice_from_name(TEMPLATE_FR),
		.from = m->role, .to = m->to, .subject = t->subject,
		.host = m->host, .parent_id = "", .parent_refs = "",
		.generated = true, .now_ms = m->now_ms };
	int rc;

	memcpy(head.random, m->random, sizeof(head.random));
	rc = notice_head_write(&head, out);
	if (rc == 0) {
		notice_text_write(t->text, TEMPLATE_FR, out);
		rc = oct_str_err(out);
	}
	return rc;
}

static int
compose(struct courier *c, const struct tell *t, struct oct_str *out)
{
	char role[OCT_ADDR_SIZE];
	struct template_texts texts;
	struct oct_str s;
	int rc;
	struct notice_mail m = { .id = t->id, .host = c->challenge_domain,
		.role = role, .to = t->to, .now_ms = oct_clock_wall_ms(),
		.values = t->values };

	oct_str_fixed(&s, role, sizeof(role));
	oct_str_addf(&s, "%s@%s", c->settings->challenge_from,
	    c->challenge_domain);
	randombytes_buf(m.random, sizeof(m.random));
	if (t->subject != NULL)
		return write_plain(&m, t, out);
	rc = courier_texts(c, t->id, t->domain, t->lang, &texts, &m.texts);
	if (rc != 0)
		return rc;
	rc = notice_mail_write(&m, out);
	template_texts_fini(&texts);
	return rc;
}

int
tell_send(struct courier *c, const struct tell *t)
{
	struct sending s = { .courier = c, .what = t->what };
	struct smtp_reply reply = { .code = 0 };
	struct oct_str message;
	int rc;

	oct_str_heap(&message, TEXT_MAX);
	rc = compose(c, t, &message);
	if (rc == 0) {
		/* Null: nothing of it may come back to a role address as mail. */
		struct own_mail m = { .mail_from = "", .rcpt = t->to,
			.message = &message, .before_dot = mark, .arg = &s };

		rc = courier_send_own(c, &m, &reply);
	}
	oct_str_free(&message);
	if (s.was)
		return 0;
	if (s.marked && (rc == 0 || (reply.sent_all && reply.code == 0))) {
		oct_log(OCT_NOTICE, "told=%s", t->what);
		return 1;
	}
	/* Also if the mark may have been set without our hearing of it. */
	if (s.marked || s.tried)
		(void)!told_unmark(c->store, t->what);
	oct_log(OCT_WARNING, "told=no what=%s code=%d error=\"%s\" retry=yes",
	    t->what, reply.code, oct_strerror(rc));
	return rc < 0 ? rc : OCT_EREFUSED;
}

enum duty
courier_tell(struct courier *c, const struct case_duty *d)
{
	struct tell_round r = { .courier = c, .now_ms = oct_clock_wall_ms(),
		.left = TELL_ROUND_MAX };
	int rc = tell_suspended(&r), other = tell_breakers(&r);

	if (rc == 0)
		rc = other;
	other = tell_extended(&r);
	if (rc == 0)
		rc = other;
	other = tell_viruses(&r);
	if (rc == 0)
		rc = other;
	other = tell_dns(&r);
	if (rc == 0)
		rc = other;
	other = tell_numbers(&r);
	if (rc == 0)
		rc = other;
	if (rc != 0) {
		oct_log(OCT_WARNING, "tell=failed error=\"%s\"",
		    oct_strerror(rc));
		r.error = rc;
	}
	return courier_put_off(c, d,
	    r.now_ms + (r.error != 0 ? AFTER_FAILURE_MS : TELL_EVERY_MS));
}
