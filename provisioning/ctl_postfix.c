/* SPDX-License-Identifier: Apache-2.0 */
#include "provisioning/ctl_postfix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/str.h"
#include "provisioning/ctl_out.h"

#define VALUE_SIZE 4096
#define NAME_SIZE 256

/* --- Endpoints ---------------------------------------------------------- */

/* "host:port" or "[v6]:port", as we write TCP endpoints. */
static int
inet_endpoint(const char *host, size_t host_len, const char *port,
    char out[CTL_ENDPOINT_SIZE])
{
	struct oct_str s;

	if (host_len == 0 || *port == '\0' ||
	    port[strspn(port, "0123456789")] != '\0')
		return OCT_EPARSE;
	oct_str_fixed(&s, out, CTL_ENDPOINT_SIZE);
	oct_str_add(&s, "inet:");
	oct_str_addn(&s, host, host_len);
	oct_str_addf(&s, ":%s", port);
	return oct_str_err(&s) == 0 ? 0 : OCT_EPARSE;
}

static int
unix_endpoint(const char *socket, char out[CTL_ENDPOINT_SIZE])
{
	if (socket[5] != '/' || strlen(socket) >= CTL_ENDPOINT_SIZE)
		return OCT_EPARSE;
	memcpy(out, socket, strlen(socket) + 1);
	return 0;
}

/* libmilter's form of TCP endpoints is "inet:port@host". */
int
ctl_postfix_milter(const char *socket, char out[CTL_ENDPOINT_SIZE])
{
	const char *at = strchr(socket, '@');
	char port[8];
	size_t len;

	if (strncmp(socket, "unix:", 5) == 0)
		return unix_endpoint(socket, out);
	if (strncmp(socket, "inet:", 5) != 0 || at == NULL)
		return OCT_EPARSE;
	len = (size_t)(at - socket) - 5;
	if (len == 0 || len >= sizeof(port))
		return OCT_EPARSE;
	memcpy(port, socket + 5, len);
	port[len] = '\0';
	return inet_endpoint(at + 1, strlen(at + 1), port, out);
}

int
ctl_postfix_map(const char *socket, char out[CTL_ENDPOINT_SIZE])
{
	const char *colon = strrchr(socket, ':');

	if (strncmp(socket, "unix:", 5) == 0)
		return unix_endpoint(socket, out);
	if (colon == NULL)
		return OCT_EPARSE;
	return inet_endpoint(socket, (size_t)(colon - socket), colon + 1, out);
}

/* --- Findings ----------------------------------------------------------- */

const char *
ctl_grade_name(enum ctl_grade g)
{
	switch (g) {
	case CTL_OK:
		return "ok";
	case CTL_WARN:
		return "warn";
	case CTL_FAIL:
		break;
	}
	return "fail";
}

void
ctl_finding(struct ctl_findings *f, enum ctl_grade grade, const char *check,
    const char *on, const char *finding, const char *hint)
{
	json_t *v = json_object();

	ctl_json_set(v, "state", json_string(ctl_grade_name(grade)));
	ctl_json_set(v, "check", json_string(check));
	ctl_json_set(v, "on", ctl_json_text(on));
	ctl_json_set(v, "finding", ctl_json_text(finding));
	ctl_json_set(v, "hint",
	    grade == CTL_OK ? json_string("") : ctl_json_text(hint));
	(void)json_array_append_new(f->items, v);
	if (grade > f->worst)
		f->worst = grade;
}

/* --- The text of postconf ----------------------------------------------- */

/* The value of the line "name = value" in text; false: there is none.  A value
 * that does not fit is none of those that we look for. */
static bool
line_value(const char *text, const char *name, char out[VALUE_SIZE])
{
	size_t len = strlen(name);

	for (const char *p = text; p != NULL && *p != '\0';
	    p = strchr(p, '\n'), p = p != NULL ? p + 1 : NULL) {
		const char *v = p + len;
		size_t n;

		if (strncmp(p, name, len) != 0 || strncmp(v, " =", 2) != 0)
			continue;
		v += 2;
		v += strspn(v, " ");
		n = strcspn(v, "\n");
		if (n >= VALUE_SIZE)
			return false;
		memcpy(out, v, n);
		out[n] = '\0';
		return true;
	}
	return false;
}

/* What Postfix is told, and what for one service. */
struct texts {
	const char *main_text, *options;
	char service[NAME_SIZE];
};

