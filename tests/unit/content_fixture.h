/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages made of texts, for the tests of what is read of them.
 */
#ifndef OCT_TESTS_CONTENT_FIXTURE_H
#define OCT_TESTS_CONTENT_FIXTURE_H

#include <stdio.h>

#include "lib/err.h"
#include "policy/content.h"
#include "tests/unit/msg_fixture.h"

static inline struct oct_msg *
message_of(const char *text, size_t len)
{
	struct oct_msg_limits limits;
	struct oct_msg *m = NULL;
	int fd = memfd_create("message", MFD_CLOEXEC);

	oct_msg_limits_init(&limits);
	assert_true(fd >= 0);
	assert_int_equal(oct_io_write(fd, text, len), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(oct_msg_read(&limits, fd, &m), 0);
	(void)close(fd);
	return m;
}

static inline const struct content *
read_octets(const char *text, size_t len, const struct content_limits *limits)
{
	struct oct_msg *m = message_of(text, len);
	const struct content *c = NULL;

	assert_int_equal(content_read(m, limits, &c), 0);
	oct_msg_free(m);
	return c;
}

static inline const struct content *
read_text(const char *text)
{
	return read_octets(text, strlen(text), NULL);
}

#endif
