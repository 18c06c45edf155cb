/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl domain study: what it would take to bring a domain here.
 */
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "provisioning/ctl_check.h"
#include "provisioning/ctl_message.h"
#include "provisioning/ctl_study.h"

static int
load_services(struct ctl *ctl, const struct settings *set,
    struct study_services **out)
{
	size_t line;
	int rc = study_services_load(set->hosting_services, out, &line);

	if (rc == OCT_EPARSE)
		return ctl_fail(ctl, DAEMON_EXIT_CONFIG,
		    "%s:%zu: expected ns, mx, spf or selector, a name and who "
		    "that is", set->hosting_services, line);
	return rc == 0 ? 0
		       : ctl_fail_rc(ctl, rc, "file", set->hosting_services);
}

int
ctl_study(struct ctl *ctl, const char *server, const char *domain,
    json_t **out)
{
	struct ctl_checking c = { .dns = NULL };
	struct study_services *services = NULL;
	const struct settings *set;
	struct hosting hosting;
	int status = ctl_settings(ctl, &set), rc;

	if (status == 0)
		status = load_services(ctl, set, &services);
	if (status == 0)
		status = ctl_checking_open(ctl, server, NULL, domain, &c);
	if (status == 0) {
		const struct study_input in = { .check = c.input,
			.settings = set, .hosting = &hosting,
			.services = services };

		hosting_of(set, &hosting);
		rc = study_domain(&in, out);
		status = rc == 0 ? 0
				 : ctl_fail_rc(ctl, rc, "study of", domain);
	}
	ctl_checking_close(&c);
	study_services_free(services);
	return status;
}

static int
print_study(struct ctl *ctl, const struct ctl_args *args, json_t *study)
{
	bool page = ctl_args_has(args, "html");
	const struct settings *set;
	struct oct_str out;
	int status;

	if (ctl->json)
		return ctl_print(ctl, study, NULL, 0);
	status = ctl_settings(ctl, &set);
	if (status == 0) {
		oct_str_heap(&out, CTL_OUT_MAX);
		if (page)
			study_page(study, set, oct_clock_wall_ms(), &out);
		else
			study_text(study, &out);
		status = ctl_write(ctl, &out);
	}
	json_decref(study);
	return status;
}

int
ctl_domain_study(struct ctl *ctl, const struct ctl_args *args)
{
	char domain[OCT_DOMAIN_SIZE];
	json_t *study;
	int status = ctl_domain(ctl, args->words[0], domain);

	if (status == 0)
		status = ctl_study(ctl, ctl_args_value(args, "dns"), domain,
		    &study);
	return status == 0 ? print_study(ctl, args, study) : status;
}

const struct ctl_option ctl_domain_study_options[] = {
	{ "html", NULL, "a page to be printed, under the Centre's heading" },
	CTL_DNS_OPTION,
	{ NULL, NULL, NULL },
};
