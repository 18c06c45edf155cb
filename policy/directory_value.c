/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value of one attribute out of JSON.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/directory_private.h"
#include "policy/directory_schema.h"

#define STORAGE_MAX (1LL << 50)
#define SCORE_MAX 1000.0

static int
word_index(const json_t *v, const char *const *words, size_t count)
{
	const char *text = json_string_value(v);

	for (size_t i = 0; text != NULL && i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return (int)i;
	return OCT_EPARSE;
}

static int
read_state(const json_t *v, enum dir_state *out)
{
	static const char *const words[] = {"active", "suspended", "closed"};
	int i = word_index(v, words, OCT_LEN(words));

	if (i < 0)
		return i;
	*out = (enum dir_state)i;
	return 0;
}

enum dir_state
dir_life_state(enum dir_life life)
{
	switch (life) {
	case DIR_LIFE_ACTIVE:
	case DIR_LIFE_CLOSING:
		return DIR_ACTIVE;
	case DIR_LIFE_PENDING_DNS:
	case DIR_LIFE_SUSPENDED:
		return DIR_SUSPENDED;
	case DIR_LIFE_REQUESTED:
	case DIR_LIFE_STUDY:
	case DIR_LIFE_PROPOSED:
	case DIR_LIFE_CLOSED:
		break;
	}
	return DIR_CLOSED;
}

static int
read_life(const json_t *v, struct dir_domain *out)
{
	static const char *const words[] = {"active", "requested", "study",
	    "proposed", "pending-dns", "suspended", "closing", "closed"};
	int i = word_index(v, words, OCT_LEN(words));

	if (i < 0)
		return i;
	out->life = (enum dir_life)i;
	out->state = dir_life_state(out->life);
	return 0;
}

static int
read_dmarc(const json_t *v, enum dir_dmarc *out)
{
	static const char *const words[] = {"inherit", "enforce", "hold",
	    "observe"};
	int i = word_index(v, words, OCT_LEN(words));

	if (i < 0)
		return i;
	*out = (enum dir_dmarc)i;
	return 0;
}

static int
read_lang(const json_t *v, enum dir_lang *out)
{
	static const char *const words[] = {"inherit", "fr", "en"};
	int i = word_index(v, words, OCT_LEN(words));

	if (i < 0)
		return i;
	*out = (enum dir_lang)i;
	return 0;
}

static bool
is_plain_text(const char *text)
{
	if (strlen(text) > DIR_TEXT_MAX)
		return false;
	for (; *text != '\0'; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return false;
	return true;
}

static const char alnum[] = "abcdefghijklmnopqrstuvwxyz0123456789"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool
dir_is_id(const char *text)
{
	for (const char *p = text; *p != '\0'; p++)
		if (strchr(alnum, *p) == NULL && strchr("._-", *p) == NULL)
			return false;
	return strlen(text) <= DIR_ID_MAX;
}

/* Postfix transport(5): a master.cf name, ':', a next hop (may be empty). */
static bool
is_transport(const char *text)
{
	size_t name;

	if (*text == '\0')
		return true;
	for (name = 0; text[name] != ':'; name++)
		if (text[name] == '\0' || (strchr(alnum, text[name]) == NULL &&
					      strchr("_-", text[name]) == NULL))
			return false;
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~')
			return false;
	return name > 0 && strlen(text) <= DIR_TEXT_MAX;
}

/* No quotes, spaces or other octets that a page or a log would have to escape. */
static bool
is_url(const char *text)
{
	if (*text == '\0')
		return true;
	if (strlen(text) > DIR_TEXT_MAX ||
	    (strncmp(text, "https://", 8) != 0 &&
		strncmp(text, "http://", 7) != 0))
		return false;
	for (const char *p = text; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("<>\"\\", *p) != NULL)
			return false;
	return strchr(text, ':')[3] != '\0';
}

static bool
is_date(const char *text)
{
	return *text == '\0' || detail_is_date(text);
}

static int
read_text(struct dir_pool *pool, const json_t *v,
    bool (*is_right)(const char *), const char **out)
{
	const char *text = json_string_value(v);

	if (text == NULL || !is_right(text))
		return OCT_EPARSE;
	text = dir_pool_text(pool, text);
	if (text == NULL)
		return -ENOMEM;
	*out = text;
	return 0;
}

/* In normal form; case is kept, since a target may be elsewhere. */
static int
read_address(struct dir_pool *pool, const char *text, const char **out)
{
	char normal[OCT_ADDR_SIZE];
	struct oct_addr a;

	if (text == NULL || oct_addr_parse(text, &a) != 0 ||
	    a.local[0] == '\0' || a.domain[0] == '\0' || a.domain[0] == '[')
		return OCT_EPARSE;
	oct_addr_text(&a, normal);
	text = dir_pool_text(pool, normal);
	if (text == NULL)
		return -ENOMEM;
	*out = text;
	return 0;
}

static int
read_size(const json_t *v, int64_t *out)
{
	const char *text = json_string_value(v);

	if (text == NULL)
		return OCT_EPARSE;
	if (*text == '\0') {
		*out = 0;
		return 0;
	}
	return oct_num_size(text, 1, STORAGE_MAX, out) == 0 ? 0 : OCT_EPARSE;
}

static int
read_score(const json_t *v, int32_t *out)
{
	double hundredths;

	if (json_is_null(v)) {
		*out = INT32_MIN;
		return 0;
	}
	hundredths = json_number_value(v) * 100;
	if (!json_is_number(v) || fabs(hundredths) > SCORE_MAX * 100 ||
	    fabs(hundredths - round(hundredths)) > 1e-6)
		return OCT_EPARSE;
	*out = (int32_t)lround(hundredths);
	return 0;
}

static int
read_targets(struct dir_pool *pool, const json_t *v, struct dir_alias *out)
{
	size_t count = json_array_size(v), octets = 0;
	const char **targets;

	if (count < 1 || count > DIR_TARGETS_MAX)
		return OCT_EPARSE;
	targets = dir_pool_alloc(pool, count * sizeof(const char *));
	if (targets == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		int rc = read_address(
		    pool, json_string_value(json_array_get(v, i)), &targets[i]);

		if (rc != 0)
			return rc;
		octets += strlen(targets[i]) + 1; /* and a comma */
	}
	if (octets > DIR_TARGET_OCTETS_MAX)
		return OCT_EPARSE;
	out->targets = targets;
	out->count = count;
	return 0;
}

static int
read_optional_address(struct dir_pool *pool, const json_t *v, const char **out)
{
	const char *text = json_string_value(v);

	if (text != NULL && *text == '\0') {
		*out = "";
		return 0;
	}
	return read_address(pool, text, out);
}

static int
read_locals(struct dir_pool *pool, const json_t *v, struct dir_list *out)
{
	size_t count = json_array_size(v);
	char problem[DIR_PROBLEM_SIZE];
	const char **items;

	if (!json_is_array(v) || count > DIR_LOCALS_MAX)
		return OCT_EPARSE;
	items = dir_pool_alloc(pool, (count + 1) * sizeof(const char *));
	if (items == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		const char *text = json_string_value(json_array_get(v, i));

		if (text == NULL || dir_local_check(text, problem) != 0)
			return OCT_EPARSE;
		items[i] = dir_pool_text(pool, text);
		if (items[i] == NULL)
			return -ENOMEM;
	}
	*out = (struct dir_list){count, items};
	return 0;
}

/* --- Options ------------------------------------------------------------- */

/* The set (NULL = empty) with one more, which it does not have yet, in the order
 * of enum option.  Both are the pool's. */
static const struct option_set *
with_pair(struct dir_pool *pool, const struct option_set *set,
    struct option_pair pair)
{
	size_t count = set != NULL ? set->count : 0, i = 0;
	struct option_set *out = dir_pool_alloc(pool, sizeof(*out));
	struct option_pair *pairs =
	    dir_pool_alloc(pool, (count + 1) * sizeof(*pairs));

	if (out == NULL || pairs == NULL)
		return NULL;
	for (; i < count && set->pairs[i].option < pair.option; i++)
		pairs[i] = set->pairs[i];
	pairs[i] = pair;
	for (; i < count; i++)
		pairs[i + 1] = set->pairs[i];
	*out = (struct option_set){count + 1, pairs};
	return out;
}

bool
dir_option_unset(const json_t *v)
{
	const char *text = json_string_value(v);

	return json_is_null(v) ||
	       (text != NULL &&
		   (strcmp(text, "inherit") == 0 || strcmp(text, "-") == 0));
}

/* Counts and sizes may be JSON numbers, yes and no JSON booleans. */
static int
option_value(const json_t *v, enum option o, int64_t *out)
{
	const struct option_info *info = option_info(o);
	const char *text = json_string_value(v);

	if (text != NULL)
		return option_parse(o, text, out);
	if (json_is_boolean(v))
		return option_parse(o, json_is_true(v) ? "yes" : "no", out);
	if (!json_is_integer(v) || (info->type != OPTION_TYPE_COUNT &&
				       info->type != OPTION_TYPE_SIZE))
		return OCT_EPARSE;
	*out = json_integer_value(v);
	return *out >= info->lo && *out <= info->hi ? 0 : OCT_EPARSE;
}

static int
read_option(struct dir_pool *pool, const json_t *v, enum option o,
    const struct option_set **set)
{
	int64_t value;
	int rc;

	if (dir_option_unset(v))
		return 0;
	rc = option_value(v, o, &value);
	if (rc != 0)
		return rc;
	*set = with_pair(pool, *set, (struct option_pair){o, value});
	return *set != NULL ? 0 : -ENOMEM;
}

/* --- Details ------------------------------------------------------------- */

/* As with_pair. */
static const struct detail_set *
with_detail(struct dir_pool *pool, const struct detail_set *set,
    struct detail_pair pair)
{
	size_t count = set != NULL ? set->count : 0, i = 0;
	struct detail_set *out = dir_pool_alloc(pool, sizeof(*out));
	struct detail_pair *pairs =
	    dir_pool_alloc(pool, (count + 1) * sizeof(*pairs));

	if (out == NULL || pairs == NULL)
		return NULL;
	for (; i < count && set->pairs[i].what < pair.what; i++)
		pairs[i] = set->pairs[i];
	pairs[i] = pair;
	for (; i < count; i++)
		pairs[i + 1] = set->pairs[i];
	*out = (struct detail_set){count + 1, pairs};
	return out;
}

/* Counts may be JSON numbers, yes and no JSON booleans. */
static int
detail_text(const json_t *v, enum detail what, struct oct_str *out)
{
	const char *text = json_string_value(v);
	char number[24];

	if (json_is_boolean(v))
		text = json_is_true(v) ? "yes" : "no";
	if (json_is_integer(v)) {
		(void)snprintf(number, sizeof(number), "%lld",
		    (long long)json_integer_value(v));
		text = number;
	}
	return text != NULL ? detail_canonical(what, text, out) : OCT_EPARSE;
}

static int
read_detail(struct dir_pool *pool, const json_t *v, enum detail what,
    const struct detail_set **set)
{
	struct detail_pair pair = {.what = what};
	struct oct_str text;
	int rc;

	oct_str_heap(&text, (size_t)2 * DETAIL_TEXT_MAX);
	rc = detail_text(v, what, &text);
	if (rc == 0)
		rc = oct_str_err(&text);
	if (rc == 0 && text.len > 0) {
		pair.text = dir_pool_text(pool, oct_str_text(&text));
		*set = pair.text != NULL ? with_detail(pool, *set, pair) : NULL;
		rc = *set != NULL ? 0 : -ENOMEM;
	}
	oct_str_free(&text);
	return rc;
}

/* --- Limits on rates ----------------------------------------------------- */

/* As with_pair; a rule that is there already (the older name of one) is
 * replaced. */
static const struct quota_set *
with_rule(struct dir_pool *pool, const struct quota_set *set,
    const struct quota_rule *rule)
{
	size_t count = set != NULL ? set->count : 0, n = 0, i = 0;
	struct quota_set *out = dir_pool_alloc(pool, sizeof(*out));
	struct quota_rule *rules =
	    dir_pool_alloc(pool, (count + 1) * sizeof(*rules));

	if (out == NULL || rules == NULL)
		return NULL;
	for (; i < count && set->rules[i].quota < rule->quota; i++)
		rules[n++] = set->rules[i];
	rules[n++] = *rule;
	for (; i < count; i++)
		if (set->rules[i].quota != rule->quota)
			rules[n++] = set->rules[i];
	*out = (struct quota_set){n, rules};
	return out;
}

static int
read_quota(struct dir_pool *pool, const json_t *v, enum quota q,
    const struct quota_set **set)
{
	const char *text = json_string_value(v);
	struct quota_rule rule = {.quota = q};
	int rc;

	if (dir_option_unset(v) || (text != NULL && *text == '\0'))
		return 0;
	if (text == NULL)
		return OCT_EPARSE;
	rc = quota_parse(quota_unit(q), text, &rule.windows);
	if (rc != 0)
		return rc;
	*set = with_rule(pool, *set, &rule);
	return *set != NULL ? 0 : -ENOMEM;
}

int
dir_read_value(struct dir_pool *pool, const struct dir_attribute *a,
    const json_t *v, void *entry)
{
	void *at = (char *)entry + a->offset;

	switch (a->type) {
	case DIR_TYPE_STATE:
		return read_state(v, at);
	case DIR_TYPE_LIFE:
		return read_life(v, entry);
	case DIR_TYPE_DETAIL:
		return read_detail(pool, v, a->detail, at);
	case DIR_TYPE_OPTION:
		return read_option(pool, v, a->option, at);
	case DIR_TYPE_LANG:
		return read_lang(v, at);
	case DIR_TYPE_DMARC:
		return read_dmarc(v, at);
	case DIR_TYPE_BOOL:
		if (!json_is_boolean(v))
			return OCT_EPARSE;
		*(bool *)at = json_is_true(v);
		return 0;
	case DIR_TYPE_TEXT:
		return read_text(pool, v, is_plain_text, at);
	case DIR_TYPE_ID:
		return read_text(pool, v, dir_is_id, at);
	case DIR_TYPE_TRANSPORT:
		return read_text(pool, v, is_transport, at);
	case DIR_TYPE_ADDRESS:
		return read_optional_address(pool, v, at);
	case DIR_TYPE_QUOTA:
		return read_quota(pool, v, a->quota, at);
	case DIR_TYPE_SIZE:
		return read_size(v, at);
	case DIR_TYPE_SCORE:
		return read_score(v, at);
	case DIR_TYPE_LOCALS:
		return read_locals(pool, v, at);
	case DIR_TYPE_URL:
		return read_text(pool, v, is_url, at);
	case DIR_TYPE_DATE:
		return read_text(pool, v, is_date, at);
	case DIR_TYPE_TARGETS:
		return read_targets(pool, v, entry);
	}
	return OCT_EPARSE;
}
