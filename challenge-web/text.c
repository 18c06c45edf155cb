/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/text.h"

const char *
text_get(enum lang l, enum text_id id)
{
	switch (l) {
	case LANG_EN:
		return text_en[id];
	case LANG_FR:
		break;
	}
	return text_fr[id];
}
