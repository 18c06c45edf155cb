/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl: the administrator's command.  One thread of its own; the resolver
 * brings another.
 */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "config.h"

#include "lib/daemon.h"
#include "lib/log.h"
#include "provisioning/ctl_cmd.h"

static const struct ctl_noun nouns[] = {
	{ "tenant", "tenants: what their domains inherit", ctl_tenant_verbs },
	{ "domain", "hosted domains", ctl_domain_verbs },
	{ "onboard", "a domain from its request to its people, step by step",
	    ctl_onboard_verbs },
	{ "mailbox", "mailboxes of hosted domains", ctl_mailbox_verbs },
	{ "alias", "aliases", ctl_alias_verbs },
	{ "group", "groups: aliases with who may write to them",
	    ctl_group_verbs },
	{ "legacy", "old addresses elsewhere whose mail comes here",
	    ctl_legacy_verbs },
	{ "plan", "what a file would change; plans that tenants may have",
	    ctl_plan_verbs },
	{ "apply", "make what a plan has shown", ctl_apply_verbs },
	{ "import", "what another program has, as a file", ctl_import_verbs },
	{ "export", "all that is provisioned, as a file", ctl_export_verbs },
	{ "price", "dated price lists", ctl_price_verbs },
	{ "contract", "contracts of tenants, and their dates",
	    ctl_contract_verbs },
	{ "statement", "what each tenant owes for a year",
	    ctl_statement_verbs },
	{ "history", "what was changed, when, by whom", ctl_history_verbs },
	{ "quota", "limits: what is used, what is left, when it is back",
	    ctl_quota_verbs },
	{ "policy", "the options in force, and who set them",
	    ctl_policy_verbs },
	{ "batch", "run commands from a file", ctl_batch_verbs },
	{ "held", "held messages", ctl_held_verbs },
	{ "digest", "what owners are told of what is held, and when",
	    ctl_digest_verbs },
	{ "owner", "links to the page where owners see what is held",
	    ctl_owner_verbs },
	{ "allow", "senders that are let in", ctl_allow_verbs },
	{ "block", "senders that are kept out", ctl_block_verbs },
	{ "expect", "a sender who may write once, unasked", ctl_expect_verbs },
	{ "tag", "tagged addresses, to give to one site each", ctl_tag_verbs },
	{ "seed", "let in whom a mailbox knows already", ctl_seed_verbs },
	{ "ledger", "the ledger of arrivals of held mail", ctl_ledger_verbs },
	{ "log", "old logs without the addresses of outsiders",
	    ctl_log_verbs },
	{ "relation", "what a mailbox and its senders are to each other",
	    ctl_relation_verbs },
	{ "challenge", "stop challenges, start them, see what limits them",
	    ctl_challenge_verbs },
	{ "bypass", "deliver unknown senders with a label for some time",
	    ctl_bypass_verbs },
	{ "explain", "why a message that was seen was judged so",
	    ctl_explain_verbs },
	{ "scan", "the verdict that the milter would give a file",
	    ctl_scan_verbs },
	{ "learn", "teach the classifier what is wanted and what is not",
	    ctl_learn_verbs },
	{ "auth", "SPF, DKIM, DMARC and ARC of a file, with their look-ups",
	    ctl_auth_verbs },
	{ "spf", "SPF alone", ctl_spf_verbs },
	{ "dkim", "DKIM of a file; key pairs", ctl_dkim_verbs },
	{ "dmarc", "DMARC alone", ctl_dmarc_verbs },
	{ "arc", "ARC chain of a file", ctl_arc_verbs },
	{ "secret", "the site's secret", ctl_secret_verbs },
	{ "config", "the configuration file", ctl_config_verbs },
	{ "spool", "the held messages on disk", ctl_spool_verbs },
	{ "doctor", "look for what is wrong, and say what to do",
	    ctl_doctor_verbs },
	{ "template", "texts of the mails that octroi writes to people",
	    ctl_template_verbs },
	{ "feed", "configuration for other programs", ctl_feed_verbs },
	{ NULL, NULL, NULL },
};

/* Who is at the keyboard, also behind sudo; the audit's word has no spaces. */
static void
find_actor(char out[64])
{
	const struct passwd *pw = getpwuid(getuid());
	const char *name = getuid() == 0 ? getenv("SUDO_USER") : NULL;
	struct oct_str s;

	if (name == NULL && pw != NULL)
		name = pw->pw_name;
	oct_str_fixed(&s, out, 64);
	oct_str_add(&s, "ctl:");
	if (name == NULL || strlen(name) > 50)
		oct_str_addf(&s, "%lu", (unsigned long)getuid());
	else
		for (; *name != '\0'; name++)
			oct_str_addc(&s, *name > ' ' && *name < 0x7f ? *name
								     : '_');
}

static int
print_help(const struct ctl *ctl, const struct ctl_args *args)
{
	struct oct_str out;

	oct_str_heap(&out, CTL_OUT_MAX);
	ctl_args_help(ctl->nouns, args, &out);
	return ctl_write(ctl, &out);
}

static const char *
help_hint(const struct ctl_args *args)
{
	return args->noun != NULL ? args->noun->name : "";
}

int
ctl_run_line(struct ctl *ctl, int argc, char *const *argv)
{
	bool json = ctl->json, quiet = ctl->quiet;
	char problem[CTL_PROBLEM_SIZE];
	struct ctl_args args;
	int status;

	if (ctl_args_parse(ctl->nouns, argc, argv, &args, problem) != 0) {
		const char *hint = help_hint(&args);

		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "%s; try 'octroictl %s%s--help'", problem, hint,
		    *hint != '\0' ? " " : "");
	} else if (args.version) {
		(void)printf("octroictl %s\n", PACKAGE_VERSION);
		status = DAEMON_EXIT_OK;
	} else if (args.help) {
		status = print_help(ctl, &args);
	} else if (args.conf != NULL && ctl->batch_line > 0) {
		status = ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "-c belongs before 'batch', not in its lines");
	} else {
		if (args.conf != NULL) {
			ctl->conf = args.conf;
			ctl->conf_given = true;
		}
		ctl->json |= args.json;
		ctl->quiet |= args.quiet;
		status = args.as != NULL ? ctl_as(ctl, &args) : 0;
		if (status == 0)
			status = args.verb->run(ctl, &args);
	}
	ctl_args_fini(&args);
	ctl->json = json;
	ctl->quiet = quiet;
	return status;
}

int
main(int argc, char **argv)
{
	struct ctl ctl = { .nouns = nouns, .conf = DAEMON_CONF_DEFAULT };
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	int status;

	(void)sigaction(SIGPIPE, &ignore, NULL);
	(void)umask(077);
	tzset();
	oct_log_open("octroictl", OCT_LOG_STDERR, OCT_ERROR);
	if (sodium_init() < 0)
		return DAEMON_EXIT_FAILED;
	find_actor(ctl.actor);
	status = ctl_run_line(&ctl, argc - 1, argv + 1);
	ctl_close(&ctl);
	if (fflush(stdout) != 0 && status == DAEMON_EXIT_OK)
		status = ctl_fail(&ctl, DAEMON_EXIT_FAILED,
		    "standard output cannot be written");
	return status;
}
