/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The breaker as a pure record.
 */
#include "policy/breaker.h"

#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/num.h"
#include "lib/str.h"

#define HOUR_MS 3600000LL
#define DAY_HOURS 24
#define MEAN_DAYS 8   /* the mean looks back about so far */
#define GAP_HOURS 336 /* after such a silence nothing is known */

/* Good probes close as soon as half of them are confirmed; as most senders never
 * confirm, also when none came back bad within this time. */
#define PROBE_WAIT_MS HOUR_MS
#define PROBES_CONFIRMED 5

const char *
breaker_kind_name(enum breaker_kind k)
{
	switch (k) {
	case BREAKER_ORG:
		return "org";
	case BREAKER_NETWORK:
		return "network";
	case BREAKER_PLATFORM:
		return "platform";
	}
	return "?";
}

const char *
breaker_state_name(enum breaker_state s)
{
	switch (s) {
	case BREAKER_CLOSED:
		return "closed";
	case BREAKER_OPEN:
		return "open";
	case BREAKER_HALF:
		return "half-open";
	}
	return "?";
}

void
breaker_init(struct breaker *b, int64_t now_ms)
{
	memset(b, 0, sizeof(*b));
	b->since_ms = now_ms;
	b->born_hour = b->hour = now_ms / HOUR_MS;
}

/* --- Packed --------------------------------------------------------------------- */

void
breaker_pack(const struct breaker *b, char out[BREAKER_PACKED_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, BREAKER_PACKED_SIZE);
	oct_str_addf(&s, "1 %d %lld %lld %s %lld %lld %ld %lld", (int)b->state,
	    (long long)b->since_ms, (long long)b->until_ms,
	    b->why[0] != '\0' ? b->why : "-", (long long)b->born_hour,
	    (long long)b->hour, (long)b->hour_count, (long long)b->sent_ms);
	for (size_t i = 0; i < DAY_HOURS; i++)
		oct_str_addf(&s, " %ld", (long)b->mean[i]);
	oct_str_addc(&s, ' ');
	for (size_t i = 0; i < b->count; i++)
		oct_str_addf(&s, "%08lx%04x%c",
		    (unsigned long)b->slot[i].challenge, b->slot[i].org,
		    b->slot[i].fact);
	OCT_ASSERT(oct_str_err(&s) == 0);
}

static bool
next_number(const char **rest, int64_t hi, int64_t *out)
{
	char word[24];

	return oct_str_word(rest, word, sizeof(word)) &&
	    oct_num_int(word, 0, hi, out) == 0;
}

static bool
next_int(const char **rest, int32_t *out)
{
	int64_t v;

	if (!next_number(rest, INT32_MAX, &v))
		return false;
	*out = (int32_t)v;
	return true;
}

static bool
hex(const char *text, size_t len, uint32_t *out)
{
	*out = 0;
	for (size_t i = 0; i < len; i++) {
		const char *digits = "0123456789abcdef";
		const char *at = text[i] != '\0' ? strchr(digits, text[i])
						 : NULL;

		if (at == NULL)
			return false;
		*out = *out << 4 | (uint32_t)(at - digits);
	}
	return true;
}

#define SLOT_LEN 13

static bool
read_slots(const char *text, struct breaker *b)
{
	size_t len = strlen(text);
	uint32_t org;

	if (len % SLOT_LEN != 0 || len / SLOT_LEN > BREAKER_WINDOW)
		return false;
	b->count = len / SLOT_LEN;
	for (size_t i = 0; i < b->count; i++, text += SLOT_LEN) {
		struct breaker_slot *s = &b->slot[i];

		if (!hex(text, 8, &s->challenge) || !hex(text + 8, 4, &org) ||
		    strchr("scbn", text[12]) == NULL)
			return false;
		s->org = (uint16_t)org;
		s->fact = text[12];
	}
	return true;
}

