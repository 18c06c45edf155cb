/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Crashes, failing calls and rivals at every step of writing an item.
 */
#include "lib/spool.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "tests/unit/spool_fixture.h"

/*
 * Faults: these stand in front of the C library's calls.  The at-th call (from
 * 1) crashes the process or fails, once or from then on.
 */
enum fault { FAULT_NONE, FAULT_CRASH, FAULT_ONCE, FAULT_LASTS };

static struct {
	enum fault kind;
	int at, count, err;
	char calls[64]; /* a letter for each call so far */
} fault;

static bool
trips(char call)
{
	if (fault.count < (int)sizeof(fault.calls) - 1)
		fault.calls[fault.count] = call;
	fault.count++;
	if (fault.kind == FAULT_NONE || fault.count < fault.at ||
	    (fault.kind != FAULT_LASTS && fault.count > fault.at))
		return false;
	if (fault.kind == FAULT_CRASH)
		_exit(77);
	errno = fault.err;
	return true;
}

int
linkat(int from_fd, const char *from, int to_fd, const char *to, int flags)
{
	return trips('l') ? -1 : (int)syscall(SYS_linkat, from_fd, from, to_fd,
	    to, flags);
}

int
renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return trips('r') ? -1 : (int)syscall(SYS_renameat2, from_fd, from, to_fd,
	    to, 0);
}

int
unlinkat(int fd, const char *name, int flags)
{
	return trips('u') ? -1 : (int)syscall(SYS_unlinkat, fd, name, flags);
}

int
mkdirat(int fd, const char *name, mode_t mode)
{
	return trips('m') ? -1 : (int)syscall(SYS_mkdirat, fd, name, mode);
}

int
fchmod(int fd, mode_t mode)
{
	return trips('c') ? -1 : (int)syscall(SYS_fchmod, fd, mode);
}

