/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs fetch at names of hosted domains, behind the reverse proxy: the
 * MTA-STS policy (RFC 8461 3.3) at mta-sts.D, Thunderbird's configuration at
 * autoconfig.D and below D/.well-known, Outlook's at autodiscover.D.  Answered
 * out of settings and directory, without the store.
 */
#ifndef OCT_CHALLENGE_WEB_SETUP_H
#define OCT_CHALLENGE_WEB_SETUP_H

#include "challenge-web/view.h"

/* False: the request's host and path are none of these, nothing was done. */
bool setup_handle(struct view *v);

/*
 * The address of an Outlook request (a POX Autodiscover request), which is
 * hostile: no entity, declaration or comment is read.  OCT_EPARSE.
 */
OCT_CHECK int setup_request_address(const char *xml, size_t len,
    char out[OCT_ADDR_SIZE]);

#endif
