/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/json_text.h"

#include <string.h>

#include "lib/addr.h"
#include "lib/num.h"
#include "lib/str.h"

json_t *
json_text(const char *text, size_t max)
{
	json_t *node = json_string(text);
	struct oct_str s;

	if (node != NULL)
		return node;
	oct_str_heap(&s, max);
	for (; *text != '\0'; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x80) {
			oct_str_addc(&s, *text);
		} else {
			oct_str_addc(&s, (char)(0xc0 | c >> 6));
			oct_str_addc(&s, (char)(0x80 | (c & 0x3f)));
		}
	}
	if (oct_str_err(&s) == 0)
		node = json_string(oct_str_text(&s));
	oct_str_free(&s);
	return node;
}

bool
json_text_is_domain(const char *name)
{
	size_t len = strcspn(name, " {}");

	return len > 0 && len < OCT_DOMAIN_SIZE && name[len] == '\0';
}

const char *
json_text_of(const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));

	return text != NULL ? text : "";
}

int64_t
json_size_of(const json_t *object, const char *name)
{
	int64_t n;

	return oct_num_size(json_text_of(object, name), 0, INT64_MAX, &n) == 0
	    ? n
	    : 0;
}
