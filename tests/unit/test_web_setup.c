/* SPDX-License-Identifier: Apache-2.0 */
/* What mail programs fetch at names of hosted domains. */
#include "challenge-web/setup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "challenge-web/route.h"

#define D "mairie.example"
#define POLICY "/.well-known/mta-sts.txt"
#define BIRD "/mail/config-v1.1.xml"
#define KNOWN "/.well-known/autoconfig/mail/config-v1.1.xml"
#define OUTLOOK "/autodiscover/autodiscover.xml"
#define REQUEST(address)                                                       \
	"<?xml version=\"1.0\"?><Autodiscover xmlns=\"http://schemas."         \
	"microsoft.com/exchange/autodiscover/outlook/requestschema/2006\">"    \
	"<Request><EMailAddress>" address "</EMailAddress>"                    \
	"<AcceptableResponseSchema>x</AcceptableResponseSchema></Request>"     \
	"</Autodiscover>"

static struct settings settings = {
	.hostname = (char[]){ "mx.centre.example" },
	.challenge_url = (char[]){ "https://filtre.example" },
	.challenge_contact = (char[]){ "" },
	.challenge_dpo = (char[]){ "" },
	.challenge_notice = (char[]){ "" },
	.web_operator = (char[]){ "Centre <de> \"Gestion\"" },
	.web_contact = (char[]){ "" },
	.web_audit = (char[]){ "" },
	.hosting_spf = (char[]){ "" },
	.hosting_rua = (char[]){ "" },
	.hosting_tls_rpt = (char[]){ "" },
	.hosting_web = (char[]){ "" },
	.hosting_imap = (char[]){ "imap.centre.example:993" },
	.hosting_smtp = (char[]){ "smtp.centre.example:587" },
	.hosting_mta_sts = 2,
	.hosting_mta_sts_age = 604800000,
};
static struct app app = { .settings = &settings };
static struct http_reply reply;

static unsigned int
ask(enum http_method method, const char *host, const char *path,
    const char *body)
{
	struct http_request r = { .method = method, .path = path,
		.host = host, .lang = "", .result = "", .languages = "fr",
		.content_type = "text/xml", .body = body,
		.body_len = strlen(body) };

	free(reply.body);
	memset(&reply, 0, sizeof(reply));
	route_handle(&app, &r, &reply);
	return reply.status;
}

static void
each_name_has_its_service(void **state)
{
	static const struct {
		const char *name, *host, *path, *body;
		enum http_method method;
		unsigned int status;
		const char *says;
	} cases[] = {
		{ "policy", "mta-sts." D, POLICY, "", HTTP_GET, 200,
		    "version: STSv1\r\nmode: enforce\r\n"
		    "mx: mx.centre.example\r\nmax_age: 604800\r\n" },
		{ "policy, case and port of the host", "MTA-STS.Mairie.Example:"
		    "443", POLICY, "", HTTP_GET, 200, "STSv1" },
		{ "policy at the domain itself", D, POLICY, "", HTTP_GET, 404,
		    NULL },
		{ "policy of a domain that has none", "mta-sts.sans.example",
		    POLICY, "", HTTP_GET, 404, NULL },
		{ "policy of its own mode", "mta-sts.essai.example", POLICY,
		    "", HTTP_GET, 200, "mode: testing\r\n" },
		{ "policy of a stranger", "mta-sts.autre.example", POLICY, "",
		    HTTP_GET, 404, NULL },
		{ "policy of a closed domain", "mta-sts.clos.example", POLICY,
		    "", HTTP_GET, 404, NULL },
		{ "policy by POST", "mta-sts." D, POLICY, "", HTTP_POST, 405,
		    NULL },
		{ "another path there", "mta-sts." D, "/x", "", HTTP_GET, 404,
		    NULL },
		{ "Thunderbird", "autoconfig." D, BIRD, "", HTTP_GET, 200,
		    "<hostname>imap.centre.example</hostname>\n"
		    "      <port>993</port>\n"
		    "      <socketType>SSL</socketType>" },
		{ "Thunderbird, sending", "autoconfig." D, BIRD, "", HTTP_GET,
		    200, "<port>587</port>\n"
			 "      <socketType>STARTTLS</socketType>" },
		{ "Thunderbird, well-known", D, KNOWN, "", HTTP_GET, 200,
		    "<domain>" D "</domain>" },
		{ "names are escaped", D, KNOWN, "", HTTP_GET, 200,
		    "<displayName>Centre &#60;de&#62; &#34;Gestion&#34;<" },
		{ "Thunderbird of a stranger", "autoconfig.autre.example",
		    BIRD, "", HTTP_GET, 404, NULL },
		{ "Outlook", "autodiscover." D, OUTLOOK, REQUEST("maire@" D),
		    HTTP_POST, 200,
		    "<LoginName>maire@" D "</LoginName>" },
		{ "Outlook, its spelling of the path", "autodiscover." D,
		    "/Autodiscover/Autodiscover.xml", REQUEST("maire@" D),
		    HTTP_POST, 200, "<Server>smtp.centre.example</Server>" },
		{ "Outlook, another hosted domain", "autodiscover." D, OUTLOOK,
		    REQUEST("x@sans.example"), HTTP_POST, 200,
		    "<LoginName>x@sans.example<" },
		{ "Outlook, an address elsewhere", "autodiscover." D, OUTLOOK,
		    REQUEST("x@autre.example"), HTTP_POST, 200,
		    "<ErrorCode>500<" },
		{ "Outlook by GET", "autodiscover." D, OUTLOOK, "", HTTP_GET,
		    405, NULL },
		{ "Outlook with entities", "autodiscover." D, OUTLOOK,
		    "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>"
		    REQUEST("&x;@" D), HTTP_POST, 400, NULL },
		{ "Outlook without a body", "autodiscover." D, OUTLOOK, "",
		    HTTP_POST, 400, NULL },
		{ "no host", "", POLICY, "", HTTP_GET, 404, NULL },
		{ "no host name", "[::1]:80", POLICY, "", HTTP_GET, 404,
		    NULL },
	};

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		print_message("  %s\n", cases[i].name);
		assert_int_equal(ask(cases[i].method, cases[i].host,
				     cases[i].path, cases[i].body),
		    cases[i].status);
		if (cases[i].says != NULL &&
		    strstr(reply.body, cases[i].says) == NULL)
			fail_msg("%s", reply.body);
	}
}

