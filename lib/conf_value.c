/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/conf_int.h"
#include "lib/log.h"
#include "lib/num.h"

#define STRING_MAX 4096
#define LIST_MAX 1000

/* A checked value on its way to its place. */
union checked {
	const char *text;
	int64_t number;
	bool flag;
	int word;
};

struct unit {
	int64_t factor;
	const char *name;
};

static void
add_with_unit(struct oct_str *out, int64_t v, const struct unit *units)
{
	while (units->factor > 1 && (v == 0 || v % units->factor != 0))
		units++;
	oct_str_addf(out, "%lld%s", (long long)(v / units->factor),
	    units->name);
}

static void
add_range(struct oct_str *out, const struct oct_conf_item *item,
    const char *what, const struct unit *units)
{
	oct_str_addf(out, "%s from ", what);
	add_with_unit(out, item->lo, units);
	oct_str_add(out, " to ");
	add_with_unit(out, item->hi, units);
}

static int64_t
upper(const struct oct_conf_item *item, int64_t standard)
{
	return item->hi == 0 ? standard : item->hi;
}

static void
add_words(struct oct_str *out, const char *words)
{
	oct_str_add(out, "one of ");
	for (; *words != '\0'; words++)
		if (*words == ' ')
			oct_str_add(out, ", ");
		else
			oct_str_addc(out, *words);
}

void
conf_expected(const struct oct_conf_item *item, struct oct_str *out)
{
	static const struct unit none[] = { { 1, "" } };
	static const struct unit times[] = { { 86400000, "d" },
		{ 3600000, "h" }, { 60000, "min" }, { 1000, "s" },
		{ 1, "ms" } };
	static const struct unit sizes[] = { { 1LL << 40, "T" },
		{ 1LL << 30, "G" }, { 1LL << 20, "M" }, { 1LL << 10, "k" },
		{ 1, "" } };

	switch (item->type) {
	case OCT_CONF_STRING:
		if (item->expected != NULL)
			oct_str_add(out, item->expected);
		else
			oct_str_addf(out, "a text of %lld to %lld octets",
			    (long long)item->lo,
			    (long long)upper(item, STRING_MAX));
		break;
	case OCT_CONF_INT:
		add_range(out, item, "a number", none);
		break;
	case OCT_CONF_BOOL:
		oct_str_add(out, "yes or no");
		break;
	case OCT_CONF_DURATION:
		add_range(out, item, "a duration", times);
		break;
	case OCT_CONF_SIZE:
		add_range(out, item, "a size", sizes);
		break;
	case OCT_CONF_LIST:
		oct_str_addf(out, "a list of %lld to %lld values",
		    (long long)item->lo, (long long)upper(item, LIST_MAX));
		if (item->expected != NULL)
			oct_str_addf(out, ", each %s", item->expected);
		break;
	case OCT_CONF_WORD:
		add_words(out, item->words);
		break;
	}
}

static bool
check_text(const struct oct_conf_item *item, const char *value, int64_t lo,
    int64_t hi)
{
	int64_t len = (int64_t)strnlen(value, STRING_MAX + 1);

	if (len < lo || len > hi)
		return false;
	return item->check == NULL || item->check(value);
}

static bool
check_bool(const char *value, bool *out)
{
	static const char *const words[2][3] = { { "no", "false", "off" },
		{ "yes", "true", "on" } };

	for (size_t i = 0; i < 6; i++) {
		if (strcmp(value, words[i % 2][i / 2]) == 0) {
			*out = i % 2 == 1;
			return true;
		}
	}
	return false;
}

static bool
check_word(const char *words, const char *value, int *out)
{
	size_t len = strlen(value);

	for (int i = 0; *words != '\0'; i++) {
		size_t n = strcspn(words, " ");

		if (n == len && memcmp(words, value, n) == 0) {
			*out = i;
			return true;
		}
		words += n;
		words += *words == ' ';
	}
	return false;
}

