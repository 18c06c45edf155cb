/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/owner.h"

#include <errno.h>

#include "lib/clock.h"
#include "lib/mime_text.h"
#include "policy/learn_item.h"
#include "policy/owner_fold.h"
#include "policy/owner_senders.h"
#include "policy/owner_session.h"
#include "policy/relation.h"
#include "tests/unit/case_fixture.h"

#define HOUR 3600000LL
#define N_SID "N|bob@faux.test|192.0.2.0/24"

static struct owner
owner_of_box(const char *local)
{
	return (struct owner){ .store = world.store, .timers = &world.t,
		.domain = D, .local = local, .person = "", .now_ms = NOW };
}

static int
prepare(void **state)
{
	char problem[256];
	struct dir_change domain = { .domain = D, .create = true,
		.json = "{}", .actor = "test" };
	struct dir_change box = { .domain = D, .local = "mairie",
		.create = true, .json = "{\"owners\":\"anne@perso.test\"}",
		.actor = "test" };

	if (reset(state) != 0)
		return -1;
	world.t.undo = DAY;
	if (directory_change(world.store, &domain, problem) != 0)
		return -1;
	return directory_change(world.store, &box, problem);
}

static void
put(int n, const char *local, const char *sid, enum fate_reason reason)
{
	struct arrival a = { .n = n, .local = local, .sid = sid,
		.reason = reason, .at_ms = NOW - HOUR + n };

	assert_int_equal(arrive(&a), 0);
}

static enum rel_state
rel_of(const char *sid)
{
	struct relation r;

	assert_true(case_relation_read(world.store, D, "mairie", sid, &r) >=
	    0);
	return r.state;
}

static enum learn_mark
mark_of(int n)
{
	enum learn_mark m;
	char id[HELD_ID_SIZE];

	assert_int_equal(learn_marked(world.store, D, id_of(n, id), &m), 0);
	return m;
}

static size_t
held_of(const char *local)
{
	struct owner o = owner_of_box(local);
	size_t n;

	assert_int_equal(owner_count(&o, &n), 0);
	return n;
}

static size_t acts;
static enum owner_act last_act;

static void
see_act(void *arg, const struct owner_entry_text *e)
{
	(void)arg;
	if (acts++ == 0)
		last_act = e->act;
}

static void
read_acts(void)
{
	struct owner o = owner_of_box("mairie");
	char at[OCT_STREAM_ID] = "+";

	acts = 0;
	assert_int_equal(owner_history(&o, at, 100, see_act, NULL), 0);
}

/* --- Whose ---------------------------------------------------------------- */

static void
another_mailbox_has_no_say(void **state)
{
	struct owner o = owner_of_box("autre");
	enum case_outcome out = CASE_DONE;
	struct case_item item;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_FIRST_CONTACT);
	id_of(1, id);
	assert_int_equal(owner_item(&o, id, &item), 0);
	assert_int_equal(owner_release(&o, id, true, &out), 0);
	assert_int_equal(out, CASE_OVER);
	assert_int_equal(owner_discard(&o, id, true, &out), 0);
	assert_int_equal(out, CASE_OVER);
	assert_int_equal(owner_refuse(&o, id, &out), 0);
	assert_int_equal(out, CASE_OVER);
	assert_int_equal(state_of(1), HELD_TENTATIVE);
	assert_int_equal(mark_of(1), LEARN_NO_MARK);
	assert_int_equal(rel_of(SID), REL_SILENT);
	o.domain = "bourg.example";
	o.local = "mairie";
	assert_int_equal(owner_item(&o, id, &item), 0);
}

/* --- Acts ------------------------------------------------------------------ */

