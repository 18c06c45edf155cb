/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the spool share: a folder a test, and looking into it.
 */
#ifndef OCT_TESTS_SPOOL_FIXTURE_H
#define OCT_TESTS_SPOOL_FIXTURE_H

#include <ftw.h>
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
#include "lib/spool.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "aabbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define ID_C "zz777777777777777777777777777777"
#define ID_X "xy234567234567234567234567234567"

#define MESSAGE "Subject: new\r\n\r\nnew\r\n"
#define OLD_MESSAGE "Subject: old\r\n\r\nold\r\n"

static char folder[64];
static const struct spool_opts plain = { .folder_mode = 0700 };

static inline int
setup(void **state)
{
	(void)state;
	(void)snprintf(folder, sizeof(folder), "/tmp/octroi-spool-XXXXXX");
	return mkdtemp(folder) != NULL ? 0 : -1;
}

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int
teardown(void **state)
{
	(void)state;
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static inline struct spool *
open_spool(void)
{
	struct spool *spool = NULL;

	assert_int_equal(spool_open(folder, &plain, &spool), 0);
	return spool;
}

/* Every file below the folder, of that suffix ("" = all). */
static size_t found;
static const char *wanted;

static inline int
count_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	size_t len = strlen(path), n = strlen(wanted);

	(void)st;
	(void)ftw;
	found += type == FTW_F && len >= n &&
	    strcmp(path + len - n, wanted) == 0;
	return 0;
}

static inline size_t
files(const char *suffix)
{
	found = 0;
	wanted = suffix;
	assert_int_equal(nftw(folder, count_one, 16, FTW_PHYS), 0);
	return found;
}

static inline struct spool_write *
begin(const struct spool *spool, const char *message)
{
	struct spool_write *w = NULL;
	int fd;

	assert_int_equal(spool_write_begin(spool, strlen(message), &w, &fd),
	    0);
	assert_int_equal(oct_io_write(fd, message, strlen(message)), 0);
	return w;
}

static inline void
put(const struct spool *spool, const char *id, const char *message,
    const char *sidecar)
{
	struct spool_write *w = begin(spool, message);

	assert_int_equal(spool_write_sync(w), 0);
	assert_int_equal(spool_item_add(w, id, sidecar), 0);
	assert_int_equal(spool_write_commit(w), 0);
	spool_write_free(w);
}

static inline void
assert_item(const struct spool *spool, const char *id, const char *message,
    const char *sidecar)
{
	char *text = NULL;
	int fd;

	assert_int_equal(spool_item_sidecar(spool, id, &text), 0);
	assert_string_equal(text, sidecar);
	free(text);
	assert_int_equal(spool_item_open(spool, id, &fd), 0);
	assert_int_equal(oct_io_slurp(fd, 1 << 20, &text, NULL), 0);
	assert_string_equal(text, message);
	free(text);
	(void)close(fd);
}

static inline void
assert_absent(const struct spool *spool, const char *id)
{
	char *text;
	int fd;

	assert_int_equal(spool_item_sidecar(spool, id, &text), OCT_EABSENT);
	assert_int_equal(spool_item_open(spool, id, &fd), OCT_EABSENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
