/* SPDX-License-Identifier: Apache-2.0 */
/*
 * octroictl doctor: what must answer.
 */
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/smtp_conn.h"
#include "provisioning/ctl_doctor.h"

#define ANSWER_MS 3000
#define LINES_MAX 100 /* of an EHLO answer */
#define POSTFIX_USER "postfix"

/* --- DNS ---------------------------------------------------------------- */

static void
one_server(const char *server, const char *name, struct ctl_findings *f)
{
	const char *servers[] = { server };
	struct dns_session *session = NULL;
	struct dns *dns = NULL;
	struct dns_conf conf;
	bool good = false;
	int rc;

	dns_conf_init(&conf);
	conf.servers = servers;
	conf.server_count = 1;
	conf.tries = 2;
	rc = dns_new(&conf, &dns);
	if (rc == 0)
		rc = dns_session_new(dns, oct_clock_mono_ms() + ANSWER_MS, 1,
		    &session);
	if (rc == 0)
		good = dns_get(session, name, DNS_MX)->status != DNS_TEMPFAIL;
	dns_session_free(session);
	dns_free(dns);
	ctl_finding(f, good ? CTL_OK : CTL_FAIL, "dns server", server,
	    good ? "answers" : rc != 0 ? oct_strerror(rc) : "does not answer",
	    "without DNS nothing can be proven: start it, or correct "
	    "dns.servers");
}

void
doctor_dns(const struct settings *set, struct ctl_findings *f)
{
	for (size_t i = 0; i < set->dns_servers.count; i++)
		one_server(set->dns_servers.values[i], set->challenge_domain,
		    f);
}

/* --- Sockets of our programs -------------------------------------------- */

static bool
in_group(const char *user, gid_t gid)
{
	const struct passwd *pw = getpwnam(user);
	const struct group *gr;

	if (pw == NULL)
		return true; /* no Postfix here: nothing to compare with */
	if (pw->pw_gid == gid)
		return true;
	gr = getgrgid(gid);
	for (char **m = gr != NULL ? gr->gr_mem : NULL;
	    m != NULL && *m != NULL; m++)
		if (strcmp(*m, user) == 0)
			return true;
	return false;
}

/* May Postfix connect?  It needs the right to write on the socket. */
static bool
postfix_may(const struct stat *st)
{
	const struct passwd *pw = getpwnam(POSTFIX_USER);

	if (st->st_mode & S_IWOTH)
		return true;
	if (pw != NULL && pw->pw_uid == st->st_uid)
		return (st->st_mode & S_IWUSR) != 0;
	return (st->st_mode & S_IWGRP) && in_group(POSTFIX_USER, st->st_gid);
}

/* 0 if somebody listens there. */
static int
try_connect(const char *address)
{
	struct smtp_conn *c = malloc(sizeof(*c));
	struct smtp_peer peer;
	int rc = smtp_peer_parse(address, &peer);

	if (c == NULL)
		rc = -ENOMEM;
	if (rc == 0) {
		smtp_conn_init(c);
		rc = smtp_conn_open(c, &peer, oct_clock_mono_ms() + ANSWER_MS);
		smtp_conn_close(c);
	}
	free(c);
	return rc;
}

/* address: "unix:/path" or "host:port". */
static void
one_socket(const char *program, const char *address, bool for_postfix,
    struct ctl_findings *f)
{
	bool is_unix = strncmp(address, "unix:", 5) == 0;
	char hint[256];
	struct oct_str s;
	struct stat st;
	int rc;

	oct_str_fixed(&s, hint, sizeof(hint));
	if (is_unix && for_postfix && stat(address + 5, &st) == 0 &&
	    !postfix_may(&st)) {
		oct_str_addf(&s, "set %s.group to a group of user " POSTFIX_USER
				 " and restart %s",
		    program + 7, program);
		ctl_finding(f, CTL_FAIL, program, address,
		    "Postfix may not connect", hint);
		return;
	}
	rc = try_connect(address);
	oct_str_addf(&s, "start %s and see its log", program);
	ctl_finding(f, rc == 0 ? CTL_OK : CTL_FAIL, program, address,
	    rc == 0 ? "listens" : oct_strerror(rc), hint);
}

void
doctor_sockets(const struct settings *set, struct ctl_findings *f)
{
	char milter[CTL_ENDPOINT_SIZE];
	const char *address = milter;

	if (ctl_postfix_milter(set->milter_socket, milter) != 0) {
		ctl_finding(f, CTL_FAIL, "octroi-milter", set->milter_socket,
		    "milter.socket has no known form",
		    "write unix:/path or inet:port@host");
	} else {
		if (strncmp(milter, "inet:", 5) == 0)
			address += 5;
		one_socket("octroi-milter", address, true, f);
	}
	one_socket("octroi-mapd", set->mapd_socket, true, f);
	one_socket("octroi-web", set->web_listen, false, f);
}