static void
a_release_is_wanted_learnt_and_noted(void **state)
{
	struct owner o = owner_of_box("mairie");
	enum case_outcome out;
	struct case_item item;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	put(2, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_release(&o, id_of(1, id), false, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(owner_item(&o, id, &item), 1);
	assert_string_equal(item.want, "owner");
	case_item_fini(&item);
	assert_int_equal(mark_of(1), LEARN_HAM);
	assert_int_equal(rel_of(SID), REL_SILENT);
	assert_int_equal(owner_release(&o, id_of(2, id), true, &out), 0);
	assert_int_equal(rel_of(SID), REL_ALLOWED);
	read_acts();
	assert_int_equal(acts, 2);
	assert_int_equal(last_act, OWNER_ACT_ACCEPT);
}

static void
a_virus_is_for_administrators(void **state)
{
	struct owner o = owner_of_box("mairie");
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_VIRUS);
	assert_int_equal(owner_release(&o, id_of(1, id), true, &out), 0);
	assert_int_equal(out, CASE_IMPOSSIBLE);
	assert_int_not_equal(rel_of(SID), REL_ALLOWED);
	read_acts();
	assert_int_equal(acts, 0);
}

static void
what_was_discarded_comes_back(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct owner_page *bin;
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_discard(&o, id_of(1, id), true, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(state_of(1), HELD_DROPPED);
	assert_int_equal(held_of("mairie"), 0);
	assert_int_equal(mark_of(1), LEARN_SPAM);
	assert_int_equal(owner_bin(&o, &bin), 0);
	assert_int_equal(bin->count, 1);
	owner_page_free(bin);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(state_of(1), HELD_STORED);
	assert_int_equal(held_of("mairie"), 1);
	assert_int_equal(mark_of(1), LEARN_NO_MARK);
	assert_int_equal(rel_of(SID), REL_SILENT);
	assert_int_equal(owner_bin(&o, &bin), 0);
	assert_int_equal(bin->count, 0);
	owner_page_free(bin);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_ALREADY);
}

static void
too_late_is_too_late(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct owner_page *bin;
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_discard(&o, id_of(1, id), false, &out), 0);
	o.now_ms = NOW + DAY;
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_OVER);
	assert_int_equal(owner_bin(&o, &bin), 0);
	assert_int_equal(bin->count, 0);
	owner_page_free(bin);
	assert_int_equal(state_of(1), HELD_DROPPED);
}

/* Whoever's message is being removed does not come back half. */
static void
what_is_going_is_gone(void **state)
{
	struct owner o = owner_of_box("mairie");
	enum case_outcome out;
	struct case_item item;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_discard(&o, id_of(1, id), false, &out), 0);
	assert_int_equal(owner_item(&o, id, &item), 1);
	assert_int_equal(case_purge(world.store, &item, false), 1);
	case_item_fini(&item);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_OVER);
}

