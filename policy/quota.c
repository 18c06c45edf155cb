/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/quota.h"

#include <inttypes.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"

#define COUNT_MAX 1000000000
#define VOLUME_MAX (1LL << 50)
#define PERIOD_MIN_MS 1000
#define PERIOD_MAX_MS (31LL * 86400000)

static const struct {
	const char *name, *help;
} infos[QUOTA_COUNT] = {
	[QUOTA_MESSAGES_IN] = { "rate_messages_in",
	    "messages to one mailbox" },
	[QUOTA_RECIPIENTS_IN] = { "rate_recipients_in",
	    "RCPTs that lead to one mailbox" },
	[QUOTA_VOLUME_IN] = { "rate_volume_in",
	    "octets of messages to one mailbox" },
	[QUOTA_MESSAGES_OUT] = { "rate_messages_out",
	    "messages that one mailbox submits" },
	[QUOTA_RECIPIENTS_OUT] = { "rate_recipients_out",
	    "recipients of what one mailbox submits" },
	[QUOTA_VOLUME_OUT] = { "rate_volume_out",
	    "octets that one mailbox submits, for each recipient" },
	[QUOTA_DOMAIN_MESSAGES_IN] = { "domain_rate_messages_in",
	    "messages to a whole domain" },
	[QUOTA_DOMAIN_RECIPIENTS_IN] = { "domain_rate_recipients_in",
	    "RCPTs of a whole domain" },
	[QUOTA_DOMAIN_VOLUME_IN] = { "domain_rate_volume_in",
	    "octets of messages to a whole domain, for each RCPT" },
	[QUOTA_DOMAIN_MESSAGES_OUT] = { "domain_rate_messages_out",
	    "messages that a whole domain submits" },
	[QUOTA_DOMAIN_RECIPIENTS_OUT] = { "domain_rate_recipients_out",
	    "recipients of what a whole domain submits" },
	[QUOTA_DOMAIN_VOLUME_OUT] = { "domain_rate_volume_out",
	    "octets that a whole domain submits, for each recipient" },
};

enum quota
quota_of(bool domain, bool out, enum quota_unit unit)
{
	return (enum quota)((domain ? QUOTA_OF_MAILBOX : 0) +
	    (out ? QUOTA_UNITS : 0) + (int)unit);
}

enum quota_unit
quota_unit(enum quota q)
{
	return (enum quota_unit)((unsigned int)q % QUOTA_UNITS);
}

bool
quota_is_out(enum quota q)
{
	return (unsigned int)q % QUOTA_OF_MAILBOX >= QUOTA_UNITS;
}

bool
quota_is_domain(enum quota q)
{
	return (unsigned int)q >= QUOTA_OF_MAILBOX;
}

const char *
quota_name(enum quota q)
{
	return infos[q].name;
}

const char *
quota_help(enum quota q)
{
	return infos[q].help;
}

int
quota_find(const char *name, enum quota *out)
{
	for (size_t i = 0; i < QUOTA_COUNT; i++) {
		if (strcmp(infos[i].name, name) == 0) {
			*out = (enum quota)i;
			return 0;
		}
	}
	return OCT_EABSENT;
}

/* --- Text ---------------------------------------------------------------- */

static int
parse_rate(enum quota_unit unit, const char *text, size_t len,
    struct quota_rate *out)
{
	const char *slash = memchr(text, '/', len);
	char count[24], period[24];
	size_t n = slash != NULL ? (size_t)(slash - text) : 0;
	int rc;

	if (n == 0 || n >= sizeof(count) || len - n - 1 >= sizeof(period))
		return OCT_EPARSE;
	memcpy(count, text, n);
	count[n] = '\0';
	memcpy(period, slash + 1, len - n - 1);
	period[len - n - 1] = '\0';
	rc = unit == QUOTA_VOLUME
	    ? oct_num_size(count, 1, VOLUME_MAX, &out->count)
	    : oct_num_int(count, 1, COUNT_MAX, &out->count);
	if (rc == 0)
		rc = oct_num_duration(period, PERIOD_MIN_MS, PERIOD_MAX_MS,
		    &out->period_ms);
	return rc == 0 ? 0 : OCT_EPARSE;
}

