/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/conf.h"

#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/io.h"

struct shared {
	char *socket;
	int64_t port;
	bool tls;
};

struct mine {
	int64_t timeout, size;
	struct oct_conf_list nets;
	int mode;
	char *host, *note;
};

static bool
is_host(const char *value)
{
	return strchr(value, '.') != NULL;
}

static const struct oct_conf_item shared_items[] = {
	{ .section = "redis", .name = "socket", .type = OCT_CONF_STRING,
	    .lo = 1, .hi = 20, .standard = "/run/redis", .help = "Socket.",
	    .offset = offsetof(struct shared, socket) },
	{ .section = "redis", .name = "port", .type = OCT_CONF_INT, .lo = -1,
	    .hi = 65535, .standard = "6379", .help = "Port.",
	    .offset = offsetof(struct shared, port) },
	{ .section = "redis", .name = "tls", .type = OCT_CONF_BOOL,
	    .standard = "no", .help = "Encrypt.",
	    .offset = offsetof(struct shared, tls) },
};

static const struct oct_conf_item my_items[] = {
	{ .section = "milter", .name = "timeout", .type = OCT_CONF_DURATION,
	    .lo = 100, .hi = 60000, .standard = "20s", .help = "Wait.",
	    .offset = offsetof(struct mine, timeout) },
	{ .section = "milter", .name = "size", .type = OCT_CONF_SIZE,
	    .lo = 1024, .hi = 10 << 20, .standard = "25k", .help = "Room.",
	    .offset = offsetof(struct mine, size) },
	{ .section = "milter", .name = "nets", .type = OCT_CONF_LIST, .lo = 0,
	    .hi = 3, .standard = "192.0.2.0/24 ::1", .help = "Networks.",
	    .offset = offsetof(struct mine, nets) },
	{ .section = "milter", .name = "mode", .type = OCT_CONF_WORD,
	    .words = "off ask hold", .standard = "ask", .help = "What to do.",
	    .offset = offsetof(struct mine, mode) },
	{ .section = "site", .name = "host", .type = OCT_CONF_STRING, .lo = 1,
	    .check = is_host, .expected = "a host name", .help = "Our name.",
	    .offset = offsetof(struct mine, host) },
	{ .section = "site", .name = "note", .type = OCT_CONF_STRING,
	    .standard = "say \"x\\y\"", .help = "A note.",
	    .offset = offsetof(struct mine, note) },
};

static const struct oct_conf_item foreign_items[] = {
	{ .section = "web", .name = "port", .type = OCT_CONF_INT, .lo = 1,
	    .hi = 65535, .help = "Port." },
	{ .section = "web", .name = "names", .type = OCT_CONF_LIST, .lo = 1,
	    .standard = "a", .help = "Names." },
};

static struct shared shared;
static struct mine mine;

static const struct oct_conf_table tables[] = {
	{ shared_items, OCT_LEN(shared_items), &shared },
	{ my_items, OCT_LEN(my_items), &mine },
	{ foreign_items, OCT_LEN(foreign_items), NULL },
};

static void
collect(void *arg, const char *text)
{
	oct_str_addf(arg, "%s\n", text);
}

static int
parse(const char *text, struct oct_str *told)
{
	oct_str_heap(told, 65536);
	return oct_conf_parse("f", text, strlen(text), tables, OCT_LEN(tables),
	    collect, told);
}

