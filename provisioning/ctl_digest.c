/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl digest: what an owner is told of what is held for him, and when.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "courier/digest.h"
#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_grant.h"
#include "provisioning/ctl_template.h"

/* What every verb looks at. */
struct looking {
	struct ctl_target target;
	const struct settings *set;
	struct store *store;
	const struct dir_snapshot *dir;
	const struct dir_domain *domain;
	const struct dir_mailbox *mailbox;
	struct option_values options;
	struct digest_boxes boxes;
};

static void
end(struct looking *l)
{
	digest_boxes_free(&l->boxes);
	directory_put(l->dir);
}

static int
begin(struct ctl *ctl, const struct ctl_args *args, struct looking *l)
{
	struct option_values platform;
	int status, rc;

	memset(l, 0, sizeof(*l));
	status = ctl_target(ctl, args->words[0], false, &l->target);
	if (status == 0)
		status = ctl_settings(ctl, &l->set);
	if (status == 0)
		status = ctl_store(ctl, &l->store);
	if (status == 0)
		status = ctl_directory(ctl, l->target.addr.domain, &l->dir);
	if (status != 0)
		return status;
	/* Its hours are told as the courier tells them. */
	rc = settings_tell_time(l->set);
	l->domain = dir_domain_any(l->dir, l->target.addr.domain);
	l->mailbox = dir_mailbox(l->domain, l->target.addr.local);
	settings_options(l->set, &platform);
	dir_options(l->domain, l->mailbox, &platform, &l->options);
	if (rc == 0)
		rc = digest_box_read(l->store, l->domain->name,
		    l->mailbox->local, &l->boxes);
	if (rc == 0)
		return 0;
	end(l);
	return ctl_fail_rc(ctl, rc, "digest of", l->target.name);
}

/* --- show ---------------------------------------------------------------- */

static json_t *
readers(const struct looking *l)
{
	char person[OCT_ADDR_SIZE];
	struct oct_str s;
	size_t at = 0;
	json_t *v;

	oct_str_heap(&s, DETAIL_TEXT_MAX);
	while (owner_person_next(l->mailbox, &at, person))
		if (!digest_declined(l->mailbox, person))
			oct_str_addf(&s, "%s%s", s.len > 0 ? ", " : "",
			    person);
	if (s.len == 0)
		oct_str_add(&s, l->target.name);
	v = ctl_json_text(oct_str_text(&s));
	oct_str_free(&s);
	return v;
}

static void
set_schedule(const struct looking *l, json_t *v, int64_t schedule)
{
	int64_t set = l->options.v[OPTION_DIGEST];
	char text[DIGEST_TEXT_SIZE];

	digest_schedule_text(schedule, text);
	ctl_json_set(v, "schedule", ctl_json_text(text));
	digest_schedule_text(set, text);
	ctl_json_set(v, "set", ctl_json_text(text));
	ctl_json_set(v, "set_by",
	    json_string(dir_level_name(dir_option_level(l->domain, l->mailbox,
		OPTION_DIGEST))));
}

static int
digest_show(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "mailbox", "mailbox", CTL_TEXT },
		{ "schedule", "schedule in force", CTL_TEXT },
		{ "set", "as it is set", CTL_TEXT },
		{ "set_by", "by", CTL_TEXT },
		{ "to", "goes to", CTL_TEXT },
		{ "last", "last one", CTL_TEXT },
		{ "next", "next one", CTL_TEXT },
		{ "unlisted", "not told of yet", CTL_TEXT },
		{ "oldest", "oldest of these", CTL_TEXT },
		{ "sending", "being sent", CTL_TEXT },
	};
	struct looking l;
	const struct digest_box *b;
	int64_t schedule, due;
	json_t *v;
	int status = begin(ctl, args, &l);

	if (status != 0)
		return status;
	b = l.boxes.box;
	schedule = digest_schedule_of(&l.options);
	due = digest_due(b, schedule, oct_clock_wall_ms());
	v = json_object();
	ctl_json_set(v, "mailbox", ctl_json_text(l.target.name));
	set_schedule(&l, v, schedule);
	ctl_json_set(v, "to", readers(&l));
	ctl_json_set(v, "last", ctl_json_time(b->state.sent_ms));
	ctl_json_set(v, "next", ctl_json_time(due == INT64_MAX ? 0
		: due > 0				       ? due
							       : 1));
	ctl_json_set(v, "unlisted", json_integer(b->unlisted));
	ctl_json_set(v, "oldest", ctl_json_time(b->oldest_ms));
	ctl_json_set(v, "sending",
	    json_string(b->state.lease_ms > oct_clock_wall_ms() ? "yes"
								: "no"));
	end(&l);
	return ctl_print(ctl, v, columns, OCT_LEN(columns));
}

