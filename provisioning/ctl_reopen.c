/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl ... reopen: what was closed, or is about to be, stands again as it
 * stood before.  A domain that waited for its DNS does not become one that is
 * served, nor a suspended mailbox one that is delivered to.
 */
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "policy/detail.h"
#include "policy/journal.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"

#define STATE_SIZE 16

/* --- How it stood ---------------------------------------------------------- */

struct looking_back {
	const char *kind, *name;
	char state[STATE_SIZE];
};

static bool
is_open(const char *state)
{
	return strcmp(state, "closed") != 0 && strcmp(state, "closing") != 0;
}

/* What is not there, or was purged, has nothing to do with what came after. */
static void
keep_open(struct looking_back *l, const json_t *object)
{
	const char *state = object != NULL ? ctl_text(object, "state") : "";

	if (*state == '\0')
		state = "active";
	if (is_open(state))
		(void)snprintf(l->state, sizeof(l->state), "%s", state);
}

/* Where the journal begins, the closing itself may be the oldest that there is:
 * it says what was before it. */
static int
take_state(void *arg, const struct journal_entry *e)
{
	struct looking_back *l = arg;

	if (strcmp(e->kind, l->kind) != 0 || strcmp(e->name, l->name) != 0)
		return 0;
	keep_open(l, e->before);
	keep_open(l, e->after);
	return 0;
}

/* Out of its journal; what is older than that was active. */
static int
state_before(struct ctl *ctl, const struct ctl_subject *s,
    char out[STATE_SIZE])
{
	const struct journal_of of = {
		.domain = *s->domain != '\0' ? s->domain : NULL,
		.tenant = *s->domain != '\0' ? NULL : s->local };
	struct looking_back l = { .kind = dir_kind_name(s->kind),
		.name = s->kind == DIR_KIND_DOMAIN ? "" : s->local,
		.state = "active" };
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = journal_read(store, &of, take_state, &l);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "journal of", s->name);
	memcpy(out, l.state, STATE_SIZE);
	return 0;
}

/* --- Opening ---------------------------------------------------------------- */

static int
reopen_one(struct ctl *ctl, const struct ctl_subject *s,
    char state[STATE_SIZE])
{
	char json[64 + STATE_SIZE];
	int status = state_before(ctl, s, state);

	if (status != 0)
		return status;
	(void)snprintf(json, sizeof(json),
	    "{\"state\":\"%s\",\"closes\":\"\"}", state);
	return ctl_subject_change(ctl, s, CTL_REOPEN, json, NULL);
}

/* day: on which the tenant was, or is to be, closed; what was closed at another
 * time stays so. */
static int
reopen_domain(struct ctl *ctl, const struct dir_domain *d, const char *day)
{
	const char *of = d->life == DIR_LIFE_CLOSED
	    ? detail_get(d->details, DETAIL_CLOSED)
	    : detail_get(d->details, DETAIL_CLOSES);
	char state[STATE_SIZE];
	struct ctl_subject s;

	if (*of == '\0' || strcmp(of, day) != 0)
		return 0;
	ctl_subject_of(DIR_KIND_DOMAIN, d->name, "", &s);
	return reopen_one(ctl, &s, state);
}

static int
reopen_domains(struct ctl *ctl, const char *tenant, const char *day)
{
	const struct dir_snapshot *all;
	int status = ctl_directory(ctl, NULL, &all);

	if (status != 0)
		return status;
	for (size_t i = 0; status == 0 && i < dir_domain_count(all); i++) {
		const struct dir_domain *d = dir_domain_at(all, i);

		if (strcmp(d->tenant, tenant) == 0)
			status = reopen_domain(ctl, d, day);
	}
	directory_put(all);
	return status;
}

int
ctl_reopen_tenant(struct ctl *ctl, const char *id)
{
	char state[STATE_SIZE], day[DETAIL_DATE_SIZE];
	struct ctl_subject s;
	json_t *v;
	int status;

	ctl_subject_of(DIR_KIND_TENANT, "", id, &s);
	status = ctl_subject_read(ctl, &s, &v);
	if (status != 0)
		return status;
	(void)snprintf(day, sizeof(day), "%s",
	    ctl_text(v, strcmp(ctl_text(v, "state"), "closed") == 0
		    ? "closed"
		    : "closes"));
	json_decref(v);
	status = reopen_domains(ctl, id, day);
	return status != 0 ? status : reopen_one(ctl, &s, state);
}

/* --- The command ------------------------------------------------------------ */

static int
say_open(struct ctl *ctl, const struct ctl_subject *s, const char *state)
{
	char done[32 + STATE_SIZE] = "open again";

	if (strcmp(state, "active") != 0)
		(void)snprintf(done, sizeof(done), "open again, as %s", state);
	return ctl_done(ctl, done, s->noun, s->name);
}

int
ctl_reopen_run(struct ctl *ctl, const struct ctl_args *args)
{
	char state[STATE_SIZE] = "active";
	bool closed, closes;
	struct ctl_subject s;
	json_t *v;
	int status = ctl_subject(ctl, args, &s);

	if (status == 0)
		status = ctl_subject_read(ctl, &s, &v);
	if (status != 0)
		return status;
	closed = strcmp(ctl_text(v, "state"), "closed") == 0;
	closes = *ctl_text(v, "closes") != '\0';
	json_decref(v);
	if (!closed && !closes)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s is neither closed nor about to be", s.name);
	if (s.kind == DIR_KIND_TENANT)
		status = ctl_reopen_tenant(ctl, s.local);
	/* A mailbox that is only about to close keeps its state. */
	else if (s.kind == DIR_KIND_MAILBOX && !closed)
		status = ctl_subject_change(
		    ctl, &s, CTL_SET, "{\"closes\":\"\"}", NULL);
	else
		status = reopen_one(ctl, &s, state);
	return status != 0 ? status : say_open(ctl, &s, state);
}