static void
test_every_type(void **state)
{
	struct oct_str told;

	(void)state;
	assert_int_equal(parse(
	    "# first\n"
	    "redis {\r\n"
	    "  socket = \"/a b\" // end\n"
	    "  port = -1\n"
	    "  tls = yes\n"
	    "}\n"
	    "milter { timeout = 500ms size = 1M mode = hold\n"
	    "  nets = {\n"
	    "    '10.0.0.0/8', # a comment inside\n"
	    "    \"::1\" /* and\n"
	    "    another */ }\n"
	    "}\n"
	    "site { host = http://a.example note = 'x#y' }\n"
	    "web { port = 80 names = { a, b } }", &told), 0);
	assert_string_equal(oct_str_text(&told), "");
	assert_string_equal(shared.socket, "/a b");
	assert_int_equal(shared.port, -1);
	assert_true(shared.tls);
	assert_int_equal(mine.timeout, 500);
	assert_int_equal(mine.size, 1 << 20);
	assert_int_equal(mine.mode, 2);
	assert_int_equal(mine.nets.count, 2);
	assert_string_equal(mine.nets.values[0], "10.0.0.0/8");
	assert_string_equal(mine.nets.values[1], "::1");
	assert_string_equal(mine.host, "http://a.example");
	assert_string_equal(mine.note, "x#y");
	oct_conf_free(tables, OCT_LEN(tables));
	assert_null(mine.host);
	assert_int_equal(mine.nets.count, 0);
	oct_conf_free(tables, OCT_LEN(tables));
	oct_str_free(&told);
}

static void
assert_defaults(void)
{
	assert_string_equal(shared.socket, "/run/redis");
	assert_int_equal(shared.port, 6379);
	assert_false(shared.tls);
	assert_int_equal(mine.timeout, 20000);
	assert_int_equal(mine.size, 25600);
	assert_int_equal(mine.mode, 1);
	assert_int_equal(mine.nets.count, 2);
	assert_string_equal(mine.nets.values[0], "192.0.2.0/24");
	assert_string_equal(mine.nets.values[1], "::1");
	assert_string_equal(mine.note, "say \"x\\y\"");
}

static void
test_defaults(void **state)
{
	struct oct_str told;

	(void)state;
	assert_int_equal(parse("site { host = a.b }", &told), 0);
	assert_defaults();
	oct_conf_free(tables, OCT_LEN(tables));
	oct_str_free(&told);
}

static void
test_empty_list_is_not_the_default(void **state)
{
	struct oct_str told;

	(void)state;
	assert_int_equal(parse("milter { nets = {} } site { host = a.b }",
	    &told), 0);
	assert_int_equal(mine.nets.count, 0);
	oct_conf_free(tables, OCT_LEN(tables));
	oct_str_free(&told);
}

static void
test_section_in_two_parts(void **state)
{
	struct oct_str told;

	(void)state;
	assert_int_equal(parse("redis { port = 1 }\nsite { host = a.b }\n"
			       "redis { tls = on }", &told), 0);
	assert_int_equal(shared.port, 1);
	assert_true(shared.tls);
	oct_conf_free(tables, OCT_LEN(tables));
	oct_str_free(&told);
}

#define SITE "site { host = a.b }\n"

