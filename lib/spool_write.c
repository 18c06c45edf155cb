/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing items.  The order on disk: message synced in tmp/, sidecar synced in
 * tmp/, message linked into its folder, sidecar renamed into it, folder synced.
 * A power cut before the last step may keep either name without the other:
 * neither is an item, and the sender was told nothing yet.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/spool_int.h"

#define FOLDERS 1024 /* two characters out of 32 */

struct item {
	char id[SPOOL_ID_SIZE];
	bool existed;     /* before this write: not ours to remove */
	bool kept;        /* by an earlier commit: it may be promised */
	struct stat mine; /* the sidecar as we wrote it */
};

struct spool_write {
	const struct spool *spool;
	char temp[SPOOL_TEMP_SIZE];
	int fd;
	bool synced, committed;
	bool made_folder;        /* held/ has a new entry to sync */
	uint8_t touched[FOLDERS / 8];
	struct item *items; /* owned */
	size_t count, cap;
};

int
spool_write_begin(const struct spool *spool, uint64_t size,
    struct spool_write **out, int *fd)
{
	struct spool_write *w;
	uint64_t room;
	int rc = spool_room(spool, &room);

	if (rc != 0)
		return rc;
	if (room == 0 || room < size)
		return -ENOSPC;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return -ENOMEM;
	w->spool = spool;
	w->fd = spool_temp(spool, w->temp);
	if (w->fd < 0) {
		rc = w->fd;
		free(w);
		return rc;
	}
	*out = w;
	*fd = w->fd;
	return 0;
}

int
spool_write_sync(struct spool_write *w)
{
	if (fdatasync(w->fd) != 0)
		return -errno;
	w->synced = true;
	return 0;
}

static size_t
folder_number(const char *id)
{
	size_t n = 0;

	for (size_t i = 0; i < 2; i++)
		n = n * 32 + (size_t)(id[i] >= 'a' ? id[i] - 'a'
						   : id[i] - '2' + 26);
	return n;
}

static void
folder_id(size_t number, char out[3])
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz234567";

	out[0] = alphabet[number / 32];
	out[1] = alphabet[number % 32];
	out[2] = '\0';
}

/* The locked folder of an id, made if it is missing. */
static int
item_folder(struct spool_write *w, const char *id)
{
	const char name[3] = { id[0], id[1], '\0' };
	mode_t mode = w->spool->opts.folder_mode;
	int folder = spool_folder(w->spool, id, true), err;
	size_t n = folder_number(id);
	bool made = false;

	if (folder == OCT_EABSENT) {
		made = mkdirat(w->spool->held_fd, name, mode) == 0;
		if (!made && errno != EEXIST)
			return -errno;
		folder = spool_folder(w->spool, id, true);
		/* Sync held/ too where another writer made it just now. */
		w->made_folder = true;
	}
	if (folder < 0)
		return folder;
	if (made && fchmod(folder, mode) != 0) {
		err = -errno;
		(void)close(folder);
		return err;
	}
	w->touched[n / 8] |= (uint8_t)(1u << (n % 8));
	return folder;
}

