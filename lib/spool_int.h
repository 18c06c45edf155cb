/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The inside of the spool, for lib/spool*.c only.
 *
 * Each folder of items has a lock (flock on the folder itself), held while
 * files are moved in or out, so that "is it still mine" and "remove it" are one step.
 * It is advisory, dies with its process, and nothing waits for a disk under it.
 */
#ifndef OCT_LIB_SPOOL_INT_H
#define OCT_LIB_SPOOL_INT_H

#include <sys/stat.h>

#include "lib/spool.h"

struct spool {
	struct spool_opts opts;
	int tmp_fd, held_fd;
};

#define SPOOL_TEMP_SIZE 48 /* name of a temporary file */
#define SPOOL_TEMP_PREFIX "new-"
#define SPOOL_NAME_SIZE 40 /* id and suffix */

#define SPOOL_MESSAGE ".eml"
#define SPOOL_SIDECAR ".json"

void spool_name(const char *id, const char *suffix, char out[SPOOL_NAME_SIZE]);

/* A name that nobody has. */
void spool_temp_name(char name[SPOOL_TEMP_SIZE]);

/* A new file in tmp/, open for writing.  Descriptor, or -errno. */
int spool_temp(const struct spool *spool, char name[SPOOL_TEMP_SIZE]);

/* The folder of an id, locked or not; close ends both.  Descriptor, OCT_EABSENT
 * or -errno. */
int spool_folder(const struct spool *spool, const char *id, bool lock);

/* A sidecar in tmp/, synced; st tells it from others.  0 or an error, with
 * nothing left. */
OCT_CHECK int spool_temp_sidecar(const struct spool *spool, const char *text,
    char name[SPOOL_TEMP_SIZE], struct stat *st);

#endif
