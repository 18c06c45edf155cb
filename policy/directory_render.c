/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy/directory_private.h"
#include "policy/directory_schema.h"

/* RFC 8259 7.  Stored texts are UTF-8: they came through a JSON parser. */
void
dir_json_octets(struct oct_str *out, const char *text, size_t len)
{
	const char *end = text + len;

	oct_str_addc(out, '"');
	while (text < end) {
		size_t plain = 0;

		while (text + plain < end &&
		       (unsigned char)text[plain] >= 0x20 &&
		       text[plain] != '"' && text[plain] != '\\')
			plain++;
		oct_str_addn(out, text, plain);
		text += plain;
		if (text == end)
			break;
		if ((unsigned char)*text < 0x20)
			oct_str_addf(out, "\\u%04x", (unsigned int)*text);
		else
			oct_str_addf(out, "\\%c", *text);
		text++;
	}
	oct_str_addc(out, '"');
}

void
dir_json_text(struct oct_str *out, const char *text)
{
	dir_json_octets(out, text, strlen(text));
}

static const char *
state_text(enum dir_state state)
{
	switch (state) {
	case DIR_ACTIVE:
		return "active";
	case DIR_SUSPENDED:
		return "suspended";
	case DIR_CLOSED:
		break;
	}
	return "closed";
}

static const char *
life_text(enum dir_life life)
{
	switch (life) {
	case DIR_LIFE_ACTIVE:
		return "active";
	case DIR_LIFE_REQUESTED:
		return "requested";
	case DIR_LIFE_STUDY:
		return "study";
	case DIR_LIFE_PROPOSED:
		return "proposed";
	case DIR_LIFE_PENDING_DNS:
		return "pending-dns";
	case DIR_LIFE_SUSPENDED:
		return "suspended";
	case DIR_LIFE_CLOSING:
		return "closing";
	case DIR_LIFE_CLOSED:
		break;
	}
	return "closed";
}

static const char *
dmarc_text(enum dir_dmarc dmarc)
{
	switch (dmarc) {
	case DIR_DMARC_INHERIT:
		return "inherit";
	case DIR_DMARC_ENFORCE:
		return "enforce";
	case DIR_DMARC_HOLD:
		return "hold";
	case DIR_DMARC_OBSERVE:
		break;
	}
	return "observe";
}

static const char *
lang_text(enum dir_lang lang)
{
	switch (lang) {
	case DIR_LANG_INHERIT:
		return "inherit";
	case DIR_LANG_FR:
		return "fr";
	case DIR_LANG_EN:
		break;
	}
	return "en";
}

static void
add_score(struct oct_str *out, int32_t hundredths)
{
	int32_t abs = hundredths < 0 ? -hundredths : hundredths;

	oct_str_addf(out, "%s%" PRId32, hundredths < 0 ? "-" : "", abs / 100);
	if (abs % 100 != 0)
		oct_str_addf(out, ".%02" PRId32, abs % 100);
}

static void
add_list(struct oct_str *out, const struct dir_list *list, bool json)
{
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			oct_str_add(out, json ? "," : ", ");
		if (json)
			dir_json_text(out, list->items[i]);
		else
			oct_str_add(out, list->items[i]);
	}
}

static void
add_targets(struct oct_str *out, const struct dir_alias *a, bool json)
{
	struct dir_list list = {a->count, a->targets};

	add_list(out, &list, json);
}

static const struct option_pair *
find_pair(const struct option_set *set, enum option o)
{
	for (size_t i = 0; set != NULL && i < set->count; i++)
		if (set->pairs[i].option == o)
			return &set->pairs[i];
	return NULL;
}

static void
add_option(struct oct_str *out, enum option o, const struct option_set *set)
{
	const struct option_pair *pair = find_pair(set, o);
	char text[OPTION_TEXT_SIZE];

	if (pair == NULL) {
		oct_str_add(out, "inherit");
		return;
	}
	option_text(o, pair->value, text);
	oct_str_add(out, text);
}

static void
add_quota(struct oct_str *out, enum quota q, const struct quota_set *set)
{
	const struct quota_windows *w = quota_find_rule(set, q);

	if (w == NULL)
		oct_str_add(out, "inherit");
	else
		quota_text(quota_unit(q), w, out);
}

