/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/num.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit durations[] = { { "ms", 1 }, { "s", 1000 },
	{ "min", 60000 }, { "h", 3600000 }, { "d", 86400000 } };
static const struct unit sizes[] = { { "", 1 }, { "k", 1024 },
	{ "M", 1024 * 1024 }, { "G", 1024 * 1024 * 1024 },
	{ "T", 1024LL * 1024 * 1024 * 1024 } };

static int
parse_digits(const char *s, int64_t *out, const char **rest)
{
	char *end;
	long long v;

	if ((*s < '0' || *s > '9') && *s != '-')
		return OCT_EPARSE;
	if (*s == '-' && (s[1] < '0' || s[1] > '9'))
		return OCT_EPARSE;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno == ERANGE)
		return -ERANGE;
	*out = v;
	*rest = end;
	return 0;
}

static int
parse_with_unit(const char *s, const struct unit *units, size_t n, int64_t lo,
    int64_t hi, int64_t *out)
{
	const char *rest;
	int64_t v;
	int rc = parse_digits(s, &v, &rest);

	if (rc != 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(rest, units[i].name) != 0)
			continue;
		if (__builtin_mul_overflow(v, units[i].factor, &v) || v < lo ||
		    v > hi)
			return -ERANGE;
		*out = v;
		return 0;
	}
	return OCT_EPARSE;
}

int
oct_num_int(const char *s, int64_t lo, int64_t hi, int64_t *out)
{
	return parse_with_unit(s, sizes, 1, lo, hi, out);
}

int
oct_num_duration(const char *s, int64_t lo_ms, int64_t hi_ms, int64_t *out_ms)
{
	if (strcmp(s, "0") == 0 && lo_ms <= 0 && hi_ms >= 0) {
		*out_ms = 0;
		return 0;
	}
	return parse_with_unit(s, durations, OCT_LEN(durations), lo_ms, hi_ms,
	    out_ms);
}

int
oct_num_size(const char *s, int64_t lo, int64_t hi, int64_t *out)
{
	return parse_with_unit(s, sizes, OCT_LEN(sizes), lo, hi, out);
}
