/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl onboard: a domain from its request to the sheets that its people
 * get, step by step.  Where it stands follows from what is provisioned, so that
 * it can be left and taken up at any time, and by the single commands too; only
 * what nothing else shows is marked in the domain.
 */
#include "provisioning/ctl_onboard.h"

#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_check.h"
#include "provisioning/ctl_entry.h"

enum step {
	STEP_REQUEST,
	STEP_STUDY,
	STEP_PROPOSAL,
	STEP_MAILBOXES,
	STEP_DNS,
	STEP_ACTIVE,
	STEP_LEGACY,
	STEP_SENDERS,
	STEP_SHEETS,
	STEPS
};

/* Where a domain of that origin begins, and whether a step concerns it. */
static const struct {
	const char *name, *what;
	const char *how;   /* the single commands; see add_how() */
	const char *state; /* the domain's, once the step is done; NULL: other */
	bool brought;      /* only of names that their owner brings */
	bool marked;       /* nothing else shows that it is done */
} steps[STEPS] = {
    [STEP_REQUEST] = {"request", "the domain is known",
	"octroictl onboard start %d --tenant=ID", "requested", false, false},
    [STEP_STUDY] = {"study", "its DNS and its mail were studied",
	"octroictl domain study %d --html", "study", true, false},
    [STEP_PROPOSAL] = {"proposal", "the proposal was made",
	"octroictl domain set %d state=proposed", "proposed", true, false},
    [STEP_MAILBOXES] = {"mailboxes", "its mailboxes are provisioned",
	"octroictl mailbox add LOCAL-PART@%d, or plan and apply of a file", NULL, false, false},
    [STEP_DNS] = {"dns", "its records were given out, mail may come",
	"octroictl dkim rotate %d; octroictl domain dns %d", "pending-dns", false, false},
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

struct course {
	char domain[OCT_DOMAIN_SIZE];
	const struct dir_snapshot *snapshot;
	const struct dir_domain *entry;
	bool done[STEPS];
	char old[OCT_ADDR_SIZE]; /* a legacy address that is not verified */
	bool collected;		 /* that one is, and has no password */
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

static bool
is_marked(const struct course *c, enum step step)
{
	const char *marks = detail_get(c->entry->details, DETAIL_ONBOARD);
	char word[16];

	while (oct_str_word(&marks, word, sizeof(word)))
		if (strcmp(word, steps[step].name) == 0)
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
		c->done[i] = steps[i].state != NULL && i <= reached;
	c->done[STEP_MAILBOXES] = c->entry->mailbox_count > 0;
	c->done[STEP_LEGACY] = legacy_is_done(c);
	c->done[STEP_SENDERS] = is_marked(c, STEP_SENDERS);
	c->done[STEP_SHEETS] = is_marked(c, STEP_SHEETS);
}

static bool
concerns(const struct course *c, int step)
{
	const char *origin = detail_get(c->entry->details, DETAIL_ORIGIN);

	return !steps[step].brought || strcmp(origin, "brought") == 0;
}

/* The first step that is not done; STEPS: all are. */
static int
next_of(const struct course *c)
{
	int i = 0;

	while (i < STEPS && (c->done[i] || !concerns(c, i)))
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

static int
open_course(struct ctl *ctl, const char *name, struct course *c)
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

static void
close_course(struct course *c)
{
	if (c->snapshot != NULL)
		directory_put(c->snapshot);
	c->snapshot = NULL;
}

/* --- show ---------------------------------------------------------------- */

static const struct ctl_column columns[] = {
	{ "step", "STEP", CTL_TEXT },
	{ "state", "STATE", CTL_TEXT },
	{ "what", "WHAT", CTL_TEXT },
	{ "how", "BY", CTL_TEXT },
};

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
static void
add_how(const struct course *c, int step, struct oct_str *out)
{
	for (const char *s = steps[step].how; *s != '\0'; s++) {
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

static json_t *
step_json(const struct course *c, int i, int next)
{
	const char *state = !concerns(c, i) ? "not needed"
	    : c->done[i]		    ? "done"
	    : i == next			    ? "now"
					    : "later";
	struct oct_str how;
	json_t *v = json_object();

	oct_str_heap(&how, 1024);
	add_how(c, i, &how);
	ctl_json_set(v, "step", json_string(steps[i].name));
	ctl_json_set(v, "state", json_string(state));
	ctl_json_set(v, "what", json_string(steps[i].what));
	ctl_json_set(v, "how", json_string(oct_str_text(&how)));
	oct_str_free(&how);
	return v;
}

static int
print_course(struct ctl *ctl, const struct course *c)
{
	json_t *all = json_array();
	int next = next_of(c);

	for (int i = 0; i < STEPS; i++)
		(void)json_array_append_new(all, step_json(c, i, next));
	return ctl_print_list(ctl, STEPS, all, columns, OCT_LEN(columns));
}

/* After a step: what comes then, and by which command. */
static int
tell_next(struct ctl *ctl, const struct course *c)
{
	int next = next_of(c);
	struct oct_str out;

	if (ctl->quiet || ctl->json || next == STEPS)
		return 0;
	oct_str_heap(&out, 1024);
	oct_str_addf(&out, "next: %s: ", steps[next].name);
	add_how(c, next, &out);
	oct_str_add(&out, "\n");
	return ctl_write(ctl, &out);
}

static int
with_course(struct ctl *ctl, const char *domain,
    int (*act)(struct ctl *, const struct course *))
{
	struct course c;
	int status = open_course(ctl, domain, &c);

	if (status == 0)
		status = act(ctl, &c);
	close_course(&c);
	return status;
}

static int
show_run(struct ctl *ctl, const struct ctl_args *args)
{
	return with_course(ctl, args->words[0], print_course);
}

/* --- start --------------------------------------------------------------- */

static int
start_run(struct ctl *ctl, const struct ctl_args *args)
{
	const char *tenant = ctl_args_value(args, "tenant");
	const char *origin = ctl_args_value(args, "origin");
	char domain[OCT_DOMAIN_SIZE];
	struct ctl_subject s;
	json_t *v;
	char *json;
	int status;

	if (tenant == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--tenant=ID is needed: 'octroictl tenant list' shows all");
	if (origin == NULL)
		origin = "brought";
	status = ctl_domain(ctl, args->words[0], domain);
	if (status == 0)
		status = ctl_check_hosted(ctl, domain);
	ctl_subject_of(DIR_KIND_TENANT, "", tenant, &s);
	if (status == 0)
		status = ctl_subject_read(ctl, &s, &v);
	if (status != 0)
		return status;
	json_decref(v);
	ctl_subject_of(DIR_KIND_DOMAIN, domain, "", &s);
	v = json_pack("{s:s,s:s,s:s}", "tenant", tenant, "origin", origin,
	    "state", "requested");
	json = v != NULL ? json_dumps(v, JSON_COMPACT) : NULL;
	json_decref(v);
	status = json != NULL
	    ? ctl_subject_change(ctl, &s, CTL_ADD, json, "begun")
	    : ctl_fail(ctl, DAEMON_EXIT_USAGE,
		  "--tenant and --origin must be UTF-8");
	free(json);
	return status != 0 ? status : with_course(ctl, domain, tell_next);
}

/* --- next, undo, done ---------------------------------------------------- */

static int
set_state(struct ctl *ctl, const struct course *c, const char *state,
    const char *done)
{
	struct ctl_subject s;
	char json[64];

	ctl_subject_of(DIR_KIND_DOMAIN, c->domain, "", &s);
	(void)snprintf(json, sizeof(json), "{\"state\":\"%s\"}", state);
	return ctl_subject_change(ctl, &s, CTL_SET, json, done);
}

static int
set_mark(struct ctl *ctl, const struct course *c, enum step step, bool on)
{
	struct ctl_subject s;
	struct oct_str json;
	char buf[128];
	bool first = true;

	oct_str_fixed(&json, buf, sizeof(buf));
	oct_str_add(&json, "{\"onboard\":\"");
	for (int i = 0; i < STEPS; i++) {
		if (!steps[i].marked ||
		    !(i == (int)step ? on : is_marked(c, (enum step)i)))
			continue;
		oct_str_addf(&json, "%s%s", first ? "" : " ", steps[i].name);
		first = false;
	}
	oct_str_add(&json, "\"}");
	OCT_ASSERT(oct_str_err(&json) == 0);
	ctl_subject_of(DIR_KIND_DOMAIN, c->domain, "", &s);
	return ctl_subject_change(
	    ctl, &s, CTL_SET, buf, on ? "marked" : "mark taken off");
}

/* Its DNS is looked at; only if that is right it is served. */
static int
activate(struct ctl *ctl, const struct course *c, const char *server)
{
	struct check found = { .count = 0 };
	struct ctl_zone z = { .entry = NULL };
	int status = ctl_zone_open(ctl, c->domain, &z);

	if (status == 0)
		status = ctl_check(ctl, server, &z, &found);
	if (status == 0 && !ctl_check_is_right(&found))
		status = ctl_fail(ctl, CTL_EXIT_LATER,
		    "the DNS of %s is not right yet: 'octroictl domain check "
		    "%s' says what to change; then again",
		    c->domain, c->domain);
	else if (status == 0)
		status = ctl_check_activate(ctl, &z);
	check_fini(&found);
	ctl_zone_close(&z);
	return status != 0 ? status
			   : ctl_done(ctl, "active", "domain", c->domain);
}

/* A step that a person does: what, and how it is told that it is done. */
static int
tell(const struct ctl *ctl, const struct course *c, int step)
{
	struct oct_str how;
	int status;

	oct_str_heap(&how, 1024);
	add_how(c, step, &how);
	if (step == STEP_LEGACY)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED, "%s: to be %s: '%s'",
		    c->old,
		    c->collected ? "given its password" : "verified",
		    oct_str_text(&how));
	else if (step == STEP_MAILBOXES)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s has no mailboxes yet: '%s', then again", c->domain,
		    oct_str_text(&how));
	else
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s: to be done by you: '%s'; then 'octroictl onboard done "
		    "%s %s'",
		    steps[step].name, oct_str_text(&how), c->domain,
		    steps[step].name);
	oct_str_free(&how);
	return status;
}

static int
take_step(struct ctl *ctl, struct course *c, const char *server)
{
	int step = next_of(c), status;

	if (step == STEPS)
		return ctl_done(ctl, "all is done", "domain", c->domain);
	if (step != STEP_ACTIVE && steps[step].state == NULL)
		return tell(ctl, c, step);
	status = step == STEP_ACTIVE
	    ? activate(ctl, c, server)
	    : set_state(ctl, c, steps[step].state, steps[step].what);
	c->done[step] = true;
	return status != 0 ? status : tell_next(ctl, c);
}

static const struct ctl_option next_options[] = {
	{ "dns", "HOST:PORT", "ask that resolver" },
	{ NULL, NULL, NULL },
};

static int
next_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct course c;
	int status = open_course(ctl, args->words[0], &c);

	if (status == 0)
		status = take_step(ctl, &c, ctl_args_value(args, "dns"));
	close_course(&c);
	return status;
}

/* The state before that of a step. */
static const char *
state_before(const struct course *c, int step)
{
	while (--step >= 0)
		if (steps[step].state != NULL && concerns(c, step))
			return steps[step].state;
	return NULL;
}

/* The last step that a command of ours can take back; what is provisioned, and
 * what was verified, stays. */
static int
undo(struct ctl *ctl, const struct course *c)
{
	for (int i = STEPS - 1; i > STEP_REQUEST; i--) {
		const char *before = state_before(c, i);

		if (!c->done[i] || !concerns(c, i))
			continue;
		if (steps[i].marked)
			return set_mark(ctl, c, (enum step)i, false);
		if (steps[i].state != NULL && before != NULL)
			return set_state(ctl, c, before, "a step back");
	}
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "%s is at its beginning: 'octroictl domain close %s' ends it",
	    c->domain, c->domain);
}

static int
undo_run(struct ctl *ctl, const struct ctl_args *args)
{
	int status = with_course(ctl, args->words[0], undo);

	return status != 0 ? status
			   : with_course(ctl, args->words[0], tell_next);
}

static int
done_run(struct ctl *ctl, const struct ctl_args *args)
{
	const char *name = args->words[1];
	struct course c;
	int status = open_course(ctl, args->words[0], &c), i = 0;

	while (i < STEPS && strcmp(steps[i].name, name) != 0)
		i++;
	if (status == 0 && (i == STEPS || !steps[i].marked))
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "'%.40s': senders or sheets; the other steps show "
		    "themselves",
		    name);
	if (status == 0)
		status = set_mark(ctl, &c, (enum step)i, true);
	close_course(&c);
	return status;
}

