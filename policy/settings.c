/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/date_text.h"
#include "lib/err.h"
#include "lib/log.h"
#include "lib/mime_text.h"
#include "lib/num.h"
#include "lib/smtp_conn.h"
#include "policy/ledger.h"
#include "policy/list_zone.h"
#include "policy/settings_int.h"
#include "policy/template.h"

#define DAY_MS 86400000LL
#define HUNDREDTHS_MAX 100000 /* so that no sum of weights overflows */

int
settings_rate(const char *text, int64_t *count, int64_t *period_ms)
{
	const char *slash = strchr(text, '/');
	char number[24];
	int64_t n, p;
	size_t len;

	if (*text == '\0') {
		*count = *period_ms = 0;
		return 0;
	}
	len = slash != NULL ? (size_t)(slash - text) : 0;
	if (len == 0 || len >= sizeof(number))
		return OCT_EPARSE;
	memcpy(number, text, len);
	number[len] = '\0';
	if (oct_num_int(number, 1, 1000000000, &n) != 0 ||
	    oct_num_duration(slash + 1, 1000, 31 * DAY_MS, &p) != 0)
		return OCT_EPARSE;
	*count = n;
	*period_ms = p;
	return 0;
}

int
settings_hundredths(const char *text, int32_t *out)
{
	bool minus = *text == '-';
	const char *p = text + (minus ? 1 : 0);
	int32_t v = 0;
	int decimals = -1;

	if (*p < '0' || *p > '9')
		return OCT_EPARSE;
	for (; *p != '\0'; p++) {
		if (*p == '.' && decimals == -1) {
			decimals = 0;
			continue;
		}
		if (*p < '0' || *p > '9' || decimals == 2 || v > 100000)
			return OCT_EPARSE;
		v = v * 10 + (*p - '0');
		if (decimals >= 0)
			decimals++;
	}
	for (int i = decimals < 0 ? 0 : decimals; i < 2; i++)
		v *= 10;
	if (v > HUNDREDTHS_MAX)
		return OCT_EPARSE;
	*out = minus ? -v : v;
	return 0;
}

/* --- Checks used by the table ---------------------------------------------- */

bool
settings_is_domain(const char *v)
{
	char out[OCT_DOMAIN_SIZE];

	return oct_domain_normalise(v, out) == 0 && strchr(out, '.') != NULL;
}

bool
settings_is_domain_or_empty(const char *v)
{
	return *v == '\0' || settings_is_domain(v);
}

bool
settings_is_node(const char *v)
{
	size_t n = strspn(v, "abcdefghijklmnopqrstuvwxyz0123456789-");

	return n > 0 && n <= 32 && v[n] == '\0';
}

bool
settings_is_rate(const char *v)
{
	int64_t count, period;

	return settings_rate(v, &count, &period) == 0;
}

bool
settings_is_score(const char *v)
{
	int32_t out;

	return settings_hundredths(v, &out) == 0;
}

bool
settings_is_prefix(const char *v)
{
	struct oct_prefix p;

	return oct_prefix_parse(v, &p) == 0;
}

bool
settings_is_url(const char *v)
{
	size_t scheme = strncmp(v, "https://", 8) == 0 ? 8
	    : strncmp(v, "http://", 7) == 0	       ? 7
						       : 0;

	if (scheme == 0 || v[scheme] == '\0' || v[strlen(v) - 1] == '/')
		return false;
	for (; *v != '\0'; v++)
		if (*v <= 0x20 || *v >= 0x7f || strchr("<>\"", *v) != NULL)
			return false;
	return true;
}

bool
settings_is_local(const char *v)
{
	struct oct_addr a;

	return strpbrk(v, "@<>\"+ ") == NULL && oct_addr_parse(v, &a) == 0 &&
	    strcmp(a.local, v) == 0;
}

bool
settings_is_path(const char *v)
{
	return *v == '/';
}

bool
settings_is_path_or_empty(const char *v)
{
	return *v == '\0' || *v == '/';
}

bool
settings_is_peer_or_empty(const char *v)
{
	struct smtp_peer peer;

	return *v == '\0' || smtp_peer_parse(v, &peer) == 0;
}

bool
settings_is_ledger(const char *v)
{
	return settings_is_path_or_empty(v) || strcmp(v, "none") == 0;
}

