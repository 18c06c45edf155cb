/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl learn: stored mail as labels.  With --model into the set beside that
 * model, which is made anew out of the set: no daemon, no Redis.  Without it into
 * the stream that every node applies (policy/learn.h).  A run that was cut short is
 * taken up by running it again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "policy/appraise.h"
#include "policy/learn.h"
#include "policy/training.h"
#include "provisioning/ctl_guess.h"
#include "provisioning/ctl_learn.h"
#include "provisioning/ctl_mails.h"
#include "provisioning/ctl_manifest.h"
#include "provisioning/ctl_parallel.h"

#define SYNC_EVERY 500
#define BODY_MAX (64u << 20)
#define BAR 30

/* --- Where the model is --------------------------------------------------- */

static int
model_path(struct ctl *ctl, const struct ctl_args *args, const char **out)
{
	const struct settings *set;
	int status;

	*out = ctl_args_value(args, "model");
	if (*out != NULL)
		return 0;
	status = ctl_settings_maybe(ctl, &set);
	if (status == 0 && set != NULL && *set->model != '\0')
		*out = set->model;
	else if (status == 0)
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "which model?  name it with --model FILE");
	return status;
}

/* --- Progress -------------------------------------------------------------- */

struct progress {
	const char *what;
	bool quiet, bar;
	size_t last; /* per cent that was shown */
	int64_t shown_ms;
};

static void
progress_begin(struct progress *p, const struct ctl *ctl, const char *what)
{
	*p = (struct progress){ .what = what,
		.quiet = ctl->quiet || ctl->json,
		.bar = isatty(STDERR_FILENO) == 1 };
}

/* A bar on a terminal, else a line for each tenth. */
static void
progress_show(struct progress *p, size_t done, size_t total)
{
	size_t percent = total > 0 ? 100 * done / total : 100;
	int64_t now = oct_clock_mono_ms();

	if (p->quiet)
		return;
	if (p->bar && (now - p->shown_ms >= 100 || done == total)) {
		size_t filled = BAR * percent / 100;

		(void)fprintf(stderr, "\r%s [%.*s%*s] %3zu %%  %zu/%zu%s",
		    p->what, (int)filled, "##############################",
		    (int)(BAR - filled), "", percent, done, total,
		    done == total ? "\n" : "");
		(void)fflush(stderr);
		p->shown_ms = now;
	} else if (!p->bar && percent / 10 != p->last / 10) {
		(void)fprintf(stderr, "%s: %zu/%zu\n", p->what, done, total);
		p->last = percent;
	}
}

static int
on_training(void *arg, size_t done, size_t total)
{
	progress_show(arg, done, total);
	return 0;
}

/* --- Learning ---------------------------------------------------------------- */

struct learning {
	const struct ctl *ctl;
	const char *model;
	bool bad, forget;
	uint64_t seed;
	struct training *set; /* NULL: into the stream */
	struct ctl_stream stream;
	char domain[OCT_DOMAIN_SIZE];
	bool full; /* the stream takes no more today */
	struct ctl_mails mails;
	struct ctl_manifest *manifest;
	struct oct_msg_limits limits;
	struct progress progress;
	size_t added, known, forgotten, failed;
	int first;
};

/* What was read of one message. */
struct read {
	int status;
	struct features *features;
	struct lesson lesson;
};

static void
drop_read(OCT_UNUSED void *arg, void *result)
{
	struct read *r = result;

	if (r != NULL)
		features_free(r->features);
	free(r);
}

static int
read_lesson(const struct learning *l, const struct ctl_mail *mail,
    struct oct_msg *m, struct read *out)
{
	char *id = ctl_mail_id(mail);
	const struct ctl_manifest_row *row = id != NULL
	    ? ctl_manifest_find(l->manifest, id)
	    : NULL;
	struct ctl_guess g;
	struct lesson_input in = { .msg = m, .rpath = &g.rpath };

	free(id);
	ctl_guess(m, &g);
	if (!g.has_rpath) {
		/* Not the null path, which machines write with. */
		memset(&g.rpath, 0, sizeof(g.rpath));
		(void)!oct_addr_parse("unknown@invalid", &g.rpath);
	}
	if (row != NULL && strcmp(row->mail_from, "?") != 0)
		(void)!oct_addr_parse(row->mail_from, &g.rpath);
	in.rcpts = &g.rcpt;
	in.rcpt_count = g.has_rcpt;
	in.helo = row != NULL ? row->helo : g.helo;
	in.received_skip = row != NULL ? *row->client != '\0'
				       : g.received_own;
	in.when_ms = g.received_ms != 0 ? g.received_ms : oct_clock_wall_ms();
	return appraise_lesson(&in, out->features, &out->lesson);
}

