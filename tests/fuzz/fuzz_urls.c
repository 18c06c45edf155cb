/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: the first line as a link of HTML, the second as its text, the
 * rest as plain text in which links are looked for.
 */
#include <string.h>

#include "lib/addr.h"
#include "lib/str.h"
#include "policy/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
line(const char *p, const char *end)
{
	const char *stop = memchr(p, '\n', (size_t)(end - p));

	return stop != NULL ? (size_t)(stop - p) : (size_t)(end - p);
}

static void
check(const struct content_link *l)
{
	char name[OCT_DOMAIN_SIZE];
	struct oct_ip ip;

	OCT_ASSERT(strlen(l->url) <= 2000 && strlen(l->host) < OCT_DOMAIN_SIZE);
	if (l->kind != CONTENT_LINK_WEB)
		return;
	if ((l->flags & CONTENT_LINK_IP) != 0)
		OCT_ASSERT(oct_ip_parse(l->host, &ip) == 0);
	else
		OCT_ASSERT(oct_domain_normalise(l->host, name) == 0 &&
		    strcmp(name, l->host) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data, *end = p + size;
	const struct content *c;
	struct oct_msg *m = NULL;
	struct oct_str s;
	size_t n;

	if (size == 0 || oct_msg_new(&(struct oct_msg_limits){
		.header_octets = 1000, .header_count = 10,
		.memory_octets = 1 << 20, .body_octets = 1 << 20 }, &m) != 0)
		return 0;
	oct_str_heap(&s, 1 << 20);
	oct_str_add(&s, "--b\r\nContent-Type: text/html\r\n\r\n<a href='");
	n = line(p, end);
	oct_str_addn(&s, p, n);
	p += n + (p + n < end);
	oct_str_add(&s, "'>");
	n = line(p, end);
	oct_str_addn(&s, p, n);
	p += n + (p + n < end);
	oct_str_add(&s, "</a>\r\n--b\r\n\r\n");
	oct_str_addn(&s, p, (size_t)(end - p));
	if (oct_str_err(&s) == 0 &&
	    oct_msg_add_field(m, "Content-Type",
		" multipart/mixed; boundary=b") == 0 &&
	    oct_msg_add_body(m, s.buf, s.len) == 0) {
		OCT_ASSERT(content_read(m, NULL, &c) == 0);
		for (size_t i = 0; i < c->link_count; i++)
			check(&c->links[i]);
		content_free(c);
	}
	oct_str_free(&s);
	oct_msg_free(m);
	return 0;
}
