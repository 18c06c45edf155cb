/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl scan: the verdict that the milter would give a file, by the same
 * evaluation, facts and decision.  Writes nothing: limits are not charged, the
 * replay memory is not asked (a signature counts as fresh).
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "milter/facts.h"
#include "policy/exempt.h"
#include "provisioning/ctl_scan.h"

/* --- What the verdict hangs on: directory and store, where they can be had --- */

static void
note(struct ctl_scan *s, const char *text)
{
	(void)json_array_append_new(s->notes, json_string(text));
}

static int
open_directory(struct ctl_scan *s)
{
	const char *copy = s->set->directory_copy;
	struct store_conf conf;
	int rc;

	settings_store(s->set, &conf);
	rc = store_new(&conf, &s->store);
	if (rc != 0)
		return rc;
	s->store_up = store_ping(s->store) == 0;
	if (s->store_up)
		return directory_read(s->store, NULL, &s->snapshot);
	note(s, "Redis is not reachable: relations and grants are not known");
	rc = directory_open(s->store, *copy != '\0' ? copy : NULL,
	    &s->directory);
	if (rc == 0)
		s->snapshot = directory_get(s->directory);
	return rc;
}

static int
open_parts(struct ctl *ctl, struct ctl_scan *s)
{
	const struct oct_conf_list *list = &s->set->statutory;
	int rc = open_directory(s);

	if (rc != 0)
		note(s, "the directory cannot be read: recipients are judged "
			"as mailboxes with the Challenge option off");
	s->statutory = calloc(list->count + 1, sizeof(*s->statutory));
	if (s->statutory == NULL)
		return ctl_fail_rc(ctl, -ENOMEM, "the", "scan");
	for (size_t i = 0; i < list->count; i++)
		s->statutory[i] = list->values[i];
	settings_timers(s->set, &s->timers);
	settings_options(s->set, &s->options);
	(void)!settings_hundredths(s->set->tag, &s->thresholds.tag);
	(void)!settings_hundredths(s->set->hold, &s->thresholds.hold);
	(void)!settings_hundredths(s->set->reject, &s->thresholds.reject);
	return 0;
}

static void
close_parts(struct ctl_scan *s)
{
	if (s->snapshot != NULL)
		directory_put(s->snapshot);
	if (s->directory != NULL)
		directory_close(s->directory);
	store_free(s->store);
	free(s->statutory);
	json_decref(s->notes);
}

/* --- Finals ------------------------------------------------------------- */

static struct ctl_scan_final *
add_final(struct ctl_scan *s, const struct oct_addr *typed)
{
	struct ctl_scan_final *more = reallocarray(s->finals, s->count + 1,
	    sizeof(*more));

	if (more == NULL)
		return NULL;
	s->finals = more;
	memset(&more[s->count], 0, sizeof(*more));
	more[s->count].typed = typed;
	return &more[s->count++];
}

/* Settled at RCPT, before anything is judged. */
static void
settle(struct ctl_scan_final *f, enum fate_verdict verdict, const char *why,
    int code, const char *enhanced)
{
	f->settled = why;
	f->fate.verdict = verdict;
	f->fate.code = code;
	f->fate.enhanced = enhanced;
}

static bool
is_in_state(const struct dir_final *d, enum dir_state state)
{
	return d->domain != NULL &&
	    (d->domain->state == state || d->mailbox->state == state);
}

/* As at RCPT: closed members of a group are left out, suspended ones are judged
 * if there are others. */
static void
check_state(struct ctl_scan_final *f, const struct dir_finals *all)
{
	size_t active = 0;

	for (size_t i = 0; i < all->count; i++)
		active += !is_in_state(&all->finals[i], DIR_CLOSED) &&
		    !is_in_state(&all->finals[i], DIR_SUSPENDED);
	if (is_in_state(&f->final, DIR_CLOSED))
		settle(f, FATE_REFUSE, "closed", 550, "5.2.1");
	else if (active == 0 && is_in_state(&f->final, DIR_SUSPENDED))
		settle(f, FATE_DEFER, "suspended", 450, "4.2.1");
}

