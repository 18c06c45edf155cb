/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sealing of secrets at rest: XChaCha20-Poly1305 under a key derived from the
 * site's secret.  The name of what is sealed ("dkim example.org/s1") is bound
 * to it: a sealed text that was moved to another name does not open.  Any
 * thread.
 */
#ifndef OCT_LIB_SEAL_H
#define OCT_LIB_SEAL_H

#include "lib/def.h"
#include "lib/secret.h"
#include "lib/str.h"

#define OCT_SEAL_MAX 65536 /* octets of a secret */

/* The sealing key of a site. */
void oct_seal_key(const struct oct_secret *secret,
    uint8_t out[OCT_KEY_OCTETS]);

/*
 * Append the sealed text of octets to out: version and base64, no blanks, another
 * one each time.  OCT_ELIMIT over OCT_SEAL_MAX, or the error of out.
 */
OCT_CHECK int oct_seal(const uint8_t key[OCT_KEY_OCTETS], const char *name,
    const void *octets, size_t len, struct oct_str *out);

/*
 * Open a sealed text: *out holds *len octets and a NUL, in memory that is
 * locked, guarded, and wiped by oct_seal_free.  OCT_EPARSE: no sealed text;
 * OCT_EAUTH: another key or name, or altered; -ENOMEM.
 */
OCT_CHECK int oct_seal_open(const uint8_t key[OCT_KEY_OCTETS],
    const char *name, const char *sealed, char **out, size_t *len);
void oct_seal_free(char *opened);

#endif
