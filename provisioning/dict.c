/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/dict.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/num.h"
#include "policy/usage.h"

#define FIELDS_MAX 6
#define ID_MAX INT64_C(0xffffffff)

enum dict_name { DICT_NONE, DICT_AUTH, DICT_QUOTA };

/* What one transaction says. */
struct transaction {
	bool open;
	int64_t id;
	char user[OCT_ADDR_SIZE];
	int64_t octets, messages; /* -1: not said */
};

struct dict_session {
	enum dict_name name;
	struct transaction open[DICT_OPEN_MAX];
};

struct dict_session *
dict_session_new(void)
{
	return calloc(1, sizeof(struct dict_session));
}

void
dict_session_free(struct dict_session *d)
{
	free(d);
}

/* --- Lines --------------------------------------------------------------- */

/* In place; OCT_EPARSE: an escape that there is not, or a NUL. */
static int
unescape(char *text)
{
	static const char from[] = "01tnr", to[] = "\0\001\t\n\r";
	char *out = text;

	for (const char *p = text; *p != '\0'; p++) {
		const char *known;

		if (*p != '\001') {
			*out++ = *p;
			continue;
		}
		known = *++p != '\0' ? strchr(from, *p) : NULL;
		if (known == NULL || *p == '0')
			return OCT_EPARSE;
		*out++ = to[known - from];
	}
	*out = '\0';
	return 0;
}

/* The fields after the command; those that are absent are "". */
static int
split(char *line, char *field[FIELDS_MAX])
{
	static char none[1];
	size_t n = 0;

	for (; n < FIELDS_MAX && line != NULL; n++) {
		field[n] = strsep(&line, "\t");
		if (unescape(field[n]) != 0)
			return OCT_EPARSE;
	}
	for (; n < FIELDS_MAX; n++)
		field[n] = none;
	return 0;
}

/* A key's path: "\\|" stands for a slash in a name, and "\\\\" for itself. */
static void
unescape_path(char *text)
{
	char *out = text;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '\\' && (p[1] == '|' || p[1] == '\\'))
			*out++ = *++p == '|' ? '/' : '\\';
		else
			*out++ = *p;
	}
	*out = '\0';
}

static void
escape(const char *text, struct oct_str *out)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '\001':
			oct_str_add(out, "\0011");
			break;
		case '\t':
			oct_str_add(out, "\001t");
			break;
		case '\n':
			oct_str_add(out, "\001n");
			break;
		case '\r':
			oct_str_add(out, "\001r");
			break;
		default:
			oct_str_addc(out, *text);
		}
	}
}

/* --- Mailboxes ----------------------------------------------------------- */

static const struct dir_mailbox *
find_user(const struct dir_snapshot *s, const char *user,
    const struct dir_domain **domain)
{
	struct oct_addr a;

	if (oct_addr_parse(user, &a) != 0 || a.domain[0] == '\0' ||
	    a.local[0] == '\0')
		return NULL;
	oct_addr_fold(&a, '\0', &a);
	*domain = dir_domain(s, a.domain);
	return *domain != NULL ? dir_mailbox(*domain, a.local) : NULL;
}

/* A mailbox and its domain both in force. */
static bool
is_active(const struct dir_domain *d, const struct dir_mailbox *m)
{
	return d->state == DIR_ACTIVE && m->state == DIR_ACTIVE;
}

static void
set(json_t *v, const char *name, const char *text)
{
	(void)json_object_set_new(v, name, json_string(text));
}

/* Who is suspended does not log in; who has no hash here logs in elsewhere. */
static json_t *
passdb(const struct dir_domain *d, const struct dir_mailbox *m)
{
	const char *hash = detail_get(m->details, DETAIL_CREDENTIAL);
	char password[256];
	struct oct_str text;
	json_t *v;

	if (!is_active(d, m) || *hash != '$')
		return NULL;
	oct_str_fixed(&text, password, sizeof(password));
	oct_str_addf(&text, "{ARGON2ID}%s", hash);
	if (oct_str_err(&text) != 0)
		return NULL;
	v = json_object();
	set(v, "password", password);
	return v;
}