static int
resolve(struct ctl_scan *s, const struct oct_addr *typed)
{
	enum dir_resolve found = DIR_NOT_OURS;
	struct dir_finals finals = { .count = 0 };
	struct ctl_scan_final *f;

	if (s->snapshot != NULL)
		found = dir_resolve(s->snapshot, typed, s->statutory, &finals);
	for (size_t i = 0; found == DIR_FOUND && i < finals.count; i++) {
		f = add_final(s, typed);
		if (f == NULL)
			break;
		f->final = finals.finals[i];
		check_state(f, &finals);
	}
	dir_finals_free(&finals);
	if (found == DIR_FOUND)
		return s->count > 0 ? 0 : -ENOMEM;
	f = add_final(s, typed);
	if (f == NULL)
		return -ENOMEM;
	oct_addr_text(typed, f->final.address);
	if (s->snapshot == NULL)
		f->assumed = true;
	else if (found == DIR_NOT_OURS)
		settle(f, FATE_DELIVER, "not-ours", 0, NULL);
	else if (found == DIR_UNKNOWN)
		settle(f, FATE_REFUSE, "unknown-mailbox", 550, "5.1.1");
	else
		settle(f, FATE_DEFER, "alias-loop", 451, "4.4.6");
	return 0;
}

static void
classify(const struct ctl_scan *s, struct ctl_scan_final *f, bool named)
{
	struct proof_input in;
	char net[OCT_IP_SIZE] = "-";

	evaluation_proof(s->m.ev, evaluator_envelope(s->m.evaluator), named,
	    PROOF_REPLAY_FRESH, &in);
	proof_classify(&in, &f->proof);
	f->facts.class = f->proof.class;
	if (s->m.envelope.client.family != AF_UNSPEC)
		oct_ip_net_text(&s->m.envelope.client, net);
	proof_sid(&in, &f->proof, net, f->sid);
}

static int
read_relation(struct ctl_scan *s, struct ctl_scan_final *f)
{
	struct facts_relation rel;
	struct store_batch *b = NULL;
	struct facts_reads at;
	struct facts_who who;
	int rc = store_batch_new(&b);

	facts_who(s->m.ev, &s->m.envelope.rpath, &who);
	if (rc == 0)
		rc = facts_ask(&who, f->final.domain->name,
		    f->final.mailbox->local, f->sid, b, &at);
	if (rc == 0)
		rc = store_batch_run(s->store, b);
	if (rc == 0)
		facts_read(&who, f->proof.from_proven, b, &at, &s->timers,
		    oct_clock_wall_ms(), &rel, &f->facts);
	store_batch_free(b);
	return rc;
}

static void
judge_final(struct ctl_scan *s, struct ctl_scan_final *f)
{
	bool named = evaluator_names(s->m.evaluator, f->typed,
	    f->final.address);
	struct option_values options;

	facts_options(&f->final, &s->options, &options);
	facts_final(&f->final, &s->thresholds, &options, s->exempt || !named,
	    &f->facts);
	if (f->assumed) {
		f->facts.external = false;
		f->facts.mode = OPTION_CHALLENGE_OFF;
	}
	f->facts.class = PROOF_N;
	if (!f->facts.external)
		classify(s, f, named);
	if (!f->assumed && decide_asks_store(&s->msg, &f->facts) &&
	    s->store_up && read_relation(s, f) != 0)
		note(s, "a relation cannot be read from Redis");
	decide_rcpt(&s->msg, &f->facts, &f->fate);
}

/* Those that were settled at RCPT are no part of the one reply. */
static int
judge_all(struct ctl_scan *s)
{
	struct fate *fates = calloc(s->count + 1, sizeof(*fates));
	size_t n = 0;

	if (fates == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->count; i++) {
		struct ctl_scan_final *f = &s->finals[i];

		if (f->settled == NULL) {
			judge_final(s, f);
			fates[n++] = f->fate;
		} else if (f->fate.verdict == FATE_DELIVER) {
			fates[n++] = f->fate;
		}
	}
	decide_reply(&s->msg, fates, n, &s->reply);
	n = 0;
	for (size_t i = 0; i < s->count; i++)
		if (s->finals[i].settled == NULL)
			s->finals[i].fate = fates[n++];
		else if (s->finals[i].fate.verdict == FATE_DELIVER)
			n++;
	free(fates);
	return 0;
}

