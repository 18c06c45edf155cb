/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model as a file.  A line that begins at the margin names an entry
 * ("mailbox maire@ville.fr"), the indented ones below it are its attributes
 * ("name = Le maire"), written as on the command line; what is not said has its
 * default.  '#' begins a comment where a word would begin a line.
 */
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "policy/directory_private.h"
#include "policy/model.h"

/* --- Writing ------------------------------------------------------------- */

/* A value on the rest of its line; in quotes where its ends would be lost. */
static void
add_value(struct oct_str *out, const char *text)
{
	size_t len = strlen(text);

	if (len > 0 && text[0] != '"' && text[0] != ' ' &&
	    text[len - 1] != ' ') {
		oct_str_add(out, text);
		return;
	}
	oct_str_addc(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			oct_str_addc(out, '\\');
		oct_str_addc(out, *text);
	}
	oct_str_addc(out, '"');
}

static void
add_json_value(struct oct_str *out, const json_t *v)
{
	if (json_is_string(v)) {
		add_value(out, json_string_value(v));
	} else if (json_is_boolean(v)) {
		oct_str_add(out, json_is_true(v) ? "yes" : "no");
	} else if (json_is_array(v)) {
		for (size_t i = 0; i < json_array_size(v); i++) {
			oct_str_add(out, i > 0 ? ", " : "");
			oct_str_add(out,
			    json_string_value(json_array_get(v, i)));
		}
	} else {
		char *text = json_dumps(v, JSON_ENCODE_ANY |
		    JSON_REAL_PRECISION(12));

		oct_str_add(out, text != NULL ? text : "");
		free(text);
	}
}

/* What the programs keep by themselves is no part of a file. */
static bool
is_written(enum dir_kind kind, const char *name, bool secrets)
{
	struct dir_attribute a;

	if (strcmp(name, "has_blocks") == 0 || !dir_attribute(kind, name, &a))
		return false;
	return a.type != DIR_TYPE_DETAIL || secrets ||
	       !detail_info(a.detail)->secret;
}

/* For who reads the file: the name as people write it. */
static void
add_shown(struct oct_str *out, const char *domain)
{
	char name[OCT_DOMAIN_SIZE * 2];
	struct oct_str shown;

	oct_str_fixed(&shown, name, sizeof(name));
	oct_domain_show(domain, &shown);
	if (oct_str_err(&shown) == 0 && strcmp(name, domain) != 0)
		oct_str_addf(out, "# %s\n", name);
}

