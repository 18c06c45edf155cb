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

void
app_keys(struct app *app, const struct oct_secret *secret)
{
	oct_token_keys_init(&app->tokens, secret, NULL);
	oct_secret_key(secret, "challenge.code", app->code_key);
	oct_secret_key(secret, "web.nonce", app->nonce_key);
	oct_secret_key(secret, SUPPRESS_PURPOSE, app->suppress_key);
}

static int
open_secret(struct app *app)
{
	const char *path = app->settings->secret_file;
	struct oct_secret secret;
	int rc = oct_secret_load(path, &secret);

	if (rc != 0)
		return fail("secret", path, rc,
		    "make it with 'octroictl secret create', owned by this "
		    "user, mode 0600");
	app_keys(app, &secret);
	oct_secret_fini(&secret);
	return 0;
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
	settings_timers(settings, &app->timers);
	rc = read_prefix(app);
	if (rc == 0)
		rc = open_secret(app);
	if (rc == 0)
		rc = open_store(app);
	if (rc != 0) {
		app_close(app);
		return rc;
	}
	warn_unnamed(settings);
	*out = app;
	return 0;
}

void
app_close(struct app *app)
{
	if (app == NULL)
		return;
	store_free(app->store);
	sodium_memzero(app, sizeof(*app));
	free(app);
}