static const char *
effective(const struct texts *t, const char *name, char out[VALUE_SIZE])
{
	char full[NAME_SIZE * 2];
	struct oct_str s;

	oct_str_fixed(&s, full, sizeof(full));
	oct_str_addf(&s, "%s/inet/%s", t->service, name);
	if (!line_value(t->options, full, out) &&
	    !line_value(t->main_text, name, out))
		*out = '\0';
	return out;
}

static bool
separates(char c)
{
	return c == ',' || c == ' ' || c == '\t' || c == '{' || c == '}';
}

/* Is word one of the values in a list? */
static bool
has_word(const char *list, const char *word)
{
	size_t len = strlen(word);

	for (const char *p = list; *p != '\0';) {
		size_t n = 0;

		while (*p != '\0' && separates(*p))
			p++;
		while (p[n] != '\0' && !separates(p[n]))
			n++;
		if (n == len && strncasecmp(p, word, len) == 0)
			return true;
		p += n;
	}
	return false;
}

/* --- main.cf ------------------------------------------------------------ */

static const struct {
	const char *name, *want; /* words, any of which is right; "" = empty */
	enum ctl_grade grade;    /* of another value */
	const char *why;
} rules[] = {
	{ "milter_default_action", "tempfail", CTL_FAIL,
	    "with the filter down mail would pass unfiltered or be refused" },
	{ "local_header_rewrite_clients", "", CTL_FAIL,
	    "headers are changed before the filter: signatures break" },
	{ "remote_header_rewrite_domain", "", CTL_FAIL,
	    "headers are changed before the filter: signatures break" },
	{ "always_add_missing_headers", "no", CTL_FAIL,
	    "headers are added before the filter: signatures break" },
	{ "message_drop_headers", "", CTL_FAIL,
	    "header fields vanish before the filter" },
	{ "smtp_line_length_limit", "0", CTL_FAIL,
	    "long lines are cut on delivery: signatures break" },
	{ "lmtp_line_length_limit", "0", CTL_FAIL,
	    "long lines are cut on delivery: signatures break" },
	{ "smtpd_forbid_bare_newline", "yes normalize reject", CTL_FAIL,
	    "messages can be smuggled past the filter" },
	{ "enable_original_recipient", "yes", CTL_FAIL,
	    "deliveries to aliases of one mailbox may be lost" },
	{ "virtual_alias_domains", "", CTL_WARN,
	    "each look-up of an alias also asks for bare domains" },
};

static void
judge_main(const struct texts *t, struct ctl_findings *f)
{
	char value[VALUE_SIZE], finding[VALUE_SIZE + NAME_SIZE], hint[512];
	struct oct_str s;

	for (size_t i = 0; i < OCT_LEN(rules); i++) {
		bool known = line_value(t->main_text, rules[i].name, value);
		bool good = known && (*rules[i].want == '\0'
			? *value == '\0'
			: *value != '\0' && has_word(rules[i].want, value));

		oct_str_fixed(&s, finding, sizeof(finding));
		oct_str_addf(&s, known ? "%s" : "not known to this Postfix",
		    *value != '\0' || !known ? value : "empty");
		oct_str_fixed(&s, hint, sizeof(hint));
		oct_str_addf(&s, "%s; set '%s = %.*s' in main.cf",
		    rules[i].why, rules[i].name,
		    (int)strcspn(rules[i].want, " "), rules[i].want);
		ctl_finding(f, good ? CTL_OK : rules[i].grade, "postfix",
		    rules[i].name, finding, hint);
	}
}

static void
judge_maps(const struct texts *t, const struct settings *set,
    struct ctl_findings *f)
{
	static const char *const names[][2] = {
		{ "virtual_mailbox_domains", "vdomains" },
		{ "virtual_mailbox_maps", "vmailbox" },
		{ "virtual_alias_maps", "valias" },
		{ "transport_maps", "transport" },
		{ "sender_dependent_default_transport_maps", "srs" },
	};
	char value[VALUE_SIZE], map[CTL_ENDPOINT_SIZE];
	char want[CTL_ENDPOINT_SIZE + 64], hint[CTL_ENDPOINT_SIZE + 256];
	struct oct_str s;

