/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/secret.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/err.h"
#include "lib/io.h"

#define HEX64                                                                  \
	"000102030405060708090a0b0c0d0e0f101112131415161718191A1b1c1d1e1f"

static char folder[] = "/tmp/octroi-secret-XXXXXX";
static char path[64];

static int
setup(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/secret", folder);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void
put(const char *text, size_t len, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(oct_io_write(fd, text, len), 0);
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
}

static void
test_created_is_private_and_loads(void **state)
{
	struct oct_secret a, b;
	struct stat st;
	size_t files = 0;
	DIR *dir;

	(void)state;
	assert_int_equal(oct_secret_create(path), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(oct_secret_load(path, &a), 0);
	assert_int_equal(oct_secret_create(path), -EEXIST);
	assert_int_equal(oct_secret_load(path, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	dir = opendir(folder);
	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir)) != NULL;)
		files += e->d_name[0] != '.';
	(void)closedir(dir);
	assert_int_equal(files, 1);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(oct_secret_create(path), 0);
	assert_int_equal(oct_secret_load(path, &b), 0);
	assert_memory_not_equal(&a, &b, sizeof(a));
	oct_secret_fini(&b);
	assert_int_equal(b.octets[0] | b.octets[31], 0);
	assert_int_equal(unlink(path), 0);
}

static void
test_create_without_folder(void **state)
{
	(void)state;
	assert_int_equal(oct_secret_create("/nonexistent/x/secret"), -ENOENT);
}

static void
test_modes(void **state)
{
	static const struct {
		mode_t mode;
		int rc;
	} rows[] = { { 0600, 0 }, { 0400, 0 }, { 0640, 0 }, { 0440, 0 },
		{ 0644, -EPERM }, { 0604, -EPERM }, { 0660, -EPERM },
		{ 0620, -EPERM }, { 0610, -EPERM }, { 0602, -EPERM },
		{ 0666, -EPERM } };
	struct oct_secret s;

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		print_message("  %04o\n", (unsigned int)rows[i].mode);
		put(HEX64, 64, rows[i].mode);
		assert_int_equal(oct_secret_load(path, &s), rows[i].rc);
		assert_int_equal(unlink(path), 0);
	}
}

static void
test_contents(void **state)
{
	static const struct {
		const char *name, *text;
		size_t len;
		int rc;
	} rows[] = { { "digits", HEX64, 64, 0 },
		{ "digits and line end", HEX64 "\n", 65, 0 },
		{ "two line ends", HEX64 "\n\n", 66, OCT_EPARSE },
		{ "one more digit", HEX64 "0", 65, OCT_EPARSE },
		{ "one less", HEX64, 63, OCT_EPARSE },
		{ "empty", "", 0, OCT_EPARSE },
		{ "no digit", "x" HEX64, 64, OCT_EPARSE },
		{ "space", " " HEX64, 64, OCT_EPARSE } };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(rows); i++) {
		struct oct_secret s;

		print_message("  %s\n", rows[i].name);
		memset(&s, 0x5a, sizeof(s));
		put(rows[i].text, rows[i].len, 0600);
		assert_int_equal(oct_secret_load(path, &s), rows[i].rc);
		for (size_t k = 0; k < sizeof(s.octets); k++)
			assert_int_equal(s.octets[k],
			    rows[i].rc == 0 ? k : 0x5a);
		assert_int_equal(unlink(path), 0);
	}
}

static void
test_what_is_no_file(void **state)
{
	struct oct_secret s;

	(void)state;
	assert_int_equal(oct_secret_load(path, &s), -ENOENT);
	assert_int_equal(oct_secret_load(folder, &s), -EPERM);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(oct_secret_load(path, &s), -EPERM);
	assert_int_equal(unlink(path), 0);
}

static void
test_the_one_before_it(void **state)
{
	char before[80], keep[64];
	struct oct_secret s;

	(void)state;
	(void)snprintf(before, sizeof(before), "%s.previous", path);
	memcpy(keep, path, sizeof(keep));
	assert_int_equal(oct_secret_load_previous(keep, &s), 0);
	put(HEX64, 64, 0600);
	assert_int_equal(rename(path, before), 0);
	assert_int_equal(oct_secret_load_previous(keep, &s), 1);
	assert_int_equal(s.octets[31], 0x1f);
	assert_int_equal(chmod(before, 0644), 0);
	assert_int_equal(oct_secret_load_previous(keep, &s), -EPERM);
	assert_int_equal(unlink(before), 0);
}

/* The expected octets come from another BLAKE2b implementation. */
static void
test_key_known_answer(void **state)
{
	static const uint8_t expected[OCT_KEY_OCTETS] = { 0xdd, 0xf6, 0xe2, 0xd7,
		0x83, 0x51, 0xb4, 0x22, 0xfe, 0x45, 0x1c, 0x0d, 0xef,
		0x2d, 0xfd, 0xac, 0x8b, 0x82, 0xa8, 0x18, 0x85, 0x37,
		0x58, 0x86, 0xc1, 0x47, 0xc5, 0x42, 0xe2, 0x20, 0xd2,
		0x0c };
	struct oct_secret s;
	uint8_t key[OCT_KEY_OCTETS], other[OCT_KEY_OCTETS];

	(void)state;
	for (size_t i = 0; i < sizeof(s.octets); i++)
		s.octets[i] = (uint8_t)i;
	oct_secret_key(&s, "token.page", key);
	assert_memory_equal(key, expected, sizeof(key));
	oct_secret_key(&s, "token.pagf", other);
	assert_memory_not_equal(key, other, sizeof(key));
	s.octets[31] ^= 1;
	oct_secret_key(&s, "token.page", other);
	assert_memory_not_equal(key, other, sizeof(key));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_created_is_private_and_loads),
		cmocka_unit_test(test_create_without_folder),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_contents),
		cmocka_unit_test(test_what_is_no_file),
		cmocka_unit_test(test_the_one_before_it),
		cmocka_unit_test(test_key_known_answer),
	};

	return cmocka_run_group_tests_name("secret", tests, setup, teardown);
}
