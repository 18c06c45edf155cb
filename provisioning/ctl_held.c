/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl held: look at held messages, release and drop them.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/io.h"
#include "lib/mime_text.h"
#include "policy/keys.h"
#include "policy/learn_item.h"
#include "provisioning/ctl_held.h"

#define COPY_OCTETS 4096
#define SUBJECT_CHARACTERS 500

static void
set_text(json_t *v, const char *key, const char *text)
{
	ctl_json_set(v, key, ctl_json_text(text));
}

/* As a person reads it; the field itself is "subject_raw". */
static json_t *
subject_text(const char *raw)
{
	struct oct_str text;
	json_t *v;

	oct_str_heap(&text, 8 * SUBJECT_CHARACTERS);
	oct_mime_decode(&text, raw, SUBJECT_CHARACTERS);
	v = oct_str_err(&text) == 0 ? ctl_json_text(oct_str_text(&text)) : NULL;
	oct_str_free(&text);
	return v;
}

json_t *
ctl_held_json(const struct case_item *item)
{
	const struct held *h = &item->held;
	json_t *v = json_object();

	set_text(v, "id", h->id);
	set_text(v, "domain", h->domain);
	set_text(v, "local", h->local);
	set_text(v, "rcpt", h->rcpt);
	set_text(v, "typed", h->typed);
	set_text(v, "rpath", h->rpath);
	set_text(v, "from", h->from);
	ctl_json_set(v, "subject", subject_text(h->subject));
	set_text(v, "reason", h->reason);
	set_text(v, "class", h->class);
	set_text(v, "state", held_state_name(item->state));
	ctl_json_set(v, "arrival", ctl_json_time(h->arrival_ms));
	ctl_json_set(v, "expires", ctl_json_time(item->expires_ms));
	ctl_json_set(v, "score", ctl_json_score(h->score));
	ctl_json_set(v, "size", json_integer(h->size));
	set_text(v, "challenge", h->challenge);
	return v;
}

json_t *
ctl_held_json_whole(const struct case_item *item)
{
	const struct held *h = &item->held;
	json_t *v = ctl_held_json(item);

	set_text(v, "subject_raw", h->subject);
	set_text(v, "sid", h->sid);
	set_text(v, "symbols", h->symbols);
	set_text(v, "client", h->client);
	set_text(v, "helo", h->helo);
	set_text(v, "message_id", h->message_id);
	set_text(v, "queue_id", h->queue_id);
	set_text(v, "node", h->node);
	set_text(v, "wanted_by", item->want);
	set_text(v, "note", item->note);
	ctl_json_set(v, "attempts", json_integer(item->attempts));
	ctl_json_set(v, "released", ctl_json_time(item->released_ms));
	return v;
}

/* --- Finding ------------------------------------------------------------ */

int
ctl_held_domains(struct ctl *ctl, json_t **out)
{
	struct store_batch *b = NULL;
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = store_members(store, KEY_DOMAINS, &b);
	if (rc == 0) {
		*out = json_array();
		for (size_t i = 0; i < store_batch_count(b, 0); i++)
			(void)json_array_append_new(*out,
			    ctl_json_text(store_batch_value(b, 0, i)->data));
	}
	store_batch_free(b);
	return rc == 0 ? 0
		       : ctl_fail_rc(ctl, rc, "list of", "hosted domains");
}

/* Which of the domains has it; NULL in *out: none. */
static int
search(struct store *store, const json_t *domains, const char *id,
    const char **out)
{
	struct store_batch *b = NULL;
	char key[KEY_SIZE];
	size_t count = json_array_size(domains);
	int rc = store_batch_new(&b);

	*out = NULL;
	for (size_t at = 0; rc == 0 && *out == NULL && at < count;
	    at += 1000) {
		size_t n = count - at < 1000 ? count - at : 1000;

		store_batch_clear(b);
		for (size_t i = 0; rc >= 0 && i < n; i++)
			rc = store_batch_exists(b, key_held(key,
			    json_string_value(json_array_get(domains, at + i)),
			    id));
		rc = rc < 0 ? rc : store_batch_run(store, b);
		for (size_t i = 0; rc == 0 && i < n; i++)
			if (strcmp(store_batch_value(b, (int)i, 0)->data,
				"1") == 0)
				*out = json_string_value(
				    json_array_get(domains, at + i));
	}
	store_batch_free(b);
	return rc;
}

static int
absent(const struct ctl *ctl, const char *name)
{
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "there is no held message %s: 'octroictl held list' shows all",
	    name);
}

