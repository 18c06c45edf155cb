/* SPDX-License-Identifier: Apache-2.0 */
#include "milter/sign.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/clock.h"
#include "lib/err.h"
#include "lib/log.h"

#define NAME "DKIM-Signature:"
#define SIGNATURE_MAX 65536
#define SELECTORS_MAX 1024

/* --- For whom ------------------------------------------------------------- */

/* May the sender of this message write in the name of the domain?  A login may
 * for its own; relays and this host were trusted by the administrator. */
static bool
may_use(const struct session *s, const char *domain)
{
	struct oct_addr login;

	if (s->direction == DIR_RELAY || s->direction == DIR_INTERNAL)
		return true;
	return s->direction == DIR_SUBMISSION && s->auth_user != NULL &&
	    oct_addr_parse(s->auth_user, &login) == 0 &&
	    strcmp(login.domain, domain) == 0;
}

const struct dir_domain *
sign_domain(const struct session *s, const struct evaluation *ev)
{
	const struct dir_domain *d;

	/* Two authors, or one that readers may see otherwise: whose signature
	 * would it be? */
	if (ev->from_count != 1 || ev->from_malformed || s->snapshot == NULL ||
	    !may_use(s, ev->from[0].domain))
		return NULL;
	d = dir_domain(s->snapshot, ev->from[0].domain);
	return d != NULL && d->state == DIR_ACTIVE && d->dkim_count > 0 ? d
									: NULL;
}

/* --- What ----------------------------------------------------------------- */

static bool
is_deleted(const struct judge_actions *a, const struct oct_field *f)
{
	for (size_t i = 0; i < a->delete_count; i++)
		if (a->delete[i].field == f)
			return true;
	return false;
}

static int
write_header(const struct judge *j, const struct judge_actions *a,
    struct oct_str *out)
{
	size_t n = oct_msg_field_count(j->msg);

	for (size_t i = 0; i < n; i++) {
		const struct oct_field *f = oct_msg_field(j->msg, i);

		if (is_deleted(a, f))
			continue;
		oct_str_addn(out, f->name, f->name_len);
		oct_str_addc(out, ':');
		oct_str_addn(out, f->value, f->value_len);
		oct_str_add(out, "\r\n");
	}
	return oct_str_err(out);
}

/* A whole field into a value as milters write it: folds are LF, no line end. */
static int
take_value(const struct oct_str *field, char **out)
{
	const size_t skip = sizeof(NAME) - 1;
	const char *p = oct_str_text(field);
	char *value, *to;

	OCT_ASSERT(field->len > skip + 2 && memcmp(p, NAME, skip) == 0);
	value = malloc(field->len);
	if (value == NULL)
		return -ENOMEM;
	to = value;
	for (p += skip; *p != '\0'; p++)
		if (*p != '\r')
			*to++ = *p;
	to[-1] = '\0';
	*out = value;
	return 0;
}

static int
sign_one(const struct judge *j, const struct dkim_sealed *key,
    const struct auth_dkim_parts *message, struct judge_actions *out)
{
	const struct app *app = j->session->app;
	struct oct_str field;
	int rc;

	oct_str_heap(&field, SIGNATURE_MAX);
	rc = dkim_vault_sign(app->vault, app->env.dkim, key, message, &field);
	if (rc == 0)
		rc = take_value(&field, &out->signatures[out->signature_count]);
	out->signature_count += rc == 0;
	oct_str_free(&field);
	return rc;
}

static void
sign_all(const struct judge *j, const struct dir_domain *d,
    const struct auth_dkim_parts *message, struct judge_actions *out)
{
	const char *id = j->session->id;
	int64_t from_ms = oct_clock_mono_ms();
	char text[SELECTORS_MAX];
	struct oct_str selectors;

	oct_str_fixed(&selectors, text, sizeof(text));
	for (size_t i = 0; i < d->dkim_count; i++) {
		const struct dkim_sealed key = { .domain = d->name,
			.selector = d->dkim[i].selector,
			.sealed = d->dkim[i].sealed,
			.ed25519 = d->dkim[i].ed25519 };
		int rc = sign_one(j, &key, message, out);

		if (rc == 0)
			oct_str_addf(&selectors, "%s%s",
			    selectors.len > 0 ? "," : "", key.selector);
		else
			oct_log(OCT_WARNING,
			    "%s: sign=failed domain=%s selector=%s "
			    "error=\"%s\" effect=\"passes without this "
			    "signature\"",
			    id, d->name, key.selector, oct_strerror(rc));
	}
	if (out->signature_count > 0)
		oct_log(OCT_INFO, "%s: signed=%s selectors=%s ms=%lld", id,
		    d->name, oct_str_text(&selectors),
		    (long long)(oct_clock_mono_ms() - from_ms));
}

void
sign_message(const struct judge *j, struct judge_actions *out)
{
	const struct dir_domain *d = sign_domain(j->session, j->ev);
	struct auth_dkim_parts message;
	struct oct_str header;
	int rc;

	if (d == NULL)
		return;
	/* What was taken in fits again, line ends included. */
	oct_str_heap(&header, (size_t)oct_msg_size(j->msg) + 1);
	rc = write_header(j, out, &header);
	if (rc == 0)
		rc = oct_msg_body(j->msg, &message.body, &message.body_len);
	message.header = oct_str_text(&header);
	message.header_len = header.len;
	if (rc == 0)
		sign_all(j, d, &message, out);
	else
		oct_log(OCT_WARNING,
		    "%s: sign=failed domain=%s error=\"%s\" "
		    "effect=\"passes unsigned\"",
		    j->session->id, d->name, oct_strerror(rc));
	oct_str_free(&header);
}
