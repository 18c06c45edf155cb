/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/seed.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/str.h"

static int
note(void *arg, const struct oct_addr *a)
{
	char text[OCT_ADDR_SIZE];

	oct_addr_text(a, text);
	oct_str_addf(arg, "%s ", text);
	return 0;
}

/* What is read: "a@b c@d ". */
static int
read_text(const char *text, size_t len, struct seed_reader *r,
    enum seed_format format, struct oct_str *out)
{
	FILE *f = fmemopen((void *)(uintptr_t)text, len, "r");
	int rc;

	assert_non_null(f);
	r->each = note;
	r->arg = out;
	rc = seed_read(f, format, r);
	(void)fclose(f);
	return rc;
}

static void
what_people_have_is_read(void **state)
{
	static const struct {
		const char *name, *text, *found;
		size_t records, malformed;
		const char *column;
		bool from;
		int rc;
	} rows[] = {
		{ .name = "a plain list", .text = "a@b.fr\nc@d.fr\n",
		    .found = "a@b.fr c@d.fr ", .records = 2 },
		{ .name = "no final line end", .text = "a@b.fr\r\nc@d.fr",
		    .found = "a@b.fr c@d.fr ", .records = 2 },
		{ .name = "titles",
		    .text = "Name,E-mail Address,Phone\n"
			    "\"Doe, J\",a@b.fr,1\n,,\nX,c@d.fr,2\n",
		    .found = "a@b.fr c@d.fr ", .records = 3 },
		{ .name = "French titles, semicolons, byte order mark",
		    .text = "\xef\xbb\xbfNom;Adresse de messagerie\r\n"
			    "\xc3\x89lodie;a@b.fr\r\n",
		    .found = "a@b.fr ", .records = 1 },
		{ .name = "several such columns",
		    .text = "Primary Email\tSecondary Email\tE-mail Type\n"
			    "a@b.fr\tc@d.fr\thome@x.y\n",
		    .found = "a@b.fr c@d.fr ", .records = 1 },
		{ .name = "several in a cell",
		    .text = "Name,E-mail 1 - Value\nX,a@b.fr ::: c@d.fr\n",
		    .found = "a@b.fr c@d.fr ", .records = 1 },
		{ .name = "quotes and line ends in a cell",
		    .text = "note,mail\n\"a\n\"\"b\"\"\n@x.y\",\"a@b.fr\"\n",
		    .found = "a@b.fr ", .records = 1 },
		{ .name = "no titles, second column",
		    .text = "Doe,a@b.fr,c@d.fr\nRoe,e@f.fr,g@h.fr\n",
		    .found = "a@b.fr e@f.fr ", .records = 2 },
		{ .name = "a named column",
		    .text = "Mail,Other\na@b.fr,c@d.fr\n", .column = "other",
		    .found = "c@d.fr ", .records = 1 },
		{ .name = "a column that is not there",
		    .text = "Mail,Other\na@b.fr,c@d.fr\n", .column = "x",
		    .found = "", .rc = OCT_EPARSE },
		{ .name = "nothing of the kind", .text = "a,b\nc,d\n",
		    .found = "", .rc = OCT_EPARSE, .records = 1 },
		{ .name = "what is no address is counted",
		    .text = "mail\na@b@c.fr\nd e@f.fr\nok@b.fr\n",
		    .found = "ok@b.fr ", .records = 3, .malformed = 2 },
		{ .name = "vCards",
		    .text = "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:X\r\n"
			    "EMAIL;TYPE=INTERNET:a@b.fr\r\nitem1.EMAIL;X=\"a:b\""
			    ":mailto:c@d.\r\n fr\r\nEMAILX:no@x.y\r\n"
			    "NOTE:EMAIL:no@x.y\r\nEND:VCARD\r\n"
			    "BEGIN:VCARD\nemail:e@f.fr\nEMAIL:\nEND:VCARD",
		    .found = "a@b.fr c@d.fr e@f.fr ", .records = 2 },
		{ .name = "an mbox",
		    .text = "From me Sat Nov 21\nFrom: me@x.fr\n"
			    "To: \"A, B\" <a@b.fr>,\n =?utf-8?Q?=C3=A9=2C_x?= "
			    "<c@d.fr>\nSubject: To: no@x.y\n\nTo: no@x.y\n"
			    "From no new message\n\nFrom me x\nCC: e@f.fr\n\n",
		    .found = "a@b.fr c@d.fr e@f.fr ", .records = 2 },
		{ .name = "their authors",
		    .text = "From me x\nFrom: A <a@b.fr>\nTo: c@d.fr\n\nx\n\n"
			    "From me x\nTo: e@f.fr\nFrom: g@h.fr",
		    .from = true, .found = "a@b.fr g@h.fr ", .records = 2 },
		{ .name = "one message",
		    .text = "Received: x\r\nTo: a@b.fr\r\n\r\nbody\r\n",
		    .found = "a@b.fr ", .records = 1 },
		{ .name = "a group of nobody",
		    .text = "To: undisclosed-recipients:;\n\n", .found = "",
		    .records = 1 },
		{ .name = "a domain in its own letters",
		    .text = "To: a@\xc3\xa9t\xc3\xa9.fr\n\n",
		    .found = "a@xn--t-9fab.fr ", .records = 1 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct seed_reader r = { .from = rows[i].from,
			.column = rows[i].column };
		struct oct_str out;

		print_message("  %s\n", rows[i].name);
		oct_str_heap(&out, 4096);
		assert_int_equal(read_text(rows[i].text, strlen(rows[i].text),
				     &r, SEED_GUESS, &out),
		    rows[i].rc);
		assert_string_equal(oct_str_text(&out), rows[i].found);
		assert_int_equal(r.records, rows[i].records);
		assert_int_equal(r.malformed, rows[i].malformed);
		oct_str_free(&out);
	}
}

static void
two_octets_a_letter_are_said_so(void **state)
{
	struct seed_reader r = { .from = false };
	struct oct_str out;

	(void)state;
	oct_str_heap(&out, 64);
	assert_int_equal(read_text("\xff\xfe" "a\0,\0b\0\n\0", 10, &r,
			     SEED_GUESS, &out),
	    OCT_EPARSE);
	oct_str_free(&out);
}

/* n octets of x between two texts. */
static char *
padded(const char *before, size_t n, const char *after, size_t *len)
{
	size_t first = strlen(before), last = strlen(after);
	char *text = malloc(first + n + last + 1);

	assert_non_null(text);
	memcpy(text, before, first);
	memset(text + first, 'x', n);
	memcpy(text + first + n, after, last + 1);
	*len = first + n + last;
	return text;
}

static void
what_is_too_long_is_left_out_and_counted(void **state)
{
	static const struct {
		const char *name, *before, *after, *found;
		size_t n, too_long;
	} rows[] = {
		{ "a cell", "mail,x\n", "@b.fr,\na@b.fr,\n", "a@b.fr ",
		    SEED_CELL_MAX, 1 },
		{ "a cell that nobody reads", "mail,x\na@b.fr,", "\nc@d.fr,\n",
		    "a@b.fr c@d.fr ", SEED_CELL_MAX, 0 },
		{ "a line", "To: a@b.fr\n", "\nCc: c@d.fr\n\n",
		    "a@b.fr c@d.fr ", SEED_LINE_MAX, 1 },
		{ "the last line", "To: a@b.fr\n\n", "", "a@b.fr ",
		    SEED_LINE_MAX, 1 },
		{ "a field", "To: a@b.fr,\n ", "@b.fr,\n " /* folded */
		    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
		    "Cc: c@d.fr\n\n", "c@d.fr ", SEED_LINE_MAX - 40, 1 },
		{ "a card", "BEGIN:VCARD\nEMAIL:a@b.fr\nPHOTO:",
		    "\nEMAIL:c@d.fr\nEND:VCARD\n", "a@b.fr c@d.fr ",
		    SEED_LINE_MAX, 1 },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct seed_reader r = { .from = false };
		struct oct_str out;
		size_t len;
		char *text = padded(rows[i].before, rows[i].n, rows[i].after,
		    &len);

		print_message("  %s\n", rows[i].name);
		oct_str_heap(&out, 4096);
		assert_int_equal(read_text(text, len, &r, SEED_GUESS, &out),
		    0);
		assert_string_equal(oct_str_text(&out), rows[i].found);
		assert_int_equal(r.too_long, rows[i].too_long);
		oct_str_free(&out);
		free(text);
	}
}

/* --- Folders --------------------------------------------------------------- */

static char folder[64];

static void
put(const char *name, const char *text)
{
	char path[160];
	FILE *f;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
make(const char *name)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
folders_are_read(void **state)
{
	struct seed_reader r = { .each = note };
	char path[160], target[160];
	struct oct_str out;

	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/oct-seed-XXXXXX");
	assert_non_null(mkdtemp(folder));
	oct_str_heap(&out, 4096);
	r.arg = &out;
	put("one.eml", "To: a@b.fr\n\nTo: no@x.y\n");
	assert_int_equal(seed_read_folder(folder, &r), 0);
	assert_string_equal(oct_str_text(&out), "a@b.fr ");
	make("cur");
	make("new");
	make("tmp");
	put("cur/1:2,S", "Cc: c@d.fr\n\nFrom x\nTo: no@x.y\n");
	put("tmp/2", "To: no@x.y\n\n");
	(void)snprintf(path, sizeof(path), "%s/cur/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)snprintf(path, sizeof(path), "%s/cur/link", folder);
	(void)snprintf(target, sizeof(target), "%s/one.eml", folder);
	assert_int_equal(symlink(target, path), 0);
	put("new/3", "To: e@f.fr");
	oct_str_clear(&out);
	r.records = 0;
	assert_int_equal(seed_read_folder(folder, &r), 0);
	assert_string_equal(oct_str_text(&out), "c@d.fr e@f.fr ");
	assert_int_equal(r.records, 2);
	oct_str_free(&out);
	assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
	assert_int_equal(seed_read_folder(folder, &r), -2 /* ENOENT */);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_have_is_read),
		cmocka_unit_test(two_octets_a_letter_are_said_so),
		cmocka_unit_test(what_is_too_long_is_left_out_and_counted),
		cmocka_unit_test(folders_are_read),
	};

	return cmocka_run_group_tests_name("seed", tests, NULL, NULL);
}
