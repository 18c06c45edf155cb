/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl template: the texts of our mails, looked at, tried and replaced.
 */
#include "provisioning/ctl_template.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/mime_text.h"
#include "policy/template_store.h"

#define MAIL_MAX (1u << 20)
#define SHOW_DOMAIN "ville.example"

/* What the verbs begin with. */
struct asked {
	enum template_id id;
	enum template_lang lang;
	char domain[OCT_DOMAIN_SIZE]; /* "" = the platform */
	char host[OCT_DOMAIN_SIZE];
	const struct settings *set;
};

static const char *
domain_of(const struct asked *a)
{
	return *a->domain != '\0' ? a->domain : NULL;
}

static int
read_name(const struct ctl *ctl, const char *name, enum template_id *out)
{
	struct oct_str names;
	int status;

	if (template_find(name, out) == 0)
		return 0;
	oct_str_heap(&names, 1024);
	for (unsigned i = 0; i < TEMPLATE_COUNT; i++)
		oct_str_addf(&names, "%s%s", i > 0 ? ", " : "",
		    template_name((enum template_id)i));
	status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "there is no template %s, expected one of %s", name,
	    oct_str_text(&names));
	oct_str_free(&names);
	return status;
}

/* The domain's language, if none is named. */
static int
read_lang(struct ctl *ctl, const struct ctl_args *args, struct asked *a)
{
	const char *text = ctl_args_value(args, "lang");
	const struct dir_snapshot *s;
	enum dir_lang lang;
	int status;

	if (text != NULL)
		return template_lang_find(text, &a->lang) == 0
		    ? 0
		    : ctl_fail(ctl, DAEMON_EXIT_USAGE,
			  "--lang=%s: expected fr or en", text);
	a->lang = a->set->language == 1 ? TEMPLATE_EN : TEMPLATE_FR;
	if (*a->domain == '\0')
		return 0;
	status = ctl_directory(ctl, a->domain, &s);
	if (status != 0)
		return status;
	lang = dir_domain_at(s, 0)->lang;
	if (lang != DIR_LANG_INHERIT)
		a->lang = lang == DIR_LANG_EN ? TEMPLATE_EN : TEMPLATE_FR;
	directory_put(s);
	return 0;
}

static int
begin(struct ctl *ctl, const struct ctl_args *args, struct asked *a)
{
	const char *domain = ctl_args_value(args, "domain");
	int status = ctl_settings(ctl, &a->set);

	*a->domain = '\0';
	if (status == 0 && args->count > 0)
		status = read_name(ctl, args->words[0], &a->id);
	if (status == 0 && domain != NULL)
		status = ctl_domain(ctl, domain, a->domain);
	if (status != 0)
		return status;
	settings_page_host(a->set, a->host);
	if (settings_tell_time(a->set) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED, "out of memory");
	return read_lang(ctl, args, a);
}

static int
load(struct ctl *ctl, const struct asked *a, enum template_id id,
    struct template_texts *out)
{
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = template_load(store, domain_of(a), id, a->host, out);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "template", template_name(id));
	if (out->passed_over)
		(void)ctl_fail(ctl, 0,
		    "the stored template %s in %s of the %s is not used: line "
		    "%zu: %s",
		    template_name(id), template_lang_name(out->bad_lang),
		    template_origin_name(out->bad_origin), out->problem.line,
		    out->problem.text);
	return 0;
}

/* --- Files ------------------------------------------------------------------ */

/* Line ends of other systems, and of the file's end. */
static void
mend_lines(char *text)
{
	char *to = text;
	size_t len;

	for (const char *s = text; *s != '\0'; s++)
		if (*s != '\r' || s[1] != '\n')
			*to++ = *s;
	*to = '\0';
	len = (size_t)(to - text);
	while (len > 1 && text[len - 1] == '\n' && text[len - 2] == '\n')
		text[--len] = '\0';
}

/* The text, for free(); it is not checked yet. */
static int
read_file(const struct ctl *ctl, const char *path, char **out)
{
	size_t len = 0;
	int fd, status = ctl_open(ctl, path, &fd), rc;

	if (status != 0)
		return status;
	rc = oct_io_slurp(fd, 2 * TEMPLATE_SOURCE_MAX, out, &len);
	(void)close(fd);
	if (rc != 0)
		return ctl_fail_rc(ctl, rc, "file", path);
	if (strlen(*out) != len) {
		free(*out);
		*out = NULL;
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "%s: a NUL octet, expected a text", path);
	}
	mend_lines(*out);
	return 0;
}

static int
refuse(const struct ctl *ctl, const char *path,
    const struct template_problem *problem)
{
	if (problem->line == 0)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED, "%s: %s", path,
		    problem->text);
	return ctl_fail(ctl, DAEMON_EXIT_FAILED, "%s:%zu: %s", path,
	    problem->line, problem->text);
}