static void *
read_one(void *arg, size_t i)
{
	const struct learning *l = arg;
	const struct ctl_mail *mail = &l->mails.item[i];
	struct read *out = calloc(1, sizeof(*out));
	struct oct_msg *m = NULL;
	int rc;

	if (out == NULL)
		return NULL;
	out->status = ctl_mail_read(l->ctl, mail, &l->limits, &m);
	if (out->status != 0)
		return out;
	rc = features_new(&out->features);
	if (rc == 0)
		rc = read_lesson(l, mail, m, out);
	oct_msg_free(m);
	if (rc != 0)
		out->status = ctl_fail_rc(l->ctl, rc, "message", mail->path);
	return out;
}

/* 0 or an error; -ECANCELED: there is no room for more. */
static int
say(struct learning *l, const struct read *r)
{
	enum ctl_taught taught;
	int rc = l->forget
	    ? ctl_stream_forget(&l->stream, r->features, &r->lesson, &taught)
	    : ctl_stream_teach(&l->stream, r->features, &r->lesson, l->bad,
		  &taught);

	if (rc == OCT_ELIMIT) {
		l->failed++;
		return 0;
	}
	if (rc != 0)
		return rc;
	l->added += taught == CTL_TAUGHT_SAID;
	l->forgotten += taught == CTL_TAUGHT_FORGOTTEN;
	l->known += taught == CTL_TAUGHT_KNOWN;
	l->full = taught == CTL_TAUGHT_FULL;
	return l->full ? -ECANCELED : 0;
}

/* 1 changed, 0 as before, or an error. */
static int
keep(struct learning *l, const struct read *r)
{
	const struct classifier_label label = { .bad = l->bad, .weight = 1,
		.stratum = r->lesson.stratum };
	int rc;

	if (l->forget) {
		rc = training_remove(l->set, r->lesson.fingerprint);
		l->forgotten += rc == 1;
	} else {
		rc = training_add(l->set, r->features, &label,
		    r->lesson.fingerprint);
		l->added += rc == 1;
	}
	l->known += rc == 0;
	return rc;
}

static int
take_one(void *arg, size_t i, void *result)
{
	struct learning *l = arg;
	struct read *r = result;
	int rc = r != NULL ? 0 : -ENOMEM;

	if (r != NULL && r->status == 0)
		rc = l->set != NULL ? keep(l, r) : say(l, r);
	if (r != NULL && r->status != 0) {
		l->failed++;
		l->first = l->first != 0 ? l->first : r->status;
	}
	drop_read(NULL, r);
	if (rc >= 0 && l->set != NULL && i % SYNC_EVERY == SYNC_EVERY - 1)
		rc = training_sync(l->set);
	progress_show(&l->progress, i + 1, l->mails.count);
	return rc < 0 ? rc : 0;
}

static int
read_all(struct learning *l, size_t jobs)
{
	const struct ctl_parallel work = { .count = l->mails.count,
		.jobs = jobs,
		.work = read_one,
		.taken = take_one,
		.dropped = drop_read,
		.arg = l };
	int rc;

	progress_begin(&l->progress, l->ctl, "reading");
	rc = ctl_parallel_run(&work);
	if (rc == 0 && l->set != NULL)
		rc = training_sync(l->set);
	return rc;
}

/* The courier goes on where it was in the stream of labels (policy/learn.h). */
static void
keep_place(const char *path, struct classifier *c)
{
	char position[CLASSIFIER_POSITION_SIZE];
	struct classifier *old = NULL;

	if (classifier_open(path, &old) != 0)
		return;
	classifier_position(old, position);
	classifier_set_position(c, position);
	classifier_close(old);
}

static int
train(struct learning *l)
{
	struct training_options o;
	struct classifier *c = NULL;
	int rc;

	training_options_init(&o);
	progress_begin(&l->progress, l->ctl, "training");
	o.seed = l->seed;
	o.progress = on_training;
	o.arg = &l->progress;
	rc = training_run(l->set, &o, &c);
	if (rc == 0)
		keep_place(l->model, c);
	if (rc == 0)
		rc = classifier_save(c, l->model);
	classifier_close(c);
	return rc;
}

