/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl domain dns: the records that the zone of a hosted domain must have.
 */
#include "provisioning/ctl_zone.h"

#include <string.h>

int
ctl_english(struct ctl *ctl, const struct ctl_args *args, bool *english)
{
	const char *lang = ctl_args_value(args, "lang");
	const struct settings *set = NULL;
	int status = ctl_settings_maybe(ctl, &set);

	*english = lang != NULL ? strcmp(lang, "en") == 0
				: set != NULL && set->language == 1;
	if (status == 0 && lang != NULL && strcmp(lang, "fr") != 0 &&
	    !*english)
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "--lang=%s: expected fr or en", lang);
	return status;
}

bool
ctl_zone_own(const struct settings *set, char out[OCT_DOMAIN_SIZE])
{
	return oct_domain_normalise(set->challenge_domain, out) == 0;
}

static bool
is_challenge_domain(const struct settings *set, const char *domain)
{
	char name[OCT_DOMAIN_SIZE];

	return ctl_zone_own(set, name) && strcmp(name, domain) == 0;
}

/* What it offers, by its entry. */
static int
find_entry(struct ctl *ctl, const struct settings *set, struct ctl_zone *z)
{
	int status = ctl_directory(ctl, z->domain, &z->snapshot);

	if (status != 0)
		return status;
	z->entry = dir_domain_at(z->snapshot, 0);
	hosting_of_domain(set, z->entry, &z->hosting);
	return 0;
}

int
ctl_zone_open(struct ctl *ctl, const char *domain, struct ctl_zone *out)
{
	const struct settings *set;
	struct store *store;
	int status = ctl_domain(ctl, domain, out->domain), rc;

	if (status == 0)
		status = ctl_settings(ctl, &set);
	if (status == 0)
		status = ctl_store(ctl, &store);
	if (status == 0 && is_challenge_domain(set, out->domain))
		hosting_of_own(set, &out->hosting);
	else if (status == 0)
		status = find_entry(ctl, set, out);
	if (status != 0)
		return status;
	rc = dkim_keys_load(store, out->domain, &out->keys);
	if (rc == 0)
		rc = zone_expected(&out->hosting, out->domain, &out->keys,
		    &out->zone);
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "records of", out->domain);
}

void
ctl_zone_close(struct ctl_zone *z)
{
	zone_fini(&z->zone);
	dkim_keys_fini(&z->keys);
	if (z->snapshot != NULL)
		directory_put(z->snapshot);
	z->snapshot = NULL;
}

static json_t *
records_json(const struct zone *z)
{
	json_t *v = json_object(), *records = json_array();

	for (size_t i = 0; i < z->count; i++) {
		const struct zone_record *r = &z->records[i];
		json_t *one = json_object();

		ctl_json_set(one, "purpose",
		    json_string(zone_purpose_name(r->purpose)));
		ctl_json_set(one, "name", ctl_json_text(r->name));
		ctl_json_set(one, "ttl", json_integer(z->ttl_s));
		ctl_json_set(one, "type", json_string(r->type));
		ctl_json_set(one, "data", ctl_json_text(r->data));
		if (r->purpose == ZONE_DKIM)
			ctl_json_set(one, "key",
			    json_string(dkim_keys_state_name(r->key)));
		(void)json_array_append_new(records, one);
	}
	ctl_json_set(v, "domain", ctl_json_text(z->domain));
	ctl_json_set(v, "records", records);
	return v;
}

int
ctl_domain_dns(struct ctl *ctl, const struct ctl_args *args)
{
	struct ctl_zone z = { .entry = NULL };
	struct oct_str out;
	bool english;
	int status = ctl_english(ctl, args, &english);

	if (status == 0)
		status = ctl_zone_open(ctl, args->words[0], &z);
	if (status == 0 && ctl->json) {
		status = ctl_print(ctl, records_json(&z.zone), NULL, 0);
	} else if (status == 0) {
		oct_str_heap(&out, CTL_OUT_MAX);
		zone_text(&z.zone, &z.hosting, english, &out);
		status = ctl_write(ctl, &out);
	}
	ctl_zone_close(&z);
	return status;
}

const struct ctl_option ctl_domain_dns_options[] = {
	CTL_LANG_OPTION,
	{ NULL, NULL, NULL },
};
