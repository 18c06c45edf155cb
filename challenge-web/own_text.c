/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/own_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/io.h"
#include "lib/log.h"
#include "lib/mime_text.h"

#define PATH_SIZE 4200
#define BAD_CHARACTER 0xfffd

/* --- Loading -------------------------------------------------------------- */

static bool
is_utf8(const char *text, size_t len)
{
	while (len > 0) {
		uint32_t code;
		size_t n = oct_mime_char(text, len, &code);

		if (code == BAD_CHARACTER || code == 0)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

/* 0; -ENOENT, or another error. */
static int
read_file(const char *path, char **out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	char *text = NULL;
	size_t len = 0;
	int rc;

	if (fd == -1)
		return -errno;
	rc = oct_io_slurp(fd, OWN_TEXT_MAX, &text, &len);
	(void)close(fd);
	if (rc == 0 && !is_utf8(text, len))
		rc = OCT_EPARSE;
	if (rc != 0) {
		free(text);
		return rc;
	}
	*out = text;
	return 0;
}

static int
complain(const char *path, int rc)
{
	oct_log(OCT_ERROR,
	    "start=failed what=text on=%s error=\"%s\" hint=\"plain text in "
	    "UTF-8, at most %d octets, that this user can read\"",
	    path, oct_strerror(rc), OWN_TEXT_MAX);
	return OCT_ECONF;
}

static int
load_one(const char *path, struct own_text *out)
{
	char english[PATH_SIZE];
	struct oct_str s;
	int rc;

	if (*path == '\0')
		return 0;
	rc = read_file(path, &out->text[LANG_FR]);
	if (rc != 0)
		return complain(path, rc);
	oct_str_fixed(&s, english, sizeof(english));
	oct_str_addf(&s, "%s.en", path);
	rc = oct_str_err(&s);
	if (rc == 0)
		rc = read_file(english, &out->text[LANG_EN]);
	return rc == 0 || rc == -ENOENT ? 0 : complain(english, rc);
}

int
own_texts_load(const struct settings *s, struct own_text out[OWN_TEXTS])
{
	const char *const paths[OWN_TEXTS] = {
		[OWN_TEXT_LEGAL] = s->web_legal_file,
		[OWN_TEXT_ACCESS] = s->web_access_file,
		[OWN_TEXT_DATA] = s->web_data_file };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < OWN_TEXTS; i++)
		rc = load_one(paths[i], &out[i]);
	return rc;
}

void
own_texts_free(struct own_text texts[OWN_TEXTS])
{
	for (size_t i = 0; i < OWN_TEXTS; i++)
		for (size_t l = 0; l < LANG_COUNT; l++) {
			free(texts[i].text[l]);
			texts[i].text[l] = NULL;
		}
}

const char *
own_text_get(const struct own_text *t, enum lang *lang)
{
	if (t->text[*lang] == NULL)
		*lang = *lang == LANG_FR ? LANG_EN : LANG_FR;
	return t->text[*lang];
}

/* --- Writing -------------------------------------------------------------- */

/* The line at text without its end; *next is behind that. */
static size_t
line_at(const char *text, const char **next)
{
	size_t len = strcspn(text, "\n");

	*next = text + len + (text[len] == '\n');
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		len--;
	return len;
}

static bool
begins(const char *line, size_t len, const char *with)
{
	size_t n = strlen(with);

	return len > n && memcmp(line, with, n) == 0;
}

/* Do all lines of the paragraph at text begin so? */
static bool
is_list(const char *text)
{
	const char *next;
	size_t len;

	while ((len = line_at(text, &next)) > 0) {
		if (!begins(text, len, "- "))
			return false;
		text = next;
	}
	return true;
}

/* The lines up to an empty one or a heading; returns where it ended. */
static const char *
write_paragraph(struct page *p, const char *text)
{
	bool list = is_list(text), first = true;
	const char *next;
	size_t len;

	page_open(p, list ? "ul" : "p", NULL);
	while ((len = line_at(text, &next)) > 0 && !begins(text, len, "# ")) {
		if (list)
			page_open(p, "li", NULL);
		else if (!first)
			page_text(p, "\n");
		page_part(p, text + (list ? 2 : 0), len - (list ? 2 : 0));
		if (list)
			page_close(p);
		first = false;
		text = next;
	}
	page_close(p);
	return text;
}

void
own_text_write(struct page *p, const char *text)
{
	while (*text != '\0') {
		const char *next;
		size_t len = line_at(text, &next);

		if (begins(text, len, "# ")) {
			page_open(p, "h2", NULL);
			page_part(p, text + 2, len - 2);
			page_close(p);
		} else if (len > 0) {
			next = write_paragraph(p, text);
		}
		text = next;
	}
}
