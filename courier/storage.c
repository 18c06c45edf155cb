/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailboxes that fill up: their owners and referents are told at 80, 90 and 100
 * percent of the quota (design 7).  The duty is of a whole domain: whatever
 * reached a level of which nobody was told yet.  Told once at least: what cannot
 * be recorded afterwards is told again.
 */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "courier/courier.h"
#include "courier/notice_mail.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/keys.h"
#include "policy/limit.h"
#include "policy/usage.h"

#define RETRY_MS (10 * 60000)
#define NOTICE_MAX 65536 /* octets of such a mail */
#define SIZE_TEXT 32
#define AT_ONCE 200 /* mailboxes of one turn of the duty */

struct telling {
	struct courier *courier;
	struct limit_platform limits;
	const struct dir_domain *domain;
	const struct dir_mailbox *mailbox;
	struct usage use;
	int64_t quota;
	size_t told;
	bool again; /* somebody could not be told */
};

/* --- The mail ------------------------------------------------------------ */

/* "4,5 Go", "4.5 GB"; of 1,024. */
static void
size_text(int64_t octets, enum template_lang lang, char out[SIZE_TEXT])
{
	static const char *const fr[] = { "ko", "Mo", "Go" };
	static const char *const en[] = { "kB", "MB", "GB" };
	int64_t tenths = octets * 10 / 1024;
	size_t unit = 0;

	for (; unit < 2 && tenths >= 10240; unit++)
		tenths /= 1024;
	if (tenths % 10 == 0)
		(void)snprintf(out, SIZE_TEXT, "%" PRId64 "\u00a0%s",
		    tenths / 10, lang == TEMPLATE_FR ? fr[unit] : en[unit]);
	else
		(void)snprintf(out, SIZE_TEXT, "%" PRId64 "%c%" PRId64
		    "\u00a0%s", tenths / 10, lang == TEMPLATE_FR ? ',' : '.',
		    tenths % 10, lang == TEMPLATE_FR ? fr[unit] : en[unit]);
}

struct texts {
	char address[OCT_ADDR_SIZE], role[OCT_ADDR_SIZE], percent[8];
	char used[TEMPLATE_LANGS][SIZE_TEXT], quota[TEMPLATE_LANGS][SIZE_TEXT];
	struct notice_contact contact;
};

static void
prepare(const struct telling *t, struct texts *x, struct notice_values *v)
{
	struct oct_str s;

	oct_str_fixed(&s, x->address, sizeof(x->address));
	oct_str_addf(&s, "%s@%s", t->mailbox->local, t->domain->name);
	oct_str_fixed(&s, x->role, sizeof(x->role));
	oct_str_addf(&s, "%s@%s", t->courier->settings->challenge_from,
	    t->courier->challenge_domain);
	(void)snprintf(x->percent, sizeof(x->percent), "%d", t->use.level);
	courier_contact(t->courier, &x->contact);
	notice_values_init(v, &x->contact);
	notice_set(v, TEMPLATE_V_MAILBOX, x->address);
	notice_set(v, TEMPLATE_V_PERCENT, x->percent);
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++) {
		size_text(t->use.octets, (enum template_lang)i, x->used[i]);
		size_text(t->quota, (enum template_lang)i, x->quota[i]);
		v->in[i].value[TEMPLATE_V_USED] = x->used[i];
		v->in[i].value[TEMPLATE_V_QUOTA] = x->quota[i];
	}
}

static int
compose(const struct telling *t, const char *to, struct oct_str *out)
{
	struct courier *c = t->courier;
	const char *lang =
	    dir_lang_of(t->domain, t->mailbox) == DIR_LANG_EN ? "en" : "fr";
	struct template_texts texts;
	struct notice_values v;
	struct texts x;
	struct notice_mail m = { .id = TEMPLATE_STORAGE,
		.host = c->challenge_domain, .role = x.role, .to = to,
		.now_ms = oct_clock_wall_ms(), .values = &v };
	int rc = courier_texts(c, m.id, t->domain->name, lang, &texts,
	    &m.texts);

	if (rc != 0)
		return rc;
	prepare(t, &x, &v);
	randombytes_buf(m.random, sizeof(m.random));
	rc = notice_mail_write(&m, out);
	template_texts_fini(&texts);
	return rc;
}