/* --- sheet --------------------------------------------------------------- */

static int
write_sheets(struct ctl *ctl, const struct ctl_args *args,
    const struct course *c)
{
	struct ctl_sheets s = { .domain = c->entry,
		.locals = args->words + 1, .local_count = args->count - 1,
		.now_ms = oct_clock_wall_ms() };
	struct oct_str out;
	size_t count;
	int status = ctl_settings(ctl, &s.set);

	if (status != 0)
		return status;
	if (settings_tell_time(s.set) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED, "out of memory");
	oct_str_heap(&out, CTL_OUT_MAX);
	count = ctl_sheets(&s, &out);
	if (count > 0 && (s.local_count == 0 || count == s.local_count))
		return ctl_write(ctl, &out);
	oct_str_free(&out);
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    s.local_count > 0 ? "%s: not all of those are mailboxes of it"
			      : "%s has no active mailbox",
	    c->domain);
}

static int
sheet_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct course c;
	int status = open_course(ctl, args->words[0], &c);

	if (status == 0)
		status = write_sheets(ctl, args, &c);
	close_course(&c);
	return status;
}

static const struct ctl_option start_options[] = {
	{ "tenant", "ID", "whose it is to be" },
	{ "origin", "brought|reserved|offered",
	    "where its name comes from; brought: it is studied first" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_onboard_verbs[] = {
	{ "start", "DOMAIN", "begin with a domain", 1, 1, start_options,
	    CTL_NO_ATTRIBUTES, start_run },
	{ "show", "DOMAIN", "its steps: done, now, later, and by what", 1, 1,
	    NULL, CTL_NO_ATTRIBUTES, show_run },
	{ "next", "DOMAIN", "take the next step, or say what it needs", 1, 1,
	    next_options, CTL_NO_ATTRIBUTES, next_run },
	{ "done", "DOMAIN STEP", "a step that nothing else shows was done", 2,
	    2, NULL, CTL_NO_ATTRIBUTES, done_run },
	{ "undo", "DOMAIN", "go one step back", 1, 1, NULL, CTL_NO_ATTRIBUTES,
	    undo_run },
	{ "sheet", "DOMAIN [LOCAL-PART...]",
	    "print the welcome sheets of its mailboxes, a page in French", 1,
	    CTL_ANY, NULL, CTL_NO_ATTRIBUTES, sheet_run },
	{ .run = NULL },
};
