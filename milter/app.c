/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/app.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/err.h"
#include "lib/log.h"
#include "policy/expect.h"
#include "policy/sent.h"

static int
fail(const char *what, const char *on, int rc, const char *hint)
{
	oct_log(OCT_ERROR, "start=failed what=%s on=%s error=\"%s\" hint=\"%s\"",
	    what, on, oct_strerror(rc), hint);
	return rc;
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
	oct_secret_key(&secret, "item", app->item_key);
	oct_secret_key(&secret, SENT_PURPOSE, app->sent_key);
	oct_secret_key(&secret, EXPECT_TAG_PURPOSE, app->tag_key);
	oct_secret_key(&secret, LEDGER_PURPOSE, app->ledger_key);
	oct_token_keys_init(&app->tokens, &secret, NULL);
	rc = dkim_vault_new(&secret, &app->vault);
	if (rc == 0)
		rc = pass_keys_new(&secret, NULL, &app->passes);
	oct_secret_fini(&secret);
	return rc == 0 ? 0
		       : fail("dkim", "the keys' vault", rc, "out of memory?");
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
		    "redis=down on=%s error=\"%s\" effect=\"first contacts are "
		    "deferred, the directory is read from its disk copy\"",
		    conf.address, oct_strerror(rc));
	rc = lever_new(app->store, &app->lever);
	if (rc == 0)
		rc = events_new(app->store, &app->events);
	return rc == 0 ? 0 : fail("lever", conf.address, rc, "out of memory?");
}

static int
open_directory(struct app *app)
{
	const char *copy = app->settings->directory_copy;
	int rc = directory_open(app->store, *copy != '\0' ? copy : NULL,
	    &app->directory);

	if (rc == 0)
		rc = directory_follow(app->directory);
	if (rc == 0)
		rc = links_new(app->directory, app->passes, &app->links);
	if (rc != 0)
		return fail("directory", app->settings->redis_address, rc,
		    "start Redis, or restore the disk copy");
	return 0;
}

static int
open_spool(struct app *app)
{
	struct spool_opts opts = { .folder_mode = 02770,
		.reserve = (uint64_t)app->settings->spool_reserve };
	int rc = spool_open(app->settings->spool_path, &opts, &app->spool);

	if (rc != 0)
		return fail("spool", app->settings->spool_path, rc,
		    "the folder must exist and be writable by this user");
	return 0;
}

static int
open_ledger(struct app *app)
{
	char folder[4096 + sizeof(LEDGER_FOLDER)];
	int rc;

	settings_ledger(app->settings, folder, sizeof(folder));
	rc = ledger_open(folder, app->settings->node, &app->ledger);
	return rc == 0 ? 0 : fail("ledger", folder, rc, "out of memory?");
}

static int
open_domain_files(struct app *app)
{
	const struct settings *s = app->settings;
	int rc = domain_file_open("institutional", s->institutional_file,
	    &app->institutional);

	if (rc == 0)
		rc = domain_file_open("providers", s->providers_file,
		    &app->providers_file);
	if (rc == 0)
		rc = classifier_live_new(s->model, &app->env.model);
	return rc == 0 ? 0 : fail("domains", s->institutional_file, rc,
	    "out of memory?");
}

void
app_refresh(struct app *app, bool force)
{
	domain_file_refresh(app->institutional, force);
	domain_file_refresh(app->providers_file, force);
	classifier_live_refresh(app->env.model);
}

static int
open_lists(struct app *app)
{
	const struct settings *s = app->settings;
	int rc = lists_new((const char *const *)s->lists.values,
	    s->lists.count, app->env.dns, &app->env.lists);

	if (rc == 0)
		rc = lists_start(app->env.lists, s->lists_probe);
	return rc == 0 ? 0 : fail("lists", "lists.zones", rc, "check it");
}

static int
open_dns(struct app *app)
{
	struct dns_conf conf;
	int rc;

	settings_dns(app->settings, &conf);
	rc = dns_new(&conf, &app->env.dns);
	if (rc != 0)
		return fail("dns", conf.servers[0], rc, "check dns.servers");
	rc = auth_dkim_lib_new(&app->env.dkim);
	if (rc != 0)
		return fail("dkim", "libopendkim", rc, "out of memory?");
	return open_lists(app);
}

static int
prefixes(const struct oct_conf_list *list, struct oct_prefix **out,
    size_t *count)
{
	*out = calloc(list->count + 1, sizeof(**out));
	if (*out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++) {
		int rc = oct_prefix_parse(list->values[i], &(*out)[i]);

		if (rc != 0)
			return rc;
	}
	*count = list->count;
	return 0;
}

