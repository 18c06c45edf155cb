/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/lang.h"

#include <string.h>
#include <strings.h>

#include "lib/err.h"

#define RANGES_MAX 20 /* of one header; the rest is not looked at */

static const char *const codes[LANG_COUNT] = { "fr", "en" };

const char *
lang_code(enum lang l)
{
	return codes[l];
}

int
lang_parse(const char *code, enum lang *out)
{
	for (size_t i = 0; i < LANG_COUNT; i++) {
		if (strcmp(code, codes[i]) == 0) {
			*out = (enum lang)i;
			return 0;
		}
	}
	return OCT_EPARSE;
}

/* "fr", "fr-FR;q=0.8": the language of one range, if it is one of ours. */
static bool
range_lang(const char *range, size_t len, enum lang *out)
{
	size_t n = strcspn(range, "-;, \t");

	if (n != 2 || n > len)
		return false;
	for (size_t i = 0; i < LANG_COUNT; i++) {
		if (strncasecmp(range, codes[i], 2) == 0) {
			*out = (enum lang)i;
			return true;
		}
	}
	return false;
}

/* The weight in thousandths (RFC 9110 12.4.2); what is malformed weighs 1. */
static int
range_weight(const char *range, size_t len)
{
	const char *q = memchr(range, ';', len);
	const char *end = range + len;
	int weight = 0, unit = 1000;

	if (q == NULL)
		return 1000;
	q++;
	while (q < end && (*q == ' ' || *q == '\t'))
		q++;
	if (end - q < 3 || (*q != 'q' && *q != 'Q') || q[1] != '=')
		return 1;
	for (q += 2; q < end && unit > 0; q++) {
		if (*q == '.')
			continue;
		if (*q < '0' || *q > '9')
			break;
		weight += (*q - '0') * unit;
		unit /= 10;
	}
	return weight;
}

enum lang
lang_accepted(const char *header, enum lang fallback)
{
	enum lang best = fallback;
	int best_weight = 0;

	for (int i = 0; i < RANGES_MAX && *header != '\0'; i++) {
		size_t len;
		enum lang l;

		header += strspn(header, " \t,");
		len = strcspn(header, ",");
		if (range_lang(header, len, &l) &&
		    range_weight(header, len) > best_weight) {
			best = l;
			best_weight = range_weight(header, len);
		}
		header += len;
	}
	return best;
}