/* --- Postfix's listeners for us ----------------------------------------- */

/* A whole reply; its code must be want. */
static int
expect(struct smtp_conn *c, const char *want, int64_t until)
{
	for (int i = 0; i < LINES_MAX; i++) {
		const char *line;
		size_t len;
		int rc = smtp_conn_line(c, &line, &len, until);

		if (rc != 0)
			return rc;
		if (len < 3 || strncmp(line, want, 3) != 0)
			return OCT_EREFUSED;
		if (len == 3 || line[3] == ' ')
			return 0;
	}
	return OCT_EREPLY;
}

static int
say_hello(const char *address, const char *hostname)
{
	int64_t until = oct_clock_mono_ms() + ANSWER_MS;
	struct smtp_conn *c = malloc(sizeof(*c));
	struct smtp_peer peer;
	struct oct_str s;
	int rc = smtp_peer_parse(address, &peer);

	if (c == NULL)
		return -ENOMEM;
	smtp_conn_init(c);
	oct_str_heap(&s, 1024);
	oct_str_addf(&s, "EHLO %s\r\n", hostname);
	if (rc == 0)
		rc = smtp_conn_open(c, &peer, until);
	if (rc == 0)
		rc = expect(c, "220", until);
	if (rc == 0)
		rc = smtp_conn_write(c, oct_str_text(&s), s.len, until);
	if (rc == 0)
		rc = expect(c, "250", until);
	if (rc == 0)
		(void)!smtp_conn_write(c, "QUIT\r\n", 6, until);
	smtp_conn_close(c);
	oct_str_free(&s);
	free(c);
	return rc;
}

void
doctor_listeners(const struct settings *set, struct ctl_findings *f)
{
	const struct {
		const char *check, *address, *hint;
	} listeners[] = {
		{ "release listener", set->release_address,
		    "held mail cannot be released: add the listener that "
		    "'octroictl feed postfix' prints, and reload Postfix" },
		{ "own listener", set->own_address,
		    "no challenge can be sent: add the listener that "
		    "'octroictl feed postfix' prints, and reload Postfix" },
	};

	for (size_t i = 0; i < OCT_LEN(listeners); i++) {
		int rc = say_hello(listeners[i].address, set->hostname);

		ctl_finding(f, rc == 0 ? CTL_OK : CTL_FAIL, listeners[i].check,
		    listeners[i].address,
		    rc == 0 ? "answers EHLO" : oct_strerror(rc),
		    listeners[i].hint);
	}
}

/* --- postsrsd ------------------------------------------------------------- */

/* What it makes of a stranger: 0, and the line in out. */
static int
ask_srs(const char *address, char *out, size_t size)
{
	static const char question[] = "get someone@example.org\n";
	int64_t until = oct_clock_mono_ms() + ANSWER_MS;
	struct smtp_conn *c = malloc(sizeof(*c));
	struct smtp_peer peer;
	const char *line;
	size_t len;
	int rc = smtp_peer_parse(address, &peer);

	if (c == NULL)
		return -ENOMEM;
	smtp_conn_init(c);
	if (rc == 0)
		rc = smtp_conn_open(c, &peer, until);
	if (rc == 0)
		rc = smtp_conn_write(c, question, strlen(question), until);
	if (rc == 0)
		rc = smtp_conn_line(c, &line, &len, until);
	if (rc == 0)
		(void)snprintf(out, size, "%.*s", (int)len, line);
	smtp_conn_close(c);
	free(c);
	return rc;
}

/* With another domain there its mail would go round until Postfix gives up. */
void
doctor_srs(const struct settings *set, struct ctl_findings *f)
{
	char answer[512] = "";
	const char *at;
	bool good;
	int rc;

	if (*set->srs_domain == '\0')
		return;
	rc = ask_srs(set->srs_forward, answer, sizeof(answer));
	at = strrchr(answer, '@');
	good = rc == 0 && strncmp(answer, "200 ", 4) == 0 && at != NULL &&
	    strcasecmp(at + 1, set->srs_domain) == 0;
	ctl_finding(f, good ? CTL_OK : CTL_FAIL, "postsrsd", set->srs_forward,
	    rc == 0 ? answer : oct_strerror(rc),
	    "forwarded mail of strangers does not leave: start postsrsd, with "
	    "SRS_DOMAIN the same as srs.domain");
}