static const struct {
	const char *name, *text, *told;
} bad_cases[] = {
	{ "not a number", SITE "redis {\n port = 1x\n}\n",
	    "f:3: redis.port cannot be 1x, expected a number from -1 to "
	    "65535\n" },
	{ "out of range", SITE "redis {\n port = 65536\n}\n",
	    "f:3: redis.port cannot be 65536, expected a number from -1 to "
	    "65535\n" },
	{ "not a boolean", SITE "redis { tls = maybe }\n",
	    "f:2: redis.tls cannot be maybe, expected yes or no\n" },
	{ "no unit", SITE "milter { timeout = 20 }\n",
	    "f:2: milter.timeout cannot be 20, expected a duration from 100ms "
	    "to 1min\n" },
	{ "size too small", SITE "milter { size = 5 }\n",
	    "f:2: milter.size cannot be 5, expected a size from 1k to 10M\n" },
	{ "not a word", SITE "milter { mode = of }\n",
	    "f:2: milter.mode cannot be of, expected one of off, ask, hold\n" },
	{ "two words", SITE "milter { mode = 'off ask' }\n",
	    "f:2: milter.mode cannot be off\\x20ask, expected one of off, ask, "
	    "hold\n" },
	{ "empty text", SITE "redis { socket = '' }\n",
	    "f:2: redis.socket cannot be empty, expected a text of 1 to 20 "
	    "octets\n" },
	{ "long text", SITE "redis { socket = 123456789012345678901 }\n",
	    "f:2: redis.socket cannot be 123456789012345678901, expected a "
	    "text of 1 to 20 octets\n" },
	{ "own check", "site {\n\nhost = a\n}\n",
	    "f:3: site.host cannot be a, expected a host name\n" },
	{ "too many values", SITE "milter { nets = {a,b,c,\nd} }\n",
	    "f:3: milter.nets cannot be d, expected a list of 0 to 3 "
	    "values\n" },
	{ "empty value in a list", SITE "milter { nets = { '' } }\n",
	    "f:2: milter.nets cannot be empty, expected a list of 0 to 3 "
	    "values\n" },
	{ "another program's value", SITE "web { port = 0 }\n",
	    "f:2: web.port cannot be 0, expected a number from 1 to 65535\n" },
	{ "another program's empty list", SITE "web { names = {} }\n",
	    "f:1: web.names has too few values, expected a list of 1 to 1000 "
	    "values\n" },
	{ "given twice", SITE "redis { port = 1\n port = 2\n}\n",
	    "f:3: redis.port is given twice, expected it once (first in line "
	    "2)\n" },
	{ "given twice, two parts", SITE "redis { port = 1 }\n"
	    "redis { port = 1 }\n",
	    "f:3: redis.port is given twice, expected it once (first in line "
	    "2)\n" },
	{ "list given twice", SITE "milter { nets = {a, b}\nnets = {c} }\n",
	    "f:3: milter.nets is given twice, expected it once (first in line "
	    "2)\n" },
	{ "list given, then empty", SITE "milter { nets = {a}\nnets = {} }\n",
	    "f:2: milter.nets is given twice, expected it once (first in line "
	    "2)\n" },
	{ "missing", "redis {\n}\n\n",
	    "f:3: site.host is missing, expected a host name in section "
	    "site\n" },
	{ "missing in an empty file", "",
	    "f:1: site.host is missing, expected a host name in section "
	    "site\n" },
	{ "unknown setting", SITE "redis {\n prot = 1\n}\n",
	    "f:3: unknown setting redis.prot, expected one of socket, port, "
	    "tls\n" },
	{ "unknown section", SITE "radis {\n port = 1\n a = { b, c }\n}\n",
	    "f:2: unknown section radis, expected one of redis, milter, site, "
	    "web\n" },
	{ "setting outside a section", "port = 1\n" SITE,
	    "f:1: unknown section port, expected one of redis, milter, site, "
	    "web\n" },
	{ "setting of another section", SITE "redis { timeout = 1s }\n",
	    "f:2: unknown setting redis.timeout, expected one of socket, port, "
	    "tls\n" },
	{ "unknown list over lines", SITE "redis {\n x = {\n 1,\n 2 }\n"
	    " port = y\n}\n",
	    "f:3: unknown setting redis.x, expected one of socket, port, tls\n"
	    "f:6: redis.port cannot be y, expected a number from -1 to "
	    "65535\n" },
	{ "everything at once",
	    "redis {\n port = a\n foo = 1\n tls = b\n bar = { 1 }\n}\n"
	    "nope { x = 1 }\nmilter {\n mode = c\n mode = ask\n}\n",
	    "f:2: redis.port cannot be a, expected a number from -1 to 65535\n"
	    "f:3: unknown setting redis.foo, expected one of socket, port, "
	    "tls\n"
	    "f:4: redis.tls cannot be b, expected yes or no\n"
	    "f:5: unknown setting redis.bar, expected one of socket, port, "
	    "tls\n"
	    "f:7: unknown section nope, expected one of redis, milter, site, "
	    "web\n"
	    "f:9: milter.mode cannot be c, expected one of off, ask, hold\n"
	    "f:10: milter.mode is given twice, expected it once (first in line "
	    "9)\n"
	    "f:11: site.host is missing, expected a host name in section "
	    "site\n" },
	{ "star without quotes", SITE "redis { port = *5 }\n",
	    "f:2: unexpected *, expected quotes ('...') around it\n" },
	{ "plus without quotes", SITE "redis { socket = a+b }\n",
	    "f:2: unexpected +, expected quotes ('...') around it\n" },
	{ "string over two lines", SITE "redis { socket = \"a\n b\" }\n",
	    "f:2: string not closed, expected \" before the line ends\n"
	    "f:3: string not closed, expected \" before the line ends\n" },
	{ "string at the end", SITE "redis { socket = 'a",
	    "f:2: string not closed, expected ' before the line ends\n" },
	{ "environment", SITE "redis { socket = \"${HOME}\" }\n",
	    "f:2: variable in a string, expected its value ('...' keeps it as "
	    "text)\n" },
	{ "NUL by escape", SITE "redis { socket = \"a\\0b\" }\n",
	    "f:2: unknown escape, expected \\\\ or \\\"\n" },
	{ "comment not closed", SITE "redis { /* port = 1 }\n",
	    "f:2: comment not closed, expected */\n" },
};

