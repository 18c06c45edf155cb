/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/relation.h"

#include <string.h>

#include "lib/err.h"
#include "lib/num.h"

static const char state_letter[] = { 'U', 'K', 'S', 'A', 'B', 'L' };

const char *
rel_state_name(enum rel_state s)
{
	switch (s) {
	case REL_UNKNOWN:
		return "unknown";
	case REL_ASKED:
		return "asked";
	case REL_SILENT:
		return "silent";
	case REL_ALLOWED:
		return "allowed";
	case REL_BLOCKED:
		return "blocked";
	case REL_LAPSED:
		return "lapsed";
	}
	return "?";
}

void
relation_init(struct relation *r)
{
	memset(r, 0, sizeof(*r));
}

/* Of form 2: deferred counts 1, failed 2. */
static const char *const flags[] = { "-", "d", "f", "df" };

void
relation_pack(const struct relation *r, char out[REL_PACKED_SIZE])
{
	struct oct_str s;

	oct_str_fixed(&s, out, REL_PACKED_SIZE);
	oct_str_addf(&s, "2 %c %d %lld %lld %lld %s %s %lld %s",
	    state_letter[r->state], r->asks, (long long)r->since_ms,
	    (long long)r->last_ms, (long long)r->asked_ms,
	    r->challenge[0] != '\0' ? r->challenge : "-",
	    r->origin[0] != '\0' ? r->origin : "-", (long long)r->bytes,
	    flags[(r->deferred ? 1 : 0) + (r->failed ? 2 : 0)]);
	for (size_t i = 0; i < r->items; i++)
		oct_str_addf(&s, " %s", r->item[i]);
	OCT_ASSERT(oct_str_err(&s) == 0);
}

static bool
next_number(const char **rest, int64_t *out)
{
	char word[24];

	return oct_str_word(rest, word, sizeof(word)) &&
	    oct_num_int(word, 0, INT64_MAX, out) == 0;
}

static bool
next_name(const char **rest, char *out, size_t len)
{
	if (!oct_str_word(rest, out, len))
		return false;
	if (strcmp(out, "-") == 0)
		*out = '\0';
	return true;
}

static bool
next_flags(const char **rest, struct relation *r)
{
	char word[4];
	size_t i = 0;

	if (!oct_str_word(rest, word, sizeof(word)))
		return false;
	while (i < OCT_LEN(flags) && strcmp(word, flags[i]) != 0)
		i++;
	r->deferred = (i & 1) != 0;
	r->failed = (i & 2) != 0;
	return i < OCT_LEN(flags);
}

static bool
next_items(const char **rest, struct relation *r)
{
	while (**rest != '\0') {
		if (r->items == REL_ITEMS_MAX ||
		    !oct_str_word(rest, r->item[r->items], REL_ID_SIZE))
			return false;
		r->items++;
	}
	return true;
}

int
relation_unpack(const char *text, struct relation *out)
{
	struct relation r;
	const char *rest = text;
	char form[8], word[8];
	const char *letter;
	int64_t asks;

	relation_init(&r);
	if (!oct_str_word(&rest, form, sizeof(form)) ||
	    (strcmp(form, "1") != 0 && strcmp(form, "2") != 0) ||
	    !oct_str_word(&rest, word, sizeof(word)) || word[1] != '\0')
		return OCT_EPARSE;
	letter = memchr(state_letter, word[0], sizeof(state_letter));
	if (letter == NULL || !next_number(&rest, &asks) || asks > 1000 ||
	    !next_number(&rest, &r.since_ms) ||
	    !next_number(&rest, &r.last_ms) ||
	    !next_number(&rest, &r.asked_ms) ||
	    !next_name(&rest, r.challenge, sizeof(r.challenge)) ||
	    !next_name(&rest, r.origin, sizeof(r.origin)) ||
	    !next_number(&rest, &r.bytes) ||
	    (form[0] == '2' && !next_flags(&rest, &r)) ||
	    !next_items(&rest, &r))
		return OCT_EPARSE;
	r.state = (enum rel_state)(letter - state_letter);
	r.asks = (int)asks;
	*out = r;
	return 0;
}

bool
relation_has_room(const struct relation *r, int64_t size)
{
	if (r->items == 0)
		return true;
	return r->items < REL_ITEMS_MAX && size <= REL_BYTES_MAX - r->bytes;
}

bool
relation_has_item(const struct relation *r, const char *id)
{
	for (size_t i = 0; i < r->items; i++)
		if (strcmp(r->item[i], id) == 0)
			return true;
	return false;
}

