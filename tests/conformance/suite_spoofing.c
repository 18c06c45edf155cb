/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attacks of espoofer: suite_spoofing FOLDER [-v] (*.eml, *.env).  The sender
 * owns attack.com, with SPF, DKIM and DMARC in order, and says that it is
 * legitimate.com, which publishes p=reject: whatever the trick, no message in
 * whose From that name stands may pass.  The client_* rows are about users of
 * one's own service and not decided by DMARC: unsettled.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "auth/dkim.h"
#include "auth/dmarc.h"
#include "auth/spf.h"
#include "lib/addrlist.h"
#include "tests/conformance/kit.h"

#define VICTIM "legitimate.com"
#define CLIENT "192.0.2.66"
#define AUTHORS_MAX 16

struct run {
	struct kit_score score;
	struct auth_dkim_lib *lib;
	char *pem;             /* the attacker's key */
	struct oct_str record; /* and its record */
	bool verbose;
};

struct attack {
	char helo[OCT_ADDR_SIZE], mail_from[OCT_ADDR_SIZE];
	char dkim_d[OCT_DOMAIN_SIZE], dkim_s[OCT_DOMAIN_SIZE];
};

struct verdict {
	struct auth_spf spf;
	struct auth_dkim dkim;
	struct auth_dmarc dmarc;
	struct oct_addr author[AUTHORS_MAX];
	const char *domains[AUTHORS_MAX];
	size_t count;
};

static void
env_row(char *field[KIT_FIELDS], size_t count, void *arg)
{
	struct attack *a = arg;
	size_t len;

	if (count < 2)
		return;
	len = strlen(field[1]);
	if (strcmp(field[0], "helo") == 0) {
		(void)snprintf(a->helo, sizeof(a->helo), "%s", field[1]);
	} else if (strcmp(field[0], "mailfrom") == 0) {
		/* As a careless reader would: the brackets go. */
		if (len > 1 && field[1][0] == '<' && field[1][len - 1] == '>') {
			field[1][len - 1] = '\0';
			field[1]++;
		}
		(void)snprintf(a->mail_from, sizeof(a->mail_from), "%s",
		    field[1]);
	} else if (strcmp(field[0], "dkim.d") == 0) {
		(void)snprintf(a->dkim_d, sizeof(a->dkim_d), "%s", field[1]);
	} else if (strcmp(field[0], "dkim.s") == 0) {
		(void)snprintf(a->dkim_s, sizeof(a->dkim_s), "%s", field[1]);
	}
}

/* Everything that the attacker may publish, and what the victim does. */
static struct dns *
zone(const struct run *run)
{
	static const char *const txt[][2] = {
		{ VICTIM, "v=spf1 -all" },
		{ "_dmarc." VICTIM, "v=DMARC1; p=reject" },
		{ "attack.com", "v=spf1 ip4:" CLIENT " -all" },
		{ "helo.attack.com", "v=spf1 ip4:" CLIENT " -all" },
		{ "33.attack.com", "v=spf1 ip4:" CLIENT " -all" },
		{ "_dmarc.attack.com", "v=DMARC1; p=none" },
	};
	static const char *const keys[] = { "selector._domainkey.attack.com",
		"selector._domainkey.a.attack.com" };
	struct dns *dns = kit_zone("");
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < OCT_LEN(txt); i++)
		rc = dns_static_add(dns, txt[i][0], DNS_TXT, txt[i][1],
		    strlen(txt[i][1]));
	for (size_t i = 0; rc == 0 && i < OCT_LEN(keys); i++)
		rc = dns_static_add(dns, keys[i], DNS_TXT, run->record.buf,
		    run->record.len);
	if (rc != 0)
		exit(2);
	return dns;
}

/* The message with the attacker's signature on top, where there is one. */
static char *
prepare(const struct run *run, const struct attack *a, const char *path,
    size_t *len)
{
	struct auth_dkim_key key = { .domain = a->dkim_d,
		.selector = a->dkim_s, .pem = run->pem };
	struct oct_str message;
	char *text = kit_slurp(path, len), *out;

	oct_str_heap(&message, 1 << 20);
	if (text == NULL || (a->dkim_d[0] != '\0' &&
		auth_dkim_sign(run->lib, &key, text, *len, &message) != 0))
		exit(2);
	oct_str_addn(&message, text, *len);
	free(text);
	*len = message.len;
	out = oct_str_take(&message);
	if (out == NULL)
		exit(2);
	return out;
}

static struct oct_msg *
parse(const char *text, size_t len)
{
	char path[] = "/tmp/spoofingXXXXXX";
	struct oct_msg *m;
	int fd = mkstemp(path);
	FILE *f = fd >= 0 ? fdopen(fd, "wb") : NULL;

	if (f == NULL || fwrite(text, 1, len, f) != len || fclose(f) != 0)
		exit(2);
	m = kit_message(path);
	(void)remove(path);
	return m;
}

