/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl dkim: verify a file; make key pairs in files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/dkim.h"
#include "lib/err.h"
#include "lib/io.h"
#include "provisioning/ctl_auth.h"
#include "provisioning/ctl_dkim_keys.h"

#define RECORD_MAX 4096
#define TXT_STRING_MAX 255 /* RFC 1035 3.3.14 */

/* New, for its owner only, on the disk, or not at all. */
static int
write_key(const char *path, const char *pem)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc;

	if (fd < 0)
		return -errno;
	rc = oct_io_write(fd, pem, strlen(pem));
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc != 0)
		(void)unlink(path);
	return rc;
}

/* A TXT record's strings have at most 255 octets. */
void
ctl_dkim_zone_line(const char *name, const char *record, struct oct_str *out)
{
	size_t len = strlen(record);

	oct_str_addf(out, "%s. IN TXT (", name);
	for (size_t at = 0; at < len; at += TXT_STRING_MAX) {
		size_t n = len - at < TXT_STRING_MAX ? len - at
						     : TXT_STRING_MAX;

		oct_str_add(out, " \"");
		oct_str_addn(out, record + at, n);
		oct_str_addc(out, '"');
	}
	oct_str_add(out, " )\n");
}

static int
print_key(const struct ctl *ctl, const char *name, const char *record,
    const char *path)
{
	struct oct_str out;
	json_t *v;

	if (ctl->json) {
		v = json_object();
		ctl_json_set(v, "name", ctl_json_text(name));
		ctl_json_set(v, "record", ctl_json_text(record));
		ctl_json_set(v, "file", ctl_json_text(path));
		return ctl_print(ctl, v, NULL, 0);
	}
	oct_str_heap(&out, CTL_OUT_MAX);
	ctl_dkim_zone_line(name, record, &out);
	return ctl_write(ctl, &out);
}

static int
key_name(const struct ctl *ctl, const char *domain, const char *selector,
    char out[OCT_DOMAIN_SIZE])
{
	char name[OCT_DOMAIN_SIZE], text[OCT_DOMAIN_SIZE * 2];
	struct oct_str s;
	int status = ctl_domain(ctl, domain, name);

	if (status != 0)
		return status;
	oct_str_fixed(&s, text, sizeof(text));
	oct_str_addf(&s, "%s._domainkey.%s", selector, name);
	if (oct_str_err(&s) == 0 && *selector != '\0' &&
	    oct_domain_normalise(text, out) == 0)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "'%s' is no selector, expected a word like s2026", selector);
}

static int
dkim_keygen(struct ctl *ctl, const struct ctl_args *args)
{
	const char *path = ctl_args_value(args, "out");
	bool ed25519 = ctl_args_has(args, "ed25519");
	char name[OCT_DOMAIN_SIZE];
	struct oct_str record;
	char *pem = NULL;
	int64_t bits;
	int status = key_name(ctl, args->words[0], args->words[1], name), rc;

	if (status == 0)
		status = ctl_number(ctl, args, "bits", 2048, 8192, 2048, &bits);
	if (status == 0 && path == NULL)
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "expected --out=FILE for the private key");
	if (status != 0)
		return status;
	oct_str_heap(&record, RECORD_MAX);
	rc = auth_dkim_keygen(ed25519, (int)bits, &pem, &record);
	if (rc == 0)
		rc = write_key(path, pem);
	status = rc == 0
	    ? print_key(ctl, name, oct_str_text(&record), path)
	    : ctl_fail_rc(ctl, rc, "key file", path);
	if (pem != NULL)
		explicit_bzero(pem, strlen(pem));
	free(pem);
	oct_str_free(&record);
	return status;
}

static const struct ctl_option keygen_options[] = {
	{ "out", "FILE", "where the private key goes (must be new)" },
	{ "ed25519", NULL, "Ed25519 (RFC 8463) instead of RSA" },
	{ "bits", "N", "bits of an RSA key (2048)" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_dkim_verbs[] = {
	{ NULL, "FILE|-", "verify the signatures of a message", 1, 1,
	    ctl_auth_dns_options, CTL_NO_ATTRIBUTES, ctl_auth_dkim },
	{ "keygen", "DOMAIN SELECTOR --out=FILE",
	    "make a key pair and print its DNS record", 2, 2, keygen_options,
	    CTL_NO_ATTRIBUTES, dkim_keygen },
	CTL_DKIM_KEYS_VERBS,
	{ .run = NULL },
};
