/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What octroi-mapd answers for aliases and forwarded mailboxes, asked as Postfix's
 * cleanup asks, over random directories full of circles: it comes to an end, and
 * somebody gets the message wherever somebody could.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "lib/str.h"
#include "policy/directory.h"
#include "provisioning/socketmap.h"

#define WORLDS 3000
#define BOXES 6
#define ALIASES 4
#define FINALS_MAX 1000 /* virtual_alias_expansion_limit's default */
#define STEPS_MAX 100   /* far under virtual_alias_recursion_limit */
#define ADDRESS_SIZE 64

static uint32_t seed;

static unsigned int
pick(unsigned int below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

/* --- A world ------------------------------------------------------------------ */

static void
add_target(struct oct_str *out)
{
	switch (pick(8)) {
	case 0:
		oct_str_add(out, "x@far.test");
		break;
	case 1:
		oct_str_add(out, "nobody@a.test");
		break;
	case 2:
	case 3:
		oct_str_addf(out, "l%u@a.test", pick(ALIASES));
		break;
	default:
		oct_str_addf(out, "b%u@a.test", pick(BOXES));
	}
}

static void
add_targets(unsigned int count, const char *between, struct oct_str *out)
{
	for (unsigned int i = 0; i < count; i++) {
		oct_str_add(out, i > 0 ? between : "");
		add_target(out);
	}
}

static struct dir_snapshot *
make_world(void)
{
	struct dir_snapshot *s;
	struct oct_str json;

	oct_str_heap(&json, 1 << 16);
	oct_str_add(&json, "{\"name\":\"a.test\"");
	if (pick(3) == 0) {
		oct_str_add(&json, ",\"catch_all\":\"");
		add_target(&json);
		oct_str_addc(&json, '"');
	}
	oct_str_add(&json, ",\"mailboxes\":{");
	for (unsigned int i = 0; i < BOXES; i++) {
		oct_str_addf(&json, "%s\"b%u\":{\"state\":\"%s\"",
		    i > 0 ? "," : "", i, pick(5) == 0 ? "closed" : "active");
		if (pick(3) > 0) {
			oct_str_addf(&json, ",\"keep_copy\":\"%s\",\"forward\":\"",
			    pick(3) == 0 ? "yes" : "no");
			add_targets(1 + pick(3), ", ", &json);
			oct_str_addc(&json, '"');
		}
		oct_str_addc(&json, '}');
	}
	oct_str_add(&json, "},\"aliases\":{");
	for (unsigned int i = 0; i < ALIASES; i++) {
		oct_str_addf(&json, "%s\"l%u\":{\"targets\":[\"",
		    i > 0 ? "," : "", i);
		add_targets(1 + pick(3), "\",\"", &json);
		oct_str_add(&json, "\"]}");
	}
	oct_str_add(&json, "}}");
	if (dir_snapshot_parse(oct_str_text(&json), json.len, &s) != 0)
		fail_msg("%s", oct_str_text(&json));
	oct_str_free(&json);
	return s;
}

/* --- Postfix's cleanup (cleanup_map1n.c) ---------------------------------------- */

struct expansion {
	const struct dir_snapshot *snapshot;
	struct oct_str answer;
	char (*list)[ADDRESS_SIZE];
	size_t count;
	char (*here)[ADDRESS_SIZE]; /* expanded into themselves */
	size_t here_count;
};

static bool
been_here(const struct expansion *e, const char *address)
{
	for (size_t i = 0; i < e->here_count; i++)
		if (strcasecmp(e->here[i], address) == 0)
			return true;
	return false;
}

static void
put(char out[ADDRESS_SIZE], const char *text, size_t len)
{
	assert_true(len < ADDRESS_SIZE);
	memcpy(out, text, len);
	out[len] = '\0';
}

/* Put an answer into the place of the address that was asked for. */
static void
replace(struct expansion *e, size_t at, const char *asked)
{
	bool first = true;

	for (const char *p = oct_str_text(&e->answer); *p != '\0';
	    p += *p == ',' ? 1 : 0) {
		size_t n = strcspn(p, ","), to = at;

		if (!first) {
			assert_true(e->count < FINALS_MAX);
			to = e->count++;
		}
		put(e->list[to], p, n);
		if (strcasecmp(e->list[to], asked) == 0)
			put(e->here[e->here_count++], asked, strlen(asked));
		first = false;
		p += n;
	}
}

/* false: "Alias expansion error", for ever; *temporary: a loop is told. */
static bool
expand_one(struct expansion *e, size_t at, bool *temporary)
{
	static const struct socketmap_site site = {"x:", "", "", {"", ""}};

	for (int step = 0; !been_here(e, e->list[at]); step++) {
		struct socketmap_request r = {"valias", ""};
		char asked[ADDRESS_SIZE];
		enum socketmap_status status;

		if (step == STEPS_MAX)
			return false;
		put(asked, e->list[at], strlen(e->list[at]));
		memcpy(r.key, asked, strlen(asked) + 1);
		status = socketmap_answer(e->snapshot, &site, &r, &e->answer);
		*temporary |= status == SOCKETMAP_TEMP;
		if (status != SOCKETMAP_OK)
			break;
		replace(e, at, asked);
	}
	return true;
}

/* Somebody elsewhere, or a mailbox that is open. */
static bool
is_delivered(const struct expansion *e, const char *address)
{
	struct socketmap_request r = {"vmailbox", ""};
	static const struct socketmap_site site = {"x:", "", "", {"", ""}};
	struct oct_str out;
	bool there;

	if (strcmp(address, "x@far.test") == 0)
		return true;
	memcpy(r.key, address, strlen(address) + 1);
	oct_str_heap(&out, 1000);
	there = socketmap_answer(e->snapshot, &site, &r, &out) == SOCKETMAP_OK;
	oct_str_free(&out);
	return there;
}

/* The milter takes mail for it: some final is open, or elsewhere. */
static bool
is_taken(const struct dir_snapshot *s, const char *address)
{
	struct dir_finals finals;
	struct oct_addr a;
	bool open = false;

	assert_int_equal(oct_addr_parse(address, &a), 0);
	if (dir_resolve(s, &a, NULL, &finals) != DIR_FOUND)
		return false;
	for (size_t i = 0; i < finals.count; i++)
		open |= finals.finals[i].domain == NULL ||
		    finals.finals[i].mailbox->state == DIR_ACTIVE;
	dir_finals_free(&finals);
	return open;
}

static void
check_address(struct expansion *e, const char *address)
{
	bool temporary = false;

	e->count = 1;
	e->here_count = 0;
	put(e->list[0], address, strlen(address));
	for (size_t at = 0; at < e->count; at++)
		if (!expand_one(e, at, &temporary))
			fail_msg("%s: round and round", address);
	if (!is_taken(e->snapshot, address))
		return;
	assert_false(temporary);
	for (size_t i = 0; i < e->count; i++)
		if (!is_delivered(e, e->list[i]))
			fail_msg("%s: %s bounces", address, e->list[i]);
}

static void
it_comes_to_an_end_and_nothing_is_lost(void **state)
{
	struct expansion e = {.list = calloc(FINALS_MAX, ADDRESS_SIZE),
	    .here = calloc(FINALS_MAX, ADDRESS_SIZE)};
	char address[ADDRESS_SIZE];

	(void)state;
	assert_non_null(e.list);
	assert_non_null(e.here);
	oct_str_heap(&e.answer, 300000);
	for (unsigned int world = 0; world < WORLDS; world++) {
		struct dir_snapshot *s;

		seed = world;
		e.snapshot = s = make_world();
		for (unsigned int i = 0; i < BOXES + ALIASES + 1; i++) {
			(void)snprintf(address, sizeof(address), "%c%u@a.test",
			    i < BOXES ? 'b' : 'l', i < BOXES ? i : i - BOXES);
			check_address(&e, address);
		}
		directory_put(s);
	}
	oct_str_free(&e.answer);
	free(e.list);
	free(e.here);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(it_comes_to_an_end_and_nothing_is_lost),
	};

	return cmocka_run_group_tests_name("expand", tests, NULL, NULL);
}