/* Splits name; *domain is "" if it names none. */
static int
read_name(const struct ctl *ctl, const char *name, char domain[OCT_DOMAIN_SIZE],
    const char **id)
{
	const char *slash = strrchr(name, '/');
	char text[OCT_DOMAIN_SIZE];
	size_t len = slash != NULL ? (size_t)(slash - name) : 0;

	*domain = '\0';
	*id = slash != NULL ? slash + 1 : name;
	if (!spool_id_ok(*id) || len >= sizeof(text))
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "'%s' is no item, expected ID or DOMAIN/ID", name);
	if (slash == NULL)
		return 0;
	memcpy(text, name, len);
	text[len] = '\0';
	return ctl_domain(ctl, text, domain);
}

int
ctl_held_find(struct ctl *ctl, const char *name, struct case_item *out)
{
	char domain[OCT_DOMAIN_SIZE];
	const char *id, *found = domain;
	json_t *domains = NULL;
	struct store *store;
	int status = read_name(ctl, name, domain, &id), rc = 0;

	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status == 0 && *domain == '\0') {
		status = ctl_held_domains(ctl, &domains);
		if (status == 0)
			rc = search(store, domains, id, &found);
	}
	if (status == 0 && rc == 0 && found != NULL)
		rc = case_item_read(store, found, id, out);
	json_decref(domains);
	if (status != 0)
		return status;
	if (rc < 0)
		return ctl_fail_rc(ctl, rc, "held message", name);
	return rc == 0 || found == NULL ? absent(ctl, name) : 0;
}

/* --- The verbs ---------------------------------------------------------- */

static int
held_show(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "id", "id", CTL_TEXT },
		{ "state", "state", CTL_TEXT },
		{ "reason", "reason", CTL_TEXT },
		{ "rcpt", "recipient", CTL_NAME },
		{ "typed", "as typed", CTL_TEXT },
		{ "rpath", "reverse-path", CTL_TEXT },
		{ "from", "from", CTL_TEXT },
		{ "subject", "subject", CTL_TEXT },
		{ "class", "class of proof", CTL_TEXT },
		{ "sid", "sender identity", CTL_TEXT },
		{ "score", "score", CTL_TEXT },
		{ "symbols", "symbols", CTL_TEXT },
		{ "size", "size", CTL_SIZE },
		{ "arrival", "arrival", CTL_TEXT },
		{ "expires", "expires", CTL_TEXT },
		{ "released", "released", CTL_TEXT },
		{ "challenge", "challenge", CTL_TEXT },
		{ "wanted_by", "release wanted by", CTL_TEXT },
		{ "attempts", "release attempts", CTL_TEXT },
		{ "note", "last refusal", CTL_TEXT },
		{ "client", "client", CTL_TEXT },
		{ "helo", "helo", CTL_TEXT },
		{ "message_id", "message-id", CTL_TEXT },
		{ "queue_id", "queue id", CTL_TEXT },
		{ "node", "node", CTL_TEXT },
	};
	struct case_item item;
	int status = ctl_held_find(ctl, args->words[0], &item);

	if (status != 0)
		return status;
	status = ctl_print(ctl, ctl_held_json_whole(&item), columns,
	    OCT_LEN(columns));
	case_item_fini(&item);
	return status;
}

static int
report_outcome(struct ctl *ctl, const struct case_item *item,
    enum case_outcome outcome, const char *action, const char *done)
{
	int status;

	switch (outcome) {
	case CASE_DONE:
		status = ctl_audit(ctl, action, item->held.domain,
		    item->held.local, item->held.id);
		return status != 0
		    ? status
		    : ctl_done(ctl, done, "held", item->held.id);
	case CASE_ALREADY:
		return ctl_done(ctl, "was done before", "held", item->held.id);
	case CASE_OVER:
	case CASE_IMPOSSIBLE:
		break;
	}
	return ctl_fail(ctl, DAEMON_EXIT_FAILED,
	    "held message %s: it is %s, nothing can be done any more",
	    item->held.id, held_state_name(item->state));
}

/* What the act says of the message itself: the courier makes a label of it.
 * wanted: the label was asked for, and that it cannot be made is a failure. */
static int
mark(struct ctl *ctl, const struct case_item *item, enum learn_mark mark,
    bool wanted)
{
	int rc = learn_mark(ctl->store, item->held.domain, item->held.id,
	    mark);

	if (rc < 0)
		return ctl_fail_rc(ctl, rc, "held message", item->held.id);
	return rc == 1 || !wanted
	    ? 0
	    : ctl_fail(ctl, DAEMON_EXIT_FAILED,
		  "held message %s: nothing can be learnt of it, it is over or "
		  "holds malware",
		  item->held.id);
}

