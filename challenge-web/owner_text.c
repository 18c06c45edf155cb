/* SPDX-License-Identifier: Apache-2.0 */
#include "challenge-web/owner_text.h"

const char *
owner_text(enum lang l, enum otext id)
{
	switch (l) {
	case LANG_EN:
		return owner_text_en[id];
	case LANG_FR:
		break;
	}
	return owner_text_fr[id];
}
