/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl explain: what was decided of a message that was seen, and why, out of
 * the events of the last week; of a held message also later, out of its item.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/casework.h"
#include "policy/event.h"
#include "policy/keys.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_explain.h"
#include "provisioning/ctl_held.h"

#define PAGE 1000
/* Longer than the stream ever is. */
#define PAGES_MAX (2 * KEY_EVENTS_MAX / PAGE)

struct search {
	const char *id;
	json_t *found; /* oldest first */
	size_t seen, limit;
	size_t more;   /* found, and over the limit */
};

static bool
is_named(const json_t *e, const char *id)
{
	const char *queue = json_string_value(json_object_get(e, "id"));
	const char *item = json_string_value(json_object_get(e, "item"));

	return (queue != NULL && strcmp(queue, id) == 0) ||
	    (item != NULL && strcmp(item, id) == 0);
}

static int
each_event(void *arg, const struct store_entry *entry)
{
	struct search *s = arg;
	const char *text = NULL;
	json_t *e;

	s->seen++;
	for (size_t i = 0; i + 1 < entry->count; i += 2)
		if (strcmp(entry->pairs[i], EVENT_FIELD) == 0)
			text = entry->pairs[i + 1];
	if (text == NULL || strstr(text, s->id) == NULL)
		return 0;
	e = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	if (e == NULL || !is_named(e, s->id)) {
		json_decref(e);
		return 0;
	}
	if (json_array_size(s->found) < s->limit)
		return json_array_insert_new(s->found, 0, e);
	s->more++;
	json_decref(e);
	return 0;
}

static int
search(struct store *store, struct search *s)
{
	char at[OCT_STREAM_ID] = "+";
	int rc = 0;

	for (int i = 0; rc == 0 && i < PAGES_MAX; i++) {
		s->seen = 0;
		rc = store_stream_back(store, KEY_EVENTS, at, PAGE, each_event,
		    s);
		if (s->seen < PAGE)
			break;
	}
	return rc;
}

/* Of an item that is older than the events: what is known of it. */
static int
from_item(struct ctl *ctl, const char *id, json_t *found)
{
	struct case_item item;
	const struct held *h = &item.held;
	struct event e;
	char *text;
	int status = ctl_held_find(ctl, id, &item);

	if (status != 0)
		return status;
	e = (struct event){ .id = h->queue_id, .node = h->node,
		.item = h->id, .rcpt = h->rcpt, .rpath = h->rpath,
		.from = h->from, .client = h->client, .class = h->class,
		.symbols = h->symbols, .verdict = fate_verdict_name(FATE_HOLD),
		.reason = h->reason, .ask = *h->challenge != '\0',
		.score = h->score, .time_ms = h->arrival_ms };
	text = event_write(&e);
	if (text != NULL) {
		json_t *v = json_loads(text, 0, NULL);

		/* The thresholds of then are not known. */
		(void)json_object_del(v, "tag");
		(void)json_object_del(v, "hold");
		(void)json_object_del(v, "reject");
		(void)json_array_append_new(found, v);
	}
	free(text);
	case_item_fini(&item);
	return text != NULL ? 0 : ctl_fail_rc(ctl, -ENOMEM, "held message", id);
}

static int
show(const struct ctl *ctl, const struct search *s, enum explain_lang lang)
{
	struct oct_str out;
	const json_t *e;
	size_t i;

	if (ctl->json)
		return ctl_print(ctl, json_incref(s->found), NULL, 0);
	oct_str_heap(&out, CTL_OUT_MAX);
	json_array_foreach(s->found, i, e) {
		if (i > 0)
			oct_str_addc(&out, '\n');
		explain_event(e, lang, &out);
	}
	if (s->more > 0)
		oct_str_addf(&out, "\n%zu %s\n", s->more,
		    lang == EXPLAIN_FR ? "autres : --limit"
				       : "more: --limit");
	return ctl_write(ctl, &out);
}

static int
language(struct ctl *ctl, const struct ctl_args *args, enum explain_lang *out)
{
	const char *name = ctl_args_value(args, "lang");
	const struct settings *set;
	int status = ctl_settings(ctl, &set);

	if (status != 0)
		return status;
	*out = set->language == 1 ? EXPLAIN_EN : EXPLAIN_FR;
	if (name == NULL)
		return 0;
	if (strcmp(name, "fr") != 0 && strcmp(name, "en") != 0)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--lang=%s: expected fr or en", name);
	*out = strcmp(name, "en") == 0 ? EXPLAIN_EN : EXPLAIN_FR;
	return 0;
}

static int
explain_run(struct ctl *ctl, const struct ctl_args *args)
{
	struct search s = { .id = args->words[0] };
	enum explain_lang lang;
	struct store *store;
	int64_t limit;
	int status = language(ctl, args, &lang), rc;

	if (status == 0)
		status = ctl_number(ctl, args, "limit", 1, 100000, 50, &limit);
	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status != 0)
		return status;
	s.found = json_array();
	s.limit = (size_t)limit;
	rc = search(store, &s);
	if (rc != 0)
		status = ctl_fail_rc(ctl, rc, "events of", s.id);
	else if (json_array_size(s.found) == 0 && spool_id_ok(s.id))
		status = from_item(ctl, s.id, s.found);
	else if (json_array_size(s.found) == 0)
		status = ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "nothing is known of %s: decisions are kept for a week; "
		    "give Postfix's queue id, or the id of a held message",
		    s.id);
	if (status == 0)
		status = show(ctl, &s, lang);
	json_decref(s.found);
	return status;
}

static const struct ctl_option options[] = {
	{ "lang", "fr|en", "in that language" },
	{ "limit", "N", "at most so many recipients (50)" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_explain_verbs[] = {
	{ NULL, "ID",
	    "what was decided of a message, for each recipient, and why", 1, 1,
	    options, CTL_NO_ATTRIBUTES, explain_run },
	{ .run = NULL },
};
