/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The set of features, and how texts become features.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "policy/features_int.h"

#define SEEN_BITS 16 /* more than twice FEATURES_MAX */
#define STAMPS (1u << (32 - FEATURE_BITS)) /* what is left beside a slot */
#define WORD_OCTETS 30

/* --- The set -------------------------------------------------------------- */

int
features_new(struct features **out)
{
	struct features *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -ENOMEM;
	f->seen = calloc((size_t)1 << SEEN_BITS, sizeof(*f->seen));
	if (f->seen == NULL) {
		free(f);
		return -ENOMEM;
	}
	*out = f;
	return 0;
}

void
features_clear(struct features *f)
{
	memset(f->count, 0, sizeof(f->count));
	f->mark_count = 0;
	f->err = 0;
}

void
features_free(struct features *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < FEATURE_GROUPS; i++)
		free(f->slot[i]);
	free(f->seen);
	free(f->lower);
	free(f);
}

size_t
features_count(const struct features *f, enum feature_group g)
{
	return f->count[g];
}

const uint32_t *
features_slots(const struct features *f, enum feature_group g)
{
	return f->slot[g];
}

int
features_set(struct features *f, enum feature_group g, const uint32_t *slots,
    size_t count)
{
	if (count > FEATURES_MAX)
		return OCT_ELIMIT;
	if (f->room[g] < count) {
		uint32_t *more = reallocarray(f->slot[g], count,
		    sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		f->slot[g] = more;
		f->room[g] = count;
	}
	if (count > 0)
		memcpy(f->slot[g], slots, count * sizeof(*slots));
	f->count[g] = count;
	return 0;
}

uint64_t
feature_mix(uint64_t x)
{
	x ^= x >> 33;
	x *= 0xff51afd7ed558ccdULL;
	x ^= x >> 33;
	x *= 0xc4ceb9fe1a85ec53ULL;
	x ^= x >> 33;
	return x;
}

/* FNV-1a. */
static uint64_t
fnv(uint64_t h, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		h ^= (unsigned char)text[i];
		h *= 0x100000001b3ULL;
	}
	return h;
}

uint64_t
feature_hash(const char *text, size_t len)
{
	return feature_mix(fnv(0xcbf29ce484222325ULL, text, len));
}

uint64_t
feature_join(uint64_t a, uint64_t b)
{
	return feature_mix(a * 0x9e3779b97f4a7c15ULL + b);
}

void
feature_begin(struct features *f, enum feature_group g)
{
	f->group = g;
	f->stamp++;
	if (f->stamp >= STAMPS) {
		/* Once in so many groups: old stamps would look like this
		 * one. */
		memset(f->seen, 0, sizeof(*f->seen) << SEEN_BITS);
		f->stamp = 1;
	}
}

static bool
make_room(struct features *f)
{
	size_t room = f->room[f->group];
	uint32_t *more;

	if (f->count[f->group] < room)
		return true;
	room = room == 0 ? 256 : 2 * room;
	more = reallocarray(f->slot[f->group], room, sizeof(*more));
	if (more == NULL) {
		f->err = -ENOMEM;
		return false;
	}
	f->slot[f->group] = more;
	f->room[f->group] = room;
	return true;
}

void
feature_add(struct features *f, uint64_t hash)
{
	const uint64_t mask = ((uint64_t)1 << SEEN_BITS) - 1;
	uint64_t mixed = feature_mix(hash ^
	    ((uint64_t)f->group + 1) * 0x9e3779b97f4a7c15ULL);
	uint32_t slot = (uint32_t)(mixed >> (64 - FEATURE_BITS));
	uint32_t want = f->stamp << FEATURE_BITS | slot;
	uint64_t at = mixed & mask;

	if (f->count[f->group] >= FEATURES_MAX)
		return;
	/* Ends: the table is never more than half full of this stamp. */
	while (f->seen[at] >> FEATURE_BITS == f->stamp) {
		if (f->seen[at] == want)
			return;
		at = (at + 1) & mask;
	}
	if (!make_room(f))
		return;
	f->seen[at] = want;
	f->slot[f->group][f->count[f->group]++] = slot;
}

void
feature_text(struct features *f, const char *text)
{
	feature_add(f, feature_hash(text, strlen(text)));
}

int
feature_log(uint64_t n)
{
	int out = 0;

	for (; n > 0; n >>= 1)
		out++;
	return out;
}

const char *
feature_lower(struct features *f, const char *text, size_t len)
{
	if (f->lower_room <= len) {
		char *more = realloc(f->lower, len + 256);

		if (more == NULL) {
			f->err = -ENOMEM;
			return "";
		}
		f->lower = more;
		f->lower_room = len + 256;
	}
	for (size_t i = 0; i < len; i++) {
		char c = text[i];

		f->lower[i] = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A'))
						   : c;
	}
	f->lower[len] = '\0';
	return f->lower;
}

/* --- Texts ------------------------------------------------------------------ */

static bool
is_word(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c >= 0x80 || c == '$' || c == '\'';
}

static void
add_grams(struct features *f, const char *t, size_t len, uint64_t space)
{
	for (size_t i = 0; i + 4 <= len; i++) {
		uint32_t four;

		memcpy(&four, t + i, sizeof(four));
		feature_add(f, feature_mix(four + (space << 40)));
	}
}

void
feature_words(struct features *f, const char *text, size_t len,
    unsigned int what, uint64_t space)
{
	const char *t = feature_lower(f, text, len);
	uint64_t last = 0;

	if (f->err != 0)
		return;
	for (size_t i = 0; i < len;) {
		size_t start = i;
		uint64_t h;

		while (i < len && is_word((unsigned char)t[i]))
			i++;
		if (i - start >= 2) {
			size_t n = i - start;

			h = feature_hash(t + start,
				n < WORD_OCTETS ? n : WORD_OCTETS) +
			    (space << 20);
			if ((what & FEATURE_DO_WORDS) != 0)
				feature_add(f, h);
			if ((what & FEATURE_DO_BIGRAMS) != 0 && last != 0)
				feature_add(f, feature_join(last, h));
			last = h;
		}
		if (i < len && !is_word((unsigned char)t[i]))
			i++;
	}
	if ((what & FEATURE_DO_GRAMS) != 0)
		add_grams(f, t, len, space + 1);
}

/* --- Marks ------------------------------------------------------------------ */

void
feature_mark(struct features *f, const char *name)
{
	uint64_t h = feature_hash(name, strlen(name));

	feature_add(f, h);
	for (size_t i = 0; i < f->mark_count; i++)
		if (f->marks[i] == h)
			return;
	if (f->mark_count < MARKS_MAX)
		f->marks[f->mark_count++] = h;
}

void
feature_mark_text(struct features *f, const char *name, const char *detail)
{
	char text[160];
	struct oct_str s;

	oct_str_fixed(&s, text, sizeof(text));
	oct_str_addf(&s, "%s:%.120s", name, detail);
	feature_mark(f, text);
}

void
feature_mark_number(struct features *f, const char *name, int64_t n)
{
	char text[160];

	(void)snprintf(text, sizeof(text), "%s:%lld", name, (long long)n);
	feature_mark(f, text);
}
