/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How commands report, and read the values of their arguments.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/err.h"
#include "lib/num.h"
#include "policy/keys.h"
#include "provisioning/ctl_cmd.h"

int
ctl_fail(const struct ctl *ctl, int status, const char *fmt, ...)
{
	char text[4096];
	struct oct_str safe;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	oct_str_heap(&safe, CTL_OUT_MAX);
	ctl_out_name(text, 0, &safe);
	(void)fflush(stdout);
	(void)fprintf(stderr, "octroictl: ");
	if (ctl->batch_line > 0)
		(void)fprintf(stderr, "line %zu: ", ctl->batch_line);
	(void)fprintf(stderr, "%s\n", oct_str_text(&safe));
	oct_str_free(&safe);
	return status;
}

static const char *
hint_of(int rc)
{
	switch (rc) {
	case OCT_EDOWN:
	case OCT_ETIME:
		return ": is it running, and does the configuration name it "
		       "rightly? 'octroictl doctor' looks";
	case OCT_ECONFLICT:
		return ": others change it at the same time; try again";
	case -EACCES:
	case -EPERM:
		return geteuid() == 0
		    ? ": run this as octroi's user ('sudo -u octroi octroictl "
		      "...'), not as root"
		    : ": run this as octroi's user";
	default:
		return "";
	}
}

int
ctl_fail_rc(const struct ctl *ctl, int rc, const char *what, const char *on)
{
	int status = DAEMON_EXIT_FAILED;

	if (rc == OCT_EDOWN || rc == OCT_ETIME)
		status = DAEMON_EXIT_UNAVAILABLE;
	else if (rc == OCT_ECONF)
		status = DAEMON_EXIT_CONFIG;
	return ctl_fail(ctl, status, "%s %s: %s%s", what, on, oct_strerror(rc),
	    hint_of(rc));
}

int
ctl_write(const struct ctl *ctl, struct oct_str *text)
{
	int rc = oct_str_err(text), status = 0;

	if (rc != 0)
		status = ctl_fail_rc(ctl, rc, "the", "output");
	else if (fwrite(oct_str_text(text), 1, text->len, stdout) !=
	    text->len)
		status = ctl_fail_rc(ctl, -errno, "standard", "output");
	oct_str_free(text);
	return status;
}

int
ctl_print(const struct ctl *ctl, json_t *value,
    const struct ctl_column *columns, size_t count)
{
	struct oct_str out;

	oct_str_heap(&out, CTL_OUT_MAX);
	if (ctl->json) {
		int rc = ctl_out_json(value, ctl->batch_line > 0, &out);

		if (rc != 0)
			out.err = rc;
	} else if (json_is_array(value)) {
		ctl_out_table(value, columns, count, &out);
	} else {
		ctl_out_record(value, columns, count, &out);
	}
	json_decref(value);
	return ctl_write(ctl, &out);
}

int
ctl_print_list(const struct ctl *ctl, size_t total, json_t *items,
    const struct ctl_column *columns, size_t count)
{
	size_t shown = json_array_size(items);
	struct oct_str out;
	json_t *v;

	if (ctl->json) {
		v = json_object();
		ctl_json_set(v, "total", json_integer((json_int_t)total));
		ctl_json_set(v, "items", items);
		return ctl_print(ctl, v, NULL, 0);
	}
	oct_str_heap(&out, CTL_OUT_MAX);
	if (shown > 0)
		ctl_out_table(items, columns, count, &out);
	if (shown < total)
		oct_str_addf(&out, "%zu of %zu\n", shown, total);
	else if (total == 0 && !ctl->quiet)
		oct_str_add(&out, "none\n");
	json_decref(items);
	return ctl_write(ctl, &out);
}

int
ctl_done(const struct ctl *ctl, const char *done, const char *kind,
    const char *name)
{
	struct oct_str out;
	json_t *v;

	if (ctl->quiet)
		return 0;
	if (ctl->json) {
		v = json_object();
		ctl_json_set(v, "done", json_string(done));
		ctl_json_set(v, "kind", json_string(kind));
		ctl_json_set(v, "name", ctl_json_text(name));
		return ctl_print(ctl, v, NULL, 0);
	}
	oct_str_heap(&out, CTL_OUT_MAX);
	oct_str_addf(&out, "%s ", kind);
	ctl_out_name(name, 0, &out);
	oct_str_addf(&out, ": %s\n", done);
	return ctl_write(ctl, &out);
}

int
ctl_audit(struct ctl *ctl, const char *action, const char *domain,
    const char *local, const char *detail)
{
	const char *const pairs[] = { "actor", ctl->actor, "action", action,
		"domain", domain, "local", local != NULL ? local : "",
		"detail", detail };
	struct store *store;
	int status = ctl_store(ctl, &store), rc;

	if (status != 0)
		return status;
	rc = store_xadd(store, KEY_AUDIT, 0, pairs, OCT_LEN(pairs));
	return rc == 0 ? 0 : ctl_fail_rc(ctl, rc, "audit of", action);
}

/* --- Arguments ---------------------------------------------------------- */

int
ctl_domain(const struct ctl *ctl, const char *text, char out[OCT_DOMAIN_SIZE])
{
	if (oct_domain_normalise(text, out) == 0 && *out != '\0')
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "'%s' is no domain name, expected one like mairie.example.org",
	    text);
}

int
ctl_address(const struct ctl *ctl, const char *text, struct oct_addr *out)
{
	struct oct_addr a;

	if (oct_addr_parse(text, &a) != 0 || *a.local == '\0' ||
	    *a.domain == '\0' || *a.domain == '[')
		return ctl_fail(ctl, DAEMON_EXIT_USAGE,
		    "'%s' is no mail address, expected one like "
		    "accueil@mairie.example.org",
		    text);
	oct_addr_fold(&a, '\0', out);
	return 0;
}

int
ctl_number(const struct ctl *ctl, const struct ctl_args *args,
    const char *name, int64_t lo, int64_t hi, int64_t standard, int64_t *out)
{
	const char *text = ctl_args_value(args, name);

	*out = standard;
	if (text == NULL || oct_num_int(text, lo, hi, out) == 0)
		return 0;
	return ctl_fail(ctl, DAEMON_EXIT_USAGE,
	    "--%s=%s: expected a number from %" PRId64 " to %" PRId64, name,
	    text, lo, hi);
}
