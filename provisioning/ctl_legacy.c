/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl legacy password.
 */
#include "provisioning/ctl_legacy.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "lib/err.h"
#include "lib/seal.h"
#include "provisioning/ctl_entry.h"

const struct ctl_option ctl_legacy_password_options[] = {
	{ "none", NULL, "forget it" },
	{ NULL, NULL, NULL },
};

int
ctl_legacy_key(struct ctl *ctl, uint8_t key[OCT_KEY_OCTETS])
{
	struct oct_secret secret;
	int status = ctl_secret(ctl, &secret);

	if (status != 0)
		return status;
	oct_seal_key(&secret, key);
	oct_secret_fini(&secret);
	return 0;
}

void
ctl_legacy_name(const char *address, const char *domain,
    char out[CTL_LEGACY_NAME_SIZE])
{
	(void)snprintf(
	    out, CTL_LEGACY_NAME_SIZE, "legacy %s %s", domain, address);
}

static int
set_sealed(struct ctl *ctl, const struct ctl_subject *s, const char *sealed,
    const char *done)
{
	struct oct_str json;
	int status;

	oct_str_heap(&json, 8192);
	oct_str_addf(&json, "{\"password\":\"%s\"}", sealed);
	status = oct_str_err(&json) == 0
	    ? ctl_subject_change(ctl, s, CTL_SET, oct_str_text(&json), done)
	    : ctl_fail_rc(ctl, oct_str_err(&json), "password of", s->name);
	oct_str_free(&json);
	return status;
}

static int
seal_and_set(
    struct ctl *ctl, const struct ctl_subject *s, const char *password)
{
	char name[CTL_LEGACY_NAME_SIZE];
	uint8_t key[OCT_KEY_OCTETS];
	struct oct_str sealed;
	int status = ctl_legacy_key(ctl, key), rc;

	if (status != 0)
		return status;
	ctl_legacy_name(s->local, s->domain, name);
	oct_str_heap(&sealed, 4096);
	rc = oct_seal(key, name, password, strlen(password), &sealed);
	sodium_memzero(key, sizeof(key));
	status = rc == 0
	    ? set_sealed(ctl, s, oct_str_text(&sealed), "password sealed")
	    : ctl_fail_rc(ctl, rc, "password of", s->name);
	oct_str_free(&sealed);
	return status;
}

int
ctl_legacy_password(struct ctl *ctl, const struct ctl_args *args)
{
	char password[CTL_PASSWORD_MAX + 2] = "";
	struct ctl_subject s;
	int status = ctl_subject(ctl, args, &s);

	if (status != 0)
		return status;
	if (ctl_args_has(args, "none"))
		return set_sealed(ctl, &s, "", "without a password");
	status = ctl_password_line(ctl, password);
	if (status == 0 && *password == '\0')
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "no password on standard input: --none forgets it");
	if (status == 0)
		status = seal_and_set(ctl, &s, password);
	sodium_memzero(password, sizeof(password));
	return status;
}