static int
open_set(struct learning *l)
{
	char *path = NULL;
	int rc;

	if (asprintf(&path, "%s.labels", l->model) < 0)
		return ctl_fail_rc(l->ctl, -ENOMEM, "labels of", l->model);
	rc = training_open(path, &l->set);
	free(path);
	if (rc == OCT_EDOWN)
		return ctl_fail(l->ctl, DAEMON_EXIT_UNAVAILABLE,
		    "%s.labels: another command is learning", l->model);
	return rc == 0 ? 0 : ctl_fail_rc(l->ctl, rc, "labels of", l->model);
}

/* --- What was done, and what is known ------------------------------------------ */

static json_t *
counts_json(const struct learning *l)
{
	size_t good, bad;
	json_t *v = json_object();

	ctl_json_set(v, "added", json_integer((json_int_t)l->added));
	ctl_json_set(v, "known", json_integer((json_int_t)l->known));
	ctl_json_set(v, "forgotten", json_integer((json_int_t)l->forgotten));
	ctl_json_set(v, "failed", json_integer((json_int_t)l->failed));
	if (l->set == NULL)
		return v;
	(void)training_count(l->set, &good, &bad);
	ctl_json_set(v, "good", json_integer((json_int_t)good));
	ctl_json_set(v, "bad", json_integer((json_int_t)bad));
	return v;
}

static int
show_done(const struct learning *l)
{
	static const struct ctl_column columns[] = {
		{ "added", "added", CTL_TEXT },
		{ "known", "known before", CTL_TEXT },
		{ "forgotten", "forgotten", CTL_TEXT },
		{ "failed", "not read", CTL_TEXT },
		{ "good", "good in all", CTL_TEXT },
		{ "bad", "bad in all", CTL_TEXT },
	};

	if (l->ctl->quiet && !l->ctl->json)
		return 0;
	return ctl_print(l->ctl, counts_json(l), columns,
	    l->set != NULL ? OCT_LEN(columns) : OCT_LEN(columns) - 2);
}

static int
list_mails(const struct ctl_args *args, struct learning *l)
{
	int first = 0;

	for (size_t i = 0; i < args->count; i++) {
		const char *word = args->words[i];
		int status = strcmp(word, "-") == 0
		    ? ctl_mails_add_list(l->ctl, &l->mails)
		    : ctl_mails_add(l->ctl, word, &l->mails);

		first = first != 0 ? first : status;
	}
	return first;
}

/* The stream is bounded; what was said is not said again. */
static int
fail_full(const struct learning *l)
{
	size_t n = l->added + l->forgotten;

	if (l->stream.domain != NULL)
		return ctl_fail(l->ctl, DAEMON_EXIT_UNAVAILABLE,
		    "%zu messages are taught, and no more can be now: %s may "
		    "say %d a day, and %d labels wait for the slowest node at "
		    "most; give the same command later",
		    n, l->stream.domain, LEARN_DOMAIN_DAY, LEARN_ENTRIES_MAX);
	return ctl_fail(l->ctl, DAEMON_EXIT_UNAVAILABLE,
	    "%zu messages are taught, and no more can be now: %d labels wait "
	    "for the slowest node at most; give the same command in a quarter "
	    "of an hour",
	    n, LEARN_ENTRIES_MAX);
}

static int
say_all(struct learning *l, const struct ctl_args *args, size_t jobs)
{
	int rc, later, status = list_mails(args, l);

	l->failed += status != 0;
	rc = read_all(l, jobs);
	if (rc != 0 && !l->full)
		return ctl_fail_rc(l->ctl, rc, "the stream of", "labels");
	later = show_done(l);
	if (l->full)
		later = fail_full(l);
	status = status != 0 ? status : l->first;
	return status != 0 ? status : later;
}

static int
learn_all(struct learning *l, const struct ctl_args *args, size_t jobs)
{
	int rc, later, status = list_mails(args, l);

	l->failed += status != 0;
	rc = read_all(l, jobs);
	if (rc == 0 && (l->added + l->forgotten > 0 ||
			   access(l->model, F_OK) != 0))
		rc = train(l);
	if (rc != 0)
		return ctl_fail_rc(l->ctl, rc, "model", l->model);
	later = show_done(l);
	status = status != 0 ? status : l->first;
	return status != 0 ? status : later;
}