static int
read_checked(const struct ctl *ctl, const struct asked *a, const char *path,
    char **out)
{
	struct template_problem problem;
	int status = read_file(ctl, path, out), rc;

	if (status != 0)
		return status;
	rc = template_check(a->id, *out, a->host, &problem);
	if (rc == 0)
		return 0;
	free(*out);
	*out = NULL;
	return rc == OCT_EPARSE ? refuse(ctl, path, &problem)
				: ctl_fail_rc(ctl, rc, "file", path);
}

/* --- Looking ------------------------------------------------------------------ */

static int
template_list(struct ctl *ctl, const struct ctl_args *args)
{
	static const struct ctl_column columns[] = {
		{ "name", "NAME", CTL_TEXT },
		{ "lang", "LANGUAGE", CTL_TEXT },
		{ "origin", "FROM", CTL_TEXT },
		{ "octets", "OCTETS", CTL_RIGHT },
		{ "help", "WHAT IT IS", CTL_TEXT },
	};
	json_t *items = json_array();
	struct asked a;
	int status = begin(ctl, args, &a);

	for (unsigned i = 0; status == 0 && i < TEMPLATE_COUNT; i++) {
		enum template_id id = (enum template_id)i;
		struct template_texts t;

		status = load(ctl, &a, id, &t);
		if (status != 0)
			break;
		for (unsigned k = 0; k < TEMPLATE_LANGS; k++)
			(void)json_array_append_new(items,
			    json_pack("{s:s, s:s, s:s, s:I, s:s}", "name",
				template_name(id), "lang",
				template_lang_name((enum template_lang)k),
				"origin", template_origin_name(t.origin[k]),
				"octets", (json_int_t)strlen(t.source[k]),
				"help", template_help(id)));
		template_texts_fini(&t);
	}
	if (status == 0)
		return ctl_print_list(ctl, json_array_size(items), items,
		    columns, OCT_LEN(columns));
	json_decref(items);
	return status;
}

static int
template_show(struct ctl *ctl, const struct ctl_args *args)
{
	struct template_texts t;
	struct oct_str places, out;
	struct asked a;
	int status = begin(ctl, args, &a);

	if (status == 0)
		status = load(ctl, &a, a.id, &t);
	if (status != 0)
		return status;
	if (ctl->json) {
		oct_str_heap(&places, 1024);
		template_places(a.id, &places);
		status = ctl_print(ctl,
		    json_pack("{s:s, s:s, s:s, s:s, s:s}", "name",
			template_name(a.id), "lang",
			template_lang_name(a.lang), "origin",
			template_origin_name(t.origin[a.lang]), "places",
			oct_str_text(&places), "source", t.source[a.lang]),
		    NULL, 0);
		oct_str_free(&places);
	} else {
		oct_str_heap(&out, CTL_OUT_MAX);
		oct_str_add(&out, t.source[a.lang]);
		status = ctl_write(ctl, &out);
	}
	template_texts_fini(&t);
	return status;
}

static int
template_check_file(struct ctl *ctl, const struct ctl_args *args)
{
	char *text = NULL;
	struct asked a;
	int status = begin(ctl, args, &a);

	if (status == 0)
		status = read_checked(ctl, &a, args->words[1], &text);
	free(text);
	return status != 0 ? status
			   : ctl_done(ctl, "good", "template",
				 args->words[1]);
}

/* --- Preview -------------------------------------------------------------------- */

static int
read_case(const struct ctl *ctl, const struct ctl_args *args,
    enum template_word *out)
{
	static const struct {
		const char *name;
		enum template_word word;
	} cases[] = { { "button", TEMPLATE_W_BUTTON },
		{ "code", TEMPLATE_W_CODE },
		{ "unconfirmed", TEMPLATE_W_UNCONFIRMED },
		{ "unasked", TEMPLATE_W_UNASKED },
		{ "refused", TEMPLATE_W_REFUSED },
		{ "gaveup", TEMPLATE_W_GAVE_UP } };
	const char *text = ctl_args_value(args, "case");

	*out = TEMPLATE_W_BUTTON;
	for (size_t i = 0; text != NULL && i < OCT_LEN(cases); i++) {
		if (strcmp(cases[i].name, text) == 0) {
			*out = cases[i].word;
			return 0;
		}
	}
	if (text == NULL)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "--case=%s: expected button or code (challenge), unconfirmed, "
	    "unasked, refused or gaveup (end)",
	    text);
}

/* Takes over mail. */
static int
print_mail(const struct ctl *ctl, const struct asked *a, bool text_only,
    struct oct_str *mail)
{
	struct oct_str text;
	json_t *v;

	oct_str_heap(&text, MAIL_MAX);
	ctl_template_text(oct_str_text(mail), &text);
	if (!ctl->json) {
		oct_str_free(text_only ? mail : &text);
		return ctl_write(ctl, text_only ? &text : mail);
	}
	v = json_pack("{s:s, s:s, s:I, s:s, s:s}", "name",
	    template_name(a->id), "lang", template_lang_name(a->lang),
	    "octets", (json_int_t)mail->len, "text", oct_str_text(&text),
	    "mail", oct_str_text(mail));
	oct_str_free(&text);
	oct_str_free(mail);
	return ctl_print(ctl, v, NULL, 0);
}