void
relation_add_item(struct relation *r, const char *id, int64_t size)
{
	struct oct_str s;

	if (relation_has_item(r, id) || r->items == REL_ITEMS_MAX)
		return;
	oct_str_fixed(&s, r->item[r->items], REL_ID_SIZE);
	oct_str_add(&s, id);
	OCT_ASSERT(oct_str_err(&s) == 0);
	r->items++;
	r->bytes += size;
}

void
relation_remove_item(struct relation *r, const char *id, int64_t size)
{
	for (size_t i = 0; i < r->items; i++) {
		if (strcmp(r->item[i], id) != 0)
			continue;
		memmove(r->item[i], r->item[i + 1],
		    (r->items - i - 1) * sizeof(r->item[0]));
		r->items--;
		r->bytes = r->bytes > size ? r->bytes - size : 0;
		return;
	}
}

/* May this relation be asked (once more)? */
static bool
may_ask(const struct relation *r, const struct rel_guard *g)
{
	if (r->asks >= g->asks_max)
		return false;
	return r->asked_ms == 0 || g->now_ms - r->asked_ms >= g->quiet_ms;
}

/* The next state and actions; false if the table has no such line. */
struct outcome {
	enum rel_state state;
	unsigned int actions;
};

static bool
on_held(const struct relation *r, enum rel_event ev, const struct rel_guard *g,
    struct outcome *o)
{
	bool ask = ev == REL_EV_HELD_ASK && may_ask(r, g);

	switch (r->state) {
	case REL_UNKNOWN:
	case REL_SILENT:
		o->state = ask ? REL_ASKED : REL_SILENT;
		break;
	case REL_LAPSED:
		o->state = ask ? REL_ASKED : REL_LAPSED;
		break;
	case REL_ASKED:
	case REL_ALLOWED:
		ask = false; /* held with its reason, no second mail */
		o->state = r->state;
		break;
	case REL_BLOCKED:
		return false;
	}
	o->actions = ask ? REL_ACT_ASK : REL_ACT_NONE;
	return true;
}

/* DEFER (challenge.md 2, row 12): the message is not here, but its sender is
 * asked.  Where he may not be, nothing is listed: the message is held. */
static bool
on_deferred(const struct relation *r, const struct rel_guard *g,
    struct outcome *o)
{
	if (r->state == REL_ASKED) {
		*o = (struct outcome){ REL_ASKED, REL_ACT_NONE };
		return true;
	}
	*o = (struct outcome){ REL_ASKED, REL_ACT_ASK };
	return (r->state == REL_UNKNOWN || r->state == REL_LAPSED) &&
	    may_ask(r, g);
}

static bool
on_challenge(const struct relation *r, enum rel_event ev, struct outcome *o)
{
	if (r->state != REL_ASKED)
		return false;
	if (ev == REL_EV_CONFIRMED)
		*o = (struct outcome){ REL_ALLOWED, REL_ACT_RELEASE };
	else if (ev == REL_EV_LATE)
		*o = (struct outcome){ REL_SILENT, REL_ACT_TOKENS_DIE };
	else
		*o = (struct outcome){ REL_LAPSED, REL_ACT_TOKENS_DIE };
	return true;
}

static bool
on_owner(const struct relation *r, enum rel_event ev, struct outcome *o)
{
	if (ev == REL_EV_BLOCKED) {
		*o = (struct outcome){ REL_BLOCKED,
			REL_ACT_DROP | REL_ACT_TOKENS_DIE };
		return true;
	}
	if (ev == REL_EV_UNBLOCKED) {
		*o = (struct outcome){ REL_UNKNOWN, REL_ACT_NONE };
		return r->state == REL_BLOCKED;
	}
	if (r->state == REL_BLOCKED)
		return false;
	if (ev == REL_EV_DISALLOWED) {
		*o = (struct outcome){ r->items > 0 ? REL_SILENT : REL_UNKNOWN,
			REL_ACT_NONE };
		return r->state == REL_ALLOWED;
	}
	if (ev == REL_EV_RELEASED_ONCE)
		*o = (struct outcome){ r->state, REL_ACT_RELEASE_ITEM };
	else if (ev == REL_EV_RELEASED)
		*o = (struct outcome){ REL_ALLOWED,
			REL_ACT_RELEASE_ITEM | REL_ACT_RELEASE };
	else
		*o = (struct outcome){ REL_ALLOWED, REL_ACT_RELEASE };
	return true;
}

/* The end of an item's time. */
static bool
on_expired(const struct relation *r, const struct rel_guard *g,
    struct outcome *o)
{
	*o = (struct outcome){ r->state, REL_ACT_NONE };
	if (g->none_left && r->state == REL_ASKED)
		*o = (struct outcome){ REL_LAPSED, REL_ACT_TOKENS_DIE };
	else if (g->none_left && r->state == REL_SILENT)
		o->state = REL_UNKNOWN;
	return true;
}