static int
terminated(const struct oct_conf_list *list, const char ***out)
{
	*out = calloc(list->count + 1, sizeof(**out));
	if (*out == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		(*out)[i] = list->values[i];
	return 0;
}

/* The settings in the form that sessions use; the values were checked when they
 * were loaded. */
static int
prepare(struct app *app)
{
	const struct settings *s = app->settings;
	int rc = 0;

	settings_timers(s, &app->timers);
	settings_options(s, &app->options);
	rc |= settings_hundredths(s->tag, &app->thresholds.tag);
	rc |= settings_hundredths(s->hold, &app->thresholds.hold);
	rc |= settings_hundredths(s->reject, &app->thresholds.reject);
	settings_limits(s, &app->limits);
	rc |= settings_rate(s->rate_guess, &app->rate_guess.count,
	    &app->rate_guess.period_ms);
	rc |= oct_domain_normalise(s->challenge_domain, app->challenge_domain);
	rc |= prefixes(&s->trusted_relays, &app->relays, &app->relay_count);
	rc |= prefixes(&s->forwarders, &app->forwarders, &app->forwarder_count);
	rc |= terminated(&s->statutory, &app->statutory);
	rc |= terminated(&s->providers, &app->providers);
	rc |= terminated(&s->sealers, &app->sealers);
	return rc == 0 ? 0 : OCT_ECONF;
}

static void
prepare_env(struct app *app)
{
	const struct settings *s = app->settings;
	struct evaluate_env *e = &app->env;

	oct_msg_limits_init(&e->limits);
	e->limits.header_octets = (size_t)s->max_header;
	e->limits.header_count = (size_t)s->max_header_count;
	e->limits.body_octets = (size_t)s->max_body;
	e->limits.spill_dir = s->spool_path;
	e->hostname = s->hostname;
	outside_env_init(s, &app->outside);
	e->outside = &app->outside;
	e->spf_libspf2 = s->spf_engine == 1;
	e->org_psl = s->dns_org == 1;
	e->providers = app->providers;
	e->providers_file = app->providers_file;
	e->institutional = app->institutional;
	e->sealers = app->sealers;
	e->forwarders = app->forwarders;
	e->forwarder_count = app->forwarder_count;
	e->dns_ms = s->dns_budget;
	e->dns_questions = 200 + LISTS_QUESTIONS_MAX;
	settings_weights(s, &e->weights);
	if (e->spf_libspf2)
		oct_log(OCT_WARNING,
		    "spf_engine=libspf2 cve=CVE-2023-42118 effect=\"records "
		    "that would reach its fault are permerror; the engine "
		    "'octroi' has neither fault nor gate\"");
}

int
app_open(const struct settings *settings, struct app **out)
{
	struct app *app = calloc(1, sizeof(*app));
	int rc;

	if (app == NULL)
		return -ENOMEM;
	app->settings = settings;
	rc = prepare(app);
	if (rc == 0)
		rc = open_secret(app);
	if (rc == 0)
		rc = open_spool(app);
	if (rc == 0)
		rc = open_ledger(app);
	if (rc == 0)
		rc = open_domain_files(app);
	if (rc == 0)
		rc = open_dns(app);
	if (rc == 0)
		rc = open_store(app);
	if (rc == 0)
		rc = open_directory(app);
	if (rc != 0) {
		app_close(app);
		return rc;
	}
	prepare_env(app);
	*out = app;
	return 0;
}

void
app_close(struct app *app)
{
	if (app == NULL)
		return;
	links_free(app->links);
	if (app->directory != NULL)
		directory_close(app->directory);
	events_free(app->events);
	lever_free(app->lever);
	store_free(app->store);
	lists_free(app->env.lists);
	auth_dkim_lib_free(app->env.dkim);
	dkim_vault_free(app->vault);
	dns_free(app->env.dns);
	spool_close(app->spool);
	ledger_close(app->ledger);
	domain_file_close(app->institutional);
	domain_file_close(app->providers_file);
	classifier_live_free(app->env.model);
	free(app->relays);
	free(app->forwarders);
	free(app->statutory);
	free(app->providers);
	free(app->sealers);
	explicit_bzero(app->item_key, sizeof(app->item_key));
	explicit_bzero(app->sent_key, sizeof(app->sent_key));
	explicit_bzero(app->tag_key, sizeof(app->tag_key));
	pass_keys_free(app->passes);
	explicit_bzero(app->ledger_key, sizeof(app->ledger_key));
	oct_token_keys_fini(&app->tokens);
	free(app);
}
