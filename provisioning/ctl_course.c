/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_course.h"

#include <stdio.h>
#include <string.h>

const struct course_step course_steps[STEPS] = {
    [STEP_REQUEST] = {"request", "the domain is known",
	"octroictl onboard start %d --tenant=ID", "requested", false, false},
    [STEP_STUDY] = {"study", "its DNS and its mail were studied",
	"octroictl domain study %d --html", "study", true, false},
    [STEP_PROPOSAL] = {"proposal", "the proposal was made",
	"octroictl domain set %d state=proposed", "proposed", true, false},
    [STEP_MAILBOXES] = {"mailboxes", "its mailboxes are provisioned",
	"octroictl mailbox add LOCAL-PART@%d, or plan and apply of a file", NULL,
	false, false},
    [STEP_DNS] = {"dns", "its records were given out, mail may come",
	"octroictl dkim rotate %d; octroictl domain dns %d", "pending-dns",
	false, false},
    [STEP_ACTIVE] = {"active", "its DNS is right, and it is served",
	"octroictl dkim rotate %d; octroictl domain check %d --activate",
	"active", false, false},
    [STEP_LEGACY] = {"legacy", "old addresses are verified, or collected",
	"octroictl legacy %v %o %d", NULL, false, false},
    [STEP_SENDERS] = {"senders", "known senders were let in",
	"octroictl seed %m FILE...", NULL, false, true},
    [STEP_SHEETS] = {"sheets", "its people have their sheets",
	"octroictl onboard sheet %d", NULL, false, true},
};

/* --- Where it stands ----------------------------------------------------- */

/* The last step that the state shows; -1: it is leaving. */
static int
step_of_state(enum dir_life life)
{
	switch (life) {
	case DIR_LIFE_REQUESTED:
		return STEP_REQUEST;
	case DIR_LIFE_STUDY:
		return STEP_STUDY;
	case DIR_LIFE_PROPOSED:
		return STEP_PROPOSAL;
	case DIR_LIFE_PENDING_DNS:
		return STEP_DNS;
	case DIR_LIFE_ACTIVE:
	case DIR_LIFE_SUSPENDED:
		return STEP_ACTIVE;
	case DIR_LIFE_CLOSING:
	case DIR_LIFE_CLOSED:
		break;
	}
	return -1;
}

bool
course_is_marked(const struct course *c, enum step step)
{
	const char *marks = detail_get(c->entry->details, DETAIL_ONBOARD);
	char word[16];

	while (oct_str_word(&marks, word, sizeof(word)))
		if (strcmp(word, course_steps[step].name) == 0)
			return true;
	return false;
}

/* A forwarded address is verified; a collected one has its password. */
static bool
legacy_is_done(struct course *c)
{
	for (size_t i = 0; i < c->entry->legacy_count; i++) {
		const struct dir_record *r = dir_legacy_at(c->entry, i);
		bool collected = strcmp(detail_get(r->details, DETAIL_HOW),
				     "collected") == 0;

		if (detail_closed(r->details) ||
		    *detail_get(r->details, collected ? DETAIL_PASSWORD
						      : DETAIL_VERIFIED) !=
			'\0')
			continue;
		(void)snprintf(c->old, sizeof(c->old), "%s", r->name);
		c->collected = collected;
		return false;
	}
	return true;
}

static void
look(struct course *c)
{
	int reached = step_of_state(c->entry->life);

	for (int i = 0; i < STEPS; i++)
		c->done[i] = course_steps[i].state != NULL && i <= reached;
	c->done[STEP_MAILBOXES] = c->entry->mailbox_count > 0;
	c->done[STEP_LEGACY] = legacy_is_done(c);
	c->done[STEP_SENDERS] = course_is_marked(c, STEP_SENDERS);
	c->done[STEP_SHEETS] = course_is_marked(c, STEP_SHEETS);
}

bool
course_concerns(const struct course *c, int step)
{
	const char *origin = detail_get(c->entry->details, DETAIL_ORIGIN);

	return !course_steps[step].brought || strcmp(origin, "brought") == 0;
}

/* The first step that is not done; STEPS: all are. */
int
course_next(const struct course *c)
{
	int i = 0;

	while (i < STEPS && (c->done[i] || !course_concerns(c, i)))
		i++;
	return i;
}

/* It closes by its own date, or with the contract of its tenant. */
static int
is_leaving(struct ctl *ctl, const struct course *c)
{
	const struct dir_tenant *t = c->entry->of_tenant;

	if (t != NULL && *detail_get(t->details, DETAIL_CONTRACT_NOTICE))
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s is leaving, as notice was given: 'octroictl contract "
		    "withdraw %s' first",
		    c->domain, t->id);
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "%s is leaving: 'octroictl domain reopen %s' first", c->domain,
	    c->domain);
}

int
course_open(struct ctl *ctl, const char *name, struct course *c)
{
	int status = ctl_domain(ctl, name, c->domain);

	c->snapshot = NULL;
	c->old[0] = '\0';
	if (status == 0)
		status = ctl_directory(ctl, c->domain, &c->snapshot);
	if (status != 0)
		return status;
	c->entry = dir_domain_any(c->snapshot, c->domain);
	OCT_ASSERT(c->entry != NULL); /* or it would have failed */
	if (step_of_state(c->entry->life) < 0)
		return is_leaving(ctl, c);
	look(c);
	return 0;
}

void
course_close(struct course *c)
{
	if (c->snapshot != NULL)
		directory_put(c->snapshot);
	c->snapshot = NULL;
}

/* --- show ---------------------------------------------------------------- */

/* A mailbox of it that is in service; "MAILBOX" if none is. */
static const char *
first_mailbox(const struct course *c)
{
	for (size_t i = 0; i < c->entry->mailbox_count; i++) {
		const struct dir_mailbox *m = dir_mailbox_at(c->entry, i);

		if (m->state == DIR_ACTIVE)
			return m->local;
	}
	return "MAILBOX";
}

/* The commands of a step.  %d: the domain, %m: a mailbox of it, %o: the old
 * address that is not done, %v: what that one needs. */
void
course_add_how(const struct course *c, int step, struct oct_str *out)
{
	for (const char *s = course_steps[step].how; *s != '\0'; s++) {
		if (*s != '%') {
			oct_str_addn(out, s, 1);
			continue;
		}
		s++;
		if (*s == 'd')
			oct_str_add(out, c->domain);
		else if (*s == 'm')
			oct_str_addf(out, "%s@%s", first_mailbox(c), c->domain);
		else if (*s == 'o')
			oct_str_add(
			    out, c->old[0] != '\0' ? c->old : "OLD-ADDRESS");
		else if (*s == 'v')
			oct_str_add(out, c->collected ? "password" : "verify");
	}
}
