/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a scan learns of the store: as the milter does, and nothing is used up.
 */
#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/secret.h"
#include "milter/doors.h"
#include "milter/facts.h"
#include "policy/lever.h"
#include "provisioning/ctl_scan.h"

struct ctl_scan_store {
	struct store *store;
	bool has_keys;
	uint8_t sent[OCT_KEY_OCTETS], tagged[OCT_KEY_OCTETS];
	uint8_t item[OCT_KEY_OCTETS];
	struct pass_keys *passes;
	struct doors_keys keys;
	bool levers_known;
	struct lever_state levers;
};

static int
open_keys(const struct settings *set, struct ctl_scan_store *d)
{
	struct oct_secret secret;
	int rc = oct_secret_load(set->secret_file, &secret);

	if (rc != 0)
		return rc;
	oct_secret_key(&secret, "item", d->item);
	oct_secret_key(&secret, SENT_PURPOSE, d->sent);
	oct_secret_key(&secret, EXPECT_TAG_PURPOSE, d->tagged);
	rc = pass_keys_new(&secret, NULL, &d->passes);
	oct_secret_fini(&secret);
	d->keys = (struct doors_keys){ .sent = d->sent, .tagged = d->tagged,
		.item = d->item, .passes = d->passes };
	d->has_keys = rc == 0;
	return rc;
}

int
ctl_scan_store_open(struct ctl_scan_site *p, const char **problem)
{
	struct ctl_scan_store *d = calloc(1, sizeof(*d));
	int rc;

	*problem = "the levers cannot be read from Redis";
	if (d == NULL)
		return -ENOMEM;
	d->store = p->store;
	p->doors = d;
	rc = lever_read(p->store, &d->levers);
	d->levers_known = rc == 0;
	if (rc != 0)
		return rc;
	*problem = "the secret cannot be read: answers, expected senders, "
		   "tagged addresses and passes are not known";
	return open_keys(p->set, d);
}

void
ctl_scan_store_close(struct ctl_scan_store *d)
{
	if (d == NULL)
		return;
	pass_keys_free(d->passes);
	sodium_memzero(d, sizeof(*d));
	free(d);
}

void
ctl_scan_levers(const struct ctl_scan_store *d, struct ctl_scan *s)
{
	if (!d->levers_known)
		return;
	s->stopped = d->levers.stopped;
	s->msg.bypass = lever_bypasses(&d->levers, oct_clock_wall_ms());
}

/* The mail as the doors see it, and the final. */
static void
door_of(const struct ctl_scan *s, const struct ctl_scan_final *f,
    struct doors_mail *mail, struct doors_final *door)
{
	struct oct_msg *m = evaluator_msg(s->m.evaluator);

	*mail = (struct doors_mail){ .keys = &s->site->doors->keys,
		.msg = m,
		.ev = s->m.ev,
		.rpath = &s->m.envelope.rpath,
		.now_ms = oct_clock_wall_ms(),
		.automatic = doors_is_automatic(m, &s->m.envelope.rpath) };
	*door = (struct doors_final){ .domain = f->final.domain->name,
		.local = f->final.mailbox->local,
		.sid = f->sid,
		.typed = f->typed,
		.proof = &f->proof };
}

static bool
has_doors(const struct ctl_scan *s, const struct ctl_scan_final *f)
{
	return s->site->doors != NULL && s->site->doors->has_keys &&
	    decide_may_reach(&s->msg, &f->facts);
}

int
ctl_scan_read(struct ctl_scan *s, struct ctl_scan_final *f)
{
	struct doors doors = { .expect = -1, .tag = -1, .first = -1 };
	bool with_doors = has_doors(s, f);
	struct facts_relation rel;
	struct store_batch *b = NULL;
	struct case_timers timers;
	struct option_values options;
	struct doors_mail mail;
	struct doors_final door;
	struct facts_reads at;
	struct facts_who *who = NULL;
	int rc = store_batch_new(&b);

	if (rc == 0)
		rc = facts_who(s->m.ev, &s->m.envelope.rpath, &who);
	if (rc == 0)
		rc = facts_ask(who, f->final.domain->name,
		    f->final.mailbox->local, f->sid, b, &at);
	if (rc == 0 && with_doors) {
		door_of(s, f, &mail, &door);
		rc = doors_ask(&mail, &door, b, &doors);
	}
	if (rc == 0)
		rc = store_batch_run(s->site->store, b);
	if (rc == 0) {
		facts_options(&f->final, &s->site->options, &options);
		facts_timers(&s->site->timers, &options, &timers);
		facts_read(who, f->proof.from_proven, b, &at, &timers,
		    oct_clock_wall_ms(), &rel, &f->facts);
		/* One who was asked already is waited for. */
		f->facts.may_ask &= !s->stopped;
		f->facts.may_defer &= !s->stopped ||
		    rel.relation.state == REL_ASKED;
	}
	if (rc == 0 && with_doors)
		doors_read(&mail, &door, b, &doors, &f->facts);
	doors_fini(&doors);
	free(who);
	store_batch_free(b);
	return rc;
}
