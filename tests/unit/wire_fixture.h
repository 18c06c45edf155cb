/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Octets to and from a server on a socket, for tests that include this once.
 */
#ifndef OCT_TESTS_UNIT_WIRE_FIXTURE_H
#define OCT_TESTS_UNIT_WIRE_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>

#include <setjmp.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

static void
put_octets(int fd, const char *octets, size_t len)
{
	assert_int_equal(send(fd, octets, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* That comes next; what follows it stays. */
static void
expect(int fd, const char *text)
{
	char got[512];
	size_t want = strlen(text), n = 0;

	assert_true(want < sizeof(got));
	while (n < want) {
		ssize_t r = recv(fd, got + n, want - n, 0);

		if (r <= 0)
			fail_msg("recv: %zd after %zu octets", r, n);
		n += (size_t)r;
	}
	got[n] = '\0';
	assert_string_equal(got, text);
}

#endif
