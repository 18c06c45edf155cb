/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl mailbox password: the hash that Dovecot checks.  A password comes on
 * standard input, never on the command line, where others could see it.
 */
#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "lib/b32.h"
#include "lib/err.h"
#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_entry.h"
#include "provisioning/ctl_legacy.h"

#define PASSWORD_MIN 12 /* characters, as the CNIL has it for passwords alone */
#define PASSWORD_MAX CTL_PASSWORD_MAX
#define GENERATED_OCTETS 15 /* 24 characters of base 32: 120 bits */

const struct ctl_option ctl_password_options[] = {
	{ "generate", NULL, "make one, and print it once" },
	{ "external", NULL, "the owner proves who he is elsewhere" },
	{ "none", NULL, "nobody can log in" },
	{ NULL, NULL, NULL },
};

/* One line without its end; nothing is echoed on a terminal. */
int
ctl_password_line(const struct ctl *ctl, char out[PASSWORD_MAX + 2])
{
	bool terminal = isatty(STDIN_FILENO) == 1;
	struct termios was, quiet;
	char *got;
	size_t len;

	if (terminal && tcgetattr(STDIN_FILENO, &was) == 0) {
		quiet = was;
		quiet.c_lflag &= ~(tcflag_t)ECHO;
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
		(void)fprintf(stderr, "Password: ");
	} else {
		terminal = false;
	}
	got = fgets(out, PASSWORD_MAX + 2, stdin);
	if (terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &was);
		(void)fputc('\n', stderr);
	}
	if (got == NULL)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "no password on standard input");
	len = strcspn(out, "\r\n");
	if (len > PASSWORD_MAX)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "a password has at most %d octets", PASSWORD_MAX);
	out[len] = '\0';
	return 0;
}

static int
check(const struct ctl *ctl, const char *password)
{
	if (ctl_out_width(password) < PASSWORD_MIN)
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "a password has at least %d characters: '--generate' "
		    "makes a good one",
		    PASSWORD_MIN);
	return 0;
}

static int
set_credential(struct ctl *ctl, const struct ctl_subject *s,
    const char *credential, const char *done)
{
	char json[crypto_pwhash_STRBYTES + 32];

	(void)snprintf(json, sizeof(json), "{\"credential\":\"%s\"}",
	    credential);
	return ctl_subject_change(ctl, s, CTL_SET, json, done);
}

static int
hash_and_set(struct ctl *ctl, const struct ctl_subject *s,
    const char *password, const char *done)
{
	char hash[crypto_pwhash_STRBYTES];

	if (crypto_pwhash_str_alg(hash, password, strlen(password),
		crypto_pwhash_OPSLIMIT_INTERACTIVE,
		crypto_pwhash_MEMLIMIT_INTERACTIVE,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ctl_fail_rc(ctl, -ENOMEM, "hash for", s->name);
	return set_credential(ctl, s, hash, done);
}

static int
generate(struct ctl *ctl, const struct ctl_subject *s)
{
	uint8_t octets[GENERATED_OCTETS];
	char password[OCT_B32_LEN(GENERATED_OCTETS) + 1];
	struct oct_str out;
	int status;

	randombytes_buf(octets, sizeof(octets));
	oct_b32_encode(octets, sizeof(octets), password);
	status = hash_and_set(ctl, s, password, NULL);
	if (status == 0) {
		oct_str_heap(&out, 256);
		oct_str_addf(&out, ctl->json ? "{\"password\":\"%s\"}\n" : "%s\n",
		    password);
		status = ctl_write(ctl, &out);
	}
	sodium_memzero(password, sizeof(password));
	return status;
}

int
ctl_password_run(struct ctl *ctl, const struct ctl_args *args)
{
	char password[PASSWORD_MAX + 2] = "";
	struct ctl_subject s;
	int status = ctl_subject(ctl, args, &s);

	if (status != 0)
		return status;
	if (ctl_args_has(args, "generate"))
		return generate(ctl, &s);
	if (ctl_args_has(args, "external"))
		return set_credential(ctl, &s, "external", "external");
	if (ctl_args_has(args, "none"))
		return set_credential(ctl, &s, "", "without a password");
	status = ctl_password_line(ctl, password);
	if (status == 0)
		status = check(ctl, password);
	if (status == 0)
		status = hash_and_set(ctl, &s, password, "password set");
	sodium_memzero(password, sizeof(password));
	return status;
}
