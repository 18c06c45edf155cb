/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an attached part is by its octets, whatever it says that it is.
 */
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/content_int.h"

struct signature {
	const char *octets;
	size_t len, at;
	const char *type;
	unsigned int flags;
};

#define TEXT(s) (s), sizeof(s) - 1

static const struct signature signatures[] = {
	{ TEXT("%PDF-"), 0, "application/pdf", 0 },
	{ TEXT("PK\003\004"), 0, "application/zip", CONTENT_PART_ARCHIVE },
	{ TEXT("PK\005\006"), 0, "application/zip", CONTENT_PART_ARCHIVE },
	{ TEXT("Rar!\032\007"), 0, "application/vnd.rar",
	    CONTENT_PART_ARCHIVE },
	{ TEXT("7z\274\257\047\034"), 0, "application/x-7z-compressed",
	    CONTENT_PART_ARCHIVE },
	{ TEXT("\037\213"), 0, "application/gzip", CONTENT_PART_ARCHIVE },
	{ TEXT("BZh"), 0, "application/x-bzip2", CONTENT_PART_ARCHIVE },
	{ TEXT("\375" "7zXZ"), 0, "application/x-xz", CONTENT_PART_ARCHIVE },
	{ TEXT("MSCF"), 0, "application/vnd.ms-cab-compressed",
	    CONTENT_PART_ARCHIVE },
	{ TEXT("CD001"), 0x8001, "application/x-iso9660-image",
	    CONTENT_PART_ARCHIVE | CONTENT_PART_EXECUTABLE },
	{ TEXT("ustar"), 257, "application/x-tar", CONTENT_PART_ARCHIVE },
	{ TEXT("\320\317\021\340\241\261\032\341"), 0,
	    "application/x-ole-storage", 0 },
	{ TEXT("{\\rtf"), 0, "application/rtf", 0 },
	{ TEXT("MZ"), 0, "application/vnd.microsoft.portable-executable",
	    CONTENT_PART_EXECUTABLE },
	{ TEXT("\177ELF"), 0, "application/x-executable",
	    CONTENT_PART_EXECUTABLE },
	{ TEXT("L\000\000\000\001\024\002\000"), 0, "application/x-ms-shortcut",
	    CONTENT_PART_EXECUTABLE },
	{ TEXT("#!"), 0, "text/x-script", CONTENT_PART_EXECUTABLE },
	{ TEXT("\211PNG\r\n"), 0, "image/png", 0 },
	{ TEXT("\377\330\377"), 0, "image/jpeg", 0 },
	{ TEXT("GIF8"), 0, "image/gif", 0 },
};

static const struct signature *
recognise(const uint8_t *octets, size_t len)
{
	for (size_t i = 0; i < OCT_LEN(signatures); i++) {
		const struct signature *s = &signatures[i];

		if (s->at + s->len <= len &&
		    memcmp(octets + s->at, s->octets, s->len) == 0)
			return s;
	}
	return NULL;
}

/* --- Names --------------------------------------------------------------------- */

static bool
is_listed(const char *word, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(word, list[i]) == 0)
			return true;
	return false;
}

bool
content_is_executable_name(const char *name)
{
	static const char *const extensions[] = { "exe", "scr", "com", "pif",
		"bat", "cmd", "js", "jse", "vbs", "vbe", "wsf", "wsh", "ps1",
		"hta", "cpl", "msi", "msp", "jar", "lnk", "iso", "img", "vhd",
		"vhdx", "reg", "chm", "inf", "scf", "url", "appx", "xll",
		"one", "application", "library-ms" };
	const char *dot = strrchr(name, '.');

	return dot != NULL &&
	    is_listed(dot + 1, extensions, OCT_LEN(extensions));
}

/* "facture.pdf.exe", also with many spaces between. */
static bool
has_double_extension(const char *name)
{
	static const char *const shown[] = { "pdf", "doc", "docx", "xls",
		"xlsx", "jpg", "jpeg", "png", "txt", "rtf", "ppt", "pptx",
		"html", "odt", "ods" };
	const char *dot = strrchr(name, '.'), *before;
	char word[8];
	size_t n;

	if (dot == NULL || !content_is_executable_name(name))
		return false;
	for (before = dot; before > name && before[-1] != '.'; before--)
		continue;
	if (before == name)
		return false;
	n = (size_t)(dot - before);
	while (n > 0 && before[n - 1] == ' ')
		n--;
	if (n == 0 || n >= sizeof(word))
		return false;
	memcpy(word, before, n);
	word[n] = '\0';
	return is_listed(word, shown, OCT_LEN(shown));
}