	if (ctl_postfix_map(set->mapd_socket, map) != 0)
		return;
	for (size_t i = 0; i < OCT_LEN(names); i++) {
		bool good;

		if (strcmp(names[i][1], "srs") == 0 &&
		    *set->srs_domain == '\0')
			continue;
		oct_str_fixed(&s, want, sizeof(want));
		oct_str_addf(&s, "socketmap:%s:%s", map, names[i][1]);
		good = line_value(t->main_text, names[i][0], value) &&
		    has_word(value, want);
		oct_str_fixed(&s, hint, sizeof(hint));
		oct_str_addf(&s,
		    "what octroi provisions is not served from there; set "
		    "'%s = %s' in main.cf", names[i][0], want);
		ctl_finding(f, good ? CTL_OK : CTL_FAIL, "postfix", names[i][0],
		    good ? want : "does not ask octroi-mapd", hint);
	}
}

/* --- Listeners ---------------------------------------------------------- */

/* The last one of a list of milters, without braces and its options. */
static void
last_milter(const char *list, char out[VALUE_SIZE])
{
	*out = '\0';
	for (const char *p = list; *p != '\0';) {
		bool braced;
		size_t n;

		p += strspn(p, ", \t");
		braced = *p == '{';
		if (braced)
			p += 1 + strspn(p + 1, " \t");
		n = strcspn(p, ", \t}");
		if (n > 0 && n < VALUE_SIZE) {
			memcpy(out, p, n);
			out[n] = '\0';
		}
		p += n;
		if (braced) {
			p += strcspn(p, "}");
			p += *p == '}' ? 1 : 0;
		}
	}
}

/* A path of Postfix may be relative to its queue folder. */
static bool
same_endpoint(const char *theirs, const char *ours)
{
	size_t a, b;

	if (strcmp(theirs, ours) == 0)
		return true;
	if (strncmp(theirs, "unix:", 5) != 0 ||
	    strncmp(ours, "unix:", 5) != 0 || theirs[5] == '/' ||
	    theirs[5] == '\0')
		return false;
	theirs += 5;
	ours += 5;
	a = strlen(theirs);
	b = strlen(ours);
	return b > a && ours[b - a - 1] == '/' &&
	    strcmp(ours + b - a, theirs) == 0;
}

static void
judge_milters(const struct texts *t, const struct settings *set,
    struct ctl_findings *f)
{
	char value[VALUE_SIZE], last[VALUE_SIZE], ours[CTL_ENDPOINT_SIZE];
	bool good;

	last_milter(effective(t, "smtpd_milters", value), last);
	good = ctl_postfix_milter(set->milter_socket, ours) == 0 &&
	    same_endpoint(last, ours);
	ctl_finding(f, good ? CTL_OK : CTL_FAIL, "postfix smtpd_milters",
	    t->service,
	    good ? "octroi is the last milter"
		 : *last != '\0' ? last : "no milter",
	    "octroi must be the last entry, else mail passes unseen or a later "
	    "milter contradicts what was stored; 'octroictl feed postfix' "
	    "prints the line");
}

/* Only those on this very host may say who they are. */
static bool
only_loopback(const char *list)
{
	char copy[VALUE_SIZE], *rest = copy, *word;

	memcpy(copy, list, strlen(list) + 1);
	while ((word = strsep(&rest, ", \t")) != NULL)
		if (*word != '\0' && strncmp(word, "127.", 4) != 0 &&
		    strncmp(word, "[::1]", 5) != 0)
			return false;
	return true;
}

static void
judge_public(const struct texts *t, struct ctl_findings *f)
{
	char value[VALUE_SIZE];
	bool good;

	effective(t, "smtpd_discard_ehlo_keywords", value);
	good = has_word(value, "dsn") && has_word(value, "silent-discard");
	ctl_finding(f, good ? CTL_OK : CTL_FAIL,
	    "postfix smtpd_discard_ehlo_keywords", t->service,
	    *value != '\0' ? value : "empty",
	    "whoever asks for a receipt makes us write to forged senders; "
	    "set 'dsn, silent-discard'");
	effective(t, "smtpd_authorized_xclient_hosts", value);
	good = *value == '\0';
	ctl_finding(f,
	    good ? CTL_OK : only_loopback(value) ? CTL_WARN : CTL_FAIL,
	    "postfix smtpd_authorized_xclient_hosts", t->service,
	    good ? "empty" : value,
	    "these clients can claim any address; it should be empty");
}

