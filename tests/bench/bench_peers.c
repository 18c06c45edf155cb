/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The peers' bare cost: libspf2 over its own cache and a zone in memory, and
 * libopendkim with a key that costs nothing to get.
 */
#include "tests/bench/bench_auth.h"

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include <arpa/nameser.h>
#include <netdb.h>
#include <opendkim/dkim.h>
#include <spf2/spf.h>
#include <spf2/spf_dns_cache.h>
#include <spf2/spf_dns_zone.h>

#define CACHE_BITS 10

static u_char *
unconst(const void *octets)
{
	return (u_char *)(uintptr_t)octets;
}

/* --- libspf2 ----------------------------------------------------------------- */

struct bare_spf {
	SPF_server_t *server;
	const struct bench_spf *row;
};

/* "name<TAB>TXT or A<TAB>data" a line. */
static SPF_dns_server_t *
zone(const struct bench *b)
{
	SPF_dns_server_t *z = SPF_dns_zone_new(NULL, "bench", 0);
	char *text = bench_read(b, "zone", NULL), *save = NULL;

	if (z == NULL)
		bench_fail("no libspf2");
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		char *type = strchr(line, '\t'), *data;

		data = type != NULL ? strchr(type + 1, '\t') : NULL;
		if (data == NULL)
			bench_fail(line);
		*type++ = '\0';
		*data++ = '\0';
		if (SPF_dns_zone_add_str(z, line,
			strcmp(type, "A") == 0 ? ns_t_a : ns_t_txt, NETDB_SUCCESS,
			data) != SPF_E_SUCCESS)
			bench_fail(line);
	}
	free(text);
	return z;
}

static void
run_spf(struct bench *b, const void *arg)
{
	const struct bare_spf *a = arg;
	SPF_request_t *req = SPF_request_new(a->server);
	SPF_response_t *resp = NULL;

	(void)b;
	if (req == NULL ||
	    SPF_request_set_ipv4_str(req, a->row->ip) != SPF_E_SUCCESS ||
	    SPF_request_set_helo_dom(req, a->row->helo) != SPF_E_SUCCESS ||
	    SPF_request_set_env_from(req, a->row->from) != 0)
		bench_fail("libspf2 refuses a question");
	if (SPF_request_query_mailfrom(req, &resp) != SPF_E_SUCCESS ||
	    SPF_response_result(resp) != SPF_RESULT_PASS)
		bench_fail("bare libspf2 does not pass");
	SPF_response_free(resp);
	SPF_request_free(req);
}

static void
bench_libspf2(struct bench *b)
{
	SPF_dns_server_t *cache = SPF_dns_cache_new(zone(b), NULL, 0,
	    CACHE_BITS);
	struct bare_spf a = { .server = SPF_server_new_dns(cache, 0) };
	char what[128];

	if (a.server == NULL)
		bench_fail("no libspf2");
	for (size_t i = 0; i < b->spf_count; i++) {
		a.row = &b->spf[i];
		(void)snprintf(what, sizeof(what), "spf %s/libspf2",
		    b->spf[i].name);
		bench_row(b, what, run_spf, &a);
	}
	SPF_server_free(a.server);
}

/* --- libopendkim ------------------------------------------------------------- */

struct bare_dkim {
	DKIM_LIB *lib;
	const struct bench_mail *mail;
	const char *record;
};

static DKIM_CBSTAT
give_key(DKIM *dkim, DKIM_SIGINFO *info, u_char *buf, size_t len)
{
	const struct bare_dkim *a = dkim_get_user_context(dkim);

	(void)info;
	(void)snprintf((char *)buf, len, "%s", a->record);
	return DKIM_CBSTAT_CONTINUE;
}

static void
feed(DKIM *dkim, struct oct_msg *m)
{
	const char *body;
	size_t len;
	bool ok = true;

	for (size_t i = 0; ok && i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		/* Name, colon and value stand together in memory only here. */
		char text[8192];
		int n = snprintf(text, sizeof(text), "%.*s:%.*s",
		    (int)f->name_len, f->name, (int)f->value_len, f->value);

		ok = dkim_header(dkim, unconst(text), (size_t)n) ==
		    DKIM_STAT_OK;
	}
	ok = ok && dkim_eoh(dkim) == DKIM_STAT_OK &&
	    oct_msg_body(m, &body, &len) == 0 &&
	    dkim_body(dkim, unconst(body), len) == DKIM_STAT_OK &&
	    dkim_eom(dkim, NULL) == DKIM_STAT_OK;
	if (!ok)
		bench_fail("bare libopendkim fails");
}

static void
run_verify(struct bench *b, const void *arg)
{
	struct bare_dkim *a = (struct bare_dkim *)(uintptr_t)arg;
	DKIM_STAT status;
	DKIM *dkim = dkim_verify(a->lib, (const u_char *)"bench", NULL,
	    &status);
	DKIM_SIGINFO *info;

	(void)b;
	if (dkim == NULL || dkim_set_user_context(dkim, a) != DKIM_STAT_OK)
		bench_fail("no libopendkim");
	feed(dkim, a->mail->msg);
	info = dkim_getsignature(dkim);
	if (info == NULL ||
	    (dkim_sig_getflags(info) & DKIM_SIGFLAG_PASSED) == 0)
		bench_fail("bare libopendkim does not pass");
	(void)dkim_free(dkim);
}

static void
run_sign(struct bench *b, const void *arg)
{
	const struct bare_dkim *a = arg;
	DKIM_STAT status;
	DKIM *dkim = dkim_sign(a->lib, (const u_char *)"bench", NULL,
	    unconst(b->rsa_pem), (const u_char *)"s1",
	    (const u_char *)"sender.test", DKIM_CANON_RELAXED,
	    DKIM_CANON_RELAXED, DKIM_SIGN_RSASHA256, -1, &status);
	u_char *field;
	size_t len;

	if (dkim == NULL)
		bench_fail("no libopendkim");
	feed(dkim, b->plain.msg);
	if (dkim_getsighdr_d(dkim, 16, &field, &len) != DKIM_STAT_OK)
		bench_fail("bare libopendkim does not sign");
	(void)dkim_free(dkim);
}

static void
bench_libopendkim(struct bench *b)
{
	struct bare_dkim a = { .lib = dkim_init(NULL, NULL) };

	if (a.lib == NULL ||
	    dkim_set_key_lookup(a.lib, give_key) != DKIM_STAT_OK)
		bench_fail("no libopendkim");
	a.mail = &b->rsa;
	a.record = b->rsa_record;
	bench_row(b, "dkim verify rsa2048/libopendkim", run_verify, &a);
	a.mail = &b->ed25519;
	a.record = b->ed25519_record;
	bench_row(b, "dkim verify ed25519/libopendkim", run_verify, &a);
	bench_row(b, "dkim sign rsa2048/libopendkim", run_sign, &a);
	dkim_close(a.lib);
}

void
bench_peers(struct bench *b)
{
	bench_libspf2(b);
	bench_libopendkim(b);
}
