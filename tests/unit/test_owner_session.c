/* SPDX-License-Identifier: Apache-2.0 */
/* Links, sessions, and the moment that ends them all. */
#include "policy/owner_session.h"
#include "tests/unit/owner_fixture.h"

static struct owner_door
door_at(const struct dir_snapshot *dir, int64_t now_ms)
{
	return (struct owner_door){ .store = world.store, .dir = dir,
		.life = { .whole = 12 * HOUR, .idle = 2 * HOUR },
		.now_ms = now_ms };
}

static enum owner_entry
check_at(const struct dir_snapshot *dir, const char *cookie, int64_t at_ms)
{
	struct owner_door d = door_at(dir, at_ms);
	struct owner_session s;
	enum owner_entry e;
	struct owner_of of;

	assert_int_equal(owner_session_check(&d, cookie, &s, &of, &e), 0);
	return e;
}

static void
enter_at(const struct dir_snapshot *dir, const char *person, int64_t issued,
    int64_t at_ms, char cookie[OWNER_COOKIE_SIZE], enum owner_entry want)
{
	struct owner_door d = door_at(dir, at_ms);
	struct owner_of of = { .domain = dir_domain(dir, D) };
	enum owner_entry e;

	of.mailbox = dir_mailbox(of.domain, "mairie");
	memcpy(of.person, person, strlen(person) + 1);
	assert_int_equal(owner_session_open(&d, &of, issued, cookie, &e), 0);
	assert_int_equal(e, want);
}

static void
sessions_live_and_end(void **state)
{
	char cookie[OWNER_COOKIE_SIZE], other[OWNER_COOKIE_SIZE];
	const struct dir_snapshot *dir, *alone;
	char json[] = "{\"name\":\"" D "\",\"mailboxes\":{\"mairie\":{}}}";
	struct dir_snapshot *made = NULL;

	(void)state;
	assert_int_equal(directory_read(world.store, NULL, &dir), 0);
	assert_int_equal(dir_snapshot_parse(json, strlen(json), &made), 0);
	alone = made;
	enter_at(dir, "anne@perso.test", NOW, NOW, cookie, OWNER_ENTERED);
	assert_int_equal(check_at(dir, cookie, NOW), OWNER_ENTERED);
	assert_int_equal(check_at(alone, cookie, NOW), OWNER_GONE);
	assert_int_equal(check_at(dir, cookie, NOW + HOUR), OWNER_ENTERED);
	/* Used an hour ago. */
	assert_int_equal(check_at(dir, cookie, NOW + 3 * HOUR - 1),
	    OWNER_ENTERED);
	assert_int_equal(check_at(dir, cookie, NOW + 6 * HOUR), OWNER_OLD);
	assert_int_equal(check_at(dir, "x", NOW), OWNER_NO_SESSION);
	memcpy(other, cookie, sizeof(other));
	other[0] = other[0] == 'a' ? 'b' : 'a';
	assert_int_equal(check_at(dir, other, NOW), OWNER_NO_SESSION);
	enter_at(dir, "", NOW, NOW, other, OWNER_ENTERED);
	assert_int_equal(check_at(alone, other, NOW), OWNER_ENTERED);
	for (int64_t at = NOW; at < NOW + 12 * HOUR; at += HOUR)
		assert_int_equal(check_at(dir, other, at), OWNER_ENTERED);
	assert_int_equal(check_at(dir, other, NOW + 12 * HOUR), OWNER_OLD);
	directory_put(dir);
	directory_put(alone);
}

static void
revoked_is_revoked(void **state)
{
	char cookie[OWNER_COOKIE_SIZE], other[OWNER_COOKIE_SIZE];
	const struct dir_snapshot *dir;
	struct owner_door d;
	struct owner_session s;
	enum owner_entry e;
	struct owner_of of;

	(void)state;
	assert_int_equal(directory_read(world.store, NULL, &dir), 0);
	enter_at(dir, "", NOW, NOW, cookie, OWNER_ENTERED);
	assert_int_equal(owner_revoke(world.store, D, "mairie", NOW + 5), 0);
	assert_int_equal(check_at(dir, cookie, NOW + 6), OWNER_OLD);
	/* A link of before lets nobody in, a later one does. */
	enter_at(dir, "", NOW + 5, NOW + 6, other, OWNER_OLD);
	enter_at(dir, "", NOW + 6, NOW + 7, other, OWNER_ENTERED);
	d = door_at(dir, NOW + 7);
	assert_int_equal(owner_session_check(&d, other, &s, &of, &e), 0);
	assert_int_equal(e, OWNER_ENTERED);
	assert_int_equal(owner_session_end(world.store, s.id), 0);
	assert_int_equal(check_at(dir, other, NOW + 7), OWNER_NO_SESSION);
	directory_put(dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(sessions_live_and_end),
		WITH(revoked_is_revoked),
	};

	return RUN_OWNER_TESTS("test_owner_session", tests);
}
