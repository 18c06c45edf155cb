/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The settings of all programs: one file, one schema table (settings.c), from
 * which the parser, the sample file and the manual's check are driven.  Immutable
 * once loaded.  Durations in ms, sizes in octets, scores in hundredths.
 */
#ifndef OCT_POLICY_SETTINGS_H
#define OCT_POLICY_SETTINGS_H

#include "lib/conf.h"
#include "lib/def.h"
#include "lib/dns.h"
#include "lib/store.h"
#include "policy/casework.h"
#include "policy/limit.h"
#include "policy/options.h"
#include "policy/score.h"

/* What an audit found of the pages' accessibility. */
enum settings_access {
	SETTINGS_ACCESS_UNAUDITED,
	SETTINGS_ACCESS_NONE,
	SETTINGS_ACCESS_PARTIAL,
	SETTINGS_ACCESS_FULL
};

#define SETTINGS_SHOWN_SIZE 81 /* TEMPLATE_OPERATOR_MAX and its end */

struct settings {
	/* platform */
	char *hostname, *authserv_id, *node, *secret_file;
	int language; /* 0 = fr, 1 = en */
	char *timezone;
	/* redis */
	char *redis_address, *redis_user, *redis_password;
	int64_t redis_db, redis_connect, redis_command;
	/* dns */
	struct oct_conf_list dns_servers;
	int64_t dns_timeout, dns_tries, dns_cache, dns_budget;
	bool dns_trust_ad;
	int dns_org; /* 0 = tree-walk, 1 = psl */
	/* lists */
	struct oct_conf_list lists; /* each of list_zone_parse */
	int64_t lists_probe;
	/* directory */
	char *directory_copy;
	/* spool */
	char *spool_path, *ledger; /* "" = in the spool, "none" */
	int64_t spool_reserve;
	/* limits */
	char *rate_guess;
	char *rates[QUOTA_COUNT], *network_rates[QUOTA_UNITS];
	int past[QUOTA_OF_MAILBOX]; /* enum option_past */
	bool limits_maximum;
	int64_t max_recipients, max_recipients_in, max_recipients_out,
	    max_size_in, max_size_out, storage, storage_grace;
	/* score */
	char *tag, *hold, *reject;     /* "4.0" */
	char *model;                   /* of the classifier; "" = none */
	struct oct_conf_list weights;  /* "SYMBOL=1.5" */
	/* challenge */
	char *challenge_domain, *challenge_url, *challenge_from,
	    *challenge_contact, *challenge_alerts, *challenge_dpo, *challenge_notice;
	/* What mails say where contact or notice is not set, or as it is. */
	char mail_help[SETTINGS_SHOWN_SIZE], mail_notice[SETTINGS_SHOWN_SIZE];
	struct oct_conf_list statutory, providers, big_providers;
	char *institutional_file, *providers_file; /* "" = none */
	int64_t cap_sender, cap_domain, cap_network, cap_network_provider,
	    cap_platform, share_percent, breaker_volume_org, breaker_volume;
	int64_t t_settle, t_fresh, t_hold, t_hold_silent, t_hold_virus,
	    t_extend, t_quiet, t_button;
	int64_t asks_max;
	int mode, first_contact, unproven, automatic, proof,
	    outbound_here; /* words of policy/options.h */
	int64_t t_allow, t_allow_sent, t_forget, t_defer, t_pass;
	int64_t pass_messages, cap_mailbox, share_mailbox, relation_messages,
	    relation_octets, space_messages, space_octets;
	char *challenge_dkim_selector, *challenge_dkim_key;
	/* digest */
	char *digest_schedule;
	/* learn */
	char *learn_folder; /* "" = none */
	int64_t learn_quiet, learn_checkpoint;
	/* virus, rspamd */
	char *virus_clamd, *rspamd_address; /* "" = not asked */
	int64_t virus_timeout, virus_max, rspamd_timeout, rspamd_max;
	int virus_on_failure; /* 0 = defer, 1 = accept */
	int virus_too_big;    /* 0 = accept, 1 = refuse */
	bool virus_refuse;
	char *rspamd_factor, *rspamd_cap; /* "0.2" */
	/* milter */
	char *milter_socket, *milter_group;
	int spf_engine; /* 0 = octroi, 1 = libspf2 */
	int dmarc;      /* 0 = enforce, 1 = hold, 2 = observe */
	struct oct_conf_list submission_daemons, internal_daemons,
	    collector_daemons, trusted_relays, forwarders, sealers;
	int64_t milter_sessions, milter_drain, max_body, max_header,
	    max_header_count;
	/* provisioning */
	int64_t provisioning_grace, provisioning_retention;
	/* hosting; policy/hosting.h reads them */
	struct oct_conf_list hosting_mx, hosting_senders;
	char *hosting_spf, *hosting_rua, *hosting_tls_rpt, *hosting_web,
	    *hosting_imap, *hosting_smtp, *hosting_services;
	int hosting_dmarc;   /* 0 = none, 1 = quarantine, 2 = reject */
	int hosting_mta_sts; /* 0 = none, 1 = testing, 2 = enforce */
	int64_t hosting_mta_sts_age, hosting_ttl, hosting_dns_port,
	    hosting_https_port;
	bool hosting_inner_addresses;
	/* centre */
	char *centre_name, *centre_place, *centre_signatory;
	struct oct_conf_list centre_address;
	/* statement */
	int statement_due;   /* 0 = days, 1 = year */
	int statement_price; /* 0 = day, 1 = january */
	/* legacy */
	char *legacy_listener, *legacy_ca_file;
	/* courier */
	char *release_address, *own_address, *smtp_user, *smtp_password;
	int64_t release_workers;
	/* web */
	char *web_listen, *web_contact, *web_operator;
	char *web_confirm_network, *web_confirm_org;
	char *web_legal_file, *web_access_file, *web_data_file, *web_audit;
	int web_access; /* enum settings_access */
	char *web_links_network, *web_links_address;
	int64_t web_session, web_session_idle, web_undo;
	int64_t web_connections;
	bool web_behind_proxy;
	/* mapd */
	char *mapd_socket, *mapd_group, *mapd_transport;
	int64_t mapd_connections;
	/* srs */
	char *srs_domain, *srs_listen, *srs_forward, *srs_reverse;
	/* dovecot */
	char *dovecot_socket, *dovecot_group, *dovecot_user,
	    *dovecot_user_group, *dovecot_home, *dovecot_mail;
};

