/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file: a magic line, then records of a length, a checksum and a body: the
 * fingerprint, the label, and for each group the number of its slots and the
 * slots as differences, seven bits an octet.
 */
#include "policy/training_set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/io.h"
#include "lib/octets.h"
#include "policy/features_int.h"
#include "policy/label_record.h"

static const char magic[16] = "octroi labels 1\n";

#define HEAD 12 /* length (4), checksum (8) */

struct training {
	int fd;
	uint64_t end;
	struct training_item *item;
	size_t items, room, live, bad;
	size_t *table; /* fingerprint -> item + 1 */
	size_t buckets;
	uint8_t *map;
	size_t mapped;
	uint8_t *buffer; /* of a record */
	uint32_t *slots; /* of a group */
};

size_t
training_items(const struct training *t)
{
	return t->items;
}

const struct training_item *
training_item(const struct training *t, size_t i)
{
	return &t->item[i];
}

size_t
training_count(const struct training *t, size_t *good, size_t *bad)
{
	if (good != NULL)
		*good = t->live - t->bad;
	if (bad != NULL)
		*bad = t->bad;
	return t->live;
}

/* --- The index ------------------------------------------------------------ */

static size_t *
bucket_of(const struct training *t, uint64_t fingerprint)
{
	size_t at = (size_t)(feature_mix(fingerprint) % t->buckets);

	/* Ends: at most half of the buckets are used. */
	while (t->table[at] != 0 &&
	    t->item[t->table[at] - 1].fingerprint != fingerprint)
		at = (at + 1) % t->buckets;
	return &t->table[at];
}

static int
grow(struct training *t)
{
	size_t room = t->room == 0 ? 1024 : 2 * t->room;
	struct training_item *more = reallocarray(t->item, room,
	    sizeof(*more));
	size_t *table;

	if (more == NULL)
		return -ENOMEM;
	t->item = more;
	table = calloc(2 * room, sizeof(*table));
	if (table == NULL)
		return -ENOMEM;
	free(t->table);
	t->table = table;
	t->room = room;
	t->buckets = 2 * room;
	for (size_t i = 0; i < t->items; i++)
		*bucket_of(t, t->item[i].fingerprint) = i + 1;
	return 0;
}

static void
set_live(struct training *t, struct training_item *i, bool live)
{
	if (i->live == live)
		return;
	i->live = live;
	t->live += live ? 1 : (size_t)-1;
	if (i->bad)
		t->bad += live ? 1 : (size_t)-1;
}

/* The record at `at` is what counts of its message from now on. */
static int
index_record(struct training *t, const struct training_item *new)
{
	size_t *bucket;
	int rc = t->items == t->room ? grow(t) : 0;

	if (rc != 0)
		return rc;
	bucket = bucket_of(t, new->fingerprint);
	if (*bucket == 0) {
		if (t->items >= TRAINING_MESSAGES_MAX)
			return OCT_ELIMIT;
		*bucket = ++t->items;
	} else {
		set_live(t, &t->item[*bucket - 1], false);
	}
	t->item[*bucket - 1] = *new;
	t->item[*bucket - 1].live = false;
	set_live(t, &t->item[*bucket - 1], new->live);
	return 0;
}

/* --- Writing -------------------------------------------------------------------- */

static uint64_t
checksum(const uint8_t *body, size_t len)
{
	return feature_hash((const char *)body, len);
}

static int
append(struct training *t, const struct features *f,
    const struct classifier_label *label, uint64_t fingerprint)
{
	const struct label_record r = { .fingerprint = fingerprint,
		.live = f != NULL, .label = *label };
	size_t n = label_record_write(&r, f, t->slots, t->buffer + HEAD);
	struct training_item item = { .fingerprint = fingerprint,
		.at = t->end + HEAD, .len = (uint32_t)n, .bad = label->bad,
		.live = f != NULL, .cell = training_cell(&label->stratum) };
	int rc;

	(void)oct_le_put(t->buffer, n, 4);
	(void)oct_le_put(t->buffer + 4, checksum(t->buffer + HEAD, n), 8);
	if (lseek(t->fd, (off_t)t->end, SEEK_SET) == -1)
		return -errno;
	rc = oct_io_write(t->fd, t->buffer, HEAD + n);
	if (rc == 0)
		rc = index_record(t, &item);
	if (rc == 0)
		t->end += HEAD + n;
	return rc;
}

int
training_add(struct training *t, const struct features *f,
    const struct classifier_label *label, uint64_t fingerprint)
{
	int rc;

	OCT_ASSERT(label->weight > 0 && label->weight <= 1);
	if (label->domain != NULL && strlen(label->domain) >= OCT_DOMAIN_SIZE)
		return OCT_EPARSE;
	if (t->items > 0) {
		size_t known = *bucket_of(t, fingerprint);

		if (known != 0 && t->item[known - 1].live &&
		    t->item[known - 1].bad == label->bad)
			return 0;
	}
	rc = append(t, f, label, fingerprint);
	return rc == 0 ? 1 : rc;
}

