/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: any octets as a posted form, of either kind, and as the headers
 * that a page reads.
 */
#include <stdlib.h>
#include <string.h>

#include "challenge-web/form.h"
#include "challenge-web/forwarded.h"
#include "challenge-web/lang.h"
#include "challenge-web/multipart.h"
#include "challenge-web/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_headers(const char *text)
{
	struct oct_ip ip;
	struct page p;
	size_t len;
	char *out;

	(void)!forwarded_client(text, &ip);
	(void)lang_accepted(text, LANG_FR);
	page_init(&p);
	page_text(&p, text);
	out = page_take(&p, &len);
	/* Only the document type has angle brackets. */
	if (out != NULL && (strchr(out + 1, '<') != NULL ||
	    strlen(out) != len || strchr(out + 16, '"') != NULL))
		abort();
	free(out);
}

/* The first line is the content type, the rest the body.  The body is a copy of its
 * own, so that a read past its end is found. */
static void
read_multipart(const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);
	struct multipart m;
	struct multipart_value v;
	size_t rest = end != NULL ? len - (size_t)(end + 1 - text) : 0;
	char *type = NULL, *body = NULL;

	if (end != NULL && memchr(text, '\0', (size_t)(end - text)) == NULL) {
		type = strndup(text, (size_t)(end - text));
		body = malloc(rest > 0 ? rest : 1);
	}
	if (type != NULL && body != NULL) {
		memcpy(body, end + 1, rest);
		m = (struct multipart){ type, body, rest };
		if (multipart_field(&m, "n", &v) == 1 &&
		    (v.octets < body || v.octets + v.len > body + rest))
			abort();
	}
	free(type);
	free(body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char value[64], *text = malloc(size + 1);
	int rc;

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	rc = form_field((const char *)data, size, "code", value,
	    sizeof(value));
	if (strlen(value) >= sizeof(value) || (rc != 1 && *value != '\0'))
		abort();
	(void)form_is_type(text);
	read_headers(text);
	read_multipart(text, size);
	free(text);
	return 0;
}
