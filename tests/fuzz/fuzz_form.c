/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: any octets as a posted form and as the headers that a page
 * reads.
 */
#include <stdlib.h>
#include <string.h>

#include "challenge-web/form.h"
#include "challenge-web/forwarded.h"
#include "challenge-web/lang.h"
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
	free(text);
	return 0;
}