static void
test_mistakes(void **state)
{
	(void)state;
	for (size_t i = 0; i < OCT_LEN(bad_cases); i++) {
		struct oct_str told;

		print_message("  %s\n", bad_cases[i].name);
		assert_int_equal(parse(bad_cases[i].text, &told), OCT_ECONF);
		assert_string_equal(oct_str_text(&told), bad_cases[i].told);
		assert_null(shared.socket);
		assert_null(mine.host);
		assert_null(mine.nets.values);
		oct_str_free(&told);
	}
}

/* The words are libconfuse's: only place and shape are checked. */
static void
test_wrong_form(void **state)
{
	static const struct {
		const char *name, *text;
		int line;
	} rows[] = { { "no equal sign", SITE "redis {\n port 1\n}\n", 3 },
		{ "no closing brace", SITE "redis {\n port = 1\n", 2 },
		{ "closing brace too much", SITE "}\n", 2 },
		{ "no value", SITE "redis {\n port =\n}\n", 4 },
		{ "list for a number", SITE "redis { port = { 1 } }\n", 2 },
		{ "no comma", SITE "milter { nets = { a\nb } }\n", 3 },
		{ "section in a list", SITE "milter { nets { a } }\n", 2 },
		{ "no brace", SITE "redis port = 1\n", 2 },
		{ "append to a number", SITE "redis { port += 1 }\n", 2 },
		{ "call", SITE "redis { port(1) }\n", 2 } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_str told;
		char head[16];

		print_message("  %s\n", rows[i].name);
		assert_int_equal(parse(rows[i].text, &told), OCT_ECONF);
		print_message("    %s", oct_str_text(&told));
		(void)snprintf(head, sizeof(head), "f:%d: ", rows[i].line);
		assert_memory_equal(oct_str_text(&told), head, strlen(head));
		assert_non_null(strstr(oct_str_text(&told), "expected"));
		oct_str_free(&told);
	}
}

static void
test_nul_octet(void **state)
{
	struct oct_str told;

	(void)state;
	oct_str_heap(&told, 65536);
	assert_int_equal(oct_conf_parse("f", SITE "\0redis { nope = 1 }",
	    sizeof(SITE) + 18, tables, OCT_LEN(tables), collect, &told),
	    OCT_ECONF);
	assert_string_equal(oct_str_text(&told),
	    "f:1: NUL octet in the file, expected text\n");
	oct_str_free(&told);
}

static void
test_many_mistakes_are_bounded(void **state)
{
	struct oct_str text, told;
	size_t lines = 0;

	(void)state;
	oct_str_heap(&text, 1 << 20);
	oct_str_add(&text, SITE "redis {\n");
	for (int i = 0; i < 300; i++)
		oct_str_addf(&text, "x%d = 1\nport = z\n", i);
	oct_str_add(&text, "}\n");
	assert_int_equal(parse(oct_str_text(&text), &told), OCT_ECONF);
	for (const char *p = oct_str_text(&told); *p != '\0'; p++)
		lines += *p == '\n';
	assert_true(lines >= 64 && lines <= 101);
	oct_str_free(&text);
	oct_str_free(&told);
}

