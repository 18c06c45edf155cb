/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The connections of one thread to Postfix.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "courier/courier.h"
#include "lib/err.h"
#include "lib/log.h"

static int
open_one(const struct courier *c, const char *address, struct smtp_out **out)
{
	struct smtp_out_conf conf;
	int rc;

	smtp_out_conf_init(&conf);
	conf.address = address;
	conf.helo = c->settings->hostname;
	if (*c->settings->smtp_user != '\0') {
		conf.user = c->settings->smtp_user;
		conf.password = c->settings->smtp_password;
	}
	rc = smtp_out_new(&conf, out);
	if (rc != 0)
		oct_log(OCT_ERROR,
		    "start=failed what=smtp on=%s error=\"%s\" "
		    "hint=\"host:port\"",
		    address, oct_strerror(rc));
	return rc;
}

int
courier_open_smtp(struct courier *c)
{
	int rc = open_one(c, c->settings->release_address, &c->release);

	return rc != 0 ? rc : open_one(c, c->settings->own_address, &c->own);
}

void
courier_close_smtp(struct courier *c)
{
	smtp_out_free(c->release);
	smtp_out_free(c->own);
	c->release = c->own = NULL;
}

int
courier_view_new(const struct courier *c, struct courier **out)
{
	struct courier *view = malloc(sizeof(*view));
	int rc;

	if (view == NULL)
		return -ENOMEM;
	*view = *c;
	view->release = view->own = NULL;
	rc = courier_open_smtp(view);
	if (rc != 0) {
		courier_view_free(view);
		return rc;
	}
	*out = view;
	return 0;
}

void
courier_view_free(struct courier *view)
{
	if (view == NULL)
		return;
	courier_close_smtp(view);
	/* Keys were copied with the rest. */
	explicit_bzero(view, sizeof(*view));
	free(view);
}