/* 0: handed over, or impossible for good. */
static int
tell(const struct telling *t, const char *to)
{
	struct smtp_reply reply;
	struct oct_str message;
	int rc;

	oct_str_heap(&message, NOTICE_MAX);
	rc = compose(t, to, &message);
	if (rc == 0) {
		struct own_mail m = { .mail_from = "", .rcpt = to,
			.message = &message };

		rc = courier_send_own(t->courier, &m, &reply);
	}
	oct_str_free(&message);
	oct_log(rc == 0 ? OCT_NOTICE : OCT_WARNING,
	    "notice=storage account=%s@%s level=%d used=%" PRId64
	    " quota=%" PRId64 " sent=%s%s%s",
	    t->mailbox->local, t->domain->name, t->use.level, t->use.octets,
	    t->quota, rc == 0 ? "yes" : "no", rc == 0 ? "" : " error=",
	    rc == 0 ? "" : oct_strerror(rc));
	return rc == OCT_EREFUSED || rc == OCT_EPARSE ? 0 : rc;
}

static const char *
referent_of(const struct dir_domain *d)
{
	return d->of_tenant != NULL ? d->of_tenant->contact : "";
}

static int
tell_both(const struct telling *t)
{
	const char *referent = referent_of(t->domain);
	char owner[OCT_ADDR_SIZE];
	int rc;

	(void)snprintf(owner, sizeof(owner), "%s@%s", t->mailbox->local,
	    t->domain->name);
	rc = tell(t, owner);
	if (rc == 0 && *referent != '\0' && strcmp(referent, owner) != 0)
		rc = tell(t, referent);
	return rc;
}

/* --- The duty -------------------------------------------------------------- */

/* 0, or the store's error. */
static int
look_at(struct telling *t, const char *local, const char *packed)
{
	int rc;

	t->mailbox = dir_mailbox(t->domain, local);
	if (t->mailbox == NULL || usage_parse(packed, &t->use) != 0 ||
	    t->use.level <= t->use.told)
		return 0;
	/* It may have been enlarged since. */
	t->quota = limit_storage(&t->limits, t->domain, t->mailbox);
	t->use.level = usage_level(t->use.octets, t->quota);
	if (t->use.level > t->use.told) {
		rc = t->told++ < AT_ONCE ? tell_both(t) : OCT_ELIMIT;
		if (rc != 0) {
			t->again = true;
			return 0;
		}
	}
	/* Changed meanwhile: whoever did has made a duty of it, if there is
	 * need. */
	rc = usage_mark(t->courier->store, t->domain->name, local, packed,
	    &t->use);
	return rc < 0 ? rc : 0;
}

static int
look_at_all(struct telling *t)
{
	struct store_batch *b;
	char key[KEY_SIZE];
	int rc = store_hash(t->courier->store, key_use(key, t->domain->name),
	    &b);

	for (size_t i = 0; rc == 0 && i + 1 < store_batch_count(b, 0); i += 2)
		rc = look_at(t, store_batch_value(b, 0, i)->data,
		    store_batch_value(b, 0, i + 1)->data);
	store_batch_free(b);
	return rc;
}

enum duty
courier_storage(struct courier *c, const struct case_duty *d)
{
	struct telling t = { .courier = c };
	const struct dir_snapshot *s;
	int rc = directory_read(c->store, d->domain, &s);

	if (rc == OCT_EABSENT)
		return DUTY_DONE;
	if (rc != 0)
		return DUTY_FAILED;
	settings_limits(c->settings, &t.limits);
	t.domain = dir_domain(s, d->domain);
	rc = t.domain != NULL ? look_at_all(&t) : 0;
	directory_put(s);
	if (rc != 0)
		return DUTY_FAILED;
	return t.again
	    ? courier_put_off(c, d, oct_clock_wall_ms() + RETRY_MS)
	    : DUTY_DONE;
}
