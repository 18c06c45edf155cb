/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/mail_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

void
mail_check_lines(const char *text, const char *end, size_t max)
{
	size_t col = 0;

	if (end == NULL)
		end = text + strlen(text);
	for (; text < end; text++) {
		if (text[0] == '\r') {
			assert_int_equal(text[1], '\n');
			text++;
			col = 0;
			continue;
		}
		assert_true((text[0] >= 0x20 || text[0] == '\t') &&
		    text[0] < 0x7f);
		assert_true(++col <= max);
	}
	assert_int_equal(col, 0);
}

const char *
mail_check_header(const char *message, const char *names)
{
	const char *end = strstr(message, "\r\n\r\n");
	const char *line = message;
	char name[64], seen[1024] = "";

	assert_non_null(end);
	mail_check_lines(message, end + 2, 998);
	while (line < end) {
		size_t len = strcspn(line, ":");

		assert_true(len > 0 && len + 2 < sizeof(name));
		(void)snprintf(name, sizeof(name), "%.*s:", (int)len, line);
		if (strstr(names, name) == NULL || strstr(seen, name) != NULL)
			fail_msg("field \"%s\" is too many", name);
		assert_true(strlen(seen) + len + 2 < sizeof(seen));
		(void)snprintf(seen + strlen(seen), sizeof(seen) - strlen(seen),
		    "%s ", name);
		do
			line = strstr(line, "\r\n") + 2;
		while (*line == ' ' || *line == '\t');
	}
	return end + 4;
}

/* One group: every field's name in names; those of must are there. */
static const char *
check_group(const char *group, const char *names, const char *const *must)
{
	const char *end = strstr(group, "\r\n\r\n");
	char block[8192], buf[2048];

	end = end != NULL ? end + 4 : group + strlen(group);
	assert_true((size_t)(end - group) + 2 < sizeof(block));
	(void)snprintf(block, sizeof(block), "%.*s%s", (int)(end - group), group,
	    end[-3] == '\n' ? "" : "\r\n");
	(void)mail_check_header(block, names);
	for (; *must != NULL; must++) {
		const char *value = mail_check_field(block, *must, buf,
		    sizeof(buf));

		if (value == NULL || *value == '\0')
			fail_msg("field \"%s\" is missing", *must);
	}
	return end;
}

void
mail_check_status(const char *status)
{
	static const char *const message[] = { "Reporting-MTA", NULL };
	static const char *const recipient[] = { "Final-Recipient", "Action",
		"Status", NULL };
	const char *rest = check_group(status, "Original-Envelope-Id:, "
	    "Reporting-MTA:, Arrival-Date:", message);

	rest = check_group(rest, "Original-Recipient:, Final-Recipient:, "
	    "Action:, Status:, Diagnostic-Code:", recipient);
	assert_string_equal(rest, "");
}

const char *
mail_check_field(const char *message, const char *name, char *buf, size_t len)
{
	size_t name_len = strlen(name), n = 0;
	const char *line = message;

	while (line[0] != '\r' && (strncmp(line, name, name_len) != 0 ||
	    line[name_len] != ':')) {
		line = strstr(line, "\r\n");
		assert_non_null(line);
		line += 2;
	}
	buf[0] = '\0';
	if (line[0] == '\r')
		return buf;
	line += name_len + 1;
	line += *line == ' ';
	for (; line[0] != '\r' || line[2] == ' ' || line[2] == '\t'; line++) {
		if (line[0] == '\r') {
			line++;
			continue;
		}
		if (n + 1 >= len)
			return NULL;
		buf[n++] = *line;
		buf[n] = '\0';
	}
	return buf;
}

void
mail_check_qp(const char *text, const char *end, struct oct_str *out)
{
	if (end == NULL)
		end = text + strlen(text);
	for (; text < end; text++) {
		char pair[3] = { text[0] == '=' ? text[1] : '\0', '\0', '\0' };

		if (text[0] != '=') {
			oct_str_addc(out, *text);
			continue;
		}
		pair[1] = text[2];
		if (strcmp(pair, "\r\n") != 0)
			oct_str_addc(out, (char)strtol(pair, NULL, 16));
		text += 2;
	}
}
