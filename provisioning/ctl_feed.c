/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl feed postfix: what main.cf and master.cf must hold for this
 * configuration, with the reasons.
 */
#include <string.h>
#include <strings.h>

#include "provisioning/ctl_cmd.h"
#include "provisioning/ctl_feed.h"
#include "provisioning/ctl_postfix.h"

/* From what must not change a message before the milter, so that a held copy
 * is what the sender signed, to who may write to whom. */
static const char main_text[] =
    "# main.cf, for octroi ------------------------------------------------\n"
    "#\n"
    "# Nothing may change a message before octroi sees it: a held message\n"
    "# must still verify when it is released.\n"
    "local_header_rewrite_clients =\n"
    "remote_header_rewrite_domain =\n"
    "always_add_missing_headers = no\n"
    "message_drop_headers =\n"
    "# Longer lines would be cut on delivery, and every signature with them.\n"
    "smtp_line_length_limit = 0\n"
    "lmtp_line_length_limit = 0\n"
    "# No smuggled messages.\n"
    "smtpd_forbid_bare_newline = yes\n"
    "smtpd_forbid_bare_newline_exclusions =\n"
    "# Without the filter mail waits at the senders; it is never let through.\n"
    "milter_default_action = tempfail\n"
    "milter_connect_timeout = 30s\n"
    "milter_command_timeout = 30s\n"
    "milter_content_timeout = 120s\n"
    "enable_original_recipient = yes\n"
    "# Nobody may say on a public listener that he is somebody else.\n"
    "smtpd_authorized_xclient_hosts =\n"
    "\n"
    "# Who is served: answered by octroi-mapd from memory.\n";

static void
maps_text(const char *map, struct oct_str *out)
{
	static const char *const names[][2] = {
		{ "virtual_mailbox_domains", "vdomains" },
		{ "virtual_mailbox_maps", "vmailbox" },
		{ "virtual_alias_maps", "valias" },
		{ "transport_maps", "transport" },
	};

	for (size_t i = 0; i < OCT_LEN(names); i++)
		oct_str_addf(out, "%s = socketmap:%s:%s\n", names[i][0], map,
		    names[i][1]);
	oct_str_addf(out, "# Else each look-up of an alias asks for bare "
			  "domains too.\n"
			  "virtual_alias_domains =\n"
			  "# 500 members of a group, each forwarded to some.\n"
			  "virtual_alias_expansion_limit = 50000\n"
			  "# bob+shop@ is bob's, in both programs.\n"
			  "recipient_delimiter = +\n"
			  "smtpd_relay_restrictions = "
			  "reject_unauth_destination\n");
}

/* Replies to challenges and their bounces, also those that Postfix writes. */
static void
answers_text(const struct settings *set, const char *milter,
    struct oct_str *out)
{
	const bool srs = *set->srs_domain != '\0';

	oct_str_addf(out,
	    "\n# Answers to our challenges come here, and the milter takes "
	    "them.  Its role\n# address, %s@%s, needs a reader:\n"
	    "# give it one by an alias of your own.\n"
	    "relay_domains = %s%s%s\n"
	    "# Bounces that Postfix itself writes are shown to the milter "
	    "too.\n"
	    "non_smtpd_milters = %s\n"
	    "internal_mail_filter_classes = bounce\n",
	    set->challenge_from, set->challenge_domain,
	    set->challenge_domain, srs ? ", " : "", set->srs_domain, milter);
}

/* --- Forwarded mail ------------------------------------------------------- */

/* postsrsd knows not where a message goes: only what leaves is led past it, by
 * a listener of its own; and nothing else waits when it is away. */
static void
srs_main_text(const char *map, struct oct_str *out)
{
	oct_str_addf(out,
	    "\n# What strangers send and mailboxes here forward leaves in a "
	    "name of ours, so that\n# SPF passes; what bounces comes back and "
	    "is given to its sender.\n"
	    "sender_dependent_default_transport_maps = socketmap:%s:srs\n",
	    map);
}

/* At the edge: what postsrsd did not make is nobody's address. */
static void
srs_public_text(const struct settings *set, struct oct_str *out)
{
	oct_str_addf(out,
	    "# What comes back to a rewritten sender: octroi leaves it alone, "
	    "and postsrsd\n# says who is meant.  What it did not write itself "
	    "is refused.\n"
	    "  -o { smtpd_relay_restrictions =\n"
	    "     check_recipient_access "
	    "inline:{%s=reject_unlisted_recipient}\n"
	    "     reject_unauth_destination }\n"
	    "  -o recipient_canonical_maps=tcp:%s\n"
	    "  -o relay_recipient_maps=inline:{none=none}\n",
	    set->srs_domain, set->srs_reverse);
}