/* No local part has a slash, two dots in a row, or a dot at its start: what is
 * put into a path stays in its folder. */
static void
expand(const char *template, const struct dir_domain *d,
    const struct dir_mailbox *m, struct oct_str *out)
{
	for (; *template != '\0'; template++) {
		char next = template[0] == '%' ? template[1] : '\0';

		if (next != 'u' && next != 'n' && next != 'd') {
			oct_str_addc(out, *template);
			continue;
		}
		if (next != 'd')
			oct_str_add(out, m->local);
		if (next == 'u')
			oct_str_addc(out, '@');
		if (next != 'n')
			oct_str_add(out, d->name);
		template++;
	}
}

static void
set_expanded(json_t *v, const char *name, const char *template,
    const struct dir_domain *d, const struct dir_mailbox *m)
{
	struct oct_str text;

	if (*template == '\0')
		return;
	oct_str_heap(&text, 4096);
	expand(template, d, m, &text);
	if (oct_str_err(&text) == 0)
		set(v, name, oct_str_text(&text));
	oct_str_free(&text);
}

static void
set_quota(const struct dict_conf *conf, const struct dir_domain *d,
    const struct dir_mailbox *m, json_t *v)
{
	int64_t quota = limit_storage(&conf->limits, d, m);
	char text[64];
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	oct_str_addf(&s, "*:bytes=%" PRId64, quota); /* 0: none */
	set(v, "quota_rule", text);
	if (quota == 0)
		return;
	oct_str_fixed(&s, text, sizeof(text));
	oct_str_addf(&s, "%" PRId64 "B",
	    limit_grace(&conf->limits, d, m, quota));
	set(v, "quota_grace", text);
}

static json_t *
userdb(const struct dict_conf *conf, const struct dir_domain *d,
    const struct dir_mailbox *m)
{
	json_t *v;

	if (d->state == DIR_CLOSED || m->state == DIR_CLOSED)
		return NULL;
	v = json_object();
	set(v, "uid", conf->mail.uid);
	set(v, "gid", conf->mail.gid);
	set_expanded(v, "home", conf->mail.home, d, m);
	set_expanded(v, "mail", conf->mail.location, d, m);
	set_quota(conf, d, m, v);
	return v;
}

/* --- Commands ------------------------------------------------------------ */

static int
hello(struct dict_session *d, char *const *field)
{
	if (d->name != DICT_NONE ||
	    (strcmp(field[0], "2") != 0 && strcmp(field[0], "3") != 0))
		return OCT_EPARSE;
	if (strcmp(field[4], "auth") == 0)
		d->name = DICT_AUTH;
	else if (strcmp(field[4], "quota") == 0)
		d->name = DICT_QUOTA;
	return d->name != DICT_NONE ? 0 : OCT_EPARSE;
}

static json_t *
look_up(const struct dict_conf *conf, const struct dir_snapshot *s, char *key)
{
	static const char pass[] = "shared/passdb/", user[] = "shared/userdb/";
	const struct dir_domain *d = NULL;
	const struct dir_mailbox *m;

	unescape_path(key);
	if (strncmp(key, pass, sizeof(pass) - 1) != 0 &&
	    strncmp(key, user, sizeof(user) - 1) != 0)
		return NULL;
	m = find_user(s, key + sizeof(pass) - 1, &d);
	if (m == NULL)
		return NULL;
	return key[7] == 'p' ? passdb(d, m) : userdb(conf, d, m);
}

static int
lookup(const struct dict_session *d, const struct dict_conf *conf,
    const struct dir_snapshot *s, char *key, struct dict_counts *counts,
    struct oct_str *out)
{
	json_t *v;
	char *text;

	if (d->name == DICT_NONE)
		return OCT_EPARSE;
	v = d->name == DICT_AUTH ? look_up(conf, s, key) : NULL;
	if (v == NULL) {
		counts->absent++;
		oct_str_add(out, "N\n");
		return 0;
	}
	text = json_dumps(v, JSON_COMPACT);
	if (text != NULL) {
		counts->found++;
		oct_str_addc(out, 'O');
		escape(text, out);
		oct_str_addc(out, '\n');
	} else {
		oct_str_add(out, "Fout of memory\n");
	}
	free(text);
	json_decref(v);
	return 0;
}

