/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/conf_int.h"
#include "lib/err.h"
#include "lib/io.h"

#define FILE_MAX_OCTETS ((size_t)1024 * 1024)
#define MISTAKES_MAX 100

void
conf_mistake(struct conf_parse *p, int line, const char *fmt, ...)
{
	struct conf_mistake *m;
	va_list ap;

	if (p->mistake_count == MISTAKES_MAX) {
		p->dropped++;
		return;
	}
	m = &p->mistakes[p->mistake_count];
	va_start(ap, fmt);
	if (vasprintf(&m->text, fmt, ap) < 0)
		p->err = -ENOMEM;
	else
		p->mistake_count++;
	va_end(ap);
	m->line = line;
}

struct conf_slot *
conf_find(const struct conf_parse *p, const char *section, const char *name)
{
	for (size_t i = 0; i < p->slot_count; i++)
		if (strcmp(p->slots[i].item->section, section) == 0 &&
		    strcmp(p->slots[i].item->name, name) == 0)
			return &p->slots[i];
	return NULL;
}

bool
conf_has_section(const struct conf_parse *p, const char *section)
{
	for (size_t i = 0; i < p->slot_count; i++)
		if (strcmp(p->slots[i].item->section, section) == 0)
			return true;
	return false;
}

static int
make_slots(struct conf_parse *p, const struct oct_conf_table *tables,
    size_t count)
{
	size_t n = 0;

	for (size_t t = 0; t < count; t++)
		n += tables[t].count;
	p->slots = calloc(n + 1, sizeof(*p->slots));
	p->mistakes = calloc(MISTAKES_MAX, sizeof(*p->mistakes));
	if (p->slots == NULL || p->mistakes == NULL)
		return -ENOMEM;
	for (size_t t = 0; t < count; t++) {
		for (size_t i = 0; i < tables[t].count; i++) {
			const struct oct_conf_item *item = &tables[t].items[i];

			OCT_ASSERT(conf_find(p, item->section, item->name) ==
			    NULL);
			p->slots[p->slot_count++] = (struct conf_slot){
				.item = item,
				.values = tables[t].values,
			};
		}
	}
	return 0;
}

/* Defaults go the way of given values, so that a bad one shows in tests. */
static void
take_standard(struct conf_parse *p, struct conf_slot *slot)
{
	char *copy, *rest, *value;

	if (slot->item->type != OCT_CONF_LIST) {
		conf_take(p, slot, slot->item->standard, 0, true);
		return;
	}
	copy = strdup(slot->item->standard);
	if (copy == NULL) {
		p->err = -ENOMEM;
		return;
	}
	rest = copy;
	while ((value = strsep(&rest, " ")) != NULL)
		if (*value != '\0')
			conf_take(p, slot, value, 0, slot->list == 0);
	free(copy);
}

static void
take_missing(struct conf_parse *p, int last_line)
{
	for (size_t i = 0; i < p->slot_count; i++) {
		struct conf_slot *slot = &p->slots[i];
		char buf[512];
		struct oct_str expected;

		if (slot->line != 0 || slot->values == NULL)
			continue;
		if (slot->item->standard != NULL) {
			take_standard(p, slot);
			continue;
		}
		oct_str_fixed(&expected, buf, sizeof(buf));
		conf_expected(slot->item, &expected);
		conf_mistake(p, last_line,
		    "%s.%s is missing, expected %s in section %s",
		    slot->item->section, slot->item->name, buf,
		    slot->item->section);
	}
}

static void
check_lists(struct conf_parse *p)
{
	for (size_t i = 0; i < p->slot_count; i++) {
		const struct oct_conf_item *item = p->slots[i].item;
		struct oct_str expected;
		char buf[512];

		if (item->type != OCT_CONF_LIST || p->slots[i].line == 0 ||
		    (int64_t)p->slots[i].list >= item->lo)
			continue;
		oct_str_fixed(&expected, buf, sizeof(buf));
		conf_expected(item, &expected);
		conf_mistake(p, p->slots[i].line,
		    "%s.%s has too few values, expected %s", item->section,
		    item->name, buf);
	}
}

