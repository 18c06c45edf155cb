/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "courier/courier.h"
#include "courier/gate.h"
#include "lib/err.h"
#include "lib/log.h"
#include "policy/dkim_keys.h"
#include "policy/keys.h"
#include "policy/suppress.h"

#define PEM_MAX 65536

static int
fail(const char *what, const char *on, int rc, const char *hint)
{
	oct_log(OCT_ERROR, "start=failed what=%s on=%s error=\"%s\" hint=\"%s\"",
	    what, on, oct_strerror(rc), hint);
	return rc;
}

static int
open_secret(struct courier *c)
{
	struct oct_secret secret;
	int rc = oct_secret_load(c->settings->secret_file, &secret);

	if (rc != 0)
		return fail("secret", c->settings->secret_file, rc,
		    "make it with 'octroictl secret create'");
	oct_token_keys_init(&c->tokens, &secret, NULL);
	owner_link_keys_init(&c->links, &secret, NULL);
	oct_secret_key(&secret, "challenge.code", c->code_key);
	oct_secret_key(&secret, SUPPRESS_PURPOSE, c->suppress_key);
	rc = dkim_vault_new(&secret, &c->vault);
	if (rc != 0)
		rc = fail("dkim", "the keys' vault", rc, "out of memory?");
	else
		rc = gate_open(c, &secret);
	oct_secret_fini(&secret);
	return rc;
}

static int
read_key(const char *path, char **out)
{
	struct stat st;
	char *text = NULL;
	ssize_t n;
	int fd, rc = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	text = malloc(PEM_MAX + 1);
	if (text == NULL) {
		rc = -ENOMEM;
		goto out;
	}
	if (fstat(fd, &st) != 0 || (st.st_mode & 07) != 0) {
		rc = -EPERM;
		goto out;
	}
	n = read(fd, text, PEM_MAX);
	if (n <= 0) {
		rc = n < 0 ? -errno : OCT_EPARSE;
		goto out;
	}
	text[n] = '\0';
	*out = text;
	text = NULL;
out:
	free(text);
	(void)close(fd);
	return rc;
}

static int
open_dkim(struct courier *c)
{
	const char *path = c->settings->challenge_dkim_key;
	int rc = auth_dkim_lib_new(&c->dkim);

	if (rc != 0)
		return fail("dkim", "libopendkim", rc, "out of memory?");
	if (*path == '\0' || *c->settings->challenge_dkim_selector == '\0')
		return 0;
	rc = read_key(path, &c->dkim_pem);
	if (rc != 0)
		return fail("dkim", path, rc,
		    "a PEM file that others cannot read");
	return 0;
}

static int
open_store(struct courier *c)
{
	char key[KEY_SIZE];
	struct store_conf conf;
	int rc;

	settings_store(c->settings, &conf);
	rc = store_new(&conf, &c->store);
	if (rc != 0)
		return fail("redis", conf.address, rc, "check redis.address");
	rc = store_group_create(c->store, key_work(key, c->settings->node),
	    KEY_WORK_GROUP);
	if (rc != 0)
		oct_log(OCT_WARNING,
		    "redis=down on=%s error=\"%s\" effect=\"held mail waits\"",
		    conf.address, oct_strerror(rc));
	return 0;
}

/* Keys may come later: this is only said. */
static void
warn_unsigned(struct courier *c)
{
	struct dkim_keys keys;
	bool any = c->dkim_pem != NULL;

	if (dkim_keys_load(c->store, c->challenge_domain, &keys) != 0)
		return;
	for (size_t i = 0; i < keys.count; i++)
		any |= keys.items[i].state == DKIM_KEYS_ACTIVE;
	dkim_keys_fini(&keys);
	if (!any)
		oct_log(OCT_WARNING,
		    "dkim=none effect=\"our own mail goes unsigned\" "
		    "hint=\"octroictl dkim add %s\"",
		    c->challenge_domain);
}

static int
open_spool(struct courier *c)
{
	struct spool_opts opts = { .folder_mode = 02770 };
	int rc = spool_open(c->settings->spool_path, &opts, &c->spool);

	if (rc != 0)
		return fail("spool", c->settings->spool_path, rc,
		    "the folder must exist and be writable by this user");
	return 0;
}

int
courier_open(const struct settings *settings, struct courier **out)
{
	struct courier *c = calloc(1, sizeof(*c));
	int rc;

	if (c == NULL)
		return -ENOMEM;
	c->settings = settings;
	settings_timers(settings, &c->timers);
	c->timers.undo = settings->web_undo;
	settings_page_host(settings, c->page_host);
	rc = oct_domain_normalise(settings->challenge_domain,
	    c->challenge_domain);
	if (rc == 0)
		rc = open_secret(c);
	if (rc == 0)
		rc = open_dkim(c);
	if (rc == 0)
		rc = open_spool(c);
	if (rc == 0)
		rc = courier_open_smtp(c);
	if (rc == 0)
		rc = open_store(c);
	if (rc != 0) {
		courier_close(c);
		return rc;
	}
	warn_unsigned(c);
	*out = c;
	return 0;
}

void
courier_close(struct courier *c)
{
	if (c == NULL)
		return;
	gate_close(c);
	courier_close_smtp(c);
	store_free(c->store);
	spool_close(c->spool);
	auth_dkim_lib_free(c->dkim);
	dkim_vault_free(c->vault);
	if (c->dkim_pem != NULL)
		explicit_bzero(c->dkim_pem, strlen(c->dkim_pem));
	free(c->dkim_pem);
	oct_token_keys_fini(&c->tokens);
	owner_link_keys_fini(&c->links);
	explicit_bzero(c->code_key, sizeof(c->code_key));
	free(c);
}

void
courier_contact(const struct courier *c, struct notice_contact *out)
{
	*out = (struct notice_contact){ .name = c->settings->web_operator,
		.help = c->settings->mail_help,
		.dpo = c->settings->challenge_dpo,
		.privacy = c->settings->mail_notice };
}