/* Whatever is in the file: no crash, and success or something told. */
static void
test_random_text(void **state)
{
	static const char *const bits[] = { "redis", "site", "host", "port",
		"nets", "{", "}", "=", "+=", ",", "\"", "'", "\n", " ", "#",
		"/*", "*/", "//", "\\", "a.b", "1", "x", "|", "(", ")", "$",
		"${", "root", "redis|port" };

	(void)state;
	srandom(1);
	for (int round = 0; round < 3000; round++) {
		struct oct_str text, told;
		int rc;

		oct_str_heap(&text, 65536);
		for (long n = random() % 40; n > 0; n--)
			oct_str_addf(&text, "%s ",
			    bits[(size_t)random() % OCT_LEN(bits)]);
		rc = parse(oct_str_text(&text), &told);
		assert_true(rc == 0 || rc == OCT_ECONF);
		assert_int_equal(rc == 0, told.len == 0);
		oct_conf_free(tables, OCT_LEN(tables));
		oct_str_free(&text);
		oct_str_free(&told);
	}
}

/* The sample with each setting uncommented gives the defaults. */
static void
test_sample(void **state)
{
	struct oct_str sample, open, told;

	(void)state;
	oct_str_heap(&sample, 65536);
	oct_conf_sample(tables, OCT_LEN(tables), &sample);
	assert_int_equal(oct_str_err(&sample), 0);
	print_message("%s", oct_str_text(&sample));
	assert_int_equal(parse(oct_str_text(&sample), &told), OCT_ECONF);
	assert_non_null(strstr(oct_str_text(&told), "site.host is missing"));
	oct_str_free(&told);
	oct_str_heap(&open, 65536);
	for (const char *p = oct_str_text(&sample); *p != '\0'; p++)
		if (!(p[0] == '#' && p[1] != ' '))
			oct_str_addc(&open, *p);
		else if (strncmp(p, "#host = \"", 9) == 0) {
			oct_str_add(&open, "host = \"a.b");
			p += 8;
		} else if (strncmp(p, "#port = \"", 9) == 0) {
			oct_str_add(&open, "port = \"1");
			p += 8;
		}
	assert_int_equal(parse(oct_str_text(&open), &told), 0);
	assert_string_equal(oct_str_text(&told), "");
	assert_defaults();
	oct_conf_free(tables, OCT_LEN(tables));
	oct_str_free(&told);
	oct_str_free(&sample);
	oct_str_free(&open);
}

static void
test_load(void **state)
{
	char path[] = "/tmp/octroi-test-XXXXXX";
	int fd = mkstemp(path);
	struct oct_str told;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(oct_io_write(fd, SITE, strlen(SITE)), 0);
	(void)close(fd);
	oct_str_heap(&told, 65536);
	assert_int_equal(oct_conf_load(path, tables, OCT_LEN(tables), collect,
	    &told), 0);
	assert_string_equal(mine.host, "a.b");
	oct_conf_free(tables, OCT_LEN(tables));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(oct_conf_load(path, tables, OCT_LEN(tables), collect,
	    &told), -ENOENT);
	assert_memory_equal(oct_str_text(&told), path, strlen(path));
	assert_non_null(strstr(oct_str_text(&told), "expected"));
	oct_str_free(&told);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_empty_list_is_not_the_default),
		cmocka_unit_test(test_section_in_two_parts),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_wrong_form),
		cmocka_unit_test(test_nul_octet),
		cmocka_unit_test(test_many_mistakes_are_bounded),
		cmocka_unit_test(test_random_text),
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_load),
	};

	(void)setlocale(LC_ALL, "");
	return cmocka_run_group_tests_name("conf", tests, NULL, NULL);
}