static int
release_one(struct ctl *ctl, const char *name, const struct ctl_args *args)
{
	bool once = ctl_args_has(args, "once");
	const struct settings *set;
	struct case_timers timers;
	enum case_outcome outcome;
	struct case_item item;
	int status = ctl_held_find(ctl, name, &item), rc;

	if (status == 0)
		status = ctl_settings(ctl, &set);
	if (status != 0)
		return status;
	settings_timers(set, &timers);
	status = mark(ctl, &item,
	    ctl_args_has(args, "no-learn") ? LEARN_NO_MARK : LEARN_HAM,
	    ctl_args_has(args, "ham"));
	if (status != 0)
		goto out;
	rc = case_release(ctl->store, &timers, item.held.domain, item.held.id,
	    once, CASE_BY_ADMIN, oct_clock_wall_ms(), &outcome);
	status = rc != 0 ? ctl_fail_rc(ctl, rc, "held message", name)
			 : report_outcome(ctl, &item, outcome,
			       once ? "release-once" : "release",
			       "given to the courier");
out:
	case_item_fini(&item);
	return status;
}

static int
drop_one(struct ctl *ctl, const char *name, bool spam)
{
	enum case_outcome outcome;
	struct case_item item;
	int status = ctl_held_find(ctl, name, &item), rc;

	if (status != 0)
		return status;
	status = mark(ctl, &item, spam ? LEARN_SPAM : LEARN_NO_MARK, spam);
	if (status != 0)
		goto out;
	rc = case_drop(ctl->store, item.held.domain, item.held.id,
	    oct_clock_wall_ms(), &outcome);
	status = rc != 0
	    ? ctl_fail_rc(ctl, rc, "held message", name)
	    : report_outcome(ctl, &item, outcome, "drop", "dropped");
out:
	case_item_fini(&item);
	return status;
}

/* Every one is tried; the first failure is the status. */
static int
held_release(struct ctl *ctl, const struct ctl_args *args)
{
	int first = 0;

	for (size_t i = 0; i < args->count; i++) {
		int status = release_one(ctl, args->words[i], args);

		first = first != 0 ? first : status;
	}
	return first;
}

static int
held_drop(struct ctl *ctl, const struct ctl_args *args)
{
	int first = 0;

	for (size_t i = 0; i < args->count; i++) {
		int status = drop_one(ctl, args->words[i],
		    ctl_args_has(args, "spam"));

		first = first != 0 ? first : status;
	}
	return first;
}

/* --- The message itself ------------------------------------------------- */

static int
copy_out(int fd)
{
	char buf[COPY_OCTETS];
	size_t got;
	int rc;

	do {
		rc = oct_io_read(fd, buf, sizeof(buf), &got);
		if (rc == 0)
			rc = oct_io_write(STDOUT_FILENO, buf, got);
	} while (rc == 0 && got > 0);
	return rc;
}

/* Reading somebody's mail is an act that leaves its entry first. */
static int
held_raw(struct ctl *ctl, const struct ctl_args *args)
{
	const char *name = args->words[0];
	struct case_item item;
	struct spool *spool;
	int status = ctl_held_find(ctl, name, &item), rc, fd = -1;

	if (status != 0)
		return status;
	status = ctl_spool(ctl, &spool);
	if (status == 0 && strcmp(item.held.node, ctl->settings->node) != 0)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "held message %s is in the spool of node %s: ask there",
		    name, item.held.node);
	if (status == 0)
		status = ctl_audit(ctl, "read", item.held.domain,
		    item.held.local, item.held.id);
	if (status == 0) {
		rc = spool_item_open(spool, item.held.id, &fd);
		if (rc == 0)
			rc = copy_out(fd);
		if (rc != 0)
			status = ctl_fail_rc(ctl, rc, "held message", name);
	}
	if (fd >= 0)
		(void)close(fd);
	case_item_fini(&item);
	return status;
}

static const struct ctl_option release_options[] = {
	{ "once", NULL, "do not let the sender in for good" },
	{ "ham", NULL, "fail if the classifier cannot learn of it" },
	{ "no-learn", NULL, "do not teach the classifier that it was wanted" },
	{ NULL, NULL, NULL },
};

static const struct ctl_option drop_options[] = {
	{ "spam", NULL, "and teach the classifier that it is not wanted" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_held_verbs[] = {
	{ "list", "[ADDRESS|DOMAIN]", "print held messages, newest first", 0, 1,
	    ctl_held_list_options, CTL_NO_ATTRIBUTES, ctl_held_list },
	{ "show", "[DOMAIN/]ID", "print all that is known of one", 1, 1, NULL,
	    CTL_NO_ATTRIBUTES, held_show },
	{ "release", "[DOMAIN/]ID...",
	    "deliver them, and let their senders in from now on", 1, CTL_ANY,
	    release_options, CTL_NO_ATTRIBUTES, held_release },
	{ "drop", "[DOMAIN/]ID...", "throw them away", 1, CTL_ANY,
	    drop_options,
	    CTL_NO_ATTRIBUTES, held_drop },
	{ "raw", "[DOMAIN/]ID",
	    "write the message to standard output (this is audited)", 1, 1,
	    NULL, CTL_NO_ATTRIBUTES, held_raw },
	{ .run = NULL },
};
