/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in an archive, by libarchive: names, and whether it can be opened at
 * all.  Entries are unpacked only to look into archives in the archive, and only
 * up to a bound: what unpacks beyond measure is a bomb.
 */
#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/err.h"
#include "policy/content_int.h"

#define UNPACKED_MAX (16u << 20) /* of all entries that are unpacked */
#define RATIO_MAX 200	 /* times its own size */
#define PIECE 32768

struct archive_look {
	struct reading *r;
	struct content_part *part;
	size_t entries, unpacked, packed, claimed;
	size_t depth;
};

static void look_into(struct archive_look *l, const uint8_t *octets,
    size_t len);

static bool
is_archive_name(const char *name)
{
	static const char *const extensions[] = { ".zip", ".rar", ".7z", ".gz",
		".tgz", ".tar", ".bz2", ".xz", ".cab", ".iso" };
	size_t len = strlen(name);

	for (size_t i = 0; i < OCT_LEN(extensions); i++) {
		size_t n = strlen(extensions[i]);

		if (len > n && strcasecmp(name + len - n, extensions[i]) == 0)
			return true;
	}
	return false;
}

/* To pass over an entry is to unpack it, but in the formats with an index. */
static bool
is_too_much(struct archive_look *l, struct archive *a,
    struct archive_entry *entry)
{
	int format = archive_format(a) & ARCHIVE_FORMAT_BASE_MASK;

	if (format == ARCHIVE_FORMAT_ZIP || format == ARCHIVE_FORMAT_ISO9660 ||
	    !archive_entry_size_is_set(entry) || archive_entry_size(entry) <= 0)
		return false;
	l->claimed += (size_t)archive_entry_size(entry);
	if (l->claimed <= l->r->limits.archive_octets)
		return false;
	content_over(l->r, "archive octets");
	return true;
}

/* Unpack one entry; an archive in it is looked into. */
static void
unpack(struct archive_look *l, struct archive *a, const char *name)
{
	uint8_t *octets = NULL;
	size_t len = 0, room = 0;
	bool inner = is_archive_name(name);

	if (!inner)
		return;
	l->part->flags |= CONTENT_PART_NESTED;
	if (l->depth + 1 >= l->r->limits.archive_depth) {
		content_over(l->r, "archive depth");
		return;
	}
	while (!content_late(l->r)) {
		la_ssize_t got;

		if (len + PIECE > room) {
			uint8_t *more = realloc(octets, room + 4 * PIECE);

			if (more == NULL)
				break;
			octets = more;
			room += 4 * PIECE;
		}
		got = archive_read_data(a, octets + len, PIECE);
		if (got <= 0)
			break;
		len += (size_t)got;
		l->unpacked += (size_t)got;
		if (l->unpacked > UNPACKED_MAX ||
		    l->unpacked > RATIO_MAX * l->packed) {
			l->part->flags |= CONTENT_PART_BOMB;
			break;
		}
	}
	if (len > 0 && (l->part->flags & CONTENT_PART_BOMB) == 0) {
		l->depth++;
		look_into(l, octets, len);
		l->depth--;
	}
	free(octets);
}

static void
judge_entry(struct archive_look *l, struct archive *a,
    struct archive_entry *entry)
{
	const char *name = archive_entry_pathname_utf8(entry);
	const char *base;

	if (name == NULL)
		name = archive_entry_pathname(entry);
	if (name == NULL)
		name = "";
	base = strrchr(name, '/');
	base = base != NULL ? base + 1 : name;
	if (content_is_executable_name(base))
		l->part->flags |= CONTENT_PART_EXECUTABLE;
	if (strcasecmp(base, "vbaProject.bin") == 0)
		l->part->flags |= CONTENT_PART_MACRO;
	if (archive_entry_is_encrypted(entry) == 1)
		l->part->flags |= CONTENT_PART_ENCRYPTED;
	/* What it claims to unpack to. */
	if (archive_entry_size_is_set(entry) &&
	    archive_entry_size(entry) > 0 &&
	    (uint64_t)archive_entry_size(entry) >
		(uint64_t)RATIO_MAX * l->packed + UNPACKED_MAX)
		l->part->flags |= CONTENT_PART_BOMB;
	else if ((l->part->flags & CONTENT_PART_ENCRYPTED) == 0)
		unpack(l, a, base);
}

static struct archive *
open_archive(const uint8_t *octets, size_t len)
{
	struct archive *a = archive_read_new();

	if (a == NULL)
		return NULL;
	(void)archive_read_support_filter_gzip(a);
	(void)archive_read_support_filter_bzip2(a);
	(void)archive_read_support_filter_xz(a);
	(void)archive_read_support_format_zip(a);
	(void)archive_read_support_format_7zip(a);
	(void)archive_read_support_format_rar(a);
	(void)archive_read_support_format_rar5(a);
	(void)archive_read_support_format_tar(a);
	(void)archive_read_support_format_cab(a);
	(void)archive_read_support_format_iso9660(a);
	if (archive_read_open_memory(a, octets, len) != ARCHIVE_OK) {
		(void)archive_read_free(a);
		return NULL;
	}
	return a;
}

static void
look_into(struct archive_look *l, const uint8_t *octets, size_t len)
{
	struct archive *a = open_archive(octets, len);
	struct archive_entry *entry;
	int rc = ARCHIVE_OK;

	if (a == NULL)
		return;
	while (!content_late(l->r) &&
	    (l->part->flags & CONTENT_PART_BOMB) == 0) {
		rc = archive_read_next_header(a, &entry);
		if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
			break;
		if (l->entries++ >= l->r->limits.archive_entries) {
			content_over(l->r, "archive entries");
			break;
		}
		judge_entry(l, a, entry);
		if (is_too_much(l, a, entry))
			break;
	}
	if (archive_read_has_encrypted_entries(a) == 1)
		l->part->flags |= CONTENT_PART_ENCRYPTED;
	(void)archive_read_free(a);
}

void
content_judge_archive(struct reading *r, struct content_part *part,
    const uint8_t *octets, size_t len)
{
	struct archive_look l = { .r = r, .part = part, .packed = len };

	look_into(&l, octets, len);
}
