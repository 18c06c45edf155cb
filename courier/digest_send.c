/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To whom a digest goes: to the mailbox itself, or to each of those who share it,
 * who each get links of their own, so that the page knows who did what.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "courier/courier.h"
#include "courier/digest.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/told.h"

#define TOLD_DAYS_MS (3LL * 86400000)

static void
log_sent(const struct digest_for *f, const struct digest_list *l,
    const char *to, int code, int rc)
{
	if (rc == 0)
		oct_log(OCT_INFO,
		    "digest=sent account=%s@%s to=%s listed=%zu new=%zu "
		    "earlier=%zu",
		    f->mailbox->local, f->domain->name, to, l->count, l->total,
		    l->earlier);
	else
		oct_log(OCT_WARNING,
		    "digest=%s account=%s@%s to=%s code=%d error=\"%s\"",
		    rc == OCT_EREFUSED || rc == OCT_EPARSE ? "refused"
							   : "failed",
		    f->mailbox->local, f->domain->name, to, code,
		    oct_strerror(rc));
}

static int
send_one(struct courier *c, const struct digest_for *f,
    const struct digest_list *l, const char *person)
{
	char mailbox[OCT_ADDR_SIZE];
	const char *to = *person != '\0' ? person : mailbox;
	struct smtp_reply reply = { .code = 0 };
	struct oct_str message;
	int rc;

	(void)snprintf(mailbox, sizeof(mailbox), "%s@%s", f->mailbox->local,
	    f->domain->name);
	oct_str_heap(&message, DIGEST_MAIL_MAX);
	rc = digest_compose(f, l, person, &message);
	if (rc == 0) {
		/* Null: nothing answers it. */
		struct own_mail m = { .mail_from = "", .rcpt = to,
			.message = &message };

		rc = courier_send_own(c, &m, &reply);
	}
	oct_str_free(&message);
	log_sent(f, l, to, reply.code, rc);
	return rc;
}

/* A mail of several that was sent is not sent again with the others that were
 * not: a mark for each, of the state that was leased. */
static void
name_told(const struct digest_for *f, const char *person, char out[TOLD_SIZE])
{
	uint8_t hash[16];
	char hex[2 * sizeof(hash) + 1], whole[OCT_DOMAIN_SIZE + OCT_ADDR_SIZE +
	    OCT_LOCAL_SIZE];
	struct oct_str s;

	oct_str_fixed(&s, whole, sizeof(whole));
	oct_str_addf(&s, "%s@%s %s", f->mailbox->local, f->domain->name,
	    person);
	(void)crypto_generichash(hash, sizeof(hash), (const uint8_t *)whole,
	    s.len, NULL, 0);
	(void)sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
	(void)snprintf(out, TOLD_SIZE, "digest:%s:%lld", hex,
	    (long long)f->box->state.looked_ms);
}

static int
send_to_person(struct courier *c, const struct digest_for *f,
    const struct digest_list *l, const char *person)
{
	char what[TOLD_SIZE];
	int rc;

	name_told(f, person, what);
	rc = told_read(c->store, what);
	if (rc != 0)
		return rc < 0 ? rc : 0;
	rc = send_one(c, f, l, person);
	if (rc == 0)
		rc = told_mark(c->store, what, TOLD_DAYS_MS);
	return rc < 0 ? rc : 0;
}

static bool
is_final(int rc)
{
	return rc == 0 || rc == OCT_EREFUSED || rc == OCT_EPARSE;
}

int
digest_send(struct courier *c, const struct digest_for *f,
    const struct digest_list *l)
{
	char person[OCT_ADDR_SIZE];
	size_t at = 0, sent = 0;
	int first = 0, rc;

	while (owner_person_next(f->mailbox, &at, person)) {
		if (digest_declined(f->mailbox, person))
			continue;
		rc = send_to_person(c, f, l, person);
		sent += rc == 0;
		if (first == 0 || is_final(first))
			first = rc != 0 ? rc : first;
		/* Postfix is away: the others wait likewise. */
		if (!is_final(rc))
			break;
	}
	/* Nobody shares it, or nobody of those wants any: its own address. */
	if (sent == 0 && first == 0)
		return send_one(c, f, l, "");
	return sent > 0 && is_final(first) ? 0 : first;
}