int
fsync(int fd)
{
	return trips('s') ? -1 : (int)syscall(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
	return trips('d') ? -1 : (int)syscall(SYS_fdatasync, fd);
}

static void
set_fault(enum fault kind, int at, int err)
{
	fault.kind = kind;
	fault.at = at;
	fault.err = err;
	fault.count = 0;
	memset(fault.calls, 0, sizeof(fault.calls));
}

/* What a walk after it all saw. */
struct seen {
	const struct spool *spool;
	size_t whole, old;
};

/* The whole of a write, as the milter does it. */
static int
write_three(const struct spool *spool)
{
	static const char *const ids[] = { ID_A, ID_B, ID_X };
	struct spool_write *w = NULL;
	int fd, rc;

	rc = spool_write_begin(spool, sizeof(MESSAGE), &w, &fd);
	if (rc != 0)
		return rc;
	rc = oct_io_write(fd, MESSAGE, strlen(MESSAGE));
	/* adding syncs the message, if that was not done */
	for (size_t i = 0; i < OCT_LEN(ids) && rc == 0; i++)
		rc = spool_item_add(w, ids[i], "{\"new\":1}");
	if (rc == 0)
		rc = spool_write_commit(w);
	if (rc == 0)
		spool_write_free(w);
	else
		spool_write_abort(w);
	return rc;
}

/* An item that a walk shows is whole: old or new, nothing between. */
static int
see_whole(void *arg, const char *id, const char *sidecar, int err)
{
	struct seen *seen = arg;
	char *text;
	int fd;

	if (err == OCT_ECORRUPT)
		return 0;
	assert_int_equal(err, 0);
	assert_int_equal(spool_item_open(seen->spool, id, &fd), 0);
	assert_int_equal(oct_io_slurp(fd, 4096, &text, NULL), 0);
	(void)close(fd);
	if (strcmp(id, ID_X) == 0) {
		assert_true(strcmp(text, MESSAGE) == 0 ||
		    strcmp(text, OLD_MESSAGE) == 0);
		assert_true(strcmp(sidecar, "{\"new\":1}") == 0 ||
		    strcmp(sidecar, "{\"old\":1}") == 0);
		seen->old++;
	} else {
		assert_string_equal(text, MESSAGE);
		assert_string_equal(sidecar, "{\"new\":1}");
	}
	free(text);
	seen->whole++;
	return 0;
}

/* Look at it as after a restart; the number of whole items. */
static size_t
check_after(void)
{
	struct spool *spool = open_spool();
	struct seen seen = { .spool = spool };
	size_t removed;

	assert_int_equal(spool_walk(spool, see_whole, &seen), 0);
	assert_int_equal(seen.old, 1);
	assert_int_equal(spool_clean(spool, -1, NULL, NULL, &removed), 0);
	assert_int_equal(files(""), seen.whole * 2);
	assert_int_equal(files(".json"), seen.whole);
	spool_close(spool);
	return seen.whole;
}

/* A new folder with the old item in it. */
static void
start_again(void)
{
	struct spool *spool;

	set_fault(FAULT_NONE, 0, 0);
	assert_int_equal(teardown(NULL), 0);
	assert_int_equal(setup(NULL), 0);
	spool = open_spool();
	put(spool, ID_X, OLD_MESSAGE, "{\"old\":1}");
	spool_close(spool);
}

/*
 * The order on the disk, which no crash of a process can show: (c)hmod marks a
 * new file, message (d)ata and sidecar are (s)ynced before (l)ink and (r)ename,
 * folders after.
 */
static void
test_order_of_syncs(void **state)
{
	struct spool *spool;

	(void)state;
	start_again();
	spool = open_spool();
	set_fault(FAULT_NONE, 0, 0);
	assert_int_equal(write_three(spool), 0);
	assert_string_equal(fault.calls, "cd" /* message */
	    "csmclr"  /* first item, in a new folder */
	    "cslr"    /* second, in the same */
	    "csllrur" /* third, in the place of an old one */
	    "sss"     /* two folders, and the one that they are in */
	    "u");
	set_fault(FAULT_NONE, 0, 0);
	assert_int_equal(spool_item_remove(spool, ID_X), 0);
	assert_string_equal(fault.calls, "uus");
	spool_close(spool);
}

static void
test_crash_at_every_step(void **state)
{
	int status = 0, at;

	(void)state;
	for (at = 1; at < 200; at++) {
		struct spool *spool;
		size_t whole;
		pid_t pid;

		start_again();
		spool = open_spool();
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			set_fault(FAULT_CRASH, at, 0);
			_exit(write_three(spool) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		spool_close(spool);
		whole = check_after();
		assert_in_range(whole, 1, 3);
		if (WEXITSTATUS(status) == 77)
			continue;
		assert_int_equal(WEXITSTATUS(status), 0);
		assert_int_equal(whole, 3);
		break;
	}
	print_message("  %d steps\n", at - 1);
	assert_in_range(at, 15, 199);
}

static void
test_failure_at_every_step_is_clean(void **state)
{
	static const int errs[] = { ENOSPC, EIO, EROFS, EMFILE };
	size_t failures = 0;

	(void)state;
	for (int at = 1; at < 200; at++) {
		struct spool *spool;
		int rc, used;

		start_again();
		spool = open_spool();
		set_fault(FAULT_ONCE, at, errs[(size_t)at % OCT_LEN(errs)]);
		rc = write_three(spool);
		used = fault.count;
		set_fault(FAULT_NONE, 0, 0);
		spool_close(spool);
		if (rc != 0)
			assert_int_equal(files(""), 2);
		assert_int_equal(check_after(), rc == 0 ? 3 : 1);
		if (used < at)
			break;
		/* only removing a temporary file may fail unnoticed */
		assert_true(rc == 0 || rc == -fault.err ||
		    rc == -errs[(size_t)at % OCT_LEN(errs)]);
		failures += rc != 0;
	}
	assert_true(failures >= 12);
}

/* A disk that turns read-only: nothing can be cleaned, nothing is damaged. */
static void
test_lasting_failure_damages_nothing(void **state)
{
	(void)state;
	for (int at = 1; at < 200; at++) {
		struct spool *spool;
		int rc, used;

		start_again();
		spool = open_spool();
		set_fault(FAULT_LASTS, at, EROFS);
		rc = write_three(spool);
		used = fault.count;
		set_fault(FAULT_NONE, 0, 0);
		spool_close(spool);
		assert_in_range(check_after(), rc == 0 ? 3 : 1, 3);
		if (used < at)
			break;
	}
}

static void
test_crash_in_remove(void **state)
{
	int status = 0, at;

	(void)state;
	for (at = 1; at < 100; at++) {
		struct spool *spool;
		pid_t pid;

		start_again();
		spool = open_spool();
		put(spool, ID_A, MESSAGE, "{\"new\":1}");
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0) {
			set_fault(FAULT_CRASH, at, 0);
			_exit(spool_item_remove(spool, ID_A) == 0 ? 0 : 1);
		}
		assert_int_equal(waitpid(pid, &status, 0), pid);
		spool_close(spool);
		assert_in_range(check_after(), 1, 2);
		if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
			break;
	}
	assert_in_range(at, 4, 99);
}

static int
write_over_file_size(const struct spool *spool, rlim_t most)
{
	struct rlimit small = { .rlim_cur = most, .rlim_max = most };

	(void)signal(SIGXFSZ, SIG_IGN);
	if (setrlimit(RLIMIT_FSIZE, &small) != 0)
		return 2;
	return write_three(spool) == -EFBIG ? 0 : 1;
}

/* A write that the file system cuts short: in the message, in the sidecar. */
static void
test_short_writes(void **state)
{
	static const rlim_t most[] = { 0, 5 };

	(void)state;
	for (size_t i = 0; i < OCT_LEN(most); i++) {
		struct spool *spool;
		int status;
		pid_t pid;

		start_again();
		spool = open_spool();
		pid = fork();
		assert_true(pid >= 0);
		if (pid == 0)
			_exit(write_over_file_size(spool, most[i]));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
		spool_close(spool);
		assert_int_equal(files(""), 2);
		assert_int_equal(check_after(), 1);
	}
}

/* Processes that write, give up and write the same id at the same time. */
static void
hammer(unsigned int seed)
{
	static const char *const ids[] = { ID_A, ID_B, ID_C };
	struct spool *spool = NULL;

	if (spool_open(folder, &plain, &spool) != 0)
		_exit(1);
	srandom(seed);
	for (int i = 0; i < 100; i++) {
		struct spool_write *w = NULL;
		int fd, rc;

		rc = spool_write_begin(spool, 0, &w, &fd);
		if (rc == 0)
			rc = oct_io_write(fd, MESSAGE, strlen(MESSAGE));
		for (size_t k = 0; k < OCT_LEN(ids) && rc == 0; k++)
			rc = spool_item_add(w, ids[k], "{\"new\":1}");
		if (rc != 0)
			_exit(2);
		/* The last one is promised, and so must be there at the end. */
		if (i < 99 && random() % 2 == 0) {
			spool_write_abort(w);
			continue;
		}
		if (spool_write_commit(w) != 0)
			_exit(4);
		spool_write_free(w);
		if (i % 10 == 0 && spool_item_remove(spool, ID_C) != 0)
			_exit(3);
	}
	spool_close(spool);
	_exit(0);
}

static void
test_many_writers_of_one_id(void **state)
{
	pid_t pid[4];
	struct spool *spool;

	(void)state;
	start_again();
	for (unsigned int i = 0; i < 4; i++) {
		pid[i] = fork();
		assert_true(pid[i] >= 0);
		if (pid[i] == 0)
			hammer(i);
	}
	for (size_t i = 0; i < 4; i++) {
		int status;

		assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
		assert_int_equal(status, 0);
	}
	assert_in_range(check_after(), 3, 4);
	spool = open_spool();
	assert_item(spool, ID_B, MESSAGE, "{\"new\":1}");
	assert_item(spool, ID_A, MESSAGE, "{\"new\":1}");
	spool_close(spool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_order_of_syncs),
		TEST(test_crash_at_every_step),
		TEST(test_failure_at_every_step_is_clean),
		TEST(test_lasting_failure_damages_nothing),
		TEST(test_crash_in_remove),
		TEST(test_short_writes),
		TEST(test_many_writers_of_one_id),
	};

	return cmocka_run_group_tests_name("spool_fault", tests, NULL, NULL);
}