static int
parse_id(const char *text, int64_t *out)
{
	return oct_num_int(text, 0, ID_MAX, out) == 0 ? 0 : OCT_EPARSE;
}

static struct transaction *
find_open(struct dict_session *d, int64_t id)
{
	for (size_t i = 0; i < DICT_OPEN_MAX; i++)
		if (d->open[i].open && d->open[i].id == id)
			return &d->open[i];
	return NULL;
}

static int
begin(struct dict_session *d, int64_t id, const char *user)
{
	size_t len = strlen(user);

	if (find_open(d, id) != NULL)
		return OCT_EPARSE;
	for (size_t i = 0; i < DICT_OPEN_MAX; i++) {
		struct transaction *t = &d->open[i];

		if (t->open)
			continue;
		*t = (struct transaction){ .open = true, .id = id,
			.octets = -1, .messages = -1 };
		/* Nobody here has a longer name. */
		if (len < sizeof(t->user))
			memcpy(t->user, user, len + 1);
		return 0;
	}
	return OCT_ELIMIT;
}

/* Only what quota_clone writes; other keys, and values that are none, are as if
 * they had not been said. */
static void
note(struct transaction *t, const char *key, const char *value)
{
	int64_t n;

	if (oct_num_int(value, INT64_MIN, USAGE_OCTETS_MAX, &n) != 0)
		return;
	n = n > 0 ? n : 0;
	if (strcmp(key, "priv/quota/storage") == 0)
		t->octets = n;
	else if (strcmp(key, "priv/quota/messages") == 0)
		t->messages = n;
}

static void
commit(const struct dict_session *d, const struct dict_conf *conf,
    const struct dir_snapshot *s, const struct transaction *t,
    struct dict_counts *counts)
{
	const struct dir_domain *domain = NULL;
	const struct dir_mailbox *m = find_user(s, t->user, &domain);

	if (d->name != DICT_QUOTA || m == NULL || conf->told == NULL ||
	    (t->octets < 0 && t->messages < 0)) {
		counts->ignored++;
		return;
	}
	counts->told++;
	conf->told(conf->arg, domain, m, t->octets, t->messages);
}

static int
change(struct dict_session *d, const struct dict_conf *conf,
    const struct dir_snapshot *s, char command, char *const *field,
    struct dict_counts *counts, struct oct_str *out)
{
	struct transaction *t;
	int64_t id;

	if (d->name == DICT_NONE || parse_id(field[0], &id) != 0)
		return OCT_EPARSE;
	if (command == 'B')
		return begin(d, id, field[1]);
	t = find_open(d, id);
	if (t == NULL)
		return OCT_EPARSE;
	if (command == 'S')
		note(t, field[1], field[2]);
	if (command == 'C' || command == 'D') {
		commit(d, conf, s, t, counts);
		oct_str_addf(out, "O%" PRId64 "\n", id);
	}
	if (command == 'C' || command == 'D' || command == 'R')
		t->open = false;
	return 0;
}

int
dict_line(struct dict_session *d, const struct dict_conf *conf,
    const struct dir_snapshot *s, char *line, struct dict_counts *counts,
    struct oct_str *out)
{
	char command = line[0], *field[FIELDS_MAX];

	if (command == '\0' || split(line + 1, field) != 0)
		return OCT_EPARSE;
	switch (command) {
	case 'H':
		return hello(d, field);
	case 'L':
		return lookup(d, conf, s, field[0], counts, out);
	case 'B': /* begin */
	case 'S': /* set */
	case 'U': /* unset */
	case 'A': /* add */
	case 'T': /* time */
	case 'V': /* expiry */
	case 'C': /* commit */
	case 'D': /* the same, not waited for */
	case 'R': /* roll back */
		return change(d, conf, s, command, field, counts, out);
	default:
		return OCT_EPARSE;
	}
}