int
training_remove(struct training *t, uint64_t fingerprint)
{
	const struct classifier_label none = { .weight = 1 };
	size_t known = t->items > 0 ? *bucket_of(t, fingerprint) : 0;
	int rc;

	if (known == 0 || !t->item[known - 1].live)
		return 0;
	rc = append(t, NULL, &none, fingerprint);
	return rc == 0 ? 1 : rc;
}

int
training_sync(struct training *t)
{
	return fsync(t->fd) == 0 ? 0 : -errno;
}

/* --- Reading ---------------------------------------------------------------------- */

int
training_map(struct training *t)
{
	void *map;

	if (t->map != NULL)
		(void)munmap(t->map, t->mapped);
	t->map = NULL;
	map = mmap(NULL, (size_t)t->end, PROT_READ, MAP_SHARED, t->fd, 0);
	if (map == MAP_FAILED)
		return -errno;
	t->map = map;
	t->mapped = (size_t)t->end;
	return 0;
}

int
training_load(struct training *t, size_t i, struct features *f,
    struct classifier_label *label)
{
	const struct training_item *item = &t->item[i];
	struct label_record r;
	int rc;

	if (item->at + item->len > t->mapped)
		return OCT_ECORRUPT;
	rc = label_record_read(t->map + item->at, item->len, &r, t->slots, f);
	*label = r.label;
	return rc;
}

/* --- Opening ------------------------------------------------------------------------ */

/* The next record: 1, 0 at the end, or OCT_ECORRUPT where the rest is torn. */
static int
scan_record(struct training *t)
{
	struct training_item item = { .live = false };
	struct label_record r;
	size_t got = 0;
	int rc = oct_io_read(t->fd, t->buffer, HEAD, &got);

	if (rc != 0 || got == 0)
		return rc;
	if (got < HEAD)
		return OCT_ECORRUPT;
	item.len = (uint32_t)oct_le_get(t->buffer, 4);
	if (item.len < 17 || item.len > LABEL_RECORD_MAX)
		return OCT_ECORRUPT;
	rc = oct_io_read(t->fd, t->buffer + HEAD, item.len, &got);
	if (rc != 0)
		return rc;
	if (got < item.len || oct_le_get(t->buffer + 4, 8) !=
		checksum(t->buffer + HEAD, item.len))
		return OCT_ECORRUPT;
	if (label_record_head(t->buffer + HEAD, item.len, &r, NULL) != 0)
		return OCT_ECORRUPT;
	item.fingerprint = r.fingerprint;
	item.live = r.live;
	item.bad = r.label.bad;
	item.cell = training_cell(&r.label.stratum);
	item.at = t->end + HEAD;
	rc = index_record(t, &item);
	t->end += rc == 0 ? HEAD + item.len : 0;
	return rc == 0 ? 1 : rc;
}

static int
scan(struct training *t)
{
	char head[sizeof(magic)];
	size_t got = 0;
	int rc = oct_io_read(t->fd, head, sizeof(head), &got);

	if (rc == 0 && got == 0)
		rc = oct_io_write(t->fd, magic, sizeof(magic));
	else if (rc == 0 && (got < sizeof(head) ||
				memcmp(head, magic, sizeof(head)) != 0))
		rc = OCT_EPARSE;
	t->end = sizeof(magic);
	for (int more = 1; rc == 0 && more == 1;) {
		more = scan_record(t);
		rc = more < 0 ? more : 0;
	}
	/* What a crash left half written was never acknowledged. */
	if (rc == OCT_ECORRUPT)
		rc = ftruncate(t->fd, (off_t)t->end) == 0 ? 0 : -errno;
	return rc;
}

static int
open_file(const char *path, int *fd)
{
	*fd = path != NULL
	    ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600)
	    : memfd_create("labels", MFD_CLOEXEC);
	if (*fd == -1)
		return -errno;
	if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? OCT_EDOWN : -errno;
	return 0;
}

int
training_open(const char *path, struct training **out)
{
	struct training *t = calloc(1, sizeof(*t));
	int rc;

	if (t == NULL)
		return -ENOMEM;
	rc = open_file(path, &t->fd);
	t->buffer = malloc(HEAD + LABEL_RECORD_MAX);
	t->slots = calloc(FEATURES_MAX, sizeof(*t->slots));
	if (rc == 0 && (t->buffer == NULL || t->slots == NULL))
		rc = -ENOMEM;
	if (rc == 0)
		rc = scan(t);
	if (rc != 0) {
		training_close(t);
		return rc;
	}
	*out = t;
	return 0;
}

void
training_close(struct training *t)
{
	if (t == NULL)
		return;
	if (t->map != NULL)
		(void)munmap(t->map, t->mapped);
	if (t->fd >= 0)
		(void)close(t->fd);
	free(t->item);
	free(t->table);
	free(t->buffer);
	free(t->slots);
	free(t);
}