/* --- preview ------------------------------------------------------------- */

static int
print_mail(struct ctl *ctl, bool text_only, struct oct_str *mail)
{
	struct oct_str text;

	if (!text_only)
		return ctl_write(ctl, mail);
	oct_str_heap(&text, DIGEST_MAIL_MAX);
	ctl_template_text(oct_str_text(mail), &text);
	oct_str_free(mail);
	return ctl_write(ctl, &text);
}

/* Without links that would let the administrator in as the owner. */
static int
compose(struct looking *l, bool all, struct oct_str *out)
{
	char domain[OCT_DOMAIN_SIZE], host[256];
	const struct digest_desk desk = { .store = l->store,
		.settings = l->set, .challenge_domain = domain,
		.page_host = host };
	struct digest_for f = { .desk = &desk, .domain = l->domain,
		.mailbox = l->mailbox, .box = l->boxes.box,
		.now_ms = oct_clock_wall_ms() };
	struct digest_list *list = NULL;
	int rc = oct_domain_normalise(l->set->challenge_domain, domain);

	settings_page_host(l->set, host);
	f.box->state.asked |= all;
	if (rc == 0)
		rc = digest_gather(&f, &list);
	if (rc != 0)
		return rc;
	rc = list->count == 0 ? OCT_EABSENT
			      : digest_compose(&f, list, "", out);
	digest_list_free(list);
	return rc;
}

static int
digest_preview(struct ctl *ctl, const struct ctl_args *args)
{
	struct oct_str mail;
	struct looking l;
	int status = begin(ctl, args, &l), rc;

	if (status != 0)
		return status;
	oct_str_heap(&mail, DIGEST_MAIL_MAX);
	rc = compose(&l, ctl_args_has(args, "all"), &mail);
	end(&l);
	if (rc == 0)
		return print_mail(ctl, ctl_args_has(args, "text"), &mail);
	oct_str_free(&mail);
	if (rc == OCT_EABSENT)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "%s has nothing that it was not told of%s", l.target.name,
		    ctl_args_has(args, "all") ? ", or told of before"
					      : ": --all shows all that waits");
	return ctl_fail_rc(ctl, rc, "digest of", l.target.name);
}

/* --- send ------------------------------------------------------------------ */

static int
digest_send_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct looking l;
	int status = begin(ctl, args, &l), rc;

	if (status != 0)
		return status;
	rc = digest_ask(l.store, l.domain->name, l.mailbox->local,
	    l.set->node, oct_clock_wall_ms());
	end(&l);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "digest of", l.target.name);
	status = ctl_audit(ctl, "digest-send", l.target.addr.domain,
	    l.target.addr.local, "");
	return status != 0 ? status
			   : ctl_done(ctl, "given to the courier", "digest",
				 l.target.name);
}

static const struct ctl_option preview_options[] = {
	{ "all", NULL, "all that waits, also what it was told of" },
	{ "text", NULL, "only the text, as it is read" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_digest_verbs[] = {
	{ "show", "MAILBOX", "print its schedule, the last and the next one",
	    1, 1, NULL, CTL_NO_ATTRIBUTES, digest_show },
	{ "preview", "MAILBOX", "print the mail that it would get now", 1, 1,
	    preview_options, CTL_NO_ATTRIBUTES, digest_preview },
	{ "send", "MAILBOX", "send one now, of all that waits", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, digest_send_run },
	{ .run = NULL },
};
