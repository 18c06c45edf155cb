/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/event.h"

#include <jansson.h>

#include "policy/json_text.h"

#define TEXT_MAX 4096

static void
set(json_t *o, const char *name, json_t *v)
{
	/* What cannot be told is left out: an event is no more than a help. */
	if (v != NULL)
		(void)json_object_set_new(o, name, v);
}

static void
set_texts(json_t *o, const struct event *e)
{
	const struct {
		const char *name, *value;
	} texts[] = {
		{ "id", e->id },
		{ "node", e->node },
		{ "item", e->item },
		{ "rcpt", e->rcpt },
		{ "rpath", e->rpath },
		{ "from", e->from },
		{ "client", e->client },
		{ "direction", e->direction },
		{ "class", e->class },
		{ "why", e->why },
		{ "spf", e->spf },
		{ "dkim", e->dkim },
		{ "dmarc", e->dmarc },
		{ "credit", e->credit },
		{ "override", e->override },
		{ "lists", e->lists },
		{ "symbols", e->symbols },
		{ "virus", e->virus },
		{ "verdict", e->verdict },
		{ "reason", e->reason },
		{ "reply", e->reply },
		{ "reply_reason", e->reply_reason },
		{ "would", e->would },
		{ "label", e->label },
	};

	for (size_t i = 0; i < OCT_LEN(texts); i++)
		if (texts[i].value != NULL && *texts[i].value != '\0')
			set(o, texts[i].name,
			    json_text(texts[i].value, TEXT_MAX));
}

static void
set_numbers(json_t *o, const struct event *e)
{
	const struct {
		const char *name;
		int64_t value;
	} numbers[] = {
		{ "row", e->row },
		{ "reply_row", e->reply_row },
		{ "would_row", e->would_row },
		{ "code", e->code },
	};

	for (size_t i = 0; i < OCT_LEN(numbers); i++)
		if (numbers[i].value != 0)
			set(o, numbers[i].name, json_integer(numbers[i].value));
	set(o, "time", json_integer(e->time_ms));
	set(o, "score", json_integer(e->score));
	set(o, "tag", json_integer(e->thresholds.tag));
	set(o, "hold", json_integer(e->thresholds.hold));
	set(o, "reject", json_integer(e->thresholds.reject));
	if (e->ask)
		set(o, "ask", json_true());
	if (e->transit)
		set(o, "transit", json_true());
}

char *
event_write(const struct event *e)
{
	json_t *o = json_object();
	char *out = NULL;

	if (o != NULL) {
		set_texts(o, e);
		set_numbers(o, e);
		out = json_dumps(o, JSON_COMPACT);
	}
	json_decref(o);
	return out;
}