int
breaker_unpack(const char *text, struct breaker *out)
{
	struct breaker b;
	int64_t version, state;

	memset(&b, 0, sizeof(b));
	if (!next_number(&text, 1, &version) || version != 1 ||
	    !next_number(&text, BREAKER_HALF, &state) ||
	    !next_number(&text, INT64_MAX, &b.since_ms) ||
	    !next_number(&text, INT64_MAX, &b.until_ms) ||
	    !oct_str_word(&text, b.why, sizeof(b.why)) ||
	    !next_number(&text, INT64_MAX, &b.born_hour) ||
	    !next_number(&text, INT64_MAX, &b.hour) ||
	    !next_int(&text, &b.hour_count) ||
	    !next_number(&text, INT64_MAX, &b.sent_ms))
		return OCT_EPARSE;
	b.state = (enum breaker_state)state;
	if (strcmp(b.why, "-") == 0)
		b.why[0] = '\0';
	for (size_t i = 0; i < DAY_HOURS; i++)
		if (!next_int(&text, &b.mean[i]))
			return OCT_EPARSE;
	if (!read_slots(text, &b))
		return OCT_EPARSE;
	*out = b;
	return 0;
}

/* --- Volume ----------------------------------------------------------------------- */

static void
fold_hour(struct breaker *b)
{
	int64_t days = (b->hour - b->born_hour) / DAY_HOURS + 1;
	int32_t *mean = &b->mean[b->hour % DAY_HOURS];
	int32_t weight = (int32_t)(days < MEAN_DAYS ? days : MEAN_DAYS);

	*mean += (b->hour_count * 100 - *mean) / weight;
	b->hour++;
	b->hour_count = 0;
}

static void
to_hour(struct breaker *b, int64_t hour)
{
	if (hour < b->hour)
		return; /* the clock went back: this hour goes on */
	if (hour - b->hour > GAP_HOURS) {
		memset(b->mean, 0, sizeof(b->mean));
		b->born_hour = b->hour = hour;
		b->hour_count = 0;
	}
	while (b->hour < hour)
		fold_hour(b);
}

/* More than five times the same hour's mean, and enough to matter.  A network or
 * the platform has none on its first day; an organisation that nobody knew has a
 * mean of nothing. */
static bool
is_flood(const struct breaker *b, enum breaker_kind kind, int64_t floor)
{
	if (floor <= 0)
		return false;
	if (kind != BREAKER_ORG && b->hour - b->born_hour < DAY_HOURS)
		return false;
	return b->hour_count > floor &&
	    (int64_t)b->hour_count * 100 >
	    5 * (int64_t)b->mean[b->hour % DAY_HOURS];
}

/* --- What opens it ------------------------------------------------------------------ */

size_t
breaker_facts(const struct breaker *b, enum breaker_fact fact)
{
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		n += b->slot[i].fact == (char)fact;
	return n;
}

/* Different organisations among the slots from `first` on that have this fact (0
 * = any), BREAKER_ORGS at most. */
static size_t
orgs_of(const struct breaker *b, size_t first, char fact)
{
	uint16_t seen[BREAKER_ORGS];
	size_t n = 0;

	for (size_t i = first; i < b->count && n < BREAKER_ORGS; i++) {
		size_t k = 0;

		if (fact != 0 && b->slot[i].fact != fact)
			continue;
		while (k < n && seen[k] != b->slot[i].org)
			k++;
		if (k == n)
			seen[n++] = b->slot[i].org;
	}
	return n;
}

/* One bad organisation must not silence all the others. */
static size_t
least_orgs(enum breaker_kind kind, bool provider)
{
	switch (kind) {
	case BREAKER_ORG:
		return 1;
	case BREAKER_NETWORK:
		return provider ? BREAKER_ORGS : BREAKER_NETWORK_ORGS;
	case BREAKER_PLATFORM:
		break;
	}
	return BREAKER_ORGS;
}

static bool
enough_orgs(const struct breaker *b, size_t least, char fact)
{
	size_t recent = b->hour_count > 0 ? (size_t)b->hour_count : 0;
	size_t first = 0;

	if (fact == 0 && recent < b->count)
		first = b->count - recent;
	return orgs_of(b, first, fact) >= least;
}

