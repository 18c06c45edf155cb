/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl scan: the verdict that the milter would give a file, by the same
 * evaluation, facts and decision.  Writes nothing: limits are not charged, the
 * replay memory is not asked (a signature counts as fresh).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "milter/facts.h"
#include "milter/legacy.h"
#include "policy/exempt.h"
#include "provisioning/ctl_parallel.h"
#include "provisioning/ctl_scan.h"

/* --- What the verdict hangs on: directory and store, where they can be had --- */

static void
note(struct ctl_scan *s, const char *text)
{
	(void)json_array_append_new(s->notes, json_string(text));
}

static void
note_all(struct ctl_scan_site *p, const char *text)
{
	size_t n = 0;

	while (p->notes[n] != NULL)
		n++;
	OCT_ASSERT(n + 1 < OCT_LEN(p->notes));
	p->notes[n] = text;
}

static int
open_directory(struct ctl_scan_site *p)
{
	const char *copy = p->set->directory_copy;
	struct store_conf conf;
	int rc;

	settings_store(p->set, &conf);
	rc = store_new(&conf, &p->store);
	if (rc != 0)
		return rc;
	p->store_up = store_ping(p->store) == 0;
	if (p->store_up)
		return directory_read(p->store, NULL, &p->snapshot);
	note_all(p, "Redis is not reachable: relations and grants are not "
		    "known");
	rc = directory_open(p->store, *copy != '\0' ? copy : NULL,
	    &p->directory);
	if (rc == 0)
		p->snapshot = directory_get(p->directory);
	return rc;
}

static int
open_parts(struct ctl_scan_site *p)
{
	const struct oct_conf_list *list = &p->set->statutory;
	const char *problem = NULL;
	int rc = open_directory(p);

	if (rc != 0)
		note_all(p, "the directory cannot be read: recipients are "
			    "judged as mailboxes with the Challenge option off");
	if (p->store_up && ctl_scan_store_open(p, &problem) != 0)
		note_all(p, problem);
	p->statutory = calloc(list->count + 1, sizeof(*p->statutory));
	if (p->statutory == NULL)
		return ctl_fail_rc(p->ctl, -ENOMEM, "the", "scan");
	for (size_t i = 0; i < list->count; i++)
		p->statutory[i] = list->values[i];
	settings_timers(p->set, &p->timers);
	settings_options(p->set, &p->options);
	(void)!settings_hundredths(p->set->tag, &p->thresholds.tag);
	(void)!settings_hundredths(p->set->hold, &p->thresholds.hold);
	(void)!settings_hundredths(p->set->reject, &p->thresholds.reject);
	return 0;
}

static int
open_site(struct ctl *ctl, const struct ctl_args *args,
    struct ctl_scan_site *p)
{
	const char *lang = ctl_args_value(args, "lang");
	int status;

	*p = (struct ctl_scan_site){ .ctl = ctl,
		.thresholds = { CTL_SCAN_TAG, CTL_SCAN_HOLD,
		    CTL_SCAN_REJECT } };
	options_standard(&p->options);
	status = ctl_settings_maybe(ctl, &p->set);
	if (status == 0 && p->set != NULL)
		status = open_parts(p);
	else if (status == 0)
		note_all(p, "no configuration: recipients are judged as "
			    "mailboxes with the Challenge option off");
	p->english = lang != NULL ? strcmp(lang, "en") == 0
				  : p->set != NULL && p->set->language == 1;
	if (status == 0)
		status = ctl_site_open(ctl, p->set, args, false, &p->site);
	/* Opening clears what it opens. */
	p->site.snapshot = p->snapshot;
	return status;
}