/* All From fields, as strictly as a milter should. */
static void
authors(const struct oct_msg *m, struct verdict *v)
{
	const struct oct_field *f;
	size_t got;

	for (size_t n = 0; (f = oct_msg_find(m, "From", n)) != NULL; n++) {
		if (oct_addrlist_parse(f->value, f->value_len,
			v->author + v->count, AUTHORS_MAX - v->count,
			&got) != 0) {
			v->count = 0;
			return;
		}
		v->count += got;
	}
	for (size_t i = 0; i < v->count; i++)
		v->domains[i] = v->author[i].domain;
}

static int
verify_dkim(const struct run *run, struct dns_session *dns, struct oct_msg *m,
    struct auth_dkim *out)
{
	struct auth_dkim_verifier *v;
	const struct oct_field *f;
	const char *body;
	size_t len;
	int rc;

	rc = auth_dkim_verify_new(run->lib, dns, "suite", &v);
	if (rc == 0)
		auth_dkim_verify_message(v, m);
	for (size_t i = 0; rc == 0 && i < oct_msg_field_count(m); i++) {
		f = oct_msg_field(m, i);
		rc = auth_dkim_verify_field(v, f->name, f->name_len, f->value,
		    f->value_len);
	}
	if (rc == 0)
		rc = auth_dkim_verify_eoh(v);
	if (rc == 0)
		rc = oct_msg_body(m, &body, &len);
	if (rc == 0)
		rc = auth_dkim_verify_body(v, body, len);
	if (rc == 0)
		rc = auth_dkim_verify_end(v, out);
	auth_dkim_verify_free(v);
	return rc;
}

static void
judge(const struct run *run, const struct attack *a, struct oct_msg *m,
    struct verdict *v)
{
	struct auth_spf_input spf = { .helo = a->helo,
		.mail_from = a->mail_from, .receiver = "mx.victim.com",
		.now_s = 1700000000 };
	struct auth_dmarc_input in = { .from_domains = v->domains,
		.spf = &v->spf, .dkim = &v->dkim };
	struct dns *dns = zone(run);
	struct dns_session *session = kit_session(dns);

	if (oct_ip_parse(CLIENT, &spf.ip) != 0)
		exit(2);
	auth_spf_check(session, &spf, &v->spf);
	if (verify_dkim(run, session, m, &v->dkim) != 0)
		exit(2);
	authors(m, v);
	in.from_count = v->count;
	auth_dmarc_check(session, &in, &v->dmarc);
	dns_session_free(session);
	dns_free(dns);
}

/* Does the victim's name stand in anything that somebody may take for From? */
static bool
names_victim(const struct oct_msg *m)
{
	for (size_t i = 0; i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		if (f->name_len >= 4 && strncasecmp(f->name, "From", 4) == 0 &&
		    memmem(f->value, f->value_len, VICTIM, strlen(VICTIM)))
			return true;
	}
	return false;
}

static void
row(struct run *run, const char *folder, const char *name)
{
	struct verdict *v = calloc(1, sizeof(*v));
	struct attack *a = calloc(1, sizeof(*a));
	char path[KIT_PATH], *text;
	struct oct_msg *m;
	size_t len;

	if (v == NULL || a == NULL)
		exit(2);
	kit_path(path, folder, name, ".env");
	(void)kit_rows(path, env_row, a);
	kit_path(path, folder, name, ".eml");
	text = prepare(run, a, path, &len);
	m = parse(text, len);
	free(text);
	if (m == NULL) {
		kit_wrong(&run->score, name, "not readable");
	} else {
		judge(run, a, m, v);
		if (run->verbose)
			(void)printf("%s: spf %s (%s), dmarc %s for %s (%s)\n",
			    name, auth_result_name(v->spf.result),
			    v->spf.domain, auth_result_name(v->dmarc.result),
			    v->dmarc.from_domain, v->dmarc.problem);
		if (v->dmarc.result == AUTH_PASS &&
		    (names_victim(m) ||
			oct_domain_under(v->dmarc.from_domain, VICTIM)))
			kit_wrong(&run->score, name, "passes as %s",
			    v->dmarc.from_domain);
		else
			run->score.right++;
	}
	oct_msg_free(m);
	free(v);
	free(a);
}

static int
is_message(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && strcmp(dot, ".eml") == 0;
}

int
main(int argc, char **argv)
{
	struct run run = { .score = { .name = "spoofing" } };
	const char *base = argc > 1 ? argv[1] : "../shared/conformance";
	char folder[KIT_PATH];
	struct dirent **list;
	int n;

	if (!kit_folder(base, "spoofing", folder))
		return kit_skip("spoofing", base);
	run.verbose = argc > 2 && strcmp(argv[2], "-v") == 0;
	oct_str_heap(&run.record, 4096);
	if (auth_dkim_lib_new(&run.lib) != 0 ||
	    auth_dkim_keygen(false, 1024, &run.pem, &run.record) != 0)
		return 2;
	n = scandir(folder, &list, is_message, alphasort);
	for (int i = 0; i < n; i++) {
		*strrchr(list[i]->d_name, '.') = '\0';
		if (strncmp(list[i]->d_name, "client_", 7) == 0)
			run.score.unsettled++;
		else
			row(&run, folder, list[i]->d_name);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	free(run.pem);
	oct_str_free(&run.record);
	auth_dkim_lib_free(run.lib);
	return kit_end(&run.score);
}