bool
settings_is_address_or_empty(const char *v)
{
	struct oct_addr addr;

	return *v == '\0' ||
	    (oct_addr_parse(v, &addr) == 0 && addr.domain[0] != '\0');
}

bool
settings_is_shown(const char *v)
{
	return oct_mime_shown(v);
}

/* A name that tzset(3) does not find would silently be UTC. */
bool
settings_is_timezone(const char *v)
{
	char path[128];
	struct oct_str s;

	if (strcmp(v, "UTC") == 0)
		return true;
	oct_str_fixed(&s, path, sizeof(path));
	oct_str_addf(&s, "/usr/share/zoneinfo/%s", v);
	return *v != '/' && *v != ':' && strstr(v, "..") == NULL &&
	    oct_str_err(&s) == 0 && access(path, R_OK) == 0;
}

bool
settings_is_weight(const char *v)
{
	enum symbol_id id;
	int32_t weight;

	return score_weight_parse(v, &id, &weight) == 0;
}

bool
settings_is_list(const char *v)
{
	char problem[LIST_PROBLEM_SIZE];
	struct list_zone zone;

	return list_zone_parse(v, &zone, problem) == 0;
}

void
settings_explain_list(const char *v, struct oct_str *out)
{
	char problem[LIST_PROBLEM_SIZE] = "";
	struct list_zone zone;

	(void)!list_zone_parse(v, &zone, problem);
	oct_str_add(out, problem);
}

/* --- Loading ------------------------------------------------------------------ */

static void
report(OCT_UNUSED void *arg, const char *text)
{
	oct_log(OCT_ERROR, "%s", text);
}

/* They stand together in a mail of 1.5 kB. */
static int
check_contact(const char *path, const struct settings *s)
{
	size_t octets = strlen(s->web_operator) +
	    strlen(s->challenge_contact) + strlen(s->challenge_dpo) +
	    strlen(s->challenge_notice);

	if (octets <= TEMPLATE_CONTACT_MAX)
		return 0;
	oct_log(OCT_ERROR,
	    "%s: web.operator, challenge.contact, dpo and notice: %zu octets "
	    "together, expected at most %d",
	    path, octets, TEMPLATE_CONTACT_MAX);
	return OCT_ECONF;
}

/* Nobody is written to without a word on whom to ask and what is kept of him: the
 * role address is there, and so is our own page. */
static void
fill_contact(struct settings *s)
{
	size_t rest = TEMPLATE_CONTACT_MAX - strlen(s->web_operator) -
	    strlen(s->challenge_dpo);
	struct oct_str out;

	oct_str_fixed(&out, s->mail_help, sizeof(s->mail_help));
	if (*s->challenge_contact != '\0')
		oct_str_add(&out, s->challenge_contact);
	else if (*s->web_contact != '\0')
		oct_str_add(&out, s->web_contact);
	else
		oct_str_addf(&out, "%s@%s", s->challenge_from,
		    s->challenge_domain);
	if (oct_str_err(&out) != 0 ||
	    strlen(s->mail_help) + strlen(s->challenge_notice) > rest)
		s->mail_help[0] = '\0';
	rest -= strlen(s->mail_help);
	oct_str_fixed(&out, s->mail_notice, sizeof(s->mail_notice));
	if (*s->challenge_notice != '\0')
		oct_str_add(&out, s->challenge_notice);
	else
		oct_str_addf(&out, "%s/donnees-personnelles",
		    s->challenge_url);
	if (oct_str_err(&out) != 0 || strlen(s->mail_notice) > rest)
		s->mail_notice[0] = '\0';
}

static int
check_together(const char *path, const struct settings *s)
{
	int32_t tag = 0, hold = 0, reject = 0;

	(void)!settings_hundredths(s->tag, &tag);
	(void)!settings_hundredths(s->hold, &hold);
	(void)!settings_hundredths(s->reject, &reject);
	if (tag > hold || hold > reject) {
		oct_log(OCT_ERROR,
		    "%s: score: tag %s, hold %s, reject %s: each must be at most the next",
		    path, s->tag, s->hold, s->reject);
		return OCT_ECONF;
	}
	return check_contact(path, s);
}

#define SETTINGS_TABLES 7

