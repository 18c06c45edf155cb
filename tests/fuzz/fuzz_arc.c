/* SPDX-License-Identifier: Apache-2.0 */
/* Tag lists of ARC and DKIM: fields, key records, base64. */
#include "auth/arc_sig.h"
#include "auth/dkim_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct oct_field field = { "ARC-Seal", text, 8, size };
	struct dkim_sig sig = { .text = NULL };
	struct auth_dkim_pubkey key;
	char cv, problem[128];
	struct arc_sig seal;

	(void)arc_aar_instance(&field);
	(void)arc_sig_instance(&field, &cv);
	(void)arc_sig_read(&field, true, &seal);
	(void)arc_sig_read(&field, false, &seal);
	if (dkim_sig_read(&sig, text, size) == 0)
		OCT_ASSERT((sig.b == NULL) == (sig.out.problem[0] != '\0'));
	dkim_sig_fini(&sig);
	OCT_ASSERT(auth_dkim_key_parse(text, size, &key, problem) == 0 ||
	    key.bits >= 256);
	return 0;
}
