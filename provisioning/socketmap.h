/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Postfix's socketmap protocol (socketmap_table(5)) and the answers to it out
 * of a directory snapshot.  A request is the netstring "<map> <key>", an answer
 * the netstring "OK <value>", "NOTFOUND ", "TEMP <text>" or "PERM <text>".
 *
 * Postfix asks for whole addresses only, as they were written: folding, plus
 * addresses, catch-alls and domain-wide transports are resolved here.  Maps:
 *
 *   vdomains   domain  -> the domain, if it is hosted
 *   vmailbox   address -> "domain/local/" of the mailbox
 *   valias     address -> its final addresses, separated by commas; never for
 *                         the address of a mailbox
 *   slogin     address -> the logins (addresses of mailboxes) that may send in
 *                         its name, separated by commas: its own, and those
 *                         behind an alias; never those of a catch-all
 *   transport  address (or domain) -> transport:nexthop
 *   srs        sender -> the transport by which mail of that sender leaves if it
 *                         is a stranger's, forwarded by somebody here; never for
 *                         senders of ours
 *
 * What is closed is NOTFOUND everywhere; what is suspended is there: the milter
 * refuses it with the right code.  Pure; any thread.
 */
#ifndef OCT_PROVISIONING_SOCKETMAP_H
#define OCT_PROVISIONING_SOCKETMAP_H

#include "lib/def.h"
#include "lib/str.h"
#include "policy/directory.h"

#define SOCKETMAP_KEY_MAX 2048 /* octets of a key */
#define SOCKETMAP_MAP_MAX 64   /* octets of a map's name */
#define SOCKETMAP_PAYLOAD_MAX (SOCKETMAP_MAP_MAX + 1 + SOCKETMAP_KEY_MAX)
#define SOCKETMAP_REQUEST_MAX (SOCKETMAP_PAYLOAD_MAX + 6) /* "2113:" and ","   \
							   */
#define SOCKETMAP_VALUE_MAX 99000 /* Postfix takes answers up to 100,000 */

struct socketmap_request {
	char map[SOCKETMAP_MAP_MAX + 1];
	char key[SOCKETMAP_KEY_MAX + 1];
};

/*
 * Take one request from the start of buf.  1: *out is set and *used octets are
 * done with; 0: more octets are needed; OCT_ELIMIT: longer than we take;
 * OCT_EPARSE: no netstring, or no request in it.  After an error the stream
 * cannot be followed any more.
 */
OCT_CHECK int socketmap_parse(
    const char *buf, size_t len, struct socketmap_request *out, size_t *used);

enum socketmap_status {
	SOCKETMAP_OK,
	SOCKETMAP_NOTFOUND,
	SOCKETMAP_TEMP, /* the three give the client 451 */
	SOCKETMAP_PERM
};

/* What answers need besides the directory.  Borrowed; never NULL, "" = none. */
struct socketmap_site {
	const char *transport; /* of domains without one */
	/* The domain that forwarded mail leaves in the name of, and the
	 * transport to where that is done. */
	const char *srs_domain, *srs_transport;
	const char *own[2]; /* further domains that we send in the name of */
};

#define SOCKETMAP_SRS_SIZE 300
/* The transport to a listener: "srs:[127.0.0.1]:10028".  OCT_EPARSE: listen is
 * not host:port. */
OCT_CHECK int socketmap_srs(const char *listen, char out[SOCKETMAP_SRS_SIZE]);

/*
 * Answer a request into out (emptied first): the value with OK, a reason with
 * TEMP and PERM, nothing with NOTFOUND.
 */
enum socketmap_status socketmap_answer(const struct dir_snapshot *s,
    const struct socketmap_site *site, const struct socketmap_request *request,
    struct oct_str *out);

/* Add the netstring of an answer to out. */
void socketmap_reply(
    enum socketmap_status status, const char *text, struct oct_str *out);

#endif
