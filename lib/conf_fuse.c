/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter to libconfuse.  It stops at the first unknown name, so the text
 * is parsed again, each unknown name made known, until none is left; the last
 * pass takes the values.  Its callbacks have no argument of ours: the pass
 * under way is in `active`.
 */
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <confuse.h>

#include "lib/conf_int.h"

#define UNKNOWN_MAX 64
#define TOP "root" /* libconfuse's name of what is in no section */

enum shape { SHAPE_VALUE, SHAPE_LIST, SHAPE_SECTION, SHAPE_OTHER };

struct unknown {
	char *section, *name;
	enum shape shape;
};

struct fuse {
	struct conf_parse *p;
	const char *text;
	bool take;  /* last pass: take values, report syntax */
	bool again; /* one more unknown name: worth another pass */
	struct unknown unknown[UNKNOWN_MAX];
	size_t unknown_count;
};

static _Thread_local struct fuse *active;

static bool
is_unknown(const struct fuse *f, const char *section, const char *name)
{
	for (size_t i = 0; i < f->unknown_count; i++)
		if (strcmp(f->unknown[i].section, section) == 0 &&
		    strcmp(f->unknown[i].name, name) == 0)
			return true;
	return false;
}

/* What follows the name in its line. */
static enum shape
shape_of(const char *text, int line, const char *name)
{
	size_t len = strlen(name);
	const char *end;

	while (--line > 0 && (text = strchr(text, '\n')) != NULL)
		text++;
	if (text == NULL)
		return SHAPE_OTHER;
	end = text + strcspn(text, "\n");
	for (; (text = strstr(text, name)) != NULL && text < end; text++) {
		const char *p = text + len;

		p += strspn(p, " \t\"'");
		if (*p == '{')
			return SHAPE_SECTION;
		if (*p == '(')
			return SHAPE_OTHER;
		if (*p != '=' && *p != '+')
			continue;
		p += strspn(p, "+= \t\r\n");
		return *p == '{' ? SHAPE_LIST : SHAPE_VALUE;
	}
	return SHAPE_OTHER;
}

/* The names that would have been right, or as many as are useful. */
static void
add_names(const struct conf_parse *p, const char *section, struct oct_str *out)
{
	const char *last = "";

	for (size_t i = 0; i < p->slot_count && out->len < 400; i++) {
		const struct oct_conf_item *item = p->slots[i].item;
		bool top = section == NULL;

		if (top ? strcmp(item->section, last) == 0
			: strcmp(item->section, section) != 0)
			continue;
		last = item->section;
		oct_str_addf(out, "%s%s", out->len == 0 ? "" : ", ",
		    top ? item->section : item->name);
	}
}

static void
report_unknown(const struct fuse *f, const char *section, const char *name,
    int line)
{
	bool top = strcmp(section, TOP) == 0;
	struct oct_str names;

	/* Inside an unknown section, the section was the mistake. */
	if (!top && !conf_has_section(f->p, section))
		return;
	oct_str_heap(&names, 4096);
	add_names(f->p, top ? NULL : section, &names);
	conf_mistake(f->p, line, "unknown %s %s%s%s, expected one of %s",
	    top ? "section" : "setting", top ? "" : section, top ? "" : ".",
	    name, oct_str_text(&names));
	oct_str_free(&names);
}

static void
note_unknown(struct fuse *f, const cfg_t *cfg, const char *name)
{
	struct unknown *u = &f->unknown[f->unknown_count];

	if (is_unknown(f, cfg->name, name))
		return;
	report_unknown(f, cfg->name, name, cfg->line);
	if (f->unknown_count == UNKNOWN_MAX)
		return;
	u->section = strdup(cfg->name);
	u->name = strdup(name);
	u->shape = shape_of(f->text, cfg->line, name);
	f->unknown_count++;
	if (u->section == NULL || u->name == NULL)
		f->p->err = -ENOMEM;
	else
		f->again = u->shape == SHAPE_VALUE ||
		    u->shape == SHAPE_LIST ||
		    (u->shape == SHAPE_SECTION && strcmp(cfg->name, TOP) == 0);
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap) OCT_PRINTF(2, 0);

static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	struct fuse *f = active;
	char text[512];

	if (strcmp(fmt, "no such option '%s'") == 0) {
		note_unknown(f, cfg, va_arg(ap, const char *));
		return;
	}
	if (!f->take)
		return;
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	conf_mistake(f->p, cfg->line,
	    "%s, expected: section { name = value }", text);
}

/* Called for each value, before libconfuse keeps its own copy. */
static int
on_value(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	struct fuse *f = active;
	struct conf_slot *slot = conf_find(f->p, cfg->name, opt->name);

	if (f->take && slot != NULL)
		conf_take(f->p, slot, value, cfg->line,
		    (opt->flags & CFGF_LIST) == 0 || opt->nvalues == 1);
	*(const char **)result = value;
	return 0;
}

static void
value_opt(cfg_opt_t *opt, const char *name, bool list)
{
	opt->name = name;
	opt->type = CFGT_STR;
	opt->flags = CFGF_NODEFAULT | (list ? CFGF_LIST : CFGF_NONE);
	opt->parsecb = on_value;
}

