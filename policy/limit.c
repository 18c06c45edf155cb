/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/limit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/fnv.h"

/* Tenant, domain, mailbox: what one of them sets. */
struct level {
	enum dir_level name;
	const struct dir_limits *limits;
	const struct option_set *options;
};

#define LEVELS_MAX 3

/* Those that there are, outer first. */
static size_t
levels_of(const struct dir_domain *d, const struct dir_mailbox *m,
    struct level out[LEVELS_MAX])
{
	const struct dir_tenant *t = d != NULL ? d->of_tenant : NULL;
	size_t n = 0;

	if (t != NULL)
		out[n++] = (struct level){ DIR_LEVEL_TENANT, &t->limits,
			t->options };
	if (d != NULL)
		out[n++] = (struct level){ DIR_LEVEL_DOMAIN, &d->limits,
			d->options };
	if (d != NULL && m != NULL)
		out[n++] = (struct level){ DIR_LEVEL_MAILBOX, &m->limits,
			m->options };
	return n;
}

void
limit_rates(const struct limit_platform *p, const struct dir_domain *d,
    const struct dir_mailbox *m, enum quota q, struct quota_force *out)
{
	struct level levels[LEVELS_MAX];
	size_t n = levels_of(d, m, levels);
	struct quota_build b;

	memset(&b, 0, sizeof(b));
	quota_build_level(&b, &p->of[q], p->maximum);
	for (size_t i = 0; i < n; i++)
		quota_build_level(&b,
		    quota_find_rule(levels[i].limits->quotas, q),
		    levels[i].limits->maximum);
	quota_build_end(&b, out);
}

static bool
has_rate(const struct quota_windows *w, const struct quota_rate *rate)
{
	for (size_t i = 0; w != NULL && i < w->count; i++)
		if (w->at[i].count == rate->count &&
		    w->at[i].period_ms == rate->period_ms)
			return true;
	return false;
}

enum dir_level
limit_level(const struct dir_domain *d, const struct dir_mailbox *m,
    enum quota q, const struct quota_rate *rate)
{
	struct level levels[LEVELS_MAX];
	size_t n = levels_of(d, m, levels);

	while (n > 0) {
		const struct quota_windows *w =
		    quota_find_rule(levels[--n].limits->quotas, q);

		if (rate != NULL ? has_rate(w, rate) : w != NULL)
			return levels[n].name;
	}
	return DIR_LEVEL_PLATFORM;
}

void
limit_lift(enum dir_level level, bool maximum, const struct dir_domain *d,
    const struct dir_mailbox *m, enum quota q, struct oct_str *out)
{
	const char *name = quota_name(q);

	if (level == DIR_LEVEL_TENANT && d != NULL && d->of_tenant != NULL)
		oct_str_addf(out, "octroictl tenant set %s %s=...",
		    d->of_tenant->id, name);
	else if (level == DIR_LEVEL_PLATFORM && (maximum || d == NULL))
		oct_str_addf(out, "limits.%s of the configuration", name);
	/* What the platform sets for all may be set for one. */
	else if (level == DIR_LEVEL_DOMAIN || quota_is_domain(q) || m == NULL)
		oct_str_addf(
		    out, "octroictl domain set %s %s=...", d->name, name);
	else
		oct_str_addf(out, "octroictl mailbox set %s@%s %s=...",
		    m->local, d->name, name);
}

/* --- Keys ---------------------------------------------------------------- */

void
limit_subject(const struct dir_mailbox *m, bool out,
    char subject[LIMIT_SUBJECT_SIZE])
{
	const char *reason = m->limits.sending_reason;

	if (out && *reason != '\0') /* no local part has a slash */
		(void)snprintf(subject, LIMIT_SUBJECT_SIZE, "%s/%08" PRIx32,
		    m->local, oct_fnv32(OCT_FNV32, reason));
	else
		(void)snprintf(subject, LIMIT_SUBJECT_SIZE, "%s", m->local);
}

const char *
limit_key(char out[KEY_SIZE], const char *domain, enum quota q,
    const struct quota_rate *rate, const char *subject, bool known)
{
	char limit[96];

	(void)snprintf(limit, sizeof(limit), "%s%s.%" PRId64,
	    known ? "known." : "", quota_name(q), rate->period_ms);
	return key_rate(out, domain, limit,
	    quota_is_domain(q) ? "all" : subject);
}

/* --- Numbers ------------------------------------------------------------- */

static bool
find_option(const struct option_set *set, enum option o, int64_t *value)
{
	for (size_t i = 0; set != NULL && i < set->count; i++) {
		if (set->pairs[i].option == o) {
			*value = set->pairs[i].value;
			return true;
		}
	}
	return false;
}

/* 0 is no limit: more than any. */
static int64_t
lower(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a == 0 ? b : a;
	return a < b ? a : b;
}

int64_t
limit_number(const struct limit_platform *p, const struct dir_domain *d,
    const struct dir_mailbox *m, enum option o)
{
	struct level levels[LEVELS_MAX];
	size_t n = levels_of(d, m, levels);
	int64_t v = p->options.v[o], most = p->maximum ? v : 0;

	for (size_t i = 0; i < n; i++) {
		(void)find_option(levels[i].options, o, &v);
		if (levels[i].limits->maximum)
			most = lower(most, v);
	}
	return lower(v, most);
}

enum option_past
limit_past(const struct limit_platform *p, const struct dir_domain *d,
    const struct dir_mailbox *m, enum quota q)
{
	enum option o = (enum option)((int)OPTION_PAST_MESSAGES_IN +
	    (int)q % QUOTA_OF_MAILBOX);
	struct level levels[LEVELS_MAX];
	size_t n = levels_of(d, m, levels);
	int64_t v = p->options.v[o];
	bool settled = p->maximum;

	for (size_t i = 0; i < n && !settled; i++)
		settled = find_option(levels[i].options, o, &v) &&
		    levels[i].limits->maximum;
	return (enum option_past)v;
}

/* --- Storage and sending ------------------------------------------------- */

int64_t
limit_storage(const struct limit_platform *p, const struct dir_domain *d,
    const struct dir_mailbox *m)
{
	struct level levels[LEVELS_MAX];
	size_t n = levels_of(d, m, levels);
	int64_t v = p->storage_octets, most = p->maximum ? v : 0;

	for (size_t i = 0; i < n; i++) {
		if (levels[i].limits->storage_octets > 0)
			v = levels[i].limits->storage_octets;
		if (levels[i].limits->maximum)
			most = lower(most, v);
	}
	return lower(v, most);
}

int64_t
limit_grace(const struct limit_platform *p, const struct dir_domain *d,
    const struct dir_mailbox *m, int64_t quota)
{
	struct option_values v;

	dir_options(d, m, &p->options, &v);
	return quota / 100 * v.v[OPTION_STORAGE_GRACE];
}

enum dir_state
limit_sending(const struct dir_domain *d, const struct dir_mailbox *m,
    const char **reason)
{
	struct level levels[LEVELS_MAX];
	size_t n = levels_of(d, m, levels);
	enum dir_state worst = DIR_ACTIVE;

	for (size_t i = 0; i < n; i++) {
		if (levels[i].limits->sending <= worst)
			continue;
		worst = levels[i].limits->sending;
		if (reason != NULL)
			*reason = levels[i].limits->sending_reason;
	}
	return worst;
}
