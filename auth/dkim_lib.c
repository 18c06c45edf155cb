/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libopendkim's process-wide handle.  It keeps one resolver handle made lazily
 * and without a lock: we plug our own key look-up before any thread starts.
 */
#include "auth/dkim.h"

#include <errno.h>
#include <stdlib.h>

#include "auth/dkim_int.h"
#include "lib/err.h"

/* RFC 6376 5.4.1, less what relays change. */
const char *const dkim_sign_fields[] = { "From", "Sender", "Reply-To",
	"Subject", "Date", "Message-ID", "To", "Cc", "In-Reply-To",
	"References", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding", "Content-ID", "Content-Description",
	"Content-Disposition", "Auto-Submitted", "List-Id", "List-Post",
	"List-Unsubscribe", "List-Unsubscribe-Post", NULL };

/* A second one added on the way breaks the signature. */
const char *const dkim_oversign_fields[] = { "From", "Subject", "To", "Cc",
	"Date", "Reply-To", "Message-ID", "MIME-Version", "Content-Type",
	"Content-Transfer-Encoding", NULL };

static bool
set_option(DKIM_LIB *lib, int option, void *value, size_t len)
{
	return dkim_options(lib, DKIM_OP_SETOPT, option, value, len) ==
	    DKIM_STAT_OK;
}

static bool
set_options(DKIM_LIB *lib)
{
	/* Keys are joined at the end of the message, not at its header. */
	u_int flags = DKIM_LIBFLAGS_DELAYSIGPROC;
	const char *const *sign = dkim_sign_fields;
	const char *const *oversign = dkim_oversign_fields;

	return set_option(lib, DKIM_OPTS_FLAGS, &flags, sizeof(flags)) &&
	    set_option(lib, DKIM_OPTS_SIGNHDRS, dkim_unconst(sign),
		sizeof(char **)) &&
	    set_option(lib, DKIM_OPTS_OVERSIGNHDRS, dkim_unconst(oversign),
		sizeof(char **)) &&
	    dkim_set_key_lookup(lib, dkim_verify_key) == DKIM_STAT_OK &&
	    dkim_set_prescreen(lib, dkim_verify_prescreen) == DKIM_STAT_OK;
}

int
auth_dkim_lib_new(struct auth_dkim_lib **out)
{
	struct auth_dkim_lib *lib = calloc(1, sizeof(*lib));

	if (lib == NULL)
		return -ENOMEM;
	lib->handle = dkim_init(NULL, NULL);
	if (lib->handle == NULL) {
		free(lib);
		return -ENOMEM;
	}
	if (!dkim_libfeature(lib->handle, DKIM_FEATURE_SHA256) ||
	    !set_options(lib->handle)) {
		auth_dkim_lib_free(lib);
		return OCT_ECONF;
	}
	*out = lib;
	return 0;
}

void
auth_dkim_lib_free(struct auth_dkim_lib *lib)
{
	if (lib == NULL)
		return;
	dkim_close(lib->handle);
	free(lib);
}