/* --- Documents ------------------------------------------------------------------- */

static bool
holds(const uint8_t *octets, size_t len, const char *text, size_t n)
{
	return memmem(octets, len, text, n) != NULL;
}

static void
judge_document(struct content_part *p, const uint8_t *o, size_t len)
{
	static const char vba[] = "_\0V\0B\0A\0_\0P\0R\0O\0J\0E\0C\0T\0";
	static const char encrypted[] = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0"
					"k\0a\0g\0e\0";

	if (strcmp(p->real_type, "application/x-ole-storage") == 0) {
		if (holds(o, len, vba, sizeof(vba) - 1) ||
		    holds(o, len, TEXT("Attribut\000e VB_")))
			p->flags |= CONTENT_PART_MACRO;
		if (holds(o, len, encrypted, sizeof(encrypted) - 1))
			p->flags |= CONTENT_PART_ENCRYPTED;
	}
	if (strcmp(p->real_type, "application/pdf") == 0) {
		if (holds(o, len, TEXT("/JavaScript")) ||
		    holds(o, len, TEXT("/JS ")) || holds(o, len, TEXT("/JS(")) ||
		    holds(o, len, TEXT("/Launch")))
			p->flags |= CONTENT_PART_SCRIPT;
		if (holds(o, len, TEXT("/Encrypt ")))
			p->flags |= CONTENT_PART_ENCRYPTED;
	}
	if (strcmp(p->real_type, "application/rtf") == 0 &&
	    holds(o, len, TEXT("\\objdata")))
		p->flags |= CONTENT_PART_SCRIPT;
}

static bool
holds_tag(const uint8_t *o, size_t len, const char *tag)
{
	size_t n = strlen(tag);

	for (size_t i = 0; i + n <= len; i++)
		if (o[i] == '<' &&
		    strncasecmp((const char *)o + i, tag, n) == 0)
			return true;
	return false;
}

static bool
looks_like_html(const uint8_t *o, size_t len)
{
	static const char *const starts[] = { "<!doctype html", "<html",
		"<script", "<body", "<svg" };
	size_t i = 0;

	while (i < len && strchr(" \t\r\n\357\273\277", o[i]) != NULL)
		i++;
	for (size_t k = 0; k < OCT_LEN(starts); k++)
		if (len - i >= strlen(starts[k]) &&
		    strncasecmp((const char *)o + i, starts[k],
			strlen(starts[k])) == 0)
			return true;
	return false;
}

/* Types that say the same of what signatures know. */
static bool
agrees(const struct content_part *p)
{
	const char *t = p->type, *real = p->real_type;

	if (strcmp(t, "application/octet-stream") == 0 || *real == '\0' ||
	    strcmp(t, real) == 0)
		return true;
	/* Office documents are archives or OLE storages, and so say many. */
	if (strcmp(real, "application/zip") == 0 ||
	    strcmp(real, "application/x-ole-storage") == 0 ||
	    strcmp(real, "application/rtf") == 0)
		return strncmp(t, "application/", 12) == 0;
	if (strncmp(real, "image/", 6) == 0)
		return strncmp(t, "image/", 6) == 0;
	return strncmp(t, "application/x-", 14) == 0 &&
	    strncmp(real, "application/", 12) == 0 &&
	    strcmp(real, "application/pdf") != 0;
}

void
content_judge_part(struct reading *r, struct content_part *p,
    const uint8_t *octets, size_t len)
{
	const struct signature *s = recognise(octets, len);

	if (s != NULL) {
		p->real_type = s->type;
		p->flags |= s->flags;
	} else if (looks_like_html(octets, len)) {
		p->real_type = "text/html";
	}
	if (content_is_executable_name(p->name))
		p->flags |= CONTENT_PART_EXECUTABLE;
	if (has_double_extension(p->name))
		p->flags |= CONTENT_PART_DOUBLE_EXTENSION;
	if (!agrees(p))
		p->flags |= CONTENT_PART_TYPE_DIFFERS;
	if (strcmp(p->real_type, "text/html") == 0) {
		p->flags |= CONTENT_PART_HTML_ATTACHED;
		if (holds_tag(octets, len, "<script"))
			p->flags |= CONTENT_PART_SCRIPT;
		if (holds_tag(octets, len, "<form"))
			p->flags |= CONTENT_PART_FORM;
	}
	judge_document(p, octets, len);
	if ((p->flags & CONTENT_PART_ARCHIVE) != 0)
		content_judge_archive(r, p, octets, len);
}
