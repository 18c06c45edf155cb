/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tag lists of ARC and DKIM: fields, key records, base64; and the same octets as
 * a whole message with its ARC sets and signatures.
 */
#include <stdlib.h>
#include <string.h>

#include "auth/arc.h"
#include "auth/arc_sig.h"
#include "auth/dkim_int.h"
#include "lib/clock.h"

#define FIELDS_MAX 300

/* Of the chain in the corpus (tests/unit/test_arc.c). */
static const char record[] =
	"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBg"
	"QDC0YuwNxvGr0Dly6ssblr8zxh4bjva62yKQGaZgHR3C9mOw3KjO6VA"
	"WbHo5qlaZgpt0chWlRM3nsEpYXj0cq7Rb+PZuHsbLq7M4sAzZY4HOnd"
	"oy8BHV1q5yLjdxWxhOl5+3WIg67awMpW1VjDobHxvlahk5bSxKmv3OG"
	"kAKCg3HQIDAQAB";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_tags(const char *text, size_t size)
{
	struct oct_field field = { "ARC-Seal", text, 8, size };
	struct dkim_sig sig = { .text = NULL };
	struct auth_dkim_pubkey key;
	char cv, problem[128];
	struct arc_sig seal;

	(void)arc_aar_instance(&field);
	(void)arc_sig_instance(&field, &cv);
	(void)arc_sig_read(&field, true, &seal);
	(void)arc_sig_read(&field, false, &seal);
	if (dkim_sig_read(&sig, text, size) == 0)
		OCT_ASSERT((sig.b == NULL) == (sig.out.problem[0] != '\0'));
	dkim_sig_fini(&sig);
	OCT_ASSERT(auth_dkim_key_parse(text, size, &key, problem) == 0 ||
	    key.bits >= 256);
}

/* Fields up to an empty line; returns where the body starts. */
static char *
add_fields(struct oct_msg *m, char *p)
{
	char *colon, *end;

	for (int i = 0; i < FIELDS_MAX && *p != '\0' && *p != '\n'; i++) {
		end = strchr(p, '\n');
		while (end != NULL && (end[1] == ' ' || end[1] == '\t'))
			end = strchr(end + 1, '\n');
		if (end != NULL)
			*end = '\0';
		colon = strchr(p, ':');
		if (colon != NULL) {
			*colon = '\0';
			(void)!oct_msg_add_field(m, p, colon + 1);
		}
		if (end == NULL)
			return p + strlen(p);
		p = end + 1;
	}
	return p;
}

static void
verify_dkim(struct auth_dkim_lib *lib, struct dns_session *s,
    struct oct_msg *m, const char *body)
{
	struct auth_dkim_verifier *v;
	struct auth_dkim *out = malloc(sizeof(*out));

	if (out == NULL || auth_dkim_verify_new(lib, s, "fuzz", &v) != 0)
		abort();
	auth_dkim_verify_message(v, m);
	for (size_t i = 0; i < oct_msg_field_count(m); i++) {
		const struct oct_field *f = oct_msg_field(m, i);

		(void)!auth_dkim_verify_field(v, f->name, f->name_len,
		    f->value, f->value_len);
	}
	if (auth_dkim_verify_eoh(v) == 0 &&
	    auth_dkim_verify_body(v, body, strlen(body)) == 0 &&
	    auth_dkim_verify_end(v, out) == 0)
		OCT_ASSERT(out->count <= AUTH_DKIM_MAX);
	auth_dkim_verify_free(v);
	free(out);
}

static struct dns *
zone(void)
{
	static const char *const names[] = { "sel._domainkey.one.example",
		"sel._domainkey.two.example", "s._domainkey.xn--bcher-kva.example" };
	struct dns *dns;

	if (dns_new_static(&dns) != 0)
		abort();
	for (size_t i = 0; i < OCT_LEN(names); i++)
		if (dns_static_add(dns, names[i], DNS_TXT, record,
			sizeof(record) - 1) != 0)
			abort();
	return dns;
}

static void
read_message(char *text)
{
	static struct auth_dkim_lib *lib; /* made once, for speed */
	static struct dns *dns;
	struct oct_msg_limits limits;
	struct dns_session *s;
	struct auth_arc out;
	struct oct_msg *m;
	const char *body;

	if (lib == NULL) {
		dns = zone();
		if (auth_dkim_lib_new(&lib) != 0)
			abort();
	}
	oct_msg_limits_init(&limits);
	if (oct_msg_new(&limits, &m) != 0 ||
	    dns_session_new(dns, oct_clock_mono_ms() + 9000, 99, &s) != 0)
		abort();
	body = add_fields(m, text);
	if (oct_msg_add_body(m, body, strlen(body)) == 0 &&
	    auth_arc_check(s, m, &out) == 0)
		OCT_ASSERT(out.result != AUTH_PASS || out.instances > 0);
	verify_dkim(lib, s, m, body);
	dns_session_free(s);
	oct_msg_free(m);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	read_tags((const char *)data, size);
	memcpy(text, data, size);
	text[size] = '\0';
	read_message(text);
	free(text);
	return 0;
}
