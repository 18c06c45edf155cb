/* SPDX-License-Identifier: Apache-2.0 */
/*
 * postconf(1) run with fixed arguments, in bounded time.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_postfix.h"

#define PROGRAM "/usr/sbin/postconf"
#define WAIT_MS 10000
#define OUTPUT_MAX (1u << 20)
#define ARGS_MAX 40

static const char *const names[] = { "smtpd_milters", "milter_default_action",
	"local_header_rewrite_clients", "remote_header_rewrite_domain",
	"always_add_missing_headers", "message_drop_headers",
	"smtp_line_length_limit", "lmtp_line_length_limit",
	"smtpd_forbid_bare_newline", "smtpd_discard_ehlo_keywords",
	"enable_original_recipient", "virtual_alias_domains",
	"smtpd_authorized_xclient_hosts", "receive_override_options",
	"milter_macro_daemon_name", "virtual_mailbox_domains",
	"virtual_mailbox_maps", "virtual_alias_maps", "transport_maps",
	"sender_dependent_default_transport_maps" };

static void
arguments(const char *dir, enum ctl_postconf what, const char *out[ARGS_MAX])
{
	static const char *const modes[] = { [CTL_POSTCONF_MAIN] = "-x",
		[CTL_POSTCONF_SERVICES] = "-Mx",
		[CTL_POSTCONF_OPTIONS] = "-Px" };
	size_t n = 0;

	out[n++] = PROGRAM;
	if (dir != NULL) {
		out[n++] = "-c";
		out[n++] = dir;
	}
	out[n++] = modes[what];
	for (size_t i = 0; what == CTL_POSTCONF_MAIN && i < OCT_LEN(names); i++)
		out[n++] = names[i];
	out[n] = NULL;
}

static int
start(const char *const *args, int out, pid_t *pid)
{
	static const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
		"LC_ALL=C", NULL };
	posix_spawn_file_actions_t actions;
	int rc = posix_spawn_file_actions_init(&actions);

	if (rc != 0)
		return -rc;
	rc = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO,
	    "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(&actions, out,
		    STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO,
		    "/dev/null", O_WRONLY, 0);
	/* The interface takes pointers to non-const and changes nothing. */
	if (rc == 0)
		rc = posix_spawn(pid, args[0], &actions, NULL,
		    (char *const *)(uintptr_t)args,
		    (char *const *)(uintptr_t)env);
	(void)posix_spawn_file_actions_destroy(&actions);
	return -rc;
}

static int
collect(int fd, struct oct_str *out)
{
	int64_t until = oct_clock_mono_ms() + WAIT_MS;
	char buf[4096];

	for (;;) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left = until - oct_clock_mono_ms();
		ssize_t n;

		if (left <= 0 || poll(&p, 1, (int)left) == 0)
			return OCT_ETIME;
		n = read(fd, buf, sizeof(buf));
		if (n == 0)
			return oct_str_err(out);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			oct_str_addn(out, buf, (size_t)n);
		if (oct_str_err(out) != 0)
			return oct_str_err(out);
	}
}

int
ctl_postfix_read(const char *dir, enum ctl_postconf what, char **out)
{
	const char *args[ARGS_MAX];
	struct oct_str text;
	int pipe_fd[2], rc, status = 0;
	pid_t pid;

	arguments(dir, what, args);
	if (pipe2(pipe_fd, O_CLOEXEC) != 0)
		return -errno;
	rc = start(args, pipe_fd[1], &pid);
	(void)close(pipe_fd[1]);
	oct_str_heap(&text, OUTPUT_MAX);
	if (rc == 0) {
		rc = collect(pipe_fd[0], &text);
		if (rc != 0)
			(void)kill(pid, SIGKILL);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (rc == 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
			rc = OCT_EREPLY;
	}
	(void)close(pipe_fd[0]);
	if (rc == 0) {
		oct_str_add(&text, ""); /* "" rather than NULL */
		*out = oct_str_take(&text);
		rc = *out != NULL ? 0 : -ENOMEM;
	}
	oct_str_free(&text);
	return rc;
}