static void
all_tables(struct settings *s, struct oct_conf_table out[SETTINGS_TABLES])
{
	out[0] = settings_table(s);
	out[1] = settings_table_options(s);
	out[2] = settings_table_caps(s);
	out[3] = settings_table_scan(s);
	out[4] = settings_table_limits(s);
	out[5] = settings_table_hosting(s);
	out[6] = settings_table_centre(s);
}

int
settings_load(const char *path, struct settings **out)
{
	struct settings *s = calloc(1, sizeof(*s));
	struct oct_conf_table tables[SETTINGS_TABLES];
	int rc;

	if (s == NULL)
		return -ENOMEM;
	all_tables(s, tables);
	rc = oct_conf_load(path, tables, SETTINGS_TABLES, report, NULL);
	if (rc == 0)
		rc = check_together(path, s);
	if (rc != 0) {
		settings_free(s);
		return rc == -ENOMEM ? rc : OCT_ECONF;
	}
	fill_contact(s);
	*out = s;
	return 0;
}

void
settings_free(struct settings *s)
{
	struct oct_conf_table tables[SETTINGS_TABLES];

	if (s == NULL)
		return;
	all_tables(s, tables);
	oct_conf_free(tables, SETTINGS_TABLES);
	free(s);
}

int
settings_sample(struct oct_str *out)
{
	struct oct_conf_table tables[SETTINGS_TABLES];

	all_tables(NULL, tables);
	oct_conf_sample(tables, SETTINGS_TABLES, out);
	return oct_str_err(out);
}

int
settings_tell_time(const struct settings *s)
{
	const char *zone = s->timezone;

	/* The default was not checked. */
	if (!settings_is_timezone(zone)) {
		oct_log(OCT_WARNING,
		    "platform.timezone=%s effect=\"mails tell the time in UTC\" "
		    "hint=\"install tzdata\"",
		    zone);
		zone = "UTC";
	}
	return oct_date_zone(zone);
}

void
settings_page_host(const struct settings *s, char out[256])
{
	const char *host = strstr(s->challenge_url, "://");
	struct oct_str text;

	host = host != NULL ? host + 3 : s->challenge_url;
	oct_str_fixed(&text, out, 256);
	oct_str_addn(&text, host, strcspn(host, ":/"));
}

/* --- In the form that the modules want ---------------------------------------- */

static const char *
or_null(const char *text)
{
	return *text != '\0' ? text : NULL;
}

void
settings_store(const struct settings *s, struct store_conf *out)
{
	store_conf_init(out);
	out->address = s->redis_address;
	out->user = or_null(s->redis_user);
	out->password = or_null(s->redis_password);
	out->db = (int)s->redis_db;
	out->connect_ms = s->redis_connect;
	out->command_ms = s->redis_command;
}

void
settings_dns(const struct settings *s, struct dns_conf *out)
{
	dns_conf_init(out);
	out->servers = (const char *const *)s->dns_servers.values;
	out->server_count = s->dns_servers.count;
	out->try_ms = s->dns_timeout;
	out->tries = (int)s->dns_tries;
	out->cache_octets = (size_t)s->dns_cache;
	out->trust_ad = s->dns_trust_ad;
}

void
settings_ledger(const struct settings *s, char *out, size_t len)
{
	if (s->ledger[0] != '\0')
		(void)snprintf(out, len, "%s", s->ledger);
	else
		(void)snprintf(out, len, "%s/" LEDGER_FOLDER, s->spool_path);
}

void
settings_timers(const struct settings *s, struct case_timers *out)
{
	struct option_values options;

	case_timers_init(out);
	settings_options(s, &options);
	relation_ages(&options, &out->ages);
	out->settle = s->t_settle;
	out->fresh = s->t_fresh;
	out->hold = s->t_hold;
	out->hold_silent = s->t_hold_silent;
	out->hold_virus = s->t_hold_virus;
	out->extend = s->t_extend;
	out->quiet = s->t_quiet;
	out->button = s->t_button;
	out->asks_max = (int)s->asks_max;
}

void
settings_weights(const struct settings *s, struct score_weights *out)
{
	score_weights_init(out);
	for (size_t i = 0; i < s->weights.count; i++) {
		enum symbol_id id;
		int32_t weight;

		if (score_weight_parse(s->weights.values[i], &id, &weight) == 0)
			out->weight[id] = weight;
	}
}
