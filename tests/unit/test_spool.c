/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/spool.h"

#include <errno.h>
#include <fcntl.h>

#include "tests/unit/spool_fixture.h"

static void
test_ids(void **state)
{
	static const struct {
		const char *name, *id;
		bool ok;
	} rows[] = { { "letters", ID_A, true }, { "digits", ID_X, true },
		{ "empty", "", false }, { "31", &ID_A[1], false },
		{ "33", ID_A "a", false },
		{ "path", "../aaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
		{ "slash", "aaaaaaaaaaaaaaaa/aaaaaaaaaaaaaaa", false },
		{ "upper case", "Aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
		{ "one", "1aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false },
		{ "eight", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa8", false } };
	struct spool *spool = open_spool();
	struct spool_write *w = begin(spool, MESSAGE);

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		int bad = rows[i].ok ? OCT_EABSENT : -EINVAL, fd;
		char *text;

		print_message("  %s\n", rows[i].name);
		assert_int_equal(spool_id_ok(rows[i].id), rows[i].ok);
		assert_int_equal(spool_item_open(spool, rows[i].id, &fd), bad);
		assert_int_equal(spool_item_sidecar(spool, rows[i].id, &text),
		    bad);
		assert_int_equal(spool_item_remove(spool, rows[i].id),
		    rows[i].ok ? 0 : -EINVAL);
		if (!rows[i].ok)
			assert_int_equal(spool_item_add(w, rows[i].id, "{}"),
			    -EINVAL);
	}
	spool_write_abort(w);
	assert_int_equal(files(""), 0);
	spool_close(spool);
}

static void
test_written_items_are_there(void **state)
{
	struct spool *spool = open_spool();
	struct spool_write *w = begin(spool, MESSAGE);

	(void)state;
	assert_int_equal(spool_item_add(w, ID_A, "{\"a\":1}"), 0);
	assert_int_equal(spool_item_add(w, ID_B, "{\"b\":1}"), 0);
	assert_int_equal(spool_item_add(w, ID_C, ""), 0);
	assert_int_equal(spool_write_commit(w), 0);
	spool_write_free(w);
	assert_item(spool, ID_A, MESSAGE, "{\"a\":1}");
	assert_item(spool, ID_B, MESSAGE, "{\"b\":1}");
	assert_item(spool, ID_C, MESSAGE, "");
	assert_absent(spool, ID_X);
	assert_int_equal(files(""), 6);
	spool_close(spool);
}

static void
test_abort_leaves_nothing(void **state)
{
	struct spool *spool = open_spool();

	(void)state;
	for (int commit = 0; commit < 2; commit++) {
		struct spool_write *w = begin(spool, MESSAGE);

		assert_int_equal(spool_item_add(w, ID_A, "{}"), 0);
		assert_int_equal(spool_item_add(w, ID_B, "{}"), 0);
		if (commit)
			assert_int_equal(spool_write_commit(w), 0);
		spool_write_abort(w);
		assert_int_equal(files(""), 0);
	}
	spool_write_abort(NULL);
	spool_write_free(begin(spool, MESSAGE));
	assert_int_equal(files(""), 0);
	spool_close(spool);
}

/* What a commit promised stays, whatever becomes of items added after it: they
 * may be another hosted domain's, and that one failed. */
static void
test_free_keeps_what_was_committed(void **state)
{
	struct spool *spool = open_spool();
	struct spool_write *w = begin(spool, MESSAGE);

	(void)state;
	assert_int_equal(spool_item_add(w, ID_A, "{}"), 0);
	assert_int_equal(spool_write_commit(w), 0);
	assert_int_equal(spool_item_add(w, ID_B, "{}"), 0);
	spool_write_free(w);
	assert_int_equal(files(ID_A ".eml"), 1);
	assert_int_equal(files(ID_A ".json"), 1);
	assert_int_equal(files(""), 2);
	spool_close(spool);
}

static void
test_same_id_twice_in_one_write(void **state)
{
	struct spool *spool = open_spool();

	(void)state;
	for (int commit = 0; commit < 2; commit++) {
		struct spool_write *w = begin(spool, MESSAGE);

		assert_int_equal(spool_item_add(w, ID_A, "{\"n\":1}"), 0);
		assert_int_equal(spool_item_add(w, ID_A, "{\"n\":2}"), 0);
		if (commit)
			assert_int_equal(spool_write_commit(w), 0);
		spool_write_free(w);
		assert_int_equal(files(""), commit ? 2 : 0);
	}
	assert_item(spool, ID_A, MESSAGE, "{\"n\":2}");
	spool_close(spool);
}

static void
test_replaced_item_survives_abort(void **state)
{
	struct spool *spool = open_spool();
	struct spool_write *w;

	(void)state;
	put(spool, ID_X, OLD_MESSAGE, "{\"old\":1}");
	w = begin(spool, MESSAGE);
	assert_int_equal(spool_item_add(w, ID_X, "{\"new\":1}"), 0);
	assert_item(spool, ID_X, MESSAGE, "{\"new\":1}");
	spool_write_abort(w);
	assert_item(spool, ID_X, MESSAGE, "{\"new\":1}");
	assert_int_equal(files(""), 2);
	spool_close(spool);
}

/* The first try is given up after the second one was promised. */
static void
test_abort_spares_another_writers_item(void **state)
{
	struct spool *spool = open_spool();
	struct spool_write *first = begin(spool, OLD_MESSAGE);

	(void)state;
	assert_int_equal(spool_item_add(first, ID_A, "{\"first\":1}"), 0);
	put(spool, ID_A, MESSAGE, "{\"second\":1}");
	spool_write_abort(first);
	assert_item(spool, ID_A, MESSAGE, "{\"second\":1}");
	assert_int_equal(files(""), 2);
	spool_close(spool);
}

static void
test_sidecars_have_a_bound(void **state)
{
	struct spool *spool = open_spool();
	struct spool_write *w = begin(spool, MESSAGE);
	char *text = NULL, *big = malloc(SPOOL_SIDECAR_MAX + 2);

	(void)state;
	assert_non_null(big);
	memset(big, ' ', SPOOL_SIDECAR_MAX + 1);
	big[SPOOL_SIDECAR_MAX + 1] = '\0';
	assert_int_equal(spool_item_add(w, ID_A, big), OCT_ELIMIT);
	spool_write_abort(w);
	assert_absent(spool, ID_A);
	big[SPOOL_SIDECAR_MAX] = '\0';
	put(spool, ID_A, MESSAGE, big);
	assert_int_equal(spool_item_sidecar(spool, ID_A, &text), 0);
	assert_string_equal(text, big);
	assert_int_equal(files(""), 2);
	free(text);
	free(big);
	spool_close(spool);
}

static void
test_remove(void **state)
{
	struct spool *spool = open_spool();

	(void)state;
	put(spool, ID_A, MESSAGE, "{}");
	put(spool, ID_B, MESSAGE, "{}");
	assert_int_equal(spool_item_remove(spool, ID_A), 0);
	assert_absent(spool, ID_A);
	assert_int_equal(spool_item_remove(spool, ID_A), 0);
	assert_item(spool, ID_B, MESSAGE, "{}");
	assert_int_equal(files(""), 2);
	spool_close(spool);
}

struct seen {
	const struct spool *spool;
	size_t whole, damaged, limit;
	int result;
};

static int
see(void *arg, const char *id, const char *sidecar, int err)
{
	struct seen *seen = arg;

	assert_true(spool_id_ok(id));
	assert_int_equal(err == 0, sidecar != NULL);
	seen->whole += err == 0;
	seen->damaged += err == OCT_ECORRUPT;
	seen->limit += err == OCT_ELIMIT;
	return seen->result;
}

static void
touch(const char *name, size_t size)
{
	char path[256];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)size), 0);
	(void)close(fd);
}

static void
test_walk_and_clean(void **state)
{
	struct spool *spool = open_spool();
	struct seen seen = { .spool = spool };
	size_t removed;

	(void)state;
	put(spool, ID_A, MESSAGE, "{}");
	put(spool, ID_B, MESSAGE, "{}");
	put(spool, ID_C, MESSAGE, "{}");
	touch("held/aa/aa22222222222222222222222222222a.eml", 5);
	touch("held/aa/aa22222222222222222222222222222b.json", 5);
	touch("held/zz/" ID_C ".json", SPOOL_SIDECAR_MAX + 1);
	touch("held/aa/aa22.json", 5);
	touch("held/aa/README.json", 5);
	touch("tmp/new-0123", 5);
	touch("tmp/else", 5);
	assert_int_equal(spool_walk(spool, see, &seen), 0);
	assert_int_equal(seen.whole, 2);
	assert_int_equal(seen.damaged, 1);
	assert_int_equal(seen.limit, 1);
	seen = (struct seen){ .spool = spool, .result = 5 };
	assert_int_equal(spool_walk(spool, see, &seen), 5);
	assert_int_equal(seen.whole + seen.damaged + seen.limit, 1);
	assert_int_equal(spool_clean(spool, 3600, NULL, NULL, &removed), 0);
	assert_int_equal(removed, 0);
	assert_int_equal(spool_clean(spool, -1, NULL, NULL, &removed), 0);
	assert_int_equal(removed, 3);
	assert_item(spool, ID_A, MESSAGE, "{}");
	assert_int_equal(files(""), 9);
	spool_close(spool);
}

/* What stands in the way in one place (a file of a restore, rights that are wrong)
 * hides no other item, and is told. */
static void
test_walk_past_what_is_no_folder(void **state)
{
	struct spool *spool = open_spool();
	struct seen seen = { .spool = spool };
	char name[16];
	size_t removed;

	(void)state;
	put(spool, ID_A, MESSAGE, "{}");
	put(spool, ID_C, MESSAGE, "{}");
	for (char c = 'b'; c < 'z'; c++) {
		(void)snprintf(name, sizeof(name), "held/%cb", c);
		touch(name, 5);
	}
	touch("held/aa/aa22222222222222222222222222222a.eml", 5);
	assert_int_equal(spool_walk(spool, see, &seen), -ENOTDIR);
	assert_int_equal(seen.whole, 2);
	assert_int_equal(spool_clean(spool, -1, NULL, NULL, &removed), -ENOTDIR);
	assert_int_equal(removed, 1);
	spool_close(spool);
}

static int
see_and_remove(void *arg, const char *id, const char *sidecar, int err)
{
	struct seen *seen = arg;

	(void)sidecar;
	assert_int_equal(err, 0);
	seen->whole++;
	return spool_item_remove(seen->spool, id);
}

static void
test_walk_that_removes(void **state)
{
	struct spool *spool = open_spool();
	struct seen seen = { .spool = spool };
	char id[] = ID_A;

	(void)state;
	for (int i = 0; i < 200; i++) {
		id[1] = (char)('a' + i % 3);
		id[30] = (char)('a' + i / 26);
		id[31] = (char)('a' + i % 26);
		put(spool, id, MESSAGE, "{}");
	}
	assert_int_equal(spool_walk(spool, see_and_remove, &seen), 0);
	assert_int_equal(seen.whole, 200);
	assert_int_equal(files(""), 0);
	spool_close(spool);
}

static void
test_modes_do_not_depend_on_umask(void **state)
{
	static const struct {
		mode_t folder, file;
	} rows[] = { { 0700, 0600 }, { 02770, 0660 } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct spool_opts opts = { .folder_mode = rows[i].folder };
		char path[128], name[256];
		struct spool *spool;
		mode_t before = umask(i == 0 ? 0 : 077);
		struct stat st;

		(void)snprintf(path, sizeof(path), "%s/s%zu", folder, i);
		assert_int_equal(spool_open(path, &opts, &spool), 0);
		put(spool, ID_A, MESSAGE, "{}");
		(void)umask(before);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, rows[i].folder);
		(void)snprintf(name, sizeof(name), "%s/held/aa", path);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 07777, rows[i].folder);
		(void)snprintf(name, sizeof(name), "%s/held/aa/" ID_A ".eml",
		    path);
		assert_int_equal(stat(name, &st), 0);
		assert_int_equal(st.st_mode & 07777, rows[i].file);
		spool_close(spool);
	}
}