/* Link the message under the name, in the place of whatever has it. */
static int
place_message(const struct spool_write *w, int folder, const char *name)
{
	const struct spool *spool = w->spool;
	char temp[SPOOL_TEMP_SIZE];
	int rc;

	if (linkat(spool->tmp_fd, w->temp, folder, name, 0) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	/* Only rename replaces: take a name in tmp/ to rename from. */
	spool_temp_name(temp);
	if (linkat(spool->tmp_fd, w->temp, spool->tmp_fd, temp, 0) != 0)
		return -errno;
	rc = renameat(spool->tmp_fd, temp, folder, name) == 0 ? 0 : -errno;
	/* Left over also where both names were the same file already. */
	(void)unlinkat(spool->tmp_fd, temp, 0);
	return rc;
}

/* Both files into the locked folder; undone where the second fails. */
static int
place_item(const struct spool_write *w, int folder, const struct item *item,
    const char *sidecar)
{
	char message[SPOOL_NAME_SIZE], name[SPOOL_NAME_SIZE];
	int rc;

	spool_name(item->id, SPOOL_MESSAGE, message);
	spool_name(item->id, SPOOL_SIDECAR, name);
	rc = place_message(w, folder, message);
	if (rc != 0)
		return rc;
	if (renameat(w->spool->tmp_fd, sidecar, folder, name) == 0)
		return 0;
	rc = -errno;
	if (!item->existed)
		(void)unlinkat(folder, message, 0);
	return rc;
}

/* The record of the id in this write, a new one if it has none. */
static struct item *
item_of(struct spool_write *w, const char *id)
{
	size_t cap = w->cap == 0 ? 8 : w->cap * 2;
	struct item *grown;

	for (size_t i = 0; i < w->count; i++)
		if (strcmp(w->items[i].id, id) == 0)
			return &w->items[i];
	if (w->count == w->cap) {
		grown = reallocarray(w->items, cap, sizeof(*grown));
		if (grown == NULL)
			return NULL;
		w->items = grown;
		w->cap = cap;
	}
	memset(&w->items[w->count], 0, sizeof(*w->items));
	return &w->items[w->count];
}

static int
add_locked(struct spool_write *w, int folder, struct item *item,
    const char *sidecar)
{
	bool again = item < w->items + w->count;
	char name[SPOOL_NAME_SIZE];
	struct stat st;
	int rc;

	spool_name(item->id, SPOOL_SIDECAR, name);
	if (!again && fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		item->existed = true;
	else if (!again && errno != ENOENT)
		return -errno;
	rc = place_item(w, folder, item, sidecar);
	if (rc == 0 && !again)
		w->count++;
	return rc;
}

int
spool_item_add(struct spool_write *w, const char *id, const char *sidecar)
{
	char temp[SPOOL_TEMP_SIZE];
	struct item *item;
	struct stat mine;
	int folder, rc;

	if (!spool_id_ok(id))
		return -EINVAL;
	rc = w->synced ? 0 : spool_write_sync(w);
	if (rc == 0)
		rc = spool_temp_sidecar(w->spool, sidecar, temp, &mine);
	if (rc != 0)
		return rc;
	item = item_of(w, id);
	folder = item != NULL ? item_folder(w, id) : -ENOMEM;
	if (folder < 0) {
		(void)unlinkat(w->spool->tmp_fd, temp, 0);
		return folder;
	}
	memcpy(item->id, id, SPOOL_ID_SIZE);
	rc = add_locked(w, folder, item, temp);
	if (rc == 0)
		item->mine = mine;
	else
		(void)unlinkat(w->spool->tmp_fd, temp, 0);
	(void)close(folder);
	w->committed = false;
	return rc;
}

static int
sync_folder(const struct spool *spool, const char *id)
{
	int folder = spool_folder(spool, id, false), rc;

	if (folder < 0)
		return folder;
	rc = fsync(folder) == 0 ? 0 : -errno;
	(void)close(folder);
	return rc;
}

int
spool_write_commit(struct spool_write *w)
{
	char id[3];
	int rc;

	for (size_t n = 0; n < FOLDERS; n++) {
		if ((w->touched[n / 8] & 1u << (n % 8)) == 0)
			continue;
		folder_id(n, id);
		rc = sync_folder(w->spool, id);
		if (rc != 0)
			return rc;
	}
	if (w->made_folder && fsync(w->spool->held_fd) != 0)
		return -errno;
	w->committed = true;
	for (size_t i = 0; i < w->count; i++)
		w->items[i].kept = true;
	return 0;
}

/* The sidecar is the one that this write put there.  A number of a file may be
 * used again: the time tells. */
static bool
is_mine(int folder, const char *name, const struct stat *mine)
{
	struct stat st;

	return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    st.st_ino == mine->st_ino && st.st_dev == mine->st_dev &&
	    st.st_mtim.tv_sec == mine->st_mtim.tv_sec &&
	    st.st_mtim.tv_nsec == mine->st_mtim.tv_nsec;
}

static void
remove_mine(const struct spool_write *w, const struct item *item)
{
	char message[SPOOL_NAME_SIZE], name[SPOOL_NAME_SIZE];
	int folder;

	if (item->existed)
		return;
	folder = spool_folder(w->spool, item->id, true);
	if (folder < 0)
		return;
	spool_name(item->id, SPOOL_MESSAGE, message);
	spool_name(item->id, SPOOL_SIDECAR, name);
	if (is_mine(folder, name, &item->mine) &&
	    unlinkat(folder, name, 0) == 0)
		(void)unlinkat(folder, message, 0);
	(void)close(folder);
}

static void
write_fini(struct spool_write *w)
{
	(void)unlinkat(w->spool->tmp_fd, w->temp, 0);
	(void)close(w->fd);
	free(w->items);
	free(w);
}

void
spool_write_abort(struct spool_write *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->count; i++)
		remove_mine(w, &w->items[i]);
	write_fini(w);
}

void
spool_write_free(struct spool_write *w)
{
	if (w == NULL)
		return;
	for (size_t i = 0; i < w->count; i++)
		if (!w->items[i].kept)
			remove_mine(w, &w->items[i]);
	write_fini(w);
}
