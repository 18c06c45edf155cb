/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of known services.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "provisioning/study.h"

#define LINES_MAX 5000
#define LINE_OCTETS 512
#define NAME_OCTETS 128
#define WHO_OCTETS 128

struct service {
	enum study_kind kind;
	char name[NAME_OCTETS];
	char who[WHO_OCTETS];
};

struct study_services {
	size_t count, room;
	struct service *items;
};

static int
read_kind(const char *word, enum study_kind *out)
{
	static const char *const kinds[] = { "ns", "mx", "spf", "selector" };

	for (size_t i = 0; i < OCT_LEN(kinds); i++) {
		if (strcmp(word, kinds[i]) == 0) {
			*out = (enum study_kind)i;
			return 0;
		}
	}
	return OCT_EPARSE;
}

static int
grow(struct study_services *s)
{
	size_t room = s->room > 0 ? s->room * 2 : 128;
	struct service *items;

	if (s->count < s->room)
		return 0;
	if (room > LINES_MAX * 2)
		return OCT_ELIMIT;
	items = realloc(s->items, room * sizeof(*items));
	if (items == NULL)
		return -ENOMEM;
	s->items = items;
	s->room = room;
	return 0;
}

/* One word, and what blanks part it from. */
static const char *
take_word(const char *text, char *out, size_t size)
{
	size_t len;

	text += strspn(text, " \t");
	len = strcspn(text, " \t");
	if (len == 0 || len >= size)
		return NULL;
	memcpy(out, text, len);
	out[len] = '\0';
	return text + len;
}

static int
read_line(struct study_services *s, char *line)
{
	struct service one = { .name = "" };
	char kind[16];
	const char *rest;
	size_t len;

	line[strcspn(line, "\r\n")] = '\0';
	if (line[strspn(line, " \t")] == '\0' || *line == '#')
		return 0;
	rest = take_word(line, kind, sizeof(kind));
	if (rest == NULL || read_kind(kind, &one.kind) != 0)
		return OCT_EPARSE;
	rest = take_word(rest, one.name, sizeof(one.name));
	if (rest == NULL)
		return OCT_EPARSE;
	rest += strspn(rest, " \t");
	len = strlen(rest);
	if (len == 0 || len >= sizeof(one.who))
		return OCT_EPARSE;
	memcpy(one.who, rest, len + 1);
	if (grow(s) != 0)
		return OCT_ELIMIT;
	s->items[s->count++] = one;
	return 0;
}

int
study_services_load(const char *path, struct study_services **out,
    size_t *line)
{
	struct study_services *s = calloc(1, sizeof(*s));
	char text[LINE_OCTETS];
	FILE *f;
	int rc = 0;

	*line = 0;
	if (s == NULL)
		return -ENOMEM;
	f = *path != '\0' ? fopen(path, "re") : NULL;
	if (*path != '\0' && f == NULL && errno != ENOENT)
		rc = -errno;
	while (f != NULL && rc == 0 && fgets(text, sizeof(text), f) != NULL) {
		++*line;
		rc = strchr(text, '\n') != NULL || feof(f)
		    ? read_line(s, text)
		    : OCT_EPARSE;
	}
	if (f != NULL)
		(void)fclose(f);
	if (rc != 0) {
		study_services_free(s);
		return rc;
	}
	*out = s;
	return 0;
}

void
study_services_free(struct study_services *s)
{
	if (s == NULL)
		return;
	free(s->items);
	free(s);
}

const char *
study_service(const struct study_services *s, enum study_kind kind,
    const char *name)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->items[i].kind == kind &&
		    oct_domain_under(name, s->items[i].name))
			return s->items[i].who;
	return "";
}

size_t
study_selector_count(const struct study_services *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += s->items[i].kind == STUDY_SELECTOR;
	return n;
}

const char *
study_selector(const struct study_services *s, size_t i, const char **who)
{
	for (size_t at = 0; at < s->count; at++) {
		if (s->items[at].kind != STUDY_SELECTOR)
			continue;
		if (i-- == 0) {
			*who = s->items[at].who;
			return s->items[at].name;
		}
	}
	*who = "";
	return "";
}