static int
by_line(const void *a, const void *b)
{
	const struct conf_mistake *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

static void
tell(struct conf_parse *p, oct_conf_report *report, void *arg)
{
	struct oct_str s;

	/* Few at most, and glibc's qsort keeps equal lines in order. */
	if (p->mistake_count > 0)
		qsort(p->mistakes, p->mistake_count, sizeof(*p->mistakes),
		    by_line);
	oct_str_heap(&s, 65536);
	for (size_t i = 0; i < p->mistake_count; i++) {
		oct_str_clear(&s);
		oct_str_addf(&s, "%s:%d: %s", p->name, p->mistakes[i].line,
		    p->mistakes[i].text);
		report(arg, oct_str_err(&s) == 0 ? oct_str_text(&s)
						 : p->mistakes[i].text);
	}
	if (p->dropped > 0 || p->err != 0) {
		oct_str_clear(&s);
		oct_str_addf(&s, "%s: %s, expected %s", p->name,
		    p->err != 0 ? "out of memory" : "more mistakes not shown",
		    p->err != 0 ? "enough" : "the ones above to be mended");
		report(arg, oct_str_text(&s));
	}
	oct_str_free(&s);
}

static int
count_lines(const char *text, size_t len)
{
	int lines = 1;

	for (size_t i = 0; i + 1 < len; i++)
		lines += text[i] == '\n';
	return lines;
}

static void
free_list(struct oct_conf_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->values[i]);
	free(list->values);
}

static void
zero_value(const struct oct_conf_item *item, void *value)
{
	switch (item->type) {
	case OCT_CONF_STRING:
		*(char **)value = NULL;
		break;
	case OCT_CONF_LIST:
		*(struct oct_conf_list *)value = (struct oct_conf_list){ 0 };
		break;
	case OCT_CONF_BOOL:
		*(bool *)value = false;
		break;
	case OCT_CONF_WORD:
		*(int *)value = 0;
		break;
	case OCT_CONF_INT:
	case OCT_CONF_DURATION:
	case OCT_CONF_SIZE:
		*(int64_t *)value = 0;
		break;
	}
}

static void
free_value(const struct oct_conf_item *item, void *value)
{
	if (item->type == OCT_CONF_STRING)
		free(*(char **)value);
	else if (item->type == OCT_CONF_LIST)
		free_list(value);
	zero_value(item, value);
}

static void
for_each_value(const struct oct_conf_table *tables, size_t count,
    void (*act)(const struct oct_conf_item *item, void *value))
{
	for (size_t t = 0; t < count; t++)
		for (size_t i = 0; tables[t].values != NULL &&
		    i < tables[t].count; i++)
			act(&tables[t].items[i], (char *)tables[t].values +
			    tables[t].items[i].offset);
}

void
oct_conf_free(const struct oct_conf_table *tables, size_t count)
{
	for_each_value(tables, count, free_value);
}

static int
parse_copy(struct conf_parse *p, const char *text, size_t len)
{
	char *copy = malloc(len + 2);

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, text, len);
	copy[len] = '\n';
	copy[len + 1] = '\0';
	/* After a mistake in the form, what seems missing may not be. */
	if (conf_clean(p, copy, len) && conf_fuse(p, copy)) {
		check_lists(p);
		take_missing(p, count_lines(text, len));
	}
	free(copy);
	return p->err;
}

int
oct_conf_parse(const char *name, const char *text, size_t len,
    const struct oct_conf_table *tables, size_t count, oct_conf_report *report,
    void *arg)
{
	struct conf_parse p = { .name = name };
	int rc = make_slots(&p, tables, count);

	for_each_value(tables, count, zero_value);
	if (rc == 0)
		rc = parse_copy(&p, text, len);
	p.err = rc;
	tell(&p, report, arg);
	if (rc == 0 && p.mistake_count > 0)
		rc = OCT_ECONF;
	if (rc != 0)
		oct_conf_free(tables, count);
	for (size_t i = 0; i < p.mistake_count; i++)
		free(p.mistakes[i].text);
	free(p.mistakes);
	free(p.slots);
	return rc;
}

int
oct_conf_load(const char *path, const struct oct_conf_table *tables,
    size_t count, oct_conf_report *report, void *arg)
{
	char *text = NULL;
	struct oct_str s;
	size_t len;
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);

	rc = fd == -1 ? -errno : oct_io_slurp(fd, FILE_MAX_OCTETS, &text, &len);
	if (fd != -1)
		(void)close(fd);
	if (rc == 0) {
		rc = oct_conf_parse(path, text, len, tables, count, report,
		    arg);
		free(text);
		return rc;
	}
	oct_str_heap(&s, 8192);
	oct_str_addf(&s, "%s: %s, expected a readable file of at most 1 MiB",
	    path, oct_strerror(rc));
	report(arg, oct_str_text(&s));
	oct_str_free(&s);
	return rc;
}
