/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits on rates (design 7): messages, recipients and volume, in and out, of a
 * mailbox or of a whole domain, over several windows at once.  Platform, tenant,
 * domain and mailbox may each set them; the innermost set value counts, and what
 * an outer level calls its maximum stays in force beside it.  Counts are
 * messages, recipients, or octets; periods are ms.  Pure; any thread.
 */
#ifndef OCT_POLICY_QUOTA_H
#define OCT_POLICY_QUOTA_H

#include "lib/def.h"
#include "lib/str.h"

enum quota_unit { QUOTA_MESSAGES, QUOTA_RECIPIENTS, QUOTA_VOLUME };
#define QUOTA_UNITS 3

/* Of one mailbox, then of a whole domain; see quota_of. */
enum quota {
	QUOTA_MESSAGES_IN,
	QUOTA_RECIPIENTS_IN,
	QUOTA_VOLUME_IN,
	QUOTA_MESSAGES_OUT,
	QUOTA_RECIPIENTS_OUT,
	QUOTA_VOLUME_OUT,
	QUOTA_DOMAIN_MESSAGES_IN,
	QUOTA_DOMAIN_RECIPIENTS_IN,
	QUOTA_DOMAIN_VOLUME_IN,
	QUOTA_DOMAIN_MESSAGES_OUT,
	QUOTA_DOMAIN_RECIPIENTS_OUT,
	QUOTA_DOMAIN_VOLUME_OUT
};
#define QUOTA_OF_MAILBOX 6
#define QUOTA_COUNT 12

enum quota quota_of(bool domain, bool out, enum quota_unit unit);
enum quota_unit quota_unit(enum quota q);
bool quota_is_out(enum quota q);
bool quota_is_domain(enum quota q);
/* The attribute's and the setting's name: "domain_rate_volume_out". */
const char *quota_name(enum quota q);
const char *quota_help(enum quota q); /* one line */
/* 0, or OCT_EABSENT. */
OCT_CHECK int quota_find(const char *name, enum quota *out);

/* At most count in any period on average, and count at once. */
struct quota_rate {
	int64_t count, period_ms; /* 0: no limit */
};

#define QUOTA_WINDOWS_MAX 4 /* that one level may set */
#define QUOTA_LEVELS 4

/* Shortest period first, no period twice; none: no limit. */
struct quota_windows {
	size_t count;
	struct quota_rate at[QUOTA_WINDOWS_MAX];
};

/*
 * "100/1h,500/1d", volumes as "2G/1d", or "none".  Periods are 1 s to 31 d.
 * OCT_EPARSE; "inherit" and "" are not for here.
 */
OCT_CHECK int quota_parse(enum quota_unit unit, const char *text,
    struct quota_windows *out);
/* One rate, or all of them, as quota_parse reads them. */
void quota_rate_text(enum quota_unit unit, const struct quota_rate *r,
    struct oct_str *out);
void quota_text(enum quota_unit unit, const struct quota_windows *w,
    struct oct_str *out);
#define QUOTA_TEXT_SIZE 160
const char *quota_expected(enum quota_unit unit);

/* What one entry sets, by quota, each at most once; the others are inherited. */
struct quota_rule {
	enum quota quota;
	struct quota_windows windows;
};
struct quota_set {
	size_t count;
	const struct quota_rule *rules;
};
/* NULL: it sets none (set may be NULL). */
const struct quota_windows *quota_find_rule(const struct quota_set *set,
    enum quota q);

/* Those in force: of all levels together. */
#define QUOTA_FORCE_MAX (QUOTA_WINDOWS_MAX * QUOTA_LEVELS)
struct quota_force {
	size_t count;
	struct quota_rate at[QUOTA_FORCE_MAX];
};
/* One level after the other, outer first; starts from zero.  w NULL: the level
 * inherits; maximum: what it sets, or inherits, no inner level can widen. */
struct quota_build {
	struct quota_windows inner;
	struct quota_force maxima;
};
void quota_build_level(struct quota_build *b, const struct quota_windows *w,
    bool maximum);
void quota_build_end(const struct quota_build *b, struct quota_force *out);

#endif
