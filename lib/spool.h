/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Held messages on disk.  An item is held/<first two of id>/<id>.eml, the
 * message, and <id>.json beside it, the sidecar; the sidecar is what makes the
 * item: without it, or without the message, there is none, whatever a crash
 * left behind.  Several items of one message share its octets by hard links.
 *
 * Writing: begin, the message into the descriptor, sync, an item for each
 * recipient, commit.  Nothing may be answered before commit returned 0.  Every
 * trouble of the disk (-ENOSPC, -EROFS, -EIO, -EMFILE, ...) is returned, and
 * abort leaves nothing of this write behind.
 *
 * struct spool does not change after open: any thread, and several processes
 * share one folder.  struct spool_write: one thread at a time.
 */
#ifndef OCT_LIB_SPOOL_H
#define OCT_LIB_SPOOL_H

#include <sys/types.h>

#include "lib/def.h"

struct spool;
struct spool_write;

#define SPOOL_ID_SIZE 33 /* 32 of a-z2-7, and the NUL */
#define SPOOL_SIDECAR_MAX 65536

struct spool_opts {
	mode_t folder_mode; /* 0700, or 02770 where programs share it by group:
			       files are then 0660, else 0600 */
	uint64_t reserve;   /* octets that stay free on the file system */
};

/* An id, and so safe as part of a path. */
bool spool_id_ok(const char *id);

/* Make the folders that are missing (not parents of path) and see whether files
 * can be made in them.  -errno. */
OCT_CHECK int spool_open(const char *path, const struct spool_opts *opts,
    struct spool **out);
/* To read items only: nothing is made or tried. */
OCT_CHECK int spool_open_reader(const char *path, struct spool **out);
void spool_close(struct spool *spool);

/* Free octets above the reserve; 0 when there are none. */
OCT_CHECK int spool_room(const struct spool *spool, uint64_t *out);

/*
 * Start a message of about size octets.  *fd (the write's, not to be closed)
 * takes it.  -ENOSPC if it would go into the reserve.  The write keeps spool.
 */
OCT_CHECK int spool_write_begin(const struct spool *spool, uint64_t size,
    struct spool_write **out, int *fd);

/* The message is complete: bring it to the disk.  Adding an item does that. */
OCT_CHECK int spool_write_sync(struct spool_write *w);

/*
 * Make it an item.  An item of that id is replaced: it is the same
 * message, from an earlier try.  -EINVAL for a bad id, OCT_ELIMIT for a sidecar
 * over SPOOL_SIDECAR_MAX.
 */
OCT_CHECK int spool_item_add(struct spool_write *w, const char *id,
    const char *sidecar);

/* 0: all items survive a power cut.  Else: abort. */
OCT_CHECK int spool_write_commit(struct spool_write *w);

/*
 * Remove what this write added, committed or not, and free it.  An item that
 * was there before, or that another writer has replaced since, stays: its
 * writer may have promised it.
 */
void spool_write_abort(struct spool_write *w);

/* Free it and keep the items of its commits; those added since the last one are
 * removed. */
void spool_write_free(struct spool_write *w);

/* The message, for reading; the caller closes it.  OCT_EABSENT. */
OCT_CHECK int spool_item_open(const struct spool *spool, const char *id,
    int *fd);

/* The sidecar's text, freed by the caller.  OCT_EABSENT, OCT_ELIMIT. */
OCT_CHECK int spool_item_sidecar(const struct spool *spool, const char *id,
    char **out);

/*
 * Remove the item: the sidecar first and durably, so that no crash brings back
 * what was delivered.  Removing what is absent succeeds.
 */
OCT_CHECK int spool_item_remove(const struct spool *spool, const char *id);

/*
 * Call for every item, in no order.  sidecar is borrowed for the call; it is
 * NULL where it cannot be had, and err says why: OCT_ECORRUPT (the message is
 * missing), OCT_ELIMIT or -errno.  A result other than 0 ends the walk and is
 * returned.  The callback may remove items.  A folder that cannot be read hides no
 * other: the walk goes on, and its -errno is returned at the end.
 */
typedef int spool_visit(void *arg, const char *id, const char *sidecar,
    int err);
OCT_CHECK int spool_walk(const struct spool *spool, spool_visit *visit,
    void *arg);

/*
 * Remove what crashes left, if older than age_s seconds (longer than any write
 * takes): temporary files, messages without sidecar, sidecars without message.
 * The number removed is in *removed.  A message without sidecar stays if known
 * says so (NULL: nobody knows any): one whose sidecar alone was lost.
 */
typedef bool spool_known(void *arg, const char *id);
OCT_CHECK int spool_clean(const struct spool *spool, int64_t age_s,
    spool_known *known, void *arg, size_t *removed);

#endif