void
dir_attribute_text(
    const struct dir_attribute *a, const void *entry, struct oct_str *out)
{
	const void *at = (const char *)entry + a->offset;

	switch (a->type) {
	case DIR_TYPE_STATE:
		oct_str_add(out, state_text(*(const enum dir_state *)at));
		return;
	case DIR_TYPE_LIFE:
		oct_str_add(out, life_text(*(const enum dir_life *)at));
		return;
	case DIR_TYPE_DETAIL:
		oct_str_add(out,
		    detail_get(
			*(const struct detail_set *const *)at, a->detail));
		return;
	case DIR_TYPE_OPTION:
		add_option(out, a->option, *(const struct option_set *const *)at);
		return;
	case DIR_TYPE_LANG:
		oct_str_add(out, lang_text(*(const enum dir_lang *)at));
		return;
	case DIR_TYPE_DMARC:
		oct_str_add(out, dmarc_text(*(const enum dir_dmarc *)at));
		return;
	case DIR_TYPE_BOOL:
		oct_str_add(out, *(const bool *)at ? "yes" : "no");
		return;
	case DIR_TYPE_TEXT:
	case DIR_TYPE_ID:
	case DIR_TYPE_TRANSPORT:
	case DIR_TYPE_ADDRESS:
	case DIR_TYPE_URL:
	case DIR_TYPE_DATE:
		oct_str_add(out, *(const char *const *)at);
		return;
	case DIR_TYPE_LOCALS:
		add_list(out, at, false);
		return;
	case DIR_TYPE_QUOTA:
		add_quota(out, a->quota, *(const struct quota_set *const *)at);
		return;
	case DIR_TYPE_SIZE:
		detail_size_text(out, *(const int64_t *)at);
		return;
	case DIR_TYPE_SCORE:
		if (*(const int32_t *)at != INT32_MIN)
			add_score(out, *(const int32_t *)at);
		return;
	case DIR_TYPE_TARGETS:
		add_targets(out, entry, false);
		return;
	}
}

static void
value_json(
    const struct dir_attribute *a, const void *entry, struct oct_str *out)
{
	const void *at = (const char *)entry + a->offset;

	switch (a->type) {
	case DIR_TYPE_BOOL:
		oct_str_add(out, *(const bool *)at ? "true" : "false");
		return;
	case DIR_TYPE_SCORE:
		if (*(const int32_t *)at == INT32_MIN)
			oct_str_add(out, "null");
		else
			add_score(out, *(const int32_t *)at);
		return;
	case DIR_TYPE_TARGETS:
		oct_str_addc(out, '[');
		add_targets(out, entry, true);
		oct_str_addc(out, ']');
		return;
	case DIR_TYPE_LOCALS:
		oct_str_addc(out, '[');
		add_list(out, at, true);
		oct_str_addc(out, ']');
		return;
	case DIR_TYPE_TEXT:
	case DIR_TYPE_ID:
	case DIR_TYPE_TRANSPORT:
	case DIR_TYPE_ADDRESS:
	case DIR_TYPE_URL:
	case DIR_TYPE_DATE:
		dir_json_text(out, *(const char *const *)at);
		return;
	case DIR_TYPE_DETAIL:
		dir_json_text(out,
		    detail_get(
			*(const struct detail_set *const *)at, a->detail));
		return;
	case DIR_TYPE_STATE:
	case DIR_TYPE_LIFE:
	case DIR_TYPE_OPTION:
	case DIR_TYPE_LANG:
	case DIR_TYPE_DMARC:
	case DIR_TYPE_QUOTA:
	case DIR_TYPE_SIZE:
		/* Words of ours: nothing in them to escape. */
		oct_str_addc(out, '"');
		dir_attribute_text(a, entry, out);
		oct_str_addc(out, '"');
		return;
	}
}

bool
dir_attribute_is_default(const struct dir_attribute *a, const void *entry)
{
	const void *at = (const char *)entry + a->offset;

	switch (a->type) {
	case DIR_TYPE_STATE:
		return *(const enum dir_state *)at == DIR_ACTIVE;
	case DIR_TYPE_LIFE:
		return *(const enum dir_life *)at == DIR_LIFE_ACTIVE;
	case DIR_TYPE_DETAIL:
		return *detail_get(*(const struct detail_set *const *)at,
			   a->detail) == '\0';
	case DIR_TYPE_OPTION:
		return find_pair(*(const struct option_set *const *)at,
			   a->option) == NULL;
	case DIR_TYPE_LANG:
		return *(const enum dir_lang *)at == DIR_LANG_INHERIT;
	case DIR_TYPE_DMARC:
		return *(const enum dir_dmarc *)at == DIR_DMARC_INHERIT;
	case DIR_TYPE_BOOL:
		return !*(const bool *)at;
	case DIR_TYPE_TEXT:
	case DIR_TYPE_ID:
	case DIR_TYPE_TRANSPORT:
	case DIR_TYPE_ADDRESS:
	case DIR_TYPE_URL:
	case DIR_TYPE_DATE:
		return **(const char *const *)at == '\0';
	case DIR_TYPE_LOCALS:
		return ((const struct dir_list *)at)->count == 0;
	case DIR_TYPE_QUOTA:
		return quota_find_rule(*(const struct quota_set *const *)at,
			   a->quota) == NULL;
	case DIR_TYPE_SIZE:
		return *(const int64_t *)at == 0;
	case DIR_TYPE_SCORE:
		return *(const int32_t *)at == INT32_MIN;
	case DIR_TYPE_TARGETS:
		break;
	}
	return false;
}

