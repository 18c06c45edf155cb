/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Evaluate any octets as the SPF record of a domain and of what it includes,
 * and as its explanation, by both engines.
 */
#include "auth/spf.h"

#include <stdlib.h>

#include "lib/clock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const names[] = { "d.example", "e.d.example" };
	struct auth_spf_input in = { .helo = "h.example",
		.mail_from = "a.b+c@d.example", .receiver = "r.example" };
	struct dns *dns;
	struct dns_session *s;
	struct auth_spf out;

	if (len > 65535 || dns_new_static(&dns) != 0 ||
	    oct_ip_parse(len % 2 ? "192.0.2.1" : "2001:db8::1", &in.ip) != 0)
		return 0;
	for (size_t i = 0; i < OCT_LEN(names); i++)
		if (dns_static_add(dns, names[i], DNS_TXT,
		        (const char *)data, len) != 0)
			abort();
	if (dns_session_new(dns, oct_clock_mono_ms() + 9000, 99, &s) != 0)
		abort();
	auth_spf_check(s, &in, &out);
	auth_spf_libspf2_check(s, &in, &out);
	dns_session_free(s);
	dns_free(dns);
	return 0;
}