static void
a_proven_sender_is_refused_by_his_address(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct owner_senders l;
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	put(2, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_refuse(&o, id_of(1, id), &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(rel_of(SID), REL_BLOCKED);
	assert_int_equal(state_of(1), HELD_DROPPED);
	assert_int_equal(state_of(2), HELD_DROPPED);
	assert_int_equal(mark_of(1), LEARN_SPAM);
	assert_int_equal(owner_senders(&o, true, "", &l), 0);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.sender[0].who, "addr:alice@example.org");
	assert_string_equal(l.sender[0].origin, "owner");
	owner_senders_free(&l);
	/* And back: block, and both messages. */
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(held_of("mairie"), 2);
	assert_int_equal(rel_of(SID), REL_SILENT);
	assert_int_equal(owner_senders(&o, true, "", &l), 0);
	assert_int_equal(l.count, 0);
	owner_senders_free(&l);
}

/* What only showed his address, and what is more than the bin's page. */
static void
all_that_a_block_threw_away_comes_back(void **state)
{
	struct owner o = owner_of_box("mairie");
	enum case_outcome out;
	struct case_item item;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", SID, FATE_R_SPAM);
	put(2, "mairie", N_SID, FATE_R_SPAM);
	for (int n = 3; n < 3 + OWNER_PAGE + 10; n++)
		put(n, "mairie", NULL, FATE_R_SPAM);
	assert_int_equal(owner_refuse(&o, id_of(1, id), &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(held_of("mairie"), 0);
	for (int n = 1; n < 4; n++) {
		assert_int_equal(owner_item(&o, id_of(n, id), &item), 1);
		assert_int_equal(item.undo_ms, NOW + DAY);
		case_item_fini(&item);
	}
	assert_int_equal(owner_undo(&o, id_of(1, id), &out), 0);
	assert_int_equal(out, CASE_DONE);
	assert_int_equal(held_of("mairie"), 2 + OWNER_PAGE + 10);
	assert_int_equal(rel_of(N_SID), REL_SILENT);
}

/* The address of somebody who proved nothing may be another's. */
static void
an_unproven_sender_is_refused_as_he_came(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct owner_senders l;
	enum case_outcome out;
	char id[HELD_ID_SIZE];

	(void)state;
	put(1, "mairie", N_SID, FATE_R_SPAM);
	assert_int_equal(owner_refuse(&o, id_of(1, id), &out), 0);
	assert_int_equal(rel_of(N_SID), REL_BLOCKED);
	assert_int_equal(owner_senders(&o, true, "", &l), 0);
	assert_int_equal(l.count, 1);
	assert_string_equal(l.sender[0].who, "sid:" N_SID);
	owner_senders_free(&l);
	assert_int_equal(owner_undo(&o, id, &out), 0);
	assert_int_equal(state_of(1), HELD_STORED);
	assert_int_equal(rel_of(N_SID), REL_SILENT);
}

/* --- Lists ---------------------------------------------------------------- */

static void
pages_and_searches(void **state)
{
	static const struct {
		const char *name;
		struct owner_search q;
		size_t total, count;
	} rows[] = {
		{ "the first page", { "", OWNER_ALL, 0 }, 60, 50 },
		{ "the last page", { "", OWNER_ALL, 1 }, 60, 10 },
		{ "beyond", { "", OWNER_ALL, 2 }, 60, 0 },
		{ "a group", { "", OWNER_JUNK, 0 }, 30, 30 },
		{ "an empty group", { "", OWNER_VIRUS, 0 }, 0, 0 },
		{ "the sender", { "ALICE", OWNER_ALL, 1 }, 60, 10 },
		{ "two words", { "alice example", OWNER_CONTACT, 0 }, 30, 30 },
		{ "nothing like it", { "alice zebre", OWNER_ALL, 0 }, 0, 0 },
	};

	(void)state;
	for (int n = 0; n < 60; n++)
		put(n, "mairie", n < 20 ? SID : NULL,
		    n % 2 == 0 ? FATE_R_SPAM : FATE_R_FIRST_CONTACT);
	put(70, "autre", NULL, FATE_R_SPAM);
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct owner o = owner_of_box("mairie");
		struct owner_page *p;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(owner_list(&o, &rows[i].q, &p), 0);
		assert_int_equal(p->total, rows[i].total);
		assert_int_equal(p->count, rows[i].count);
		assert_false(p->cut);
		owner_page_free(p);
	}
}

static void
senders_are_one_list(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct case_grant sent = { .since_ms = NOW, .origin = GRANT_SENT,
		.actor = "mta" };
	char who[OWNER_WHO_SIZE], id[HELD_ID_SIZE];
	struct owner_senders l;
	enum case_outcome out;

	(void)state;
	put(1, "mairie", SID, FATE_R_FIRST_CONTACT);
	assert_int_equal(owner_release(&o, id_of(1, id), true, &out), 0);
	assert_int_equal(owner_who_read("Zoe@Example.ORG", who), 0);
	assert_string_equal(who, "addr:zoe@example.org");
	assert_int_equal(owner_sender_allow(&o, who), 0);
	assert_int_equal(owner_who_read("@marche.test", who), 0);
	assert_int_equal(owner_sender_allow(&o, who), 0);
	assert_int_equal(case_grant_set(world.store, D, "mairie",
	    "sent:alice@example.org", &sent), 0);
	assert_int_equal(owner_who_read("mal@spam.test", who), 0);
	assert_int_equal(owner_sender_block(&o, who, OWNER_TOLD), 0);
	assert_int_equal(owner_senders(&o, false, "", &l), 0);
	assert_int_equal(l.count, 3);
	assert_string_equal(l.sender[0].who, "addr:alice@example.org");
	assert_string_equal(l.sender[1].who, "dom:marche.test");
	assert_string_equal(l.sender[2].who, "addr:zoe@example.org");
	owner_senders_free(&l);
	assert_int_equal(owner_senders(&o, false, "zoé", &l), 0);
	assert_int_equal(l.count, 1);
	owner_senders_free(&l);
	/* All ways in are closed at once. */
	assert_int_equal(owner_sender_forget(&o, "addr:alice@example.org",
	    OWNER_TOLD), 0);
	assert_int_equal(rel_of(SID), REL_SILENT);
	assert_int_equal(owner_senders(&o, false, "", &l), 0);
	assert_int_equal(l.count, 2);
	owner_senders_free(&l);
	read_acts();
	assert_int_equal(last_act, OWNER_ACT_FORGET);
}

static bool
is_flagged(void)
{
	const struct dir_snapshot *dir;
	bool on;

	assert_int_equal(directory_read(world.store, D, &dir), 0);
	on = dir_mailbox(dir_domain_at(dir, 0), "mairie")->has_blocks;
	directory_put(dir);
	return on;
}

/* Without the flag nobody looks whether he is blocked. */
static void
the_flag_stays_while_anybody_is_blocked(void **state)
{
	struct owner o = owner_of_box("mairie");
	struct case_grant whole = { .block = true, .since_ms = NOW,
		.origin = GRANT_OWNER, .actor = "root" };
	struct dir_change clear = { .domain = D, .local = "mairie",
		.json = "{\"has_blocks\":false}", .actor = "test" };
	char problem[256];
	bool any;

	(void)state;
	assert_false(is_flagged());
	put(1, "mairie", SID, FATE_R_SPAM);
	assert_int_equal(owner_sender_block(&o, "sid:" SID, OWNER_TOLD), 0);
	assert_true(is_flagged());
	/* One line of the list with the administrator's block. */
	assert_int_equal(case_grant_set(world.store, D, "@",
	    "addr:alice@example.org", &whole), 0);
	assert_int_equal(owner_any_block(&o, &any), 0);
	assert_true(any);
	assert_int_equal(owner_sender_block(&o, "addr:mal@spam.test",
	    OWNER_TOLD), 0);
	assert_int_equal(owner_sender_forget(&o, "addr:mal@spam.test",
	    OWNER_TOLD), 0);
	assert_true(is_flagged());
	/* Cleared by somebody who did not see it yet. */
	assert_int_equal(directory_change(world.store, &clear, problem), 0);
	assert_int_equal(owner_flag_set(&o), 0);
	assert_true(is_flagged());
	assert_int_equal(owner_sender_forget(&o, "sid:" SID, OWNER_TOLD), 0);
	assert_false(is_flagged());
}

static void
names_that_are_none(void **state)
{
	static const char *const bad[] = { "", "addr:", "addr:x", "dom:",
		"addr:A@b.test", "sent:a@b.test", "sid:", "x", "rel:SID" };
	struct owner o = owner_of_box("mairie");
	char who[OWNER_WHO_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(bad); i++) {
		print_message("  '%s'\n", bad[i]);
		assert_int_equal(owner_sender_block(&o, bad[i], OWNER_TOLD),
		    -EINVAL);
		assert_int_equal(owner_sender_forget(&o, bad[i], OWNER_TOLD),
		    -EINVAL);
	}
	assert_int_equal(owner_sender_allow(&o, "sid:" N_SID), -EINVAL);
	assert_int_equal(owner_who_read("pas une adresse", who), OCT_EPARSE);
	assert_int_equal(owner_who_read("local", who), OCT_EPARSE);
	assert_int_equal(owner_who_read("@", who), OCT_EPARSE);
}

static void
an_address_book_is_read(void **state)
{
	static char csv[] = "Nom;Adresse\nZoe;zoe@example.org\n"
	    "Zoe;zoe@example.org\nMal;mal@spam.test\n"
	    "Robot;noreply@robot.test\nNous;maire@" D "\nRien;pas d'adresse\n";
	struct owner o = owner_of_box("mairie");
	const struct dir_snapshot *dir;
	struct owner_import r;
	struct owner_senders l;
	FILE *f = fmemopen(csv, strlen(csv), "r");

	(void)state;
	assert_int_equal(owner_sender_block(&o, "addr:mal@spam.test",
	    OWNER_QUIETLY), 0);
	assert_int_equal(directory_read(world.store, NULL, &dir), 0);
	assert_int_equal(owner_import(&o, f, dir, &r), 0);
	(void)fclose(f);
	directory_put(dir);
	assert_int_equal(r.added, 1);
	assert_int_equal(r.known, 1);
	assert_int_equal(r.own, 1);
	assert_int_equal(r.robots, 1);
	assert_int_equal(owner_senders(&o, true, "", &l), 0);
	assert_int_equal(l.count, 1);
	owner_senders_free(&l);
}

/* --- Words ------------------------------------------------------------------ */

static void
folding(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		{ "Prêt à Été", "pret a ete" },
		{ "ŒUVRE Ça", "ouvre ca" },
		{ "re\xcc\x81union", "reunion" },
		{ "日本", "日本" },
		{ "a\xff" "b", "a?b" },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		char out[64];
		struct oct_str s;

		oct_str_fixed(&s, out, sizeof(out));
		owner_fold(&s, rows[i].from);
		assert_string_equal(out, rows[i].to);
	}
}

static void
words_have_bounds(void **state)
{
	struct owner_words w;
	char many[1000];

	(void)state;
	owner_words_read("  Étude   DEVIS ", &w);
	assert_int_equal(w.count, 2);
	assert_true(owner_words_match(&w, "le devis de l'etude"));
	assert_false(owner_words_match(&w, "le devis"));
	memset(many, 'x', sizeof(many) - 1);
	many[sizeof(many) - 1] = '\0';
	owner_words_read(many, &w);
	assert_int_equal(w.count, 0);
	for (size_t i = 1; i < sizeof(many) - 1; i += 2)
		many[i] = ' ';
	owner_words_read(many, &w);
	assert_int_equal(w.count, OWNER_WORDS);
}

static void
a_glance_sees_what_was_written(void **state)
{
	static const char *const subjects[] = { "", "Bonjour",
		"\"guillemets\" \\ / \t\n", "caf\xc3\xa9", "lat\xe9in",
		"=?utf-8?q?=C3=A9?=" };
	struct held_glance g;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(subjects); i++) {
		const struct arrival a = { .local = "mairie",
			.reason = FATE_R_SPAM, .at_ms = NOW };
		char id[HELD_ID_SIZE];
		struct held h, back;
		struct oct_str json;

		item_of(&a, id_of(1, id), &h);
		h.subject = subjects[i];
		oct_str_heap(&json, HELD_JSON_MAX);
		assert_int_equal(held_write(&h, &json), 0);
		assert_int_equal(held_parse(oct_str_text(&json), json.len,
		    &back), 0);
		assert_int_equal(held_glance(oct_str_text(&json), &g), 0);
		assert_string_equal(g.subject, back.subject);
		assert_string_equal(g.from, back.from);
		assert_string_equal(g.reason, back.reason);
		held_fini(&back);
		/* Whatever is cut off. */
		for (size_t n = 0; n < json.len; n++) {
			char *cut = strndup(oct_str_text(&json), n);

			assert_int_not_equal(held_glance(cut, &g), 0);
			free(cut);
		}
		oct_str_free(&json);
	}
	assert_int_equal(held_glance("{\"a\":{}}", &g), OCT_EPARSE);
}

