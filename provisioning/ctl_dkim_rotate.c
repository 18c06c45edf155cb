/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl dkim rotate: one command that does the next safe step, as often as
 * it is called, so that no reader ever meets a signature whose key he cannot
 * find.
 *
 *	nothing under way -> new keys are made, to be published (1)
 *	published         -> seen at all name servers; wait until no resolver
 *	                     remembers that they were not there (2)
 *	waited            -> they sign; the former ones are retired (3)
 *	seven days later  -> the former ones are removed
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/num.h"
#include "provisioning/ctl_auth.h"
#include "provisioning/ctl_check.h"
#include "provisioning/ctl_dkim_keys.h"
#include "provisioning/ctl_message.h"

#define WAIT_MAX_S 86400 /* a longer negative TTL is kept by nobody: RFC 2308 5 */

enum step { STEP_PUBLISH, STEP_WAIT, STEP_SIGN, STEP_REST, STEP_REMOVE,
	STEP_NONE };

static const char *const step_names[] = { "publish", "wait", "sign", "rest",
	"remove", "none" };

struct rotation {
	struct ctl *ctl;
	const struct ctl_args *args;
	struct dkim_keys_change change;
	struct dkim_keys keys;
	json_t *records; /* what is to be published or removed */
	int64_t until_ms; /* when the next step may come */
};

/* --- Is a key ready to sign? ------------------------------------------------- */

static int
look_everywhere(struct ctl *ctl, const struct ctl_args *args,
    const struct dkim_keys_change *c, const struct dkim_keys_item *key,
    uint32_t *wait_s, char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	const char *server = ctl_args_value(args, "dns");
	struct ctl_checking checking = { .dns = NULL };
	int rc, status = ctl_checking_open(ctl, server, NULL, c->domain,
		    &checking);

	*wait_s = 0;
	if (status != 0) {
		(void)snprintf(problem, DKIM_KEYS_PROBLEM_SIZE,
		    "the DNS cannot be asked");
		return OCT_EDOWN;
	}
	rc = dkim_keys_published(checking.dns, c->domain, key, problem);
	if (rc == 0)
		rc = check_key_everywhere(&checking.input, key, wait_s,
		    problem);
	ctl_checking_close(&checking);
	return rc;
}

static int
note(const struct dkim_keys_change *c, const struct dkim_keys_item *key,
    int64_t ready_ms, char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	struct dkim_keys_change one = *c;

	one.selector = key->selector;
	return dkim_keys_note(&one, ready_ms, problem);
}

/* 0: it may sign now; -EAGAIN: from *ready_ms on; or why not. */
static int
prepare_key(struct ctl *ctl, const struct ctl_args *args,
    const struct dkim_keys_change *c, const struct dkim_keys_item *key,
    int64_t *ready_ms, char problem[DKIM_KEYS_PROBLEM_SIZE])
{
	uint32_t wait_s;
	char other[DKIM_KEYS_PROBLEM_SIZE];
	int rc = look_everywhere(ctl, args, c, key, &wait_s, problem);

	*ready_ms = key->ready_ms;
	if (rc != 0) {
		/* It is gone again: the wait begins anew. */
		if (key->ready_ms != 0 && rc != OCT_ETIME && rc != OCT_EDOWN)
			(void)!note(c, key, 0, other);
		return rc;
	}
	if (key->ready_ms == 0) {
		if (wait_s > WAIT_MAX_S)
			wait_s = WAIT_MAX_S;
		*ready_ms = c->now_ms + (int64_t)wait_s * 1000;
		rc = note(c, key, *ready_ms, problem);
	}
	return rc == 0 && *ready_ms > c->now_ms ? -EAGAIN : rc;
}

static int
say_later(const struct ctl *ctl, const char *selector, int64_t ready_ms)
{
	json_t *time = ctl_json_time(ready_ms);
	int status = ctl_fail(ctl, CTL_EXIT_LATER,
	    "the key %s is at all name servers; resolvers may still remember "
	    "that it was not: it may sign from %s on",
	    selector, json_string_value(time));

	json_decref(time);
	return status;
}

int
ctl_dkim_prepare(struct ctl *ctl, const struct ctl_args *args,
    const struct dkim_keys_change *c)
{
	char problem[DKIM_KEYS_PROBLEM_SIZE] = "";
	const struct dkim_keys_item *key;
	struct dkim_keys keys;
	int64_t ready_ms = 0;
	int rc = dkim_keys_load(c->store, c->domain, &keys), status = 0;

	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "keys of", c->domain);
	key = dkim_keys_find(&keys, c->selector);
	if (key != NULL && key->state == DKIM_KEYS_NEW) {
		rc = prepare_key(ctl, args, c, key, &ready_ms, problem);
		status = rc == -EAGAIN
		    ? say_later(ctl, key->selector, ready_ms)
		    : rc == 0 ? 0
			      : ctl_dkim_outcome(ctl, rc, problem, NULL, NULL);
	}
	dkim_keys_fini(&keys);
	return status; /* what else is wrong with it, activation says */
}