static void
test_reserve_is_kept(void **state)
{
	struct spool_opts opts = { .folder_mode = 0700, .reserve = 0 };
	struct spool_write *w;
	struct spool *spool;
	uint64_t room;
	int fd;

	(void)state;
	assert_int_equal(spool_open(folder, &opts, &spool), 0);
	assert_int_equal(spool_room(spool, &room), 0);
	assert_true(room > 0);
	assert_int_equal(spool_write_begin(spool, UINT64_MAX, &w, &fd),
	    -ENOSPC);
	spool_close(spool);
	opts.reserve = UINT64_MAX;
	assert_int_equal(spool_open(folder, &opts, &spool), 0);
	assert_int_equal(spool_room(spool, &room), 0);
	assert_int_equal(room, 0);
	assert_int_equal(spool_write_begin(spool, 0, &w, &fd), -ENOSPC);
	assert_int_equal(files(""), 0);
	spool_close(spool);
}

static void
test_open_errors(void **state)
{
	struct spool *spool = NULL;
	char path[128];

	(void)state;
	assert_int_equal(spool_open("/nonexistent/a/b", &plain, &spool),
	    -ENOENT);
	touch("file", 0);
	(void)snprintf(path, sizeof(path), "%s/file", folder);
	assert_int_equal(spool_open(path, &plain, &spool), -ENOTDIR);
	assert_int_equal(spool_open("/proc/self", &plain, &spool), -ENOENT);
	assert_null(spool);
	spool_close(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ids),
		TEST(test_written_items_are_there),
		TEST(test_abort_leaves_nothing),
		TEST(test_free_keeps_what_was_committed),
		TEST(test_same_id_twice_in_one_write),
		TEST(test_replaced_item_survives_abort),
		TEST(test_abort_spares_another_writers_item),
		TEST(test_sidecars_have_a_bound),
		TEST(test_remove),
		TEST(test_walk_and_clean),
		TEST(test_walk_past_what_is_no_folder),
		TEST(test_walk_that_removes),
		TEST(test_modes_do_not_depend_on_umask),
		TEST(test_reserve_is_kept),
		TEST(test_open_errors),
	};

	return cmocka_run_group_tests_name("spool", tests, NULL, NULL);
}