static bool
on_time(const struct relation *r, enum rel_event ev, const struct rel_guard *g,
    struct outcome *o)
{
	if (ev == REL_EV_EXPIRED)
		return on_expired(r, g, o);
	if (ev == REL_EV_DEFER_OVER) {
		*o = (struct outcome){ REL_LAPSED, REL_ACT_TOKENS_DIE };
		return r->state == REL_ASKED && r->deferred && r->items == 0;
	}
	*o = (struct outcome){ REL_UNKNOWN, REL_ACT_TOKENS_DIE };
	return r->state == REL_LAPSED || r->state == REL_UNKNOWN ||
	    (r->state == REL_ALLOWED && strcmp(r->origin, "owner") != 0);
}

/* Nobody is asked here any more: what only waited for an answer goes on its way,
 * and an answer finds nothing.  Of a blocked sender nothing goes anywhere. */
static bool
on_closed(const struct relation *r, struct outcome *o)
{
	*o = (struct outcome){ r->state, REL_ACT_TOKENS_DIE };
	if (r->state == REL_ASKED)
		o->state = REL_LAPSED;
	if (r->state != REL_BLOCKED)
		o->actions |= REL_ACT_RELEASE;
	return true;
}

static bool
next_outcome(const struct relation *r, enum rel_event ev,
    const struct rel_guard *g, struct outcome *o)
{
	switch (ev) {
	case REL_EV_HELD_ASK:
	case REL_EV_HELD_SILENT:
		return on_held(r, ev, g, o);
	case REL_EV_HELD_VIRUS:
		return true;
	case REL_EV_DEFERRED:
		return on_deferred(r, g, o);
	case REL_EV_REFUSED:
		return r->state == REL_UNKNOWN;
	case REL_EV_CONFIRMED:
	case REL_EV_NOT_ME:
	case REL_EV_LATE:
	case REL_EV_BOUNCED:
		return on_challenge(r, ev, o);
	case REL_EV_RELEASED:
	case REL_EV_RELEASED_ONCE:
	case REL_EV_ALLOWED:
	case REL_EV_BLOCKED:
	case REL_EV_UNBLOCKED:
	case REL_EV_DISALLOWED:
		return on_owner(r, ev, o);
	case REL_EV_CLOSED:
		return on_closed(r, o);
	case REL_EV_EXPIRED:
	case REL_EV_DEFER_OVER:
	case REL_EV_FORGET:
		return on_time(r, ev, g, o);
	}
	return false;
}

static void
set_origin(struct relation *r, const char *origin)
{
	struct oct_str s;

	oct_str_fixed(&s, r->origin, sizeof(r->origin));
	oct_str_add(&s, origin != NULL ? origin : "");
}

static bool
is_message(enum rel_event ev)
{
	return ev == REL_EV_HELD_ASK || ev == REL_EV_HELD_SILENT ||
	    ev == REL_EV_HELD_VIRUS || ev == REL_EV_DEFERRED;
}

static void
count_asks(struct relation *r, enum rel_event ev, const struct rel_guard *g,
    unsigned int actions)
{
	if ((actions & REL_ACT_ASK) != 0) {
		r->asks++;
		r->asked_ms = g->now_ms;
	}
	if (ev == REL_EV_LATE && r->asks > 0) {
		/* It never left: the next message may be asked. */
		r->asks--;
		r->asked_ms = 0;
	}
	if (ev == REL_EV_FORGET) {
		r->asks = 0;
		r->asked_ms = 0;
	}
}

unsigned int
relation_apply(struct relation *r, enum rel_event ev, const struct rel_guard *g,
    const char *origin, bool *listed)
{
	struct outcome o = { r->state, REL_ACT_NONE };
	bool known = next_outcome(r, ev, g, &o);

	if (listed != NULL)
		*listed = known;
	if (!known)
		return REL_ACT_NONE;
	if (is_message(ev))
		r->last_ms = g->now_ms;
	count_asks(r, ev, g, o.actions);
	if (ev == REL_EV_BOUNCED || ev == REL_EV_NOT_ME)
		r->failed = true;
	else if (ev == REL_EV_FORGET || o.state == REL_ALLOWED)
		r->failed = false;
	if ((o.actions & REL_ACT_TOKENS_DIE) != 0)
		r->challenge[0] = '\0';
	if (o.state != r->state) {
		r->since_ms = g->now_ms;
		r->state = o.state;
		r->deferred = ev == REL_EV_DEFERRED;
		if (o.state == REL_ALLOWED || o.state == REL_BLOCKED)
			set_origin(r, origin);
		else
			r->origin[0] = '\0';
	}
	return o.actions;
}
