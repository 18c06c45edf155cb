/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the courier program shares between its duties.  One thread; other threads
 * have a view each.
 */
#ifndef OCT_COURIER_COURIER_H
#define OCT_COURIER_COURIER_H

#include "auth/dkim.h"
#include "courier/notice.h"
#include "lib/secret.h"
#include "lib/smtp_out.h"
#include "lib/spool.h"
#include "lib/store.h"
#include "lib/token.h"
#include "policy/casework.h"
#include "policy/directory.h"
#include "policy/dkim_vault.h"
#include "policy/owner_link.h"
#include "policy/settings.h"
#include "policy/template_store.h"

struct courier {
	const struct settings *settings;
	struct store *store;
	struct spool *spool;
	struct smtp_out *release, *own;
	struct auth_dkim_lib *dkim;
	struct dkim_vault *vault; /* opens the challenge domain's keys */
	char *dkim_pem; /* of a file, used where there are none; or NULL */
	struct case_timers timers;
	struct oct_token_keys tokens;
	struct owner_link_keys links; /* to owners' pages */
	uint8_t code_key[OCT_KEY_OCTETS], suppress_key[OCT_KEY_OCTETS];
	char challenge_domain[OCT_DOMAIN_SIZE];
	char page_host[OCT_DOMAIN_SIZE]; /* that templates may name */
	struct gate_room *gate; /* courier/gate.h: whether we may write */
	bool clock_doubted; /* courier/clock_guard.h; of the loop alone */
};

/* Open everything; failures are logged. */
OCT_CHECK int courier_open(const struct settings *settings,
    struct courier **out);
void courier_close(struct courier *c);

/* The same courier for another thread, with connections of its own; c outlives
 * it. */
OCT_CHECK int courier_open_smtp(struct courier *c);
void courier_close_smtp(struct courier *c);
OCT_CHECK int courier_view_new(const struct courier *c, struct courier **out);
void courier_view_free(struct courier *view);

/* How a duty ended. */
enum duty {
	DUTY_DONE,  /* forget it */
	DUTY_LATER, /* it was put off: its new due time stands already */
	DUTY_FAILED /* the store is away: it stays due as it is */
};

/* One duty, by its words ("settle d id"); repeating it is harmless. */
enum duty courier_do(struct courier *c, const struct case_duty *d);

/* The duties, a file each. */
enum duty courier_release(struct courier *c, const struct case_duty *d);
enum duty courier_challenge(struct courier *c, const struct case_duty *d);
enum duty courier_expire(struct courier *c, const struct case_duty *d);
enum duty courier_probe(struct courier *c, const struct case_duty *d);
enum duty courier_purge(struct courier *c, const struct case_duty *d);
enum duty courier_storage(struct courier *c, const struct case_duty *d);
enum duty courier_decide(struct courier *c, const struct case_duty *d);
enum duty courier_digest(struct courier *c, const struct case_duty *d);
enum duty courier_link(struct courier *c, const struct case_duty *d);
/* Somebody asks for a link (OWNER_JOB_LINK): a duty of it.  0 or the store's
 * error. */
OCT_CHECK int courier_link_note(struct courier *c,
    const struct store_entry *e);
/* A field of an entry of the work stream; "" if it is not there. */
const char *courier_field(const struct store_entry *e, const char *name);

/*
 * A release in its three steps, for two threads: look (1: it may leave now, and
 * *item was read), claim (1: it is ours until item->lease_ms), and finish, which
 * delivers and records.  0: *out says what becomes of the duty; after look *item
 * is not set then.
 */
OCT_CHECK int courier_release_look(struct courier *c, const struct case_duty *d,
    struct case_item *item, enum duty *out);
OCT_CHECK int courier_release_claim(struct courier *c,
    const struct case_duty *d, struct case_item *item, enum duty *out);
enum duty courier_release_finish(struct courier *c,
    const struct case_item *item);

/* When what came at that time has settled.  A time that has not come yet is of a
 * clock that was set back since: nothing waits for it. */
int64_t courier_settled_ms(const struct case_timers *t, int64_t arrival_ms,
    int64_t now_ms);

/* Put a duty off until when_ms. */
enum duty courier_put_off(struct courier *c, const struct case_duty *d,
    int64_t when_ms);
/* The same for a duty that looks at many things: armed anew since it was taken up,
 * for one that it may have looked at before, it comes back at the earlier time. */
enum duty courier_look_again(struct courier *c, const struct case_duty *d,
    int64_t when_ms);

/* Sign (where there is a key) and hand a complete message of our own to Postfix.
 * before_dot as in smtp_out. */
struct own_mail {
	const char *mail_from, *rcpt;
	const struct oct_str *message;
	int (*before_dot)(void *arg);
	void *arg;
};
OCT_CHECK int courier_send_own(struct courier *c, const struct own_mail *m,
    struct smtp_reply *reply);

/* Has this address said "not me"?  1, 0, or an error. */
OCT_CHECK int courier_suppressed(struct courier *c, const char *address);

/* The texts of the operator. */
void courier_contact(const struct courier *c, struct notice_contact *out);

/*
 * A template as it is in force for a hosted domain, lang ("fr" or "en") first;
 * one that is no good is passed over, and logged.  use borrows of texts, which
 * template_texts_fini ends.  0, or the store's error.
 */
OCT_CHECK int courier_texts(struct courier *c, enum template_id id,
    const char *domain, const char *lang, struct template_texts *texts,
    struct notice_texts *use);

/* Messages in the spool that the store does not know, because the milter could
 * not tell whether they were registered, or could not reach it: known again. */
void courier_sweep(struct courier *c, int64_t now_ms);
/* Was the message of a finished item accepted anew, while the store was away?
 * file: of its sidecar. */
bool courier_is_renewed(const struct held *file, const struct case_item *item);
/* After an outage of the store, undecided ones that came while it lasted are old
 * enough for the sweep after so long. */
int64_t courier_sweep_patience_ms(const struct courier *c);

/* What comes once a day. */
struct daily {
	char done[DETAIL_DATE_SIZE]; /* the day that had its round, "" = none */
	int64_t not_before_ms;       /* after a failure */
};
/* 0, or the store is away. */
OCT_CHECK int courier_daily(struct courier *c, struct daily *d, int64_t now_ms);

/* Retention of relations, a step at a time; a round begins every
 * FORGET_EVERY_MS.  0 or the store's error, after which the step is repeated. */
#define FORGET_EVERY_MS (6LL * 3600000)
struct forget;
OCT_CHECK int forget_new(struct forget **out);
void forget_free(struct forget *f);
OCT_CHECK int forget_step(struct courier *c, struct forget *f, int64_t now_ms);

#endif
