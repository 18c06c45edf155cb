/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The value of one attribute out of JSON.
 */
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/directory_private.h"
#include "policy/directory_schema.h"

#define RATE_COUNT_MAX 1000000000
#define RATE_PERIOD_MAX_MS (31LL * 86400000)
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

static int
read_challenge(const json_t *v, enum dir_challenge *out)
{
	static const char *const words[] = {"inherit", "off", "first-contact"};
	int i = word_index(v, words, OCT_LEN(words));

	if (i < 0)
		return i;
	*out = (enum dir_challenge)i;
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

static bool
is_id(const char *text)
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
read_rate(const json_t *v, struct dir_rate *out)
{
	const char *text = json_string_value(v), *slash;
	struct dir_rate rate = {0, 0};
	char count[16];
	size_t n;

	if (text == NULL)
		return OCT_EPARSE;
	if (*text == '\0') {
		*out = rate;
		return 0;
	}
	slash = strchr(text, '/');
	n = slash != NULL ? (size_t)(slash - text) : 0;
	if (slash == NULL || n >= sizeof(count))
		return OCT_EPARSE;
	memcpy(count, text, n);
	count[n] = '\0';
	if (oct_num_int(count, 1, RATE_COUNT_MAX, &rate.count) != 0 ||
	    oct_num_duration(
		slash + 1, 1000, RATE_PERIOD_MAX_MS, &rate.period_ms) != 0)
		return OCT_EPARSE;
	*out = rate;
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

int
dir_read_value(struct dir_pool *pool, const struct dir_attribute *a,
    const json_t *v, void *entry)
{
	void *at = (char *)entry + a->offset;

	switch (a->type) {
	case DIR_TYPE_STATE:
		return read_state(v, at);
	case DIR_TYPE_CHALLENGE:
		return read_challenge(v, at);
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
		return read_text(pool, v, is_id, at);
	case DIR_TYPE_TRANSPORT:
		return read_text(pool, v, is_transport, at);
	case DIR_TYPE_ADDRESS:
		return read_optional_address(pool, v, at);
	case DIR_TYPE_RATE:
		return read_rate(v, at);
	case DIR_TYPE_SIZE:
		return read_size(v, at);
	case DIR_TYPE_SCORE:
		return read_score(v, at);
	case DIR_TYPE_TARGETS:
		return read_targets(pool, v, entry);
	}
	return OCT_EPARSE;
}
