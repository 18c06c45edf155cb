/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole reads and writes on blocking descriptors.  Any thread.
 */
#ifndef OCT_LIB_IO_H
#define OCT_LIB_IO_H

#include "lib/def.h"

/* Write all of it; 0 or -errno (some octets may then be written). */
OCT_CHECK int oct_io_write(int fd, const void *octets, size_t len);

/*
 * Read at most len octets, fewer only at the end of the file.  The number read
 * is in *got.  0 or -errno.
 */
OCT_CHECK int oct_io_read(int fd, void *octets, size_t len, size_t *got);

/*
 * All of a descriptor as one NUL-terminated block on the heap, owned by the
 * caller.  OCT_ELIMIT if there are more than max octets.  len may be NULL.
 */
OCT_CHECK int oct_io_slurp(int fd, size_t max, char **out, size_t *len);

#endif