static void
nothing_is_told_without_servers(void **state)
{
	char *imap = settings.hosting_imap, none[] = "";

	(void)state;
	settings.hosting_imap = none;
	assert_int_equal(ask(HTTP_GET, "autoconfig." D, BIRD, ""), 404);
	assert_int_equal(ask(HTTP_POST, "autodiscover." D, OUTLOOK,
			     REQUEST("maire@" D)), 404);
	settings.hosting_imap = imap;
}

static void
requests_are_hostile(void **state)
{
	static const struct {
		const char *xml, *address; /* NULL: refused */
	} cases[] = {
		{ REQUEST("a@" D), "a@" D },
		{ REQUEST(" \r\n\ta@" D " "), "a@" D },
		{ "<x:EMailAddress y='1'>a@" D "</x:EMailAddress>", "a@" D },
		{ "<EMailAddress xmlns:x='http://y.test/'>a@" D
		  "</EMailAddress>", "a@" D },
		{ "<a b='c:EMailAddress'>a@" D "</a>", NULL },
		{ "<a:b c='d:EMailAddress '>x@" D "</a:b>"
		  "<EMailAddress\n>a@" D "</EMailAddress>", "a@" D },
		{ "<EMailAddresses>a@" D "</EMailAddresses>", NULL },
		{ "<EMailAddress>a@" D, NULL },
		{ "<EMailAddress", NULL },
		{ "<EMailAddress></EMailAddress>", NULL },
		{ "<EMailAddress>a</EMailAddress>", NULL },
		{ "<EMailAddress>@" D "</EMailAddress>", NULL },
		{ "<EMailAddress>a b@" D "</EMailAddress>", NULL },
		{ "<EMailAddress>a@[192.0.2.1]</EMailAddress>", NULL },
		{ "<EMailAddress>&amp;@" D "</EMailAddress>", NULL },
		{ "<EMailAddress>\x1b[2J@" D "</EMailAddress>", NULL },
		{ "<EMailAddress><![CDATA[a@" D "]]></EMailAddress>", NULL },
		{ "", NULL },
		{ "<", NULL },
		{ ">", NULL },
	};
	char address[OCT_ADDR_SIZE];

	(void)state;
	for (size_t i = 0; i < OCT_LEN(cases); i++) {
		size_t len = strlen(cases[i].xml);
		/* Without a NUL behind it, for the sanitizer. */
		char *copy = malloc(len + 1);
		int rc;

		print_message("  %s\n", cases[i].xml);
		assert_non_null(copy);
		memcpy(copy, cases[i].xml, len);
		copy = realloc(copy, len > 0 ? len : 1);
		rc = setup_request_address(copy, len, address);
		assert_int_equal(rc == 0, cases[i].address != NULL);
		if (rc == 0)
			assert_string_equal(address, cases[i].address);
		free(copy);
	}
}

static int
set_up(void **state)
{
	static const char json[] =
	    "[{\"name\":\"" D "\"},"
	    "{\"name\":\"sans.example\",\"mta_sts\":\"none\"},"
	    "{\"name\":\"essai.example\",\"mta_sts\":\"testing\"},"
	    "{\"name\":\"clos.example\",\"state\":\"closed\"}]";
	struct oct_secret secret = { .octets = { 3 } };
	struct dir_snapshot *s;

	(void)state;
	if (sodium_init() < 0 || app_keys(&app, &secret, NULL) != 0 ||
	    dir_snapshot_parse(json, sizeof(json) - 1, &s) != 0)
		return -1;
	return hosts_new_fixed(s, app.passes, &app.hosts);
}

static int
tear_down(void **state)
{
	(void)state;
	free(reply.body);
	hosts_free(app.hosts);
	pass_keys_free(app.passes);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_name_has_its_service),
		cmocka_unit_test(nothing_is_told_without_servers),
		cmocka_unit_test(requests_are_hostile),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
