/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/io.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/err.h"

static void
test_slurp_up_to_its_bound(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097, 100000 };
	static char octets[100000];

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (char)(i % 251);
	for (size_t i = 0; i < OCT_LEN(sizes); i++) {
		int fd = memfd_create("test", MFD_CLOEXEC);
		char *text = NULL;
		size_t len = 1;

		assert_true(fd >= 0);
		assert_int_equal(oct_io_write(fd, octets, sizes[i]), 0);
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		assert_int_equal(oct_io_slurp(fd, sizes[i], &text, &len), 0);
		assert_int_equal(len, sizes[i]);
		assert_memory_equal(text, octets, len);
		assert_int_equal(text[len], '\0');
		free(text);
		text = NULL;
		assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
		if (sizes[i] > 0)
			assert_int_equal(oct_io_slurp(fd, sizes[i] - 1, &text,
			    NULL), OCT_ELIMIT);
		assert_null(text);
		(void)close(fd);
	}
}

/* A pipe gives and takes less than was asked for. */
static void
test_whole_through_a_pipe(void **state)
{
	static char octets[300000], back[300000];
	size_t got = 0;
	int fds[2], status;
	pid_t pid;

	(void)state;
	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (char)(i % 241);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(oct_io_write(fds[1], octets, sizeof(octets)) != 0);
	(void)close(fds[1]);
	assert_int_equal(oct_io_read(fds[0], back, sizeof(back), &got), 0);
	assert_int_equal(got, sizeof(back));
	assert_memory_equal(back, octets, sizeof(back));
	assert_int_equal(oct_io_read(fds[0], back, 1, &got), 0);
	assert_int_equal(got, 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	(void)close(fds[0]);
}

static void
test_errors_are_told(void **state)
{
	int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	int folder = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *text = NULL, c;
	size_t got = 7;

	(void)state;
	assert_int_equal(oct_io_write(full, "x", 1), -ENOSPC);
	assert_int_equal(oct_io_read(folder, &c, 1, &got), -EISDIR);
	assert_int_equal(got, 7);
	assert_int_equal(oct_io_slurp(folder, 10, &text, NULL), -EISDIR);
	assert_null(text);
	(void)close(full);
	(void)close(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slurp_up_to_its_bound),
		cmocka_unit_test(test_whole_through_a_pipe),
		cmocka_unit_test(test_errors_are_told),
	};

	return cmocka_run_group_tests_name("io", tests, NULL, NULL);
}