static const char *
reason_to_open(const struct breaker *b, enum breaker_kind kind,
    const struct breaker_event *event)
{
	size_t least = least_orgs(kind, event->provider);
	size_t bounced = breaker_facts(b, BREAKER_BOUNCED);
	size_t not_me = breaker_facts(b, BREAKER_NOT_ME);

	if (bounced >= 5 && b->count >= 20 && bounced * 100 > 5 * b->count &&
	    enough_orgs(b, least, BREAKER_BOUNCED))
		return "bounces";
	if (not_me >= 3 && not_me * 100 > 2 * b->count &&
	    enough_orgs(b, least, BREAKER_NOT_ME))
		return "not-me";
	if (is_flood(b, kind, event->volume) && enough_orgs(b, least, 0))
		return "volume";
	return NULL;
}

/* --- States -------------------------------------------------------------------------- */

static void
go(struct breaker *b, enum breaker_state to, const char *why, int64_t now_ms)
{
	b->state = to;
	b->since_ms = now_ms;
	b->until_ms = to == BREAKER_OPEN ? now_ms + BREAKER_OPEN_MS : 0;
	if (why != NULL)
		(void)snprintf(b->why, sizeof(b->why), "%s", why);
	/* From here on the slots are the probes, or a new start. */
	if (to == BREAKER_HALF)
		b->count = 0;
	if (to == BREAKER_CLOSED)
		b->why[0] = '\0';
}

/* Did the probes come back bad?  Of a network or the platform by more than one
 * organisation that wants it silent. */
static bool
are_bad(const struct breaker *b, enum breaker_kind kind)
{
	size_t least = kind == BREAKER_ORG ? 1 : BREAKER_NETWORK_ORGS;

	return orgs_of(b, 0, BREAKER_BOUNCED) >= least ||
	    orgs_of(b, 0, BREAKER_NOT_ME) >= least;
}

void
breaker_advance(struct breaker *b, enum breaker_kind kind,
    int64_t now_ms)
{
	to_hour(b, now_ms / HOUR_MS);
	if (b->state == BREAKER_OPEN && now_ms >= b->until_ms)
		go(b, BREAKER_HALF, NULL, now_ms);
	if (b->state != BREAKER_HALF)
		return;
	if (are_bad(b, kind)) {
		go(b, BREAKER_OPEN, "probe", now_ms);
		return;
	}
	if (b->count >= BREAKER_PROBES &&
	    (breaker_facts(b, BREAKER_CONFIRMED) >= PROBES_CONFIRMED ||
		now_ms - b->sent_ms >= PROBE_WAIT_MS))
		go(b, BREAKER_CLOSED, NULL, now_ms);
}

static struct breaker_slot *
find(struct breaker *b, uint32_t challenge)
{
	for (size_t i = 0; i < b->count; i++)
		if (b->slot[i].challenge == challenge)
			return &b->slot[i];
	return NULL;
}

static void
add_slot(struct breaker *b, const struct breaker_slot *event, int64_t now_ms)
{
	if (b->count == BREAKER_WINDOW) {
		memmove(b->slot, b->slot + 1,
		    (BREAKER_WINDOW - 1) * sizeof(b->slot[0]));
		b->count--;
	}
	b->slot[b->count++] = *event;
	b->hour_count++;
	b->sent_ms = now_ms;
}

bool
breaker_apply(struct breaker *b, enum breaker_kind kind,
    const struct breaker_event *event, int64_t now_ms)
{
	const struct breaker_slot *told = &event->slot;
	struct breaker_slot *slot;
	const char *why;

	breaker_advance(b, kind, now_ms);
	slot = find(b, told->challenge);
	if (told->fact == (char)BREAKER_SENT) {
		if (slot != NULL)
			return false;
		add_slot(b, told, now_ms);
	} else {
		/* Older than the last 200, or told before. */
		if (slot == NULL || slot->fact == told->fact)
			return false;
		slot->fact = told->fact;
	}
	if (b->state == BREAKER_HALF)
		breaker_advance(b, kind, now_ms);
	if (b->state != BREAKER_CLOSED)
		return true;
	why = reason_to_open(b, kind, event);
	if (why != NULL)
		go(b, BREAKER_OPEN, why, now_ms);
	return true;
}

bool
breaker_allows(const struct breaker *b)
{
	return b->state == BREAKER_CLOSED ||
	    (b->state == BREAKER_HALF && b->count < BREAKER_PROBES);
}