/* Load and check; every problem is logged as "file:line: what, what was
 * expected".  0 or OCT_ECONF. */
OCT_CHECK int settings_load(const char *path, struct settings **out);
void settings_free(struct settings *s);

/* The commented sample file. */
OCT_CHECK int settings_sample(struct oct_str *out);

/* The time of this process is told in that zone from here on; before there are
 * threads. */
OCT_CHECK int settings_tell_time(const struct settings *s);
/* The host of the challenge pages, without its port. */
void settings_page_host(const struct settings *s, char out[256]);

/* Parts in the form that the modules want; strings stay the settings'. */
void settings_store(const struct settings *s, struct store_conf *out);
void settings_dns(const struct settings *s, struct dns_conf *out);
/* The folder of the ledger, or "none"; it fits into PATH_MAX and some. */
void settings_ledger(const struct settings *s, char *out, size_t len);
void settings_timers(const struct settings *s, struct case_timers *out);
/* The platform's options. */
void settings_options(const struct settings *s, struct option_values *out);
/* Limits that no tenant, domain or mailbox sets. */
void settings_limits(const struct settings *s, struct limit_platform *out);
/* Weights were checked at load. */
void settings_weights(const struct settings *s, struct score_weights *out);

/* "100/1h" into count and period; OCT_EPARSE.  "" gives 0 and 0 (no limit). */
OCT_CHECK int settings_rate(const char *text, int64_t *count,
    int64_t *period_ms);
/* "1.5" into hundredths. */
OCT_CHECK int settings_hundredths(const char *text, int32_t *out);

#endif