static void
add_head(struct oct_str *out, const struct model_item *i, const char *kind)
{
	switch (i->kind) {
	case DIR_KIND_MAILBOX:
	case DIR_KIND_ALIAS:
		oct_str_addf(out, "%s %s@%s\n", kind, i->name, i->domain);
		return;
	case DIR_KIND_LEGACY:
		oct_str_addf(out, "%s %s %s\n", kind, i->name, i->domain);
		return;
	case DIR_KIND_DOMAIN:
		oct_str_addc(out, '\n');
		add_shown(out, i->domain);
		oct_str_addf(out, "%s %s\n", kind, i->domain);
		return;
	case DIR_KIND_TENANT:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	oct_str_addf(out, "\n%s %s\n", kind, i->name);
}

static void
add_item(struct oct_str *out, const struct model_item *i, bool secrets)
{
	json_t *object = dir_object(i->json), *value;
	const char *kind = dir_kind_name(i->kind), *name;

	if (i->kind == DIR_KIND_ALIAS && json_object_get(object, "post") != NULL)
		kind = "group";
	add_head(out, i, kind);
	json_object_foreach(object, name, value)
	{
		if (!is_written(i->kind, name, secrets))
			continue;
		oct_str_addf(out, "\t%s = ", name);
		add_json_value(out, value);
		oct_str_addc(out, '\n');
	}
	json_decref(object);
}

void
model_write(const struct model *m, bool secrets, struct oct_str *out)
{
	const char *tenant;

	oct_str_add(out, "# octroi: what is provisioned, octroictl(8)\n");
	switch (model_get_scope(m, &tenant)) {
	case MODEL_SCOPE_ALL:
		oct_str_add(out, "scope all\n");
		break;
	case MODEL_SCOPE_TENANT:
		oct_str_addf(out, "scope tenant %s\n", tenant);
		break;
	case MODEL_SCOPE_NAMED:
		break;
	}
	for (size_t i = 0; i < model_count(m); i++)
		add_item(out, model_at(m, i), secrets);
}

/* --- Reading ------------------------------------------------------------- */

#define LINE_MAX_OCTETS 131072 /* a group may have 500 targets */

struct reader {
	struct model *model;
	char *problem;
	size_t line, head; /* numbers: now, and where the entry began */
	bool open;         /* an entry is being read */
	bool group;
	enum dir_kind kind;
	char domain[OCT_DOMAIN_SIZE], name[OCT_ADDR_SIZE];
	struct oct_str json;
};

static int OCT_PRINTF(3, 4)
    wrong(const struct reader *r, size_t line, const char *fmt, ...)
{
	struct oct_str s;
	char what[MODEL_PROBLEM_SIZE - 32];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	oct_str_fixed(&s, r->problem, MODEL_PROBLEM_SIZE);
	oct_str_addf(&s, "line %zu: %s", line, what);
	return OCT_EPARSE;
}

static bool
has_key(const char *json, const char *name)
{
	json_t *object = dir_object(json);
	bool yes = json_object_get(object, name) != NULL;

	json_decref(object);
	return yes;
}

static int
end_entry(struct reader *r)
{
	struct dir_reading reading = {.lenient = false};
	const struct dir_named named = {r->domain, r->name};
	struct model_item item = {r->kind, r->domain, r->name, ""};
	struct oct_str json;
	int rc;

	if (!r->open)
		return 0;
	r->open = false;
	oct_str_addc(&r->json, '}');
	if (oct_str_err(&r->json) != 0)
		return wrong(r, r->head, "the entry is too long");
	if (r->group && !has_key(oct_str_text(&r->json), "post")) {
		r->json.len--;
		oct_str_add(&r->json, r->json.len > 1 ? ",\"post\":\"anyone\"}"
						      : "\"post\":\"anyone\"}");
	}
	oct_str_heap(&json, DIR_ENTRY_MAX);
	rc = dir_canonical(
	    &reading, r->kind, &named, oct_str_text(&r->json), &json);
	item.json = oct_str_text(&json);
	if (rc == 0)
		rc = model_add(r->model, &item);
	else if (rc == OCT_EPARSE)
		rc = wrong(r, r->head, "%s",
		    reading.problem[0] != '\0' ? reading.problem
					       : "the entry cannot be read");
	oct_str_free(&json);
	return rc;
}

static bool
find_kind(const char *word, enum dir_kind *kind, bool *group)
{
	*group = strcmp(word, "group") == 0;
	if (*group) {
		*kind = DIR_KIND_ALIAS;
		return true;
	}
	for (int k = 0; k < DIR_KINDS; k++) {
		if (strcmp(word, dir_kind_name((enum dir_kind)k)) != 0)
			continue;
		*kind = (enum dir_kind)k;
		return true;
	}
	return false;
}

static int
read_scope(struct reader *r, const char *first, const char *second)
{
	if (model_count(r->model) > 0)
		return wrong(r, r->line, "scope belongs before the entries");
	if (strcmp(first, "all") == 0 && *second == '\0') {
		model_set_scope(r->model, MODEL_SCOPE_ALL, "");
		return 0;
	}
	if (strcmp(first, "tenant") != 0 || *second == '\0' ||
	    !dir_is_id(second))
		return wrong(r, r->line, "expected: scope all, or scope tenant "
					 "ID");
	model_set_scope(r->model, MODEL_SCOPE_TENANT, second);
	return 0;
}

static int
read_address(struct reader *r, const char *text, char *local)
{
	struct oct_addr a;

	if (oct_addr_parse(text, &a) != 0 || a.local[0] == '\0' ||
	    a.domain[0] == '\0' || a.domain[0] == '[')
		return wrong(
		    r, r->line, "'%.100s' is no mail address", text);
	if (local != NULL) {
		memcpy(local, a.local, strlen(a.local) + 1);
		memcpy(r->domain, a.domain, strlen(a.domain) + 1);
	} else {
		oct_addr_text(&a, r->name);
	}
	return 0;
}

static int
read_domain(struct reader *r, const char *text)
{
	if (oct_domain_normalise(text, r->domain) != 0)
		return wrong(r, r->line, "'%.100s' is no domain name", text);
	return 0;
}

/* What the entry is called: words[0] and, of a legacy address, its domain. */
static int
read_name(struct reader *r, const char *first, const char *second)
{
	int rc;

	r->domain[0] = r->name[0] = '\0';
	if (*first == '\0' ||
	    (*second != '\0') != (r->kind == DIR_KIND_LEGACY))
		return wrong(r, r->line, "expected: %s %s",
		    dir_kind_name(r->kind),
		    r->kind == DIR_KIND_LEGACY ? "ADDRESS DOMAIN" : "NAME");
	switch (r->kind) {
	case DIR_KIND_DOMAIN:
		return read_domain(r, first);
	case DIR_KIND_MAILBOX:
	case DIR_KIND_ALIAS:
		return read_address(r, first, r->name);
	case DIR_KIND_LEGACY:
		rc = read_address(r, first, NULL);
		return rc == 0 ? read_domain(r, second) : rc;
	case DIR_KIND_TENANT:
	case DIR_KIND_PLAN:
	case DIR_KIND_PRICE:
		break;
	}
	if (!dir_is_id(first))
		return wrong(r, r->line,
		    "an id has at most %d letters, digits, dots, '_' or '-'",
		    DIR_ID_MAX);
	memcpy(r->name, first, strlen(first) + 1);
	return 0;
}

static int
read_head(struct reader *r, const char *line)
{
	char words[3][OCT_ADDR_SIZE] = {"", "", ""}, extra[OCT_ADDR_SIZE];
	int rc = end_entry(r);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < 3; i++) {
		line += strspn(line, " \t");
		(void)oct_str_word(&line, words[i], sizeof(words[i]));
	}
	line += strspn(line, " \t");
	if (*line != '\0' && oct_str_word(&line, extra, sizeof(extra)))
		return wrong(r, r->line, "'%.100s' was not expected", extra);
	if (*line != '\0')
		return wrong(r, r->line, "a word is too long");
	if (strcmp(words[0], "scope") == 0)
		return read_scope(r, words[1], words[2]);
	if (!find_kind(words[0], &r->kind, &r->group))
		return wrong(r, r->line,
		    "'%.100s': expected plan, price, tenant, domain, mailbox, "
		    "alias, group, legacy or scope",
		    words[0]);
	r->head = r->line;
	rc = read_name(r, words[1], words[2]);
	if (rc != 0)
		return rc;
	r->open = true;
	oct_str_clear(&r->json);
	oct_str_addc(&r->json, '{');
	return 0;
}

