/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/forwarded.h"

#include <string.h>

#include "lib/err.h"

int
forwarded_client(const char *header, struct oct_ip *out)
{
	const char *comma = strrchr(header, ',');
	const char *entry = comma != NULL ? comma + 1 : header;
	char text[OCT_IP_SIZE];
	size_t len;

	entry += strspn(entry, " \t");
	len = strcspn(entry, " \t");
	if (entry[len + strspn(entry + len, " \t")] != '\0' ||
	    len >= sizeof(text))
		return OCT_EPARSE;
	memcpy(text, entry, len);
	text[len] = '\0';
	return oct_ip_parse(text, out);
}
