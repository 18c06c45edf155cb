/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Texts in JSON: those of outsiders, to be written; and members that are texts, read
 * without a check at each.  Any thread.
 */
#ifndef OCT_POLICY_JSON_TEXT_H
#define OCT_POLICY_JSON_TEXT_H

#include <jansson.h>

#include "lib/def.h"

/*
 * A string node.  Text from the wire may be no UTF-8: each of its octets is then
 * written as the code point of that number, so that nothing is lost and the JSON
 * is valid.  Addresses and parameters that must survive exactly are checked by
 * the milter.  NULL: out of memory, or over max octets.
 */
json_t *json_text(const char *text, size_t max);

/* A member that is a string, borrowed; "" if there is none, or it is no string. */
const char *json_text_of(const json_t *object, const char *name);
/* A member that is a size as people write it ("5G"), in octets; 0 if it is none. */
int64_t json_size_of(const json_t *object, const char *name);

/* Is this domain name fit for a key's tag and for a word of a duty? */
bool json_text_is_domain(const char *name);

#endif