static bool
check(const struct oct_conf_item *item, const char *value, union checked *out)
{
	int64_t lo = item->lo, hi = item->hi;

	out->text = value;
	switch (item->type) {
	case OCT_CONF_STRING:
		return check_text(item, value, lo, upper(item, STRING_MAX));
	case OCT_CONF_LIST:
		return check_text(item, value, 1, STRING_MAX);
	case OCT_CONF_INT:
		return oct_num_int(value, lo, hi, &out->number) == 0;
	case OCT_CONF_DURATION:
		return oct_num_duration(value, lo, hi, &out->number) == 0;
	case OCT_CONF_SIZE:
		return oct_num_size(value, lo, hi, &out->number) == 0;
	case OCT_CONF_BOOL:
		return check_bool(value, &out->flag);
	case OCT_CONF_WORD:
		return check_word(item->words, value, &out->word);
	}
	return false;
}

static int
store_text(char **to, const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static int
store_in_list(struct oct_conf_list *list, const char *text)
{
	char **grown = reallocarray(list->values, list->count + 1,
	    sizeof(*grown));

	if (grown == NULL)
		return -ENOMEM;
	list->values = grown;
	list->values[list->count] = NULL;
	if (store_text(&list->values[list->count], text) != 0)
		return -ENOMEM;
	list->count++;
	return 0;
}

static int
store(const struct conf_slot *slot, const union checked *v)
{
	void *to;

	if (slot->values == NULL)
		return 0;
	to = (char *)slot->values + slot->item->offset;
	switch (slot->item->type) {
	case OCT_CONF_STRING:
		return store_text(to, v->text);
	case OCT_CONF_LIST:
		return store_in_list(to, v->text);
	case OCT_CONF_INT:
	case OCT_CONF_DURATION:
	case OCT_CONF_SIZE:
		*(int64_t *)to = v->number;
		return 0;
	case OCT_CONF_BOOL:
		*(bool *)to = v->flag;
		return 0;
	case OCT_CONF_WORD:
		*(int *)to = v->word;
		return 0;
	}
	return 0;
}

static void
refuse(struct conf_parse *p, const struct conf_slot *slot, const char *value,
    int line)
{
	char safe[OCT_LOG_SAFE_SIZE], buf[1024];
	struct oct_str expected;

	oct_str_fixed(&expected, buf, sizeof(buf));
	if (slot->item->explain != NULL && slot->item->check != NULL &&
	    !slot->item->check(value))
		slot->item->explain(value, &expected);
	else
		conf_expected(slot->item, &expected);
	conf_mistake(p, line, "%s.%s cannot be %s, expected %s",
	    slot->item->section, slot->item->name,
	    *value == '\0' ? "empty" : oct_log_safe(value, safe, sizeof(safe)),
	    buf);
}

static void
given_twice(struct conf_parse *p, const struct conf_slot *slot, int line)
{
	conf_mistake(p, line,
	    "%s.%s is given twice, expected it once (first in line %d)",
	    slot->item->section, slot->item->name, slot->line);
}

void
conf_take(struct conf_parse *p, struct conf_slot *slot, const char *value,
    int line, bool first)
{
	union checked v;
	bool list = slot->item->type == OCT_CONF_LIST;

	if (first && slot->line != 0) {
		given_twice(p, slot, line);
		return;
	}
	if (first)
		slot->line = line;
	slot->list++;
	if (!check(slot->item, value, &v) || (list &&
	    (int64_t)slot->list > upper(slot->item, LIST_MAX)))
		refuse(p, slot, value, line);
	else if (store(slot, &v) != 0)
		p->err = -ENOMEM;
}

void
conf_take_empty(struct conf_parse *p, struct conf_slot *slot)
{
	/* libconfuse does not say where an empty list stood. */
	if (slot->line != 0)
		given_twice(p, slot, slot->line);
	else
		slot->line = 1;
}