static void
close_site(struct ctl_scan_site *p)
{
	ctl_scan_store_close(p->doors);
	ctl_site_close(&p->site);
	if (p->snapshot != NULL)
		directory_put(p->snapshot);
	if (p->directory != NULL)
		directory_close(p->directory);
	store_free(p->store);
	free(p->statutory);
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

	if (s->site->snapshot != NULL)
		found = dir_resolve(s->site->snapshot, typed, s->site->statutory, &finals);
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
	if (s->site->snapshot == NULL)
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
classify(struct ctl_scan *s, struct ctl_scan_final *f, bool named)
{
	struct proof_input in;
	char net[OCT_IP_SIZE] = "-";

	evaluation_proof(s->m.ev, evaluator_envelope(s->m.evaluator), named,
	    PROOF_REPLAY_FRESH, &in);
	facts_sent_on(f->facts.legacy, &in);
	proof_classify(&in, &f->proof);
	f->facts.class = f->proof.class;
	if (s->m.envelope.client.family != AF_UNSPEC)
		oct_ip_net_text(&s->m.envelope.client, net);
	proof_sid(&in, &f->proof, net, f->sid);
}

static void
judge_final(struct ctl_scan *s, struct ctl_scan_final *f)
{
	struct option_values options;
	struct legacy_way way;
	bool named;

	legacy_find(s->m.evaluator, s->m.ev, &f->final, oct_clock_wall_ms(),
	    &way);
	named = way.named ||
	    evaluator_names(s->m.evaluator, f->typed, f->final.address);

	f->score = *evaluator_score(s->m.evaluator);
	if (!f->assumed && decide_is_checked(s->msg.direction))
		facts_score(&f->final, s->m.evaluator,
		    &s->site->site.env.weights, &f->score, &f->facts);
	facts_options(&f->final, &s->site->options, &options);
	facts_final(&f->final, &s->site->thresholds, &options, s->exempt || !named,
	    &f->facts);
	f->facts.legacy = way.credit;
	if (f->assumed) {
		f->facts.external = false;
		f->facts.mode = OPTION_CHALLENGE_OFF;
		/* Of whom no store could tell anything. */
		f->facts.store_known = true;
		f->facts.has_room = true;
	}
	f->facts.class = PROOF_N;
	if (!f->facts.external)
		classify(s, f, named);
	if (!f->assumed && decide_asks_store(&s->msg, &f->facts) &&
	    s->site->store_up && ctl_scan_read(s, f) != 0)
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
scan_message(struct ctl_scan *s)
{
	const struct ctl_scan_site *p = s->site;
	int rc = 0;

	for (size_t i = 0; p->notes[i] != NULL; i++)
		note(s, p->notes[i]);
	facts_message(evaluator_envelope(s->m.evaluator), p->snapshot, s->m.ev,
	    oct_clock_wall_ms(), &s->msg);
	s->exempt = exempt_kind(evaluator_msg(s->m.evaluator),
			&s->m.envelope.rpath, true) != NULL;
	if (p->set != NULL)
		s->msg.dmarc_mode = facts_dmarc_mode(p->set);
	if (p->doors != NULL && decide_is_checked(s->msg.direction))
		ctl_scan_levers(p->doors, s);
	for (size_t i = 0; rc == 0 && i < s->m.rcpt_count; i++)
		rc = resolve(s, &s->m.rcpts[i]);
	if (s->m.rcpt_count == 0)
		note(s, "no recipient is known: --rcpt=ADDRESS names one");
	if (rc == 0)
		rc = judge_all(s);
	return rc == 0 ? 0 : ctl_fail_rc(p->ctl, rc, "scan of", s->m.path);
}

/* --- Many messages ------------------------------------------------------- */

enum form { FORM_TEXT, FORM_JSON, FORM_ROWS };

struct scanning {
	struct ctl_scan_site site;
	struct ctl_mails mails;
	enum form form;
	bool one;     /* JSON: an object, not a list */
	int first;    /* first failure */
	int worst;    /* verdict: 0 deliver, 1 tag, 2 hold, 3 reject */
	size_t shown;
};

/* What became of one message. */
struct found {
	int status;
	int verdict;
	struct oct_str text;
};

static int
rank_of(const char *word)
{
	static const char *const words[] = { "deliver", "tag", "hold",
		"reject" };

	for (size_t i = 0; i < OCT_LEN(words); i++)
		if (strcmp(words[i], word) == 0)
			return (int)i;
	return 0;
}

static int
write_form(const struct scanning *all, const struct ctl_scan *s,
    const struct ctl_mail *mail, struct oct_str *out)
{
	char *id = ctl_mail_id(mail);
	json_t *v;
	int rc = id != NULL ? 0 : -ENOMEM;

	if (rc == 0 && all->form == FORM_ROWS) {
		ctl_scan_row(s, id, out);
	} else if (rc == 0 && all->form == FORM_TEXT) {
		ctl_scan_text(s, out);
	} else if (rc == 0) {
		v = ctl_scan_json(s);
		ctl_json_set(v, "id", ctl_json_text(id));
		rc = ctl_out_json(v, !all->one, out);
		json_decref(v);
	}
	free(id);
	return rc != 0 ? rc : oct_str_err(out);
}

static void *
scan_one(void *arg, size_t i)
{
	struct scanning *all = arg;
	const struct ctl_mail *mail = &all->mails.item[i];
	struct ctl_scan s = { .site = &all->site, .notes = json_array() };
	struct found *out = calloc(1, sizeof(*out));
	int rc;

	if (out == NULL) {
		json_decref(s.notes);
		return NULL;
	}
	oct_str_heap(&out->text, CTL_OUT_MAX);
	out->status = ctl_message_read(all->site.ctl, &all->site.site, mail,
	    &s.m);
	if (out->status == 0)
		out->status = scan_message(&s);
	if (out->status == 0) {
		out->verdict = rank_of(ctl_scan_word(&s));
		rc = write_form(all, &s, mail, &out->text);
		if (rc != 0)
			out->status = ctl_fail_rc(all->site.ctl, rc, "scan of",
			    mail->path);
	}
	free(s.finals);
	json_decref(s.notes);
	ctl_message_fini(&s.m);
	return out;
}

static void
drop_found(OCT_UNUSED void *arg, void *result)
{
	struct found *f = result;

	if (f == NULL)
		return;
	oct_str_free(&f->text);
	free(f);
}

static int
put(const char *text, size_t len)
{
	return fwrite(text, 1, len, stdout) == len ? 0 : -EIO;
}

/* What stands between the objects of a list. */
static int
put_comma(struct scanning *all)
{
	if (all->form != FORM_JSON || all->one)
		return 0;
	return all->shown == 0 ? put("[\n", 2) : put(",\n", 2);
}

static int
show_found(void *arg, OCT_UNUSED size_t i, void *result)
{
	struct scanning *all = arg;
	struct found *f = result;
	size_t len;
	int rc = 0;

	if (f == NULL)
		return -ENOMEM;
	all->first = all->first != 0 ? all->first : f->status;
	if (f->status == 0) {
		all->worst = f->verdict > all->worst ? f->verdict : all->worst;
		len = f->text.len;
		if (all->form == FORM_JSON && !all->one && len > 0)
			len--; /* its line end */
		rc = put_comma(all);
		if (rc == 0)
			rc = put(oct_str_text(&f->text), len);
		all->shown++;
	}
	drop_found(NULL, f);
	return rc;
}

static int
scan_all(struct ctl *ctl, struct scanning *all, size_t jobs)
{
	const struct ctl_parallel work = { .count = all->mails.count,
		.jobs = jobs,
		.work = scan_one,
		.taken = show_found,
		.dropped = drop_found,
		.arg = all };
	int rc = ctl_parallel_run(&work);

	if (rc == 0 && all->form == FORM_JSON && !all->one && all->shown > 0)
		rc = put("\n]\n", 3);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "the", "scan");
	return all->first;
}

/* --- The verb ----------------------------------------------------------- */

static int
check_words(const struct ctl *ctl, const struct ctl_args *args)
{
	const char *lang = ctl_args_value(args, "lang");

	if (lang != NULL && strcmp(lang, "fr") != 0 && strcmp(lang, "en") != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--lang=%s: expected fr or en", lang);
	if (ctl->json && ctl_args_has(args, "tsv"))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--json and --tsv: one of them");
	return 0;
}

static int
scan_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct scanning all = { .form = ctl->json ? FORM_JSON : FORM_TEXT };
	int64_t jobs = 1;
	int status = check_words(ctl, args), later;

	if (status == 0)
		status = ctl_number(ctl, args, "jobs", 1, CTL_PARALLEL_JOBS_MAX,
		    (int64_t)ctl_parallel_jobs(), &jobs);
	if (status != 0)
		return status;
	if (ctl_args_has(args, "tsv"))
		all.form = FORM_ROWS;
	for (size_t i = 0; i < args->count; i++) {
		later = ctl_mails_add(ctl, args->words[i], &all.mails);
		status = status != 0 ? status : later;
	}
	/* One file gives an object, several a list. */
	all.one = args->count == 1 && all.mails.count <= 1;
	later = open_site(ctl, args, &all.site);
	if (later == 0)
		later = scan_all(ctl, &all, (size_t)jobs);
	close_site(&all.site);
	ctl_mails_fini(&all.mails);
	status = status != 0 ? status : later;
	if (status == 0 && ctl_args_has(args, "status") && all.worst > 0)
		status = CTL_SCAN_EXIT + all.worst;
	return status;
}

static const struct ctl_option options[] = {
	CTL_ENVELOPE_OPTIONS,
	{ "rcpt", "ADDRESS", "recipient; repeatable" },
	{ "lang", "fr|en", "language of the explanations" },
	{ "tsv", NULL, "a line for each: id, score, verdict by score" },
	{ "status", NULL, "exit with 11 if any is marked, 12 held, 13 refused" },
	{ "jobs", "N", "threads (default: as many as processors)" },
	CTL_CONTENT_OPTIONS,
	CTL_DNS_OPTION,
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_scan_verbs[] = {
	{ NULL, "FILE|FOLDER...",
	    "judge messages as the milter would, changing nothing", 1, CTL_ANY,
	    options, CTL_NO_ATTRIBUTES, scan_run },
	{ .run = NULL },
};