static void
judge_internal(const struct texts *t, const char *name, struct ctl_findings *f)
{
	char value[VALUE_SIZE];

	effective(t, "receive_override_options", value);
	if (has_word(value, "no_address_mappings"))
		ctl_finding(f, CTL_FAIL, name, t->service,
		    "no_address_mappings is set",
		    "mail released to an alias is handed on unexpanded; take it "
		    "out of receive_override_options");
	else if (!has_word(value, "no_milters"))
		ctl_finding(f, CTL_FAIL, name, t->service,
		    "no_milters is not set",
		    "our own mail would be filtered again; set "
		    "receive_override_options as 'octroictl feed postfix' "
		    "prints it");
	else
		ctl_finding(f, CTL_OK, name, t->service, "as it must be", "");
}

/* Does the service listen on the port of address ("127.0.0.1:10026")? */
static bool
is_listener(const char *service, const char *address)
{
	const char *theirs = strrchr(service, ':');
	const char *ours = strrchr(address, ':');

	theirs = theirs != NULL ? theirs + 1 : service;
	return ours != NULL && strcmp(theirs, ours + 1) == 0;
}

static bool
is_submission(const struct texts *t, const struct settings *set)
{
	char value[VALUE_SIZE];

	effective(t, "milter_macro_daemon_name", value);
	for (size_t i = 0; i < set->submission_daemons.count; i++)
		if (strcmp(value, set->submission_daemons.values[i]) == 0)
			return true;
	return false;
}

/* Counts the listeners that are ours. */
static void
judge_service(const struct texts *t, const struct settings *set,
    struct ctl_findings *f, int *internal)
{
	if (is_listener(t->service, set->release_address)) {
		judge_internal(t, "postfix release listener", f);
		*internal |= 1;
	} else if (is_listener(t->service, set->own_address)) {
		judge_internal(t, "postfix own listener", f);
		*internal |= 2;
	} else if (*set->srs_domain != '\0' &&
	    is_listener(t->service, set->srs_listen)) {
		judge_internal(t, "postfix srs listener", f);
		*internal |= 4;
	} else {
		judge_milters(t, set, f);
		if (!is_submission(t, set))
			judge_public(t, f);
	}
}

/* "SERVICE inet n - n - - smtpd ...": the name of an smtpd, or false. */
static bool
smtpd_service(const char *line, size_t len, char out[NAME_SIZE])
{
	char word[NAME_SIZE];
	size_t at = 0;

	for (int column = 0; column < 8; column++) {
		size_t n = 0;

		while (at < len && (line[at] == ' ' || line[at] == '\t'))
			at++;
		while (at + n < len && line[at + n] != ' ' &&
		    line[at + n] != '\t')
			n++;
		if (n == 0 || n >= sizeof(word))
			return false;
		memcpy(word, line + at, n);
		word[n] = '\0';
		at += n;
		if (column == 0)
			memcpy(out, word, n + 1);
		if (column == 1 && strcmp(word, "inet") != 0)
			return false;
	}
	return strcmp(word, "smtpd") == 0;
}

void
ctl_postfix_judge(const char *main_text, const char *services,
    const char *options, const struct settings *set, struct ctl_findings *f)
{
	struct texts *t = calloc(1, sizeof(*t));
	int internal = 0;

	if (t == NULL)
		return;
	t->main_text = main_text;
	t->options = options;
	judge_main(t, f);
	judge_maps(t, set, f);
	for (const char *p = services; *p != '\0';) {
		size_t len = strcspn(p, "\n");

		if (smtpd_service(p, len, t->service))
			judge_service(t, set, f, &internal);
		p += len + (p[len] == '\n' ? 1 : 0);
	}
	if ((internal & 1) == 0)
		ctl_finding(f, CTL_FAIL, "postfix release listener",
		    set->release_address, "not in master.cf",
		    "held mail cannot be released; 'octroictl feed postfix' "
		    "prints it");
	if ((internal & 2) == 0)
		ctl_finding(f, CTL_FAIL, "postfix own listener",
		    set->own_address, "not in master.cf",
		    "no challenge can be sent; 'octroictl feed postfix' prints "
		    "it");
	if ((internal & 4) == 0 && *set->srs_domain != '\0')
		ctl_finding(f, CTL_FAIL, "postfix srs listener",
		    set->srs_listen, "not in master.cf",
		    "forwarded mail of strangers waits in the queue; "
		    "'octroictl feed postfix' prints it");
	free(t);
}