/* The text between quotes, in place; false: it does not end there. */
static bool
unquote(char *text)
{
	char *to = text;

	for (char *p = text + 1; *p != '\0'; p++) {
		if (*p == '"') {
			*to = '\0';
			return p[1] == '\0';
		}
		if (*p == '\\' && p[1] != '\0')
			p++;
		*to++ = *p;
	}
	return false;
}

static int
read_attribute(struct reader *r, char *line)
{
	char expected[DIR_EXPECTED_SIZE], *eq = strchr(line, '='), *value;
	struct dir_attribute a;
	size_t len;

	if (!r->open)
		return wrong(r, r->line, "an attribute of no entry");
	if (eq == NULL)
		return wrong(r, r->line, "expected: attribute = value");
	value = eq + 1 + strspn(eq + 1, " \t");
	while (eq > line && (eq[-1] == ' ' || eq[-1] == '\t'))
		eq--;
	*eq = '\0';
	if (!dir_attribute(r->kind, line, &a))
		return wrong(r, r->line, "%s %s has no attribute '%.64s'",
		    dir_kind_article(r->kind), dir_kind_name(r->kind), line);
	if (*value == '"' && !unquote(value))
		return wrong(r, r->line, "%s: a quote is not closed", a.name);
	len = r->json.len;
	oct_str_addf(&r->json, "%s\"%s\":", len > 1 ? "," : "", a.name);
	if (dir_attribute_json(&a, value, &r->json) != 0)
		return wrong(r, r->line, "%s: expected %s", a.name,
		    dir_attribute_expected(&a, expected));
	return 0;
}

static int
read_line(struct reader *r, char *line, size_t len)
{
	const char *text = line + strspn(line, " \t");

	if (strlen(line) != len)
		return wrong(r, r->line, "a NUL octet");
	while (len > 0 && strchr(" \t\r", line[len - 1]) != NULL)
		line[--len] = '\0';
	if (*text == '\0' || *text == '#')
		return 0;
	if (text == line)
		return read_head(r, line);
	return read_attribute(r, line + (text - line));
}

static int
read_lines(struct reader *r, const char *text, char *line)
{
	int rc = 0;

	while (rc == 0 && *text != '\0') {
		size_t len = strcspn(text, "\n");

		r->line++;
		if (len >= LINE_MAX_OCTETS)
			return wrong(r, r->line, "longer than %d octets",
			    LINE_MAX_OCTETS);
		memcpy(line, text, len);
		line[len] = '\0';
		rc = read_line(r, line, len);
		text += len + (text[len] == '\n');
	}
	return rc == 0 ? end_entry(r) : rc;
}

static int
sort_read(struct reader *r)
{
	int rc = model_sort(r->model);

	for (size_t i = 1; rc == -EEXIST && i < model_count(r->model); i++) {
		const struct model_item *x = model_at(r->model, i);

		if (model_order(model_at(r->model, i - 1), x) != 0)
			continue;
		(void)snprintf(r->problem, MODEL_PROBLEM_SIZE,
		    "%s %s%s%s is there twice", dir_kind_name(x->kind), x->name,
		    *x->name != '\0' && *x->domain != '\0' ? "@" : "",
		    x->domain);
		return OCT_EPARSE;
	}
	return rc;
}

int
model_parse(
    const char *text, struct model **out, char problem[MODEL_PROBLEM_SIZE])
{
	struct reader r = {.problem = problem};
	char *line = malloc(LINE_MAX_OCTETS);
	int rc = line != NULL ? model_new(&r.model) : -ENOMEM;

	problem[0] = '\0';
	oct_str_heap(&r.json, DIR_ENTRY_MAX);
	if (rc == 0)
		rc = read_lines(&r, text, line);
	if (rc == 0)
		rc = sort_read(&r);
	oct_str_free(&r.json);
	free(line);
	if (rc == 0)
		*out = r.model;
	else
		model_free(r.model);
	return rc;
}
