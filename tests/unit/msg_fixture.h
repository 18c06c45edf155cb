/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of messages share.
 */
#ifndef OCT_TESTS_MSG_FIXTURE_H
#define OCT_TESTS_MSG_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/io.h"
#include "lib/msg.h"

/* A string with its length, NUL octets included. */
#define S(text) text, sizeof(text) - 1

static inline char *
written(struct oct_msg *m, const char *before, oct_msg_keep *keep, void *arg,
    size_t *len)
{
	int fd = memfd_create("test", MFD_CLOEXEC);
	char *text = NULL;

	assert_true(fd >= 0);
	assert_int_equal(oct_msg_write(m, fd, before, keep, arg), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(oct_io_slurp(fd, 1 << 28, &text, len), 0);
	(void)close(fd);
	return text;
}

static inline void
assert_written(struct oct_msg *m, const char *expected, size_t len)
{
	size_t got;
	char *text = written(m, NULL, NULL, NULL, &got);

	assert_int_equal(got, len);
	assert_memory_equal(text, expected, len);
	assert_int_equal(oct_msg_size(m), len);
	free(text);
}

#endif