static int
scan_message(struct ctl *ctl, struct ctl_scan *s)
{
	int rc = 0;

	facts_message(evaluator_envelope(s->m.evaluator), s->snapshot, s->m.ev,
	    oct_clock_wall_ms(), &s->msg);
	s->exempt = exempt_kind(evaluator_msg(s->m.evaluator),
			&s->m.envelope.rpath, true) != NULL;
	if (s->set != NULL)
		s->msg.dmarc_mode = facts_dmarc_mode(s->set);
	for (size_t i = 0; rc == 0 && i < s->m.rcpt_count; i++)
		rc = resolve(s, &s->m.rcpts[i]);
	if (s->m.rcpt_count == 0)
		note(s, "no recipient is known: --rcpt=ADDRESS names one");
	if (rc == 0)
		rc = judge_all(s);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "scan of", s->m.path);
}

/* --- The verb ----------------------------------------------------------- */

static int
scan_one(struct ctl *ctl, const struct ctl_args *args, const char *path,
    json_t **out)
{
	const char *lang = ctl_args_value(args, "lang");
	struct ctl_scan s = { .notes = json_array(),
		.thresholds = { CTL_SCAN_TAG, CTL_SCAN_HOLD,
		    CTL_SCAN_REJECT } };
	int status = ctl_settings_maybe(ctl, &s.set);

	options_standard(&s.options);
	if (status == 0 && s.set != NULL)
		status = open_parts(ctl, &s);
	else if (status == 0)
		note(&s, "no configuration: recipients are judged as mailboxes "
			 "with the Challenge option off");
	s.english = lang != NULL ? strcmp(lang, "en") == 0
				 : s.set != NULL && s.set->language == 1;
	if (status == 0)
		status = ctl_message_read(ctl, s.set, args, path, &s.m);
	if (status == 0)
		status = scan_message(ctl, &s);
	if (status == 0 && out != NULL)
		*out = ctl_scan_json(&s);
	else if (status == 0)
		status = ctl_scan_text(ctl, &s);
	free(s.finals);
	ctl_message_fini(&s.m);
	close_parts(&s);
	return status;
}

static int
scan_run(struct ctl *ctl, const struct ctl_args *args)
{
	const char *lang = ctl_args_value(args, "lang");
	json_t *all = json_array(), *one;
	int first = 0;

	if (lang != NULL && strcmp(lang, "fr") != 0 && strcmp(lang, "en") != 0)
		first = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--lang=%s: expected fr or en", lang);
	for (size_t i = 0; first != DAEMON_EXIT_USAGE && i < args->count;
	    i++) {
		int status;

		one = NULL;
		status = scan_one(ctl, args, args->words[i],
		    ctl->json ? &one : NULL);
		if (one != NULL)
			(void)json_array_append_new(all, one);
		first = first != 0 ? first : status;
	}
	if (ctl->json && json_array_size(all) > 0) {
		/* One file gives an object, several a list. */
		int status = ctl_print(ctl,
		    json_incref(args->count == 1 ? json_array_get(all, 0)
						 : all),
		    NULL, 0);

		first = first != 0 ? first : status;
	}
	json_decref(all);
	return first;
}

static const struct ctl_option options[] = {
	CTL_ENVELOPE_OPTIONS,
	{ "rcpt", "ADDRESS", "recipient; repeatable" },
	{ "lang", "fr|en", "language of the explanations" },
	CTL_DNS_OPTION,
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_scan_verbs[] = {
	{ NULL, "FILE...",
	    "judge messages as the milter would, changing nothing", 1, CTL_ANY,
	    options, CTL_NO_ATTRIBUTES, scan_run },
	{ .run = NULL },
};
