/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/suppress.h"

static int
fail(const char *what, const char *on, int rc, const char *hint)
{
	oct_log(OCT_ERROR,
	    "start=failed what=%s on=%s error=\"%s\" hint=\"%s\"", what, on,
	    oct_strerror(rc), hint);
	return rc;
}

int
app_keys(struct app *app, const struct oct_secret *secret,
    const struct oct_secret *previous)
{
	oct_token_keys_init(&app->tokens, secret, previous);
	owner_link_keys_init(&app->links, secret, previous);
	oct_secret_key(secret, "challenge.code", app->code_key[0]);
	app->code_keys = 1;
	if (previous != NULL)
		oct_secret_key(previous, "challenge.code",
		    app->code_key[app->code_keys++]);
	oct_secret_key(secret, "web.nonce", app->nonce_key);
	oct_secret_key(secret, "web.client", app->client_key);
	oct_secret_key(secret, SUPPRESS_PURPOSE, app->suppress_key);
	return pass_keys_new(secret, previous, &app->passes);
}

static int
open_secret(struct app *app)
{
	const char *path = app->settings->secret_file;
	struct oct_secret secret, previous;
	int had, rc = oct_secret_load(path, &secret);

	if (rc != 0)
		return fail("secret", path, rc,
		    "make it with 'octroictl secret create', owned by this "
		    "user, mode 0600");
	had = oct_secret_load_previous(path, &previous);
	rc = had < 0 ? had
		     : app_keys(app, &secret, had == 1 ? &previous : NULL);
	oct_secret_fini(&secret);
	oct_secret_fini(&previous);
	return rc == 0 ? 0
		       : fail("secret.previous", path, rc,
			     "owned by this user, mode 0600, or no such file");
}

static int
open_store(struct app *app)
{
	struct store_conf conf;
	int rc;

	settings_store(app->settings, &conf);
	rc = store_new(&conf, &app->store);
	if (rc != 0)
		return fail("redis", conf.address, rc, "check redis.address");
	rc = store_ping(app->store);
	if (rc != 0)
		oct_log(OCT_WARNING,
		    "redis=down on=%s error=\"%s\" effect=\"senders are asked "
		    "to try again\"",
		    conf.address, oct_strerror(rc));
	return 0;
}

/* "https://host/path" -> "/path"; final slashes are not part of it. */
static int
read_prefix(struct app *app)
{
	const char *url = app->settings->challenge_url;
	const char *path = strstr(url, "://");
	size_t len;

	path = path != NULL ? strchr(path + 3, '/') : NULL;
	len = path != NULL ? strlen(path) : 0;
	while (len > 0 && path[len - 1] == '/')
		len--;
	if (len >= sizeof(app->prefix))
		return fail("url", url, OCT_ECONF, "check challenge.url");
	if (len > 0)
		memcpy(app->prefix, path, len);
	return 0;
}

static int
open_hosts(struct app *app)
{
	const char *copy = app->settings->directory_copy;
	int rc = hosts_new(app->store, *copy != '\0' ? copy : NULL,
	    app->passes, &app->hosts);

	/* That it is away now is no reason not to serve: it is tried again. */
	if (rc == 0)
		(void)!hosts_open(app->hosts);
	return rc;
}

/* Where the spool is another machine's, pages do without what messages say. */
static void
open_spool(struct app *app)
{
	const char *path = app->settings->spool_path;
	int rc = spool_open_reader(path, &app->spool);

	if (rc != 0)
		oct_log(OCT_WARNING,
		    "spool=%s error=\"%s\" effect=\"owners see no text of held "
		    "messages\"",
		    path, oct_strerror(rc));
}

static int
read_settings(struct app *app)
{
	const struct settings *s = app->settings;
	const struct {
		const char *text;
		struct app_rate *rate;
	} rates[] = { { s->web_confirm_network, &app->confirm_net },
		{ s->web_confirm_org, &app->confirm_org },
		{ s->web_links_network, &app->links_net },
		{ s->web_links_address, &app->links_address } };
	int rc = 0;

	settings_timers(s, &app->timers);
	app->timers.undo = s->web_undo;
	settings_options(s, &app->platform);
	for (size_t i = 0; rc == 0 && i < OCT_LEN(rates); i++)
		rc = settings_rate(rates[i].text, &rates[i].rate->count,
		    &rates[i].rate->period_ms);
	if (rc == 0)
		rc = own_texts_load(s, app->own_texts);
	return rc;
}

static void
warn_unnamed(const struct settings *s)
{
	if (*s->web_operator == '\0' || *s->web_contact == '\0')
		oct_log(OCT_WARNING,
		    "web.operator=\"%s\" web.contact=\"%s\" effect=\"the legal "
		    "notice does not say who runs this service\"",
		    s->web_operator, s->web_contact);
}

int
app_open(const struct settings *settings, struct app **out)
{
	struct app *app = calloc(1, sizeof(*app));
	int rc;

	if (app == NULL)
		return -ENOMEM;
	app->settings = settings;
	rc = read_settings(app);
	if (rc == 0)
		rc = read_prefix(app);
	if (rc == 0)
		rc = open_secret(app);
	if (rc == 0)
		rc = open_store(app);
	if (rc == 0)
		rc = open_hosts(app);
	if (rc != 0) {
		app_close(app);
		return rc;
	}
	open_spool(app);
	warn_unnamed(settings);
	*out = app;
	return 0;
}

void
app_close(struct app *app)
{
	if (app == NULL)
		return;
	spool_close(app->spool);
	hosts_free(app->hosts);
	store_free(app->store);
	pass_keys_free(app->passes);
	own_texts_free(app->own_texts);
	sodium_memzero(app, sizeof(*app));
	free(app);
}