/* --- The steps ---------------------------------------------------------------- */

static size_t
count_of(const struct rotation *r, enum dkim_keys_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < r->keys.count; i++)
		n += r->keys.items[i].state == state;
	return n;
}

static void
add_record(struct rotation *r, const struct dkim_keys_item *key,
    const char *problem)
{
	char name[OCT_DOMAIN_SIZE + DKIM_SELECTOR_SIZE + 16];
	json_t *v = json_object();

	(void)snprintf(name, sizeof(name), "%s._domainkey.%s", key->selector,
	    r->change.domain);
	ctl_json_set(v, "selector", ctl_json_text(key->selector));
	ctl_json_set(v, "name", ctl_json_text(name));
	ctl_json_set(v, "record", ctl_json_text(key->record));
	ctl_json_set(v, "problem", ctl_json_text(problem));
	(void)json_array_append_new(r->records, v);
}

static int
reload(struct rotation *r)
{
	int rc;

	dkim_keys_fini(&r->keys);
	rc = dkim_keys_load(r->change.store, r->change.domain, &r->keys);
	return rc == 0 ? 0
		       : ctl_fail_rc(r->ctl, rc, "keys of", r->change.domain);
}

/* (1) */
static int
make_keys(struct rotation *r, enum step *step)
{
	static const bool kinds[] = { false, true };
	int status = 0;

	for (size_t i = 0; status == 0 && i < OCT_LEN(kinds); i++) {
		struct dkim_keys_change one = r->change;
		char selector[DKIM_SELECTOR_SIZE];

		one.selector = "";
		status = ctl_dkim_add_key(r->ctl, &one, kinds[i], selector);
	}
	if (status == 0)
		status = reload(r);
	for (size_t i = 0; status == 0 && i < r->keys.count; i++)
		if (r->keys.items[i].state == DKIM_KEYS_NEW)
			add_record(r, &r->keys.items[i], "");
	*step = STEP_PUBLISH;
	return status;
}

/* (3) */
static int
sign_with_new(struct rotation *r, enum step *step)
{
	int status = 0;

	for (size_t i = 0; status == 0 && i < r->keys.count; i++) {
		struct dkim_keys_change one = r->change;
		char problem[DKIM_KEYS_PROBLEM_SIZE];
		struct dns_session *dns = NULL;
		int rc;

		if (r->keys.items[i].state != DKIM_KEYS_NEW)
			continue;
		status = ctl_auth_session(r->ctl, r->args, &dns);
		if (status != 0)
			break;
		one.selector = r->keys.items[i].selector;
		rc = dkim_keys_activate(&one, dns, problem);
		dns_session_free(dns);
		if (rc != 0)
			status = ctl_dkim_outcome(r->ctl, rc, problem, NULL,
			    NULL);
	}
	*step = STEP_SIGN;
	return status;
}

/* (2), and (3) if all are ready. */
static int
look_at_new(struct rotation *r, enum step *step)
{
	bool missing = false, early = false;

	for (size_t i = 0; i < r->keys.count; i++) {
		const struct dkim_keys_item *key = &r->keys.items[i];
		char problem[DKIM_KEYS_PROBLEM_SIZE] = "";
		int64_t ready_ms = 0;
		int rc;

		if (key->state != DKIM_KEYS_NEW)
			continue;
		rc = prepare_key(r->ctl, r->args, &r->change, key, &ready_ms,
		    problem);
		if (rc == -EAGAIN)
			early = true;
		else if (rc != 0) {
			missing = true;
			add_record(r, key, problem);
		}
		if (ready_ms > r->until_ms)
			r->until_ms = ready_ms;
	}
	*step = missing ? STEP_PUBLISH : STEP_WAIT;
	return missing || early ? CTL_EXIT_LATER : sign_with_new(r, step);
}

static int
remove_old(struct rotation *r, enum step *step)
{
	int status = 0;

	*step = STEP_REST;
	for (size_t i = 0; status == 0 && i < r->keys.count; i++) {
		const struct dkim_keys_item *key = &r->keys.items[i];
		struct dkim_keys_change one = r->change;
		char problem[DKIM_KEYS_PROBLEM_SIZE];
		int64_t end = key->changed_ms + DKIM_KEYS_RETIRED_MS;
		int rc;

		if (key->state != DKIM_KEYS_RETIRED)
			continue;
		if (end > one.now_ms) {
			r->until_ms = end > r->until_ms ? end : r->until_ms;
			continue;
		}
		one.selector = key->selector;
		rc = dkim_keys_remove(&one, problem);
		if (rc != 0)
			status = ctl_dkim_outcome(r->ctl, rc, problem, NULL,
			    NULL);
		else
			add_record(r, key, "");
		*step = STEP_REMOVE;
	}
	return status;
}

