/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/setup_text.h"

#include <string.h>

#include "challenge-web/setup.h"
#include "lib/err.h"

#define OUTLOOK "http://schemas.microsoft.com/exchange/autodiscover"
#define ADDRESS_TAG "EMailAddress"

static void
escape(const char *text, struct oct_str *out)
{
	for (; *text != '\0'; text++) {
		if (strchr("&<>\"'", *text) != NULL)
			oct_str_addf(out, "&#%d;", *text);
		else
			oct_str_addc(out, *text);
	}
}

static const char *
service_name(const struct hosting *h)
{
	return *h->name != '\0' ? h->name : h->hostname;
}

/* --- Thunderbird ------------------------------------------------------------ */

static void
thunderbird_server(const char *tag, const char *type,
    const struct hosting_server *s, struct oct_str *out)
{
	oct_str_addf(out,
	    "    <%s type=\"%s\">\n"
	    "      <hostname>%s</hostname>\n"
	    "      <port>%u</port>\n"
	    "      <socketType>%s</socketType>\n"
	    "      <authentication>password-cleartext</authentication>\n"
	    "      <username>%%EMAILADDRESS%%</username>\n"
	    "    </%s>\n",
	    tag, type, s->host, s->port, s->starttls ? "STARTTLS" : "SSL",
	    tag);
}

void
setup_text_thunderbird(const char *domain, const struct hosting *h,
    struct oct_str *out)
{
	oct_str_addf(out,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
	    "<clientConfig version=\"1.1\">\n"
	    "  <emailProvider id=\"%s\">\n"
	    "    <domain>%s</domain>\n"
	    "    <displayName>",
	    domain, domain);
	escape(service_name(h), out);
	oct_str_add(out, "</displayName>\n    <displayShortName>");
	escape(service_name(h), out);
	oct_str_add(out, "</displayShortName>\n");
	thunderbird_server("incomingServer", "imap", &h->imap, out);
	thunderbird_server("outgoingServer", "smtp", &h->smtp, out);
	oct_str_add(out, "  </emailProvider>\n</clientConfig>\n");
}

/* --- Outlook ---------------------------------------------------------------- */

static void
outlook_server(const char *type, const struct hosting_server *s,
    const char *address, struct oct_str *out)
{
	oct_str_addf(out,
	    "      <Protocol>\n"
	    "        <Type>%s</Type>\n"
	    "        <Server>%s</Server>\n"
	    "        <Port>%u</Port>\n"
	    "        <LoginName>",
	    type, s->host, s->port);
	escape(address, out);
	oct_str_addf(out,
	    "</LoginName>\n"
	    "        <SPA>off</SPA>\n"
	    "        <SSL>on</SSL>\n"
	    "        <Encryption>%s</Encryption>\n"
	    "        <AuthRequired>on</AuthRequired>\n"
	    "      </Protocol>\n",
	    s->starttls ? "TLS" : "SSL");
}

void
setup_text_outlook(const char *address, const struct hosting *h,
    struct oct_str *out)
{
	oct_str_add(out,
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	    "<Autodiscover xmlns=\"" OUTLOOK "/responseschema/2006\">\n"
	    "  <Response xmlns=\"" OUTLOOK "/outlook/responseschema/2006a\">\n"
	    "    <User>\n      <DisplayName>");
	escape(address, out);
	oct_str_add(out,
	    "</DisplayName>\n    </User>\n"
	    "    <Account>\n"
	    "      <AccountType>email</AccountType>\n"
	    "      <Action>settings</Action>\n");
	outlook_server("IMAP", &h->imap, address, out);
	outlook_server("SMTP", &h->smtp, address, out);
	oct_str_add(out, "    </Account>\n  </Response>\n</Autodiscover>\n");
}

void
setup_text_outlook_error(struct oct_str *out)
{
	oct_str_add(out,
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
	    "<Autodiscover xmlns=\"" OUTLOOK "/responseschema/2006\">\n"
	    "  <Response>\n"
	    "    <Error>\n"
	    "      <ErrorCode>500</ErrorCode>\n"
	    "      <Message>The address is unknown here</Message>\n"
	    "    </Error>\n"
	    "  </Response>\n"
	    "</Autodiscover>\n");
}

/* Is it a start tag's inside of that local name, with or without a prefix?  What
 * follows a blank is attributes. */
static bool
is_address_tag(const char *tag, size_t len)
{
	size_t name = 0;
	const char *colon;

	while (name < len && strchr(" \t\r\n", tag[name]) == NULL)
		name++;
	colon = memchr(tag, ':', name);
	if (colon != NULL) {
		name -= (size_t)(colon + 1 - tag);
		tag = colon + 1;
	}
	return name == sizeof(ADDRESS_TAG) - 1 &&
	    memcmp(tag, ADDRESS_TAG, name) == 0;
}

/* The first of them: the place behind its ">", or NULL. */
static const char *
find_element(const char *xml, size_t len)
{
	const char *end = xml + len;

	for (const char *p = xml; p < end && *p != '\0'; p++) {
		const char *close;

		if (*p != '<' || (close = memchr(p, '>', (size_t)(end - p))) ==
		    NULL)
			continue;
		if (is_address_tag(p + 1, (size_t)(close - p - 1)))
			return close + 1;
	}
	return NULL;
}

int
setup_request_address(const char *xml, size_t len, char out[OCT_ADDR_SIZE])
{
	static const char space[] = " \t\r\n";
	const char *end = xml + len, *at, *stop;
	struct oct_addr a;
	size_t n;

	for (size_t i = 0; i + 1 < len; i++)
		if (xml[i] == '<' && xml[i + 1] == '!')
			return OCT_EPARSE;
	at = find_element(xml, len);
	stop = at != NULL ? memchr(at, '<', (size_t)(end - at)) : NULL;
	if (stop == NULL)
		return OCT_EPARSE;
	while (at < stop && strchr(space, *at) != NULL)
		at++;
	while (stop > at && strchr(space, stop[-1]) != NULL)
		stop--;
	n = (size_t)(stop - at);
	if (n == 0 || n >= OCT_ADDR_SIZE)
		return OCT_EPARSE;
	memcpy(out, at, n);
	out[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)out[i] <= ' ' || out[i] == 0x7f ||
		    out[i] == '&' || out[i] == '"' || out[i] == '<')
			return OCT_EPARSE;
	if (oct_addr_parse(out, &a) != 0 || a.local[0] == '\0' ||
	    a.domain[0] == '\0' || a.domain[0] == '[')
		return OCT_EPARSE;
	return 0;
}