/* An array of the options of a section, ended by an empty one. */
static cfg_opt_t *
section_opts(const struct fuse *f, const char *section)
{
	const struct conf_parse *p = f->p;
	cfg_opt_t *opts = calloc(p->slot_count + f->unknown_count + 1,
	    sizeof(*opts));
	size_t n = 0;

	if (opts == NULL)
		return NULL;
	for (size_t i = 0; i < p->slot_count; i++)
		if (strcmp(p->slots[i].item->section, section) == 0)
			value_opt(&opts[n++], p->slots[i].item->name,
			    p->slots[i].item->type == OCT_CONF_LIST);
	for (size_t i = 0; i < f->unknown_count; i++)
		if (strcmp(f->unknown[i].section, section) == 0 &&
		    f->unknown[i].shape <= SHAPE_LIST)
			value_opt(&opts[n++], f->unknown[i].name,
			    f->unknown[i].shape == SHAPE_LIST);
	return opts;
}

static int
add_section(const struct fuse *f, cfg_opt_t *opts, size_t *n, const char *name)
{
	for (size_t i = 0; i < *n; i++)
		if (strcmp(opts[i].name, name) == 0)
			return 0;
	opts[*n].subopts = section_opts(f, name);
	if (opts[*n].subopts == NULL)
		return -ENOMEM;
	opts[*n].name = name;
	opts[*n].type = CFGT_SEC;
	++*n;
	return 0;
}

static void
free_opts(cfg_opt_t *opts)
{
	for (size_t i = 0; opts != NULL && opts[i].name != NULL; i++)
		free(opts[i].subopts);
	free(opts);
}

static cfg_opt_t *
all_opts(const struct fuse *f)
{
	const struct conf_parse *p = f->p;
	cfg_opt_t *opts = calloc(p->slot_count + f->unknown_count + 1,
	    sizeof(*opts));
	size_t n = 0;
	int rc = opts == NULL ? -ENOMEM : 0;

	for (size_t i = 0; i < p->slot_count && rc == 0; i++)
		rc = add_section(f, opts, &n, p->slots[i].item->section);
	for (size_t i = 0; i < f->unknown_count && rc == 0; i++) {
		const struct unknown *u = &f->unknown[i];

		if (strcmp(u->section, TOP) != 0)
			continue;
		if (u->shape == SHAPE_SECTION)
			rc = add_section(f, opts, &n, u->name);
		else if (u->shape <= SHAPE_LIST)
			value_opt(&opts[n++], u->name,
			    u->shape == SHAPE_LIST);
	}
	if (rc == 0)
		return opts;
	free_opts(opts);
	return NULL;
}

/* An empty list comes by no callback: it shows in the options afterwards. */
static void
take_empty_lists(struct fuse *f, cfg_t *cfg)
{
	for (size_t i = 0; i < f->p->slot_count; i++) {
		struct conf_slot *slot = &f->p->slots[i];
		cfg_t *sec = cfg_getsec(cfg, slot->item->section);
		cfg_opt_t *opt;

		if (sec == NULL || slot->item->type != OCT_CONF_LIST)
			continue;
		opt = cfg_getopt(sec, slot->item->name);
		if (opt != NULL && (opt->flags & CFGF_MODIFIED) != 0 &&
		    opt->nvalues == 0)
			conf_take_empty(f->p, slot);
	}
}

static bool
pass(struct fuse *f)
{
	cfg_opt_t *opts = all_opts(f);
	cfg_t *cfg = opts != NULL ? cfg_init(opts, CFGF_NONE) : NULL;
	int rc;

	free_opts(opts);
	f->again = false;
	if (cfg == NULL) {
		f->p->err = -ENOMEM;
		return false;
	}
	(void)cfg_set_error_function(cfg, on_error);
	active = f;
	rc = cfg_parse_buf(cfg, f->text);
	if (rc == CFG_SUCCESS && f->take)
		take_empty_lists(f, cfg);
	active = NULL;
	(void)cfg_free(cfg);
	if (f->take && rc != CFG_SUCCESS && f->p->mistake_count == 0)
		conf_mistake(f->p, 1, "not understood, expected sections");
	return rc == CFG_SUCCESS;
}

bool
conf_fuse(struct conf_parse *p, const char *text)
{
	struct fuse *f = calloc(1, sizeof(*f));
	/* on_error knows the untranslated messages only. */
	locale_t plain = newlocale(LC_MESSAGES_MASK, "C", (locale_t)0);
	locale_t before = uselocale(plain);
	bool whole = false;

	if (f == NULL || plain == (locale_t)0) {
		p->err = -ENOMEM;
		goto out;
	}
	f->p = p;
	f->text = text;
	do
		(void)pass(f);
	while (f->again && p->err == 0);
	f->take = true;
	if (p->err == 0)
		whole = pass(f);
	for (size_t i = 0; i < f->unknown_count; i++) {
		free(f->unknown[i].section);
		free(f->unknown[i].name);
	}
out:
	(void)uselocale(before);
	if (plain != (locale_t)0)
		freelocale(plain);
	free(f);
	return whole;
}
