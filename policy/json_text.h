/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strings of outsiders in JSON, for held.c and challenge.c.  Any thread.
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

/* Is this domain name fit for a key's tag and for a word of a duty? */
bool json_text_is_domain(const char *name);

#endif