/* A model that nobody has applies no label. */
static int
open_stream(struct ctl *ctl, const struct ctl_args *args, struct learning *l)
{
	const char *domain = ctl_args_value(args, "domain");
	const struct settings *set;
	int status = ctl_settings_maybe(ctl, &set);

	if (status == 0 && (set == NULL || *set->model == '\0'))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "which model?  name it with --model FILE, or set "
		    "score.model for all nodes to learn");
	if (status == 0 && domain != NULL) {
		status = ctl_domain(ctl, domain, l->domain);
		l->stream.domain = l->domain;
	}
	if (status == 0)
		status = ctl_store(ctl, &l->stream.store);
	return status;
}

static int
open_where(struct ctl *ctl, const struct ctl_args *args, struct learning *l)
{
	l->model = ctl_args_value(args, "model");
	if (l->model == NULL)
		return open_stream(ctl, args, l);
	if (ctl_args_has(args, "domain"))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--model and --domain: a model that stands alone knows no "
		    "domains");
	return open_set(l);
}

static int
learn(struct ctl *ctl, const struct ctl_args *args, bool bad)
{
	const char *manifest = ctl_args_value(args, "manifest");
	struct learning l = { .ctl = ctl, .bad = bad,
		.forget = ctl_args_has(args, "forget") };
	int64_t jobs = 1, seed = 1;
	int status = ctl_number(ctl, args, "jobs", 1, CTL_PARALLEL_JOBS_MAX,
	    (int64_t)ctl_parallel_jobs(), &jobs);

	if (status == 0)
		status = ctl_number(ctl, args, "seed", 1, INT32_MAX, 1, &seed);
	l.seed = (uint64_t)seed;
	oct_msg_limits_init(&l.limits);
	l.limits.body_octets = BODY_MAX;
	if (status == 0 && manifest != NULL)
		status = ctl_manifest_read(ctl, manifest, &l.manifest);
	if (status == 0)
		status = open_where(ctl, args, &l);
	if (status == 0)
		status = l.set != NULL ? learn_all(&l, args, (size_t)jobs)
				       : say_all(&l, args, (size_t)jobs);
	training_close(l.set);
	ctl_manifest_free(l.manifest);
	ctl_mails_fini(&l.mails);
	return status;
}

static int
learn_ham(struct ctl *ctl, const struct ctl_args *args)
{
	return learn(ctl, args, false);
}

static int
learn_spam(struct ctl *ctl, const struct ctl_args *args)
{
	return learn(ctl, args, true);
}

/* --- Status ------------------------------------------------------------------ */

static int
learn_status(struct ctl *ctl, const struct ctl_args *args)
{
	const char *typed = ctl_args_value(args, "domain"), *path;
	char domain[OCT_DOMAIN_SIZE];
	struct classifier *c = NULL;
	struct oct_str out;
	json_t *v;
	int rc, status = model_path(ctl, args, &path);

	if (status == 0 && typed != NULL)
		status = ctl_domain(ctl, typed, domain);
	if (status != 0)
		return status;
	rc = classifier_open(path, &c);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "model", path);
	v = ctl_learn_json(c, path, typed != NULL ? domain : NULL);
	classifier_close(c);
	if (ctl->json)
		return ctl_print(ctl, v, NULL, 0);
	oct_str_heap(&out, CTL_OUT_MAX);
	ctl_learn_text(v, &out);
	json_decref(v);
	return ctl_write(ctl, &out);
}

/* --- The verbs ------------------------------------------------------------------------ */

static const struct ctl_option options[] = {
	{ "model", "FILE", "a model that stands alone (default: all nodes')" },
	{ "domain", "DOMAIN", "for that domain above all" },
	{ "manifest", "FILE", "table of envelopes, by the id of a file" },
	{ "forget", NULL, "unlearn them" },
	{ "seed", "N", "order of the training (default: 1)" },
	{ "jobs", "N", "threads (default: as many as processors)" },
	{ NULL, NULL, NULL },
};

static const struct ctl_option status_options[] = {
	{ "model", "FILE", "the model (default: the configuration's)" },
	{ "domain", "DOMAIN", "as it is heard there" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_learn_verbs[] = {
	{ "ham", "FILE|FOLDER|-...",
	    "learn wanted mail; \"-\": names on standard input", 1, CTL_ANY,
	    options, CTL_NO_ATTRIBUTES, learn_ham },
	{ "spam", "FILE|FOLDER|-...", "learn unwanted mail", 1, CTL_ANY,
	    options, CTL_NO_ATTRIBUTES, learn_spam },
	{ "status", "", "what the model was taught, and how loudly it speaks",
	    0, 0, status_options, CTL_NO_ATTRIBUTES, learn_status },
	{ .run = NULL },
};