static void
srs_master_text(const struct settings *set, struct oct_str *out)
{
	oct_str_addf(out,
	    "\n# Forwarded mail: its envelope is rewritten on the way through "
	    "here.  Only Postfix\n# may connect: let a firewall rule by user "
	    "see to it.\n"
	    "srs       unix  -       -       n       -       -       smtp\n"
	    "  -o syslog_name=postfix/srs\n"
	    "  -o smtp_tls_security_level=none\n"
	    "  -o smtp_sasl_auth_enable=no\n"
	    "%s inet n - n - - smtpd\n"
	    "  -o syslog_name=postfix/srs\n"
	    "  -o cleanup_service_name=srs-cleanup\n"
	    "  -o mynetworks=127.0.0.0/8,[::1]/128\n"
	    "  -o smtpd_client_restrictions=permit_mynetworks,reject\n"
	    "  -o smtpd_relay_restrictions=permit_mynetworks,reject\n"
	    "  -o smtpd_recipient_restrictions=reject_unlisted_recipient\n"
	    "  -o recipient_canonical_maps=tcp:%s\n"
	    "  -o relay_recipient_maps=inline:{none=none}\n"
	    "  -o receive_override_options=no_header_body_checks,no_milters\n"
	    "srs-cleanup unix n - n - 0 cleanup\n"
	    "  -o sender_canonical_maps=tcp:%s\n"
	    "  -o sender_canonical_classes=envelope_sender\n"
	    "  -o recipient_canonical_maps=tcp:%s\n"
	    "  -o recipient_canonical_classes=envelope_recipient\n",
	    set->srs_listen, set->srs_reverse, set->srs_forward,
	    set->srs_reverse);
}

/* --- Listeners -------------------------------------------------------------- */

static void
public_text(const char *milter, struct oct_str *out)
{
	oct_str_addf(out,
	    "\n# master.cf, for octroi ------------------------------------"
	    "----------\n#\n"
	    "# From the Internet.  octroi is the last milter: a later one "
	    "would contradict\n# what it has stored.  Without DSN nobody makes "
	    "us write to forged senders.\n"
	    "# Unknown recipients are refused by octroi, which counts them.\n"
	    "smtp      inet  n       -       n       -       -       smtpd\n"
	    "  -o smtpd_milters=%s\n"
	    "  -o smtpd_reject_unlisted_recipient=no\n"
	    "  -o {smtpd_discard_ehlo_keywords = dsn, silent-discard}\n",
	    milter);
}

static void
submission_text(const char *milter, const char *map, struct oct_str *out)
{
	oct_str_addf(out,
	    "\n# From our users.  The name and the login together make it a "
	    "submission.\n"
	    "submission inet n       -       n       -       -       smtpd\n"
	    "  -o smtpd_milters=%s\n"
	    "  -o milter_macro_daemon_name=ORIGINATING\n"
	    "  -o smtpd_tls_security_level=encrypt\n"
	    "  -o smtpd_sasl_auth_enable=yes\n"
	    "  -o smtpd_sasl_type=dovecot\n"
	    "  -o smtpd_sasl_path=private/auth\n"
	    "  -o smtpd_client_restrictions=permit_sasl_authenticated,reject\n"
	    "  -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n"
	    "# Nobody writes in another's name: an address is its mailbox's, "
	    "an alias that\n# of the mailboxes behind it.\n"
	    "  -o smtpd_sender_login_maps=socketmap:%s:slogin\n"
	    "  -o smtpd_sender_restrictions=reject_sender_login_mismatch\n"
	    "\n# Mail that is made on this host.\n"
	    "cleanup   unix  n       -       n       -       0       cleanup\n"
	    "  -o milter_macro_daemon_name=INTERNAL\n",
	    milter, map);
}

/* no_address_mappings must not stand here: mail released to an alias would be
 * handed on unexpanded (tried). */
static void
internal_text(const char *what, const char *address, bool sasl,
    struct oct_str *out)
{
	const char *who = sasl ? "permit_sasl_authenticated"
			       : "permit_mynetworks";

	oct_str_addf(out,
	    "\n# %s Only the courier may connect:\n# %s.\n"
	    "%s inet n - n - - smtpd\n", what,
	    sasl ? "it logs in"
		 : "let a firewall rule by user see to it, or set courier.user",
	    address);
	if (sasl)
		oct_str_add(out, "  -o smtpd_sasl_auth_enable=yes\n");
	else
		oct_str_add(out, "  -o mynetworks=127.0.0.0/8,[::1]/128\n");
	oct_str_addf(out,
	    "  -o smtpd_client_restrictions=%s,reject\n"
	    "  -o smtpd_relay_restrictions=%s,reject\n"
	    "  -o receive_override_options=no_unknown_recipient_checks,"
	    "no_header_body_checks,no_milters\n",
	    who, who);
}