static bool
is_young(const struct rotation *r, int64_t every_ms)
{
	for (size_t i = 0; i < r->keys.count; i++)
		if (r->keys.items[i].state == DKIM_KEYS_ACTIVE &&
		    r->change.now_ms - r->keys.items[i].changed_ms < every_ms)
			return true;
	return false;
}

static int
next_step(struct rotation *r, int64_t every_ms, enum step *step)
{
	if (count_of(r, DKIM_KEYS_NEW) > 0)
		return look_at_new(r, step);
	if (count_of(r, DKIM_KEYS_RETIRED) > 0)
		return remove_old(r, step);
	if (is_young(r, every_ms)) {
		*step = STEP_NONE;
		return 0;
	}
	return make_keys(r, step);
}

/* --- Telling ------------------------------------------------------------------ */

static void
write_records(const struct rotation *r, enum step step, struct oct_str *out)
{
	json_t *v;
	size_t i;

	json_array_foreach(r->records, i, v) {
		const char *name = json_string_value(
		    json_object_get(v, "name"));
		const char *problem = json_string_value(
		    json_object_get(v, "problem"));

		if (step == STEP_REMOVE)
			oct_str_addf(out, "%s. TXT\n", name);
		else
			ctl_dkim_zone_line(name,
			    json_string_value(json_object_get(v, "record")),
			    out);
		if (problem != NULL && *problem != '\0')
			oct_str_addf(out, "; %s\n", problem);
	}
}

static void
write_step(const struct rotation *r, enum step step, struct oct_str *out)
{
	static const char *const words[] = {
		[STEP_PUBLISH] = "Step 1 of 3: publish these records, then "
				 "run this again.\n",
		[STEP_WAIT] = "Step 2 of 3: all name servers show the new "
			      "keys; run this again from the time below on.\n",
		[STEP_SIGN] = "Step 3 of 3: the new keys sign.  Leave the "
			      "former records in the DNS for 7 days.\n",
		[STEP_REST] = "The new keys sign; the former records stay in "
			      "the DNS until the time below.\n",
		[STEP_REMOVE] = "The rotation is done: these records may "
				"leave the DNS.\n",
		[STEP_NONE] = "The keys are young enough: nothing to do.\n",
	};
	json_t *time;

	oct_str_add(out, words[step]);
	write_records(r, step, out);
	if (r->until_ms > 0 && (step == STEP_WAIT || step == STEP_REST)) {
		time = ctl_json_time(r->until_ms);
		oct_str_addf(out, "%s\n", json_string_value(time));
		json_decref(time);
	}
}

static int
tell(const struct rotation *r, enum step step)
{
	const struct ctl *ctl = r->ctl;
	struct oct_str out;
	json_t *v;

	if (ctl->json) {
		v = json_object();
		ctl_json_set(v, "domain", ctl_json_text(r->change.domain));
		ctl_json_set(v, "step", json_string(step_names[step]));
		ctl_json_set(v, "records", json_incref(r->records));
		ctl_json_set(v, "until", ctl_json_time(r->until_ms));
		return ctl_print(ctl, v, NULL, 0);
	}
	if (ctl->quiet)
		return 0;
	oct_str_heap(&out, CTL_OUT_MAX);
	write_step(r, step, &out);
	return ctl_write(ctl, &out);
}

static int
read_every(const struct ctl *ctl, const struct ctl_args *args, int64_t *out)
{
	const char *text = ctl_args_value(args, "every");

	*out = 0;
	if (text == NULL ||
	    oct_num_duration(text, 0, 3650LL * 86400000, out) == 0)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "--every=%s: expected a duration like 180d", text);
}

int
ctl_dkim_rotate(struct ctl *ctl, const struct ctl_args *args)
{
	struct rotation r = { .ctl = ctl, .args = args };
	char domain[OCT_DOMAIN_SIZE];
	enum step step = STEP_NONE;
	int64_t every_ms;
	int status = read_every(ctl, args, &every_ms), said;

	if (status == 0)
		status = ctl_dkim_begin(ctl, args, domain, &r.change);
	if (status != 0)
		return status;
	r.records = json_array();
	status = reload(&r);
	if (status == 0)
		status = next_step(&r, every_ms, &step);
	if (status == 0 || status == CTL_EXIT_LATER) {
		said = tell(&r, step);
		status = said != 0 ? said : status;
	}
	json_decref(r.records);
	dkim_keys_fini(&r.keys);
	return status;
}

const struct ctl_option ctl_dkim_rotate_options[] = {
	{ "every", "TIME", "begin only if the keys in use are older (180d)" },
	CTL_DNS_OPTION,
	{ NULL, NULL, NULL },
};