/* --- Sessions ------------------------------------------------------------- */

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
#define WITH(test) cmocka_unit_test_setup(test, prepare)
		WITH(another_mailbox_has_no_say),
		WITH(a_release_is_wanted_learnt_and_noted),
		WITH(a_virus_is_for_administrators),
		WITH(what_was_discarded_comes_back),
		WITH(too_late_is_too_late),
		WITH(what_is_going_is_gone),
		WITH(a_proven_sender_is_refused_by_his_address),
		WITH(all_that_a_block_threw_away_comes_back),
		WITH(an_unproven_sender_is_refused_as_he_came),
		WITH(pages_and_searches),
		WITH(senders_are_one_list),
		WITH(the_flag_stays_while_anybody_is_blocked),
		WITH(names_that_are_none),
		WITH(an_address_book_is_read),
		WITH(sessions_live_and_end),
		WITH(revoked_is_revoked),
		cmocka_unit_test(folding),
		cmocka_unit_test(words_have_bounds),
		cmocka_unit_test(a_glance_sees_what_was_written),
	};
	int rc;

	if (sodium_init() < 0 || test_redis_start(&world.redis) != 0)
		return 77;
	rc = cmocka_run_group_tests(tests, start_world, end_world);
	test_redis_stop(&world.redis);
	return rc;
}