/* A milter's name of the listener makes it collected mail: never asked, never
 * refused for good. */
static void
collected_text(const struct settings *set, const char *milter,
    struct oct_str *out)
{
	if (set->collector_daemons.count == 0)
		return;
	oct_str_addf(out,
	    "\n# What fetchmail collects.  Only fetchmail may connect: let a "
	    "firewall rule by\n# user see to it.\n"
	    "%s inet n - n - - smtpd\n"
	    "  -o smtpd_milters=%s\n"
	    "  -o milter_macro_daemon_name=%s\n"
	    "  -o mynetworks=127.0.0.0/8,[::1]/128\n"
	    "  -o smtpd_client_restrictions=permit_mynetworks,reject\n"
	    "  -o smtpd_relay_restrictions=reject_unauth_destination\n"
	    "  -o smtpd_reject_unlisted_recipient=no\n"
	    "  -o {smtpd_discard_ehlo_keywords = dsn, silent-discard}\n",
	    set->legacy_listener, milter, set->collector_daemons.values[0]);
}


/* Forwarded spam must harm no other domain's name, and a hosted domain has
 * people of its own. */
static int
check_srs(const struct ctl *ctl, const struct settings *set)
{
	if (*set->srs_domain == '\0' ||
	    (strcasecmp(set->srs_domain, set->challenge_domain) != 0 &&
		strcasecmp(set->srs_domain, set->hostname) != 0))
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_CONFIG,
	    "srs.domain must be a domain of its own, not platform.hostname or "
	    "challenge.domain");
}

static int
feed_postfix(struct ctl *ctl, OCT_UNUSED const struct ctl_args *args)
{
	const struct settings *set;
	char milter[CTL_ENDPOINT_SIZE], map[CTL_ENDPOINT_SIZE];
	struct oct_str out;
	int status = ctl_settings(ctl, &set);

	if (status == 0)
		status = check_srs(ctl, set);
	if (status != 0)
		return status;
	if (ctl_postfix_milter(set->milter_socket, milter) != 0 ||
	    ctl_postfix_map(set->mapd_socket, map) != 0)
		return ctl_fail(ctl, DAEMON_EXIT_CONFIG,
		    "milter.socket and mapd.socket must be unix:/path, "
		    "inet:port@host or host:port");
	oct_str_heap(&out, CTL_OUT_MAX);
	oct_str_add(&out, main_text);
	maps_text(map, &out);
	oct_str_addf(&out, "virtual_transport = %s\n", set->mapd_transport);
	answers_text(set, milter, &out);
	if (*set->srs_domain != '\0')
		srs_main_text(map, &out);
	public_text(milter, &out);
	if (*set->srs_domain != '\0')
		srs_public_text(set, &out);
	submission_text(milter, map, &out);
	internal_text("Held mail coming back.", set->release_address,
	    *set->smtp_user != '\0', &out);
	internal_text("Mail that octroi writes itself.", set->own_address,
	    *set->smtp_user != '\0', &out);
	if (*set->srs_domain != '\0')
		srs_master_text(set, &out);
	collected_text(set, milter, &out);
	return ctl_write(ctl, &out);
}

static const struct ctl_option dovecot_options[] = {
	{ "to", "FOLDER", "where the files are to be" },
	{ NULL, NULL, NULL },
};

const struct ctl_verb ctl_feed_verbs[] = {
	{ "postfix", "", "print what main.cf and master.cf must hold", 0, 0,
	    NULL, CTL_NO_ATTRIBUTES, feed_postfix },
	{ "fetchmail", "",
	    "print what fetchmail must read to collect old mailboxes, or write "
	    "it to a file",
	    0, 0, ctl_feed_fetchmail_options, CTL_NO_ATTRIBUTES,
	    ctl_feed_fetchmail },
	{ "zimbra", "--dump=FILE",
	    "print the batch for zmprov that makes Zimbra's domains, accounts "
	    "and lists what they should be",
	    0, 0, ctl_feed_zimbra_options, CTL_NO_ATTRIBUTES,
	    ctl_feed_zimbra },
	{ "dovecot", "",
	    "print what Dovecot must read, or write it into a folder", 0, 0,
	    dovecot_options, CTL_NO_ATTRIBUTES, ctl_feed_dovecot },
	{ .run = NULL },
};