static int
preview(struct ctl *ctl, const struct ctl_args *args, const struct asked *a,
    const char *file)
{
	struct ctl_template_preview p = { .id = a->id,
		.domain = *a->domain != '\0' ? a->domain : SHOW_DOMAIN,
		.texts = { .first = a->lang } };
	struct template_texts t;
	struct oct_str mail;
	int status = read_case(ctl, args, &p.which), rc;

	if (status == 0)
		status = load(ctl, a, a->id, &t);
	if (status != 0)
		return status;
	for (unsigned i = 0; i < TEMPLATE_LANGS; i++)
		p.texts.source[i] = t.source[i];
	if (file != NULL)
		p.texts.source[a->lang] = file;
	oct_str_heap(&mail, MAIL_MAX);
	rc = ctl_template_mail(a->set, &p, &mail);
	template_texts_fini(&t);
	if (rc == 0)
		return print_mail(ctl, a, ctl_args_has(args, "text"), &mail);
	oct_str_free(&mail);
	return ctl_fail_rc(ctl, rc, "preview of", template_name(a->id));
}

static int
template_preview(struct ctl *ctl, const struct ctl_args *args)
{
	char *file = NULL;
	struct asked a;
	int status = begin(ctl, args, &a);

	if (status == 0 && args->count > 1)
		status = read_checked(ctl, &a, args->words[1], &file);
	if (status == 0)
		status = preview(ctl, args, &a, file);
	free(file);
	return status;
}

/* --- Changing -------------------------------------------------------------------- */

static int
change(struct ctl *ctl, const struct asked *a, const char *source,
    const char *done)
{
	struct template_problem problem;
	struct template_change c = { .domain = domain_of(a), .id = a->id,
		.lang = a->lang, .source = source, .host = a->host,
		.actor = ctl->actor };
	int status = ctl_store(ctl, &c.store), rc;

	if (status != 0)
		return status;
	rc = template_change(&c, &problem);
	if (rc == 0)
		return ctl_done(ctl, done, "template", template_name(a->id));
	if (rc == OCT_EABSENT && source == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no template %s in %s of %s to remove: "
		    "'octroictl template list' shows all",
		    template_name(a->id), template_lang_name(a->lang),
		    *a->domain != '\0' ? a->domain : "the platform");
	if (rc == OCT_EABSENT)
		return ctl_fail(ctl, DAEMON_EXIT_FAILED,
		    "there is no domain %s: 'octroictl domain list' shows all",
		    a->domain);
	return ctl_fail_rc(ctl, rc, "template", template_name(a->id));
}

static int
template_set(struct ctl *ctl, const struct ctl_args *args)
{
	char *text = NULL;
	struct asked a;
	int status = begin(ctl, args, &a);

	if (status == 0)
		status = read_checked(ctl, &a, args->words[1], &text);
	if (status == 0)
		status = change(ctl, &a, text, "in force");
	free(text);
	return status;
}

static int
template_remove(struct ctl *ctl, const struct ctl_args *args)
{
	struct asked a;
	int status = begin(ctl, args, &a);

	return status != 0 ? status : change(ctl, &a, NULL, "removed");
}

#define WHERE_OPTIONS                                                          \
	{ "domain", "DOMAIN", "of that hosted domain (else the platform's)" }, \
	{                                                                      \
		"lang", "LANG", "fr or en (else the domain's language)"        \
	}

static const struct ctl_option list_options[] = {
	{ "domain", "DOMAIN", "as they are in force for that hosted domain" },
	{ NULL, NULL, NULL },
};
static const struct ctl_option where_options[] = {
	WHERE_OPTIONS,
	{ NULL, NULL, NULL },
};
static const struct ctl_option preview_options[] = {
	WHERE_OPTIONS,
	{ "case", "WORD",
	    "button or code (challenge); unconfirmed, unasked, refused or "
	    "gaveup (end)" },
	{ "text", NULL, "only the text, as it is read" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_template_verbs[] = {
	{ "list", "", "print which are in force, and whose they are", 0, 0,
	    list_options, CTL_NO_ATTRIBUTES, template_list },
	{ "show", "NAME", "print the text that is in force", 1, 1,
	    where_options, CTL_NO_ATTRIBUTES, template_show },
	{ "check", "NAME FILE", "say whether a file may be used", 2, 2,
	    where_options, CTL_NO_ATTRIBUTES, template_check_file },
	{ "preview", "NAME [FILE]",
	    "print a whole mail with sample values, out of a file or as it is",
	    1, 2, preview_options, CTL_NO_ATTRIBUTES, template_preview },
	{ "set", "NAME FILE", "use a file's text from now on", 2, 2,
	    where_options, CTL_NO_ATTRIBUTES, template_set },
	{ "remove", "NAME", "use the platform's or built-in text again", 1, 1,
	    where_options, CTL_NO_ATTRIBUTES, template_remove },
	{ .run = NULL },
};
