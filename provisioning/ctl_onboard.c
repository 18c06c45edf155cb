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
#include "provisioning/ctl_course.h"
#include "provisioning/ctl_entry.h"

/* --- show ---------------------------------------------------------------- */

static const struct ctl_column columns[] = {
	{ "step", "STEP", CTL_TEXT },
	{ "state", "STATE", CTL_TEXT },
	{ "what", "WHAT", CTL_TEXT },
	{ "how", "BY", CTL_TEXT },
};

static json_t *
step_json(const struct course *c, int i, int next)
{
	const char *state = !course_concerns(c, i) ? "not needed"
	    : c->done[i]		    ? "done"
	    : i == next			    ? "now"
					    : "later";
	struct oct_str how;
	json_t *v = json_object();

	oct_str_heap(&how, 1024);
	course_add_how(c, i, &how);
	ctl_json_set(v, "step", json_string(course_steps[i].name));
	ctl_json_set(v, "state", json_string(state));
	ctl_json_set(v, "what", json_string(course_steps[i].what));
	ctl_json_set(v, "how", json_string(oct_str_text(&how)));
	oct_str_free(&how);
	return v;
}

static int
print_course(struct ctl *ctl, const struct course *c)
{
	json_t *all = json_array();
	int next = course_next(c);

	for (int i = 0; i < STEPS; i++)
		(void)json_array_append_new(all, step_json(c, i, next));
	return ctl_print_list(ctl, STEPS, all, columns, OCT_LEN(columns));
}

/* After a step: what comes then, and by which command. */
static int
tell_next(struct ctl *ctl, const struct course *c)
{
	int next = course_next(c);
	struct oct_str out;

	if (ctl->quiet || ctl->json || next == STEPS)
		return 0;
	oct_str_heap(&out, 1024);
	oct_str_addf(&out, "next: %s: ", course_steps[next].name);
	course_add_how(c, next, &out);
	oct_str_add(&out, "\n");
	return ctl_write(ctl, &out);
}

static int
with_course(struct ctl *ctl, const char *domain,
    int (*act)(struct ctl *, const struct course *))
{
	struct course c;
	int status = course_open(ctl, domain, &c);

	if (status == 0)
		status = act(ctl, &c);
	course_close(&c);
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
		if (!course_steps[i].marked ||
		    !(i == (int)step ? on : course_is_marked(c, (enum step)i)))
			continue;
		oct_str_addf(&json, "%s%s", first ? "" : " ", course_steps[i].name);
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
	course_add_how(c, step, &how);
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
		    course_steps[step].name, oct_str_text(&how), c->domain,
		    course_steps[step].name);
	oct_str_free(&how);
	return status;
}

static int
take_step(struct ctl *ctl, struct course *c, const char *server)
{
	int step = course_next(c), status;

	if (step == STEPS)
		return ctl_done(ctl, "all is done", "domain", c->domain);
	if (step != STEP_ACTIVE && course_steps[step].state == NULL)
		return tell(ctl, c, step);
	status = step == STEP_ACTIVE
	    ? activate(ctl, c, server)
	    : set_state(ctl, c, course_steps[step].state, course_steps[step].what);
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
	int status = course_open(ctl, args->words[0], &c);

	if (status == 0)
		status = take_step(ctl, &c, ctl_args_value(args, "dns"));
	course_close(&c);
	return status;
}

/* The state before that of a step. */
static const char *
state_before(const struct course *c, int step)
{
	while (--step >= 0)
		if (course_steps[step].state != NULL && course_concerns(c, step))
			return course_steps[step].state;
	return NULL;
}

/* The last step that a command of ours can take back; what is provisioned, and
 * what was verified, stays. */
static int
undo(struct ctl *ctl, const struct course *c)
{
	for (int i = STEPS - 1; i > STEP_REQUEST; i--) {
		const char *before = state_before(c, i);

		if (!c->done[i] || !course_concerns(c, i))
			continue;
		if (course_steps[i].marked)
			return set_mark(ctl, c, (enum step)i, false);
		if (course_steps[i].state != NULL && before != NULL)
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
	int status = course_open(ctl, args->words[0], &c), i = 0;

	while (i < STEPS && strcmp(course_steps[i].name, name) != 0)
		i++;
	if (status == 0 && (i == STEPS || !course_steps[i].marked))
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "'%.40s': senders or sheets; the other steps show "
		    "themselves",
		    name);
	if (status == 0)
		status = set_mark(ctl, &c, (enum step)i, true);
	course_close(&c);
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
	int status = course_open(ctl, args->words[0], &c);

	if (status == 0)
		status = write_sheets(ctl, args, &c);
	course_close(&c);
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