static bool
is_secret(const struct dir_attribute *a, const void *entry)
{
	const void *at = (const char *)entry + a->offset;
	const char *text = "";

	if (a->type == DIR_TYPE_DETAIL && detail_info(a->detail)->secret)
		text = detail_get(
		    *(const struct detail_set *const *)at, a->detail);
	return *text != '\0' && strcmp(text, "external") != 0;
}

/* A state that is not set is one all the same. */
static bool
is_open(const struct dir_attribute *a, const void *entry)
{
	return a->type == DIR_TYPE_DETAIL && a->detail == DETAIL_STATE &&
	       dir_attribute_is_default(a, entry);
}

/* The attributes as members, without the braces; true: at least one. */
static bool
add_members(
    enum dir_kind kind, const void *entry, bool all, struct oct_str *out)
{
	size_t count = dir_attribute_count(kind);
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		struct dir_attribute a;

		dir_attribute_at(kind, i, &a);
		if (!all && dir_attribute_is_default(&a, entry))
			continue;
		if (any)
			oct_str_addc(out, ',');
		any = true;
		oct_str_addc(out, '"');
		oct_str_add(out, a.name);
		oct_str_add(out, "\":");
		if (all && is_secret(&a, entry))
			oct_str_add(out, "\"set\"");
		else if (all && is_open(&a, entry))
			oct_str_add(out, "\"active\"");
		else
			value_json(&a, entry, out);
	}
	return any;
}

static void
entry_json(enum dir_kind kind, const void *entry, bool all, struct oct_str *out)
{
	oct_str_addc(out, '{');
	(void)add_members(kind, entry, all, out);
	oct_str_addc(out, '}');
}

void
dir_mailbox_json(const struct dir_mailbox *m, bool all, struct oct_str *out)
{
	entry_json(DIR_KIND_MAILBOX, m, all, out);
}

void
dir_alias_json(const struct dir_alias *a, struct oct_str *out)
{
	/* It always has targets: they have no default. */
	entry_json(DIR_KIND_ALIAS, a, false, out);
}

void
dir_record_json(enum dir_kind kind, const struct dir_record *r, bool all,
    struct oct_str *out)
{
	entry_json(kind, r, all, out);
}

void
dir_entry_json(
    enum dir_kind kind, const void *entry, bool all, struct oct_str *out)
{
	entry_json(kind, entry, all, out);
}

void
dir_tenant_json(const struct dir_tenant *t, bool all, struct oct_str *out)
{
	entry_json(DIR_KIND_TENANT, t, all, out);
}

/* The id comes first: it is how a line of the disk copy is told. */
void
dir_tenant_whole_json(const struct dir_tenant *t, struct oct_str *out)
{
	oct_str_add(out, "{\"tenant\":");
	dir_json_text(out, t->id);
	oct_str_add(out, ",\"attributes\":");
	dir_tenant_json(t, false, out);
	oct_str_addc(out, '}');
}

/* After the aliases, whose object it ends. */
static void
add_legacy(const struct dir_domain *d, struct oct_str *out)
{
	oct_str_add(out, "},\"legacy\":{");
	for (size_t i = 0; i < d->legacy_count; i++) {
		const struct dir_record *l = dir_legacy_at(d, i);

		if (i > 0)
			oct_str_addc(out, ',');
		dir_json_text(out, l->name);
		oct_str_addc(out, ':');
		dir_record_json(DIR_KIND_LEGACY, l, false, out);
	}
}

void
dir_whole_json(const struct dir_domain *d, struct oct_str *out)
{
	oct_str_add(out, "{\"name\":");
	dir_json_text(out, d->name);
	oct_str_addc(out, ',');
	if (add_members(DIR_KIND_DOMAIN, d, false, out))
		oct_str_addc(out, ',');
	dir_dkim_json(d, out);
	oct_str_add(out, "\"mailboxes\":{");
	for (size_t i = 0; i < d->mailbox_count; i++) {
		const struct dir_mailbox *m = dir_mailbox_at(d, i);

		if (i > 0)
			oct_str_addc(out, ',');
		dir_json_text(out, m->local);
		oct_str_addc(out, ':');
		dir_mailbox_json(m, false, out);
	}
	oct_str_add(out, "},\"aliases\":{");
	for (size_t i = 0; i < d->alias_count; i++) {
		const struct dir_alias *a = dir_alias_at(d, i);

		if (i > 0)
			oct_str_addc(out, ',');
		dir_json_text(out, a->local);
		oct_str_addc(out, ':');
		dir_alias_json(a, out);
	}
	if (d->legacy_count > 0)
		add_legacy(d, out);
	oct_str_add(out, "}}");
}