/* In order of periods; OCT_EPARSE: that one is there, or too many are. */
static int
insert(struct quota_windows *w, const struct quota_rate *r)
{
	size_t at = w->count;

	if (w->count == QUOTA_WINDOWS_MAX)
		return OCT_EPARSE;
	while (at > 0 && w->at[at - 1].period_ms > r->period_ms)
		at--;
	if (at > 0 && w->at[at - 1].period_ms == r->period_ms)
		return OCT_EPARSE;
	memmove(&w->at[at + 1], &w->at[at], (w->count - at) * sizeof(w->at[0]));
	w->at[at] = *r;
	w->count++;
	return 0;
}

int
quota_parse(enum quota_unit unit, const char *text, struct quota_windows *out)
{
	struct quota_windows w = { .count = 0 };
	int rc = 0;

	if (strcmp(text, "none") == 0) {
		*out = w;
		return 0;
	}
	for (const char *p = text; rc == 0; p++) {
		struct quota_rate r;
		size_t len;

		p += strspn(p, " ");
		len = strcspn(p, ",");
		rc = parse_rate(unit, p, len, &r);
		if (rc == 0)
			rc = insert(&w, &r);
		p += len;
		if (*p == '\0')
			break;
	}
	if (rc == 0)
		*out = w;
	return rc;
}

struct scale {
	int64_t of;
	const char *unit;
};

/* The largest unit that divides it. */
static void
add_scaled(int64_t n, const struct scale *scales, struct oct_str *out)
{
	while (n % scales->of != 0)
		scales++;
	oct_str_addf(out, "%" PRId64 "%s", n / scales->of, scales->unit);
}

void
quota_rate_text(enum quota_unit unit, const struct quota_rate *r,
    struct oct_str *out)
{
	static const struct scale times[] = { { 86400000, "d" },
		{ 3600000, "h" }, { 60000, "min" }, { 1000, "s" },
		{ 1, "ms" } };
	static const struct scale sizes[] = { { 1 << 30, "G" },
		{ 1 << 20, "M" }, { 1 << 10, "k" }, { 1, "" } };

	if (unit == QUOTA_VOLUME)
		add_scaled(r->count, sizes, out);
	else
		oct_str_addf(out, "%" PRId64, r->count);
	oct_str_addc(out, '/');
	add_scaled(r->period_ms, times, out);
}

void
quota_text(enum quota_unit unit, const struct quota_windows *w,
    struct oct_str *out)
{
	if (w->count == 0)
		oct_str_add(out, "none");
	for (size_t i = 0; i < w->count; i++) {
		if (i > 0)
			oct_str_addc(out, ',');
		quota_rate_text(unit, &w->at[i], out);
	}
}

const char *
quota_expected(enum quota_unit unit)
{
	return unit == QUOTA_VOLUME
	    ? "up to 4 of size/period like \"500M/1h,2G/1d\" (1s to 31d, each "
	      "once), none, or inherit"
	    : "up to 4 of count/period like \"100/1h,500/1d\" (1s to 31d, each "
	      "once), none, or inherit";
}

/* --- In force ------------------------------------------------------------ */

const struct quota_windows *
quota_find_rule(const struct quota_set *set, enum quota q)
{
	for (size_t i = 0; set != NULL && i < set->count; i++)
		if (set->rules[i].quota == q)
			return &set->rules[i].windows;
	return NULL;
}

/* The smaller count for one period. */
static void
add_force(struct quota_force *f, const struct quota_windows *w)
{
	for (size_t i = 0; i < w->count; i++) {
		size_t k = 0;

		while (k < f->count && f->at[k].period_ms != w->at[i].period_ms)
			k++;
		if (k == f->count)
			f->at[f->count++] = w->at[i];
		else if (w->at[i].count < f->at[k].count)
			f->at[k].count = w->at[i].count;
	}
}

void
quota_build_level(struct quota_build *b, const struct quota_windows *w,
    bool maximum)
{
	if (w != NULL)
		b->inner = *w;
	if (maximum)
		add_force(&b->maxima, &b->inner);
}

void
quota_build_end(const struct quota_build *b, struct quota_force *out)
{
	*out = b->maxima;
	add_force(out, &b->inner);
}
