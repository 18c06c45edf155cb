/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/uio.h>

#include <sodium.h>

#include "lib/err.h"
#include "lib/msg_int.h"

#define OUT_VECTORS 64

/* Blocks on their way to a descriptor, without copying; err is sticky. */
struct out {
	int fd, err, count;
	struct iovec v[OUT_VECTORS];
};

static void
out_flush(struct out *o)
{
	struct iovec *v = o->v;
	int left = o->count;

	while (left > 0 && o->err == 0) {
		ssize_t n = writev(o->fd, v, left);

		if (n == -1 && errno != EINTR)
			o->err = -errno;
		for (; n > 0 && left > 0; v++, left--) {
			if ((size_t)n < v->iov_len) {
				v->iov_base = (char *)v->iov_base + n;
				v->iov_len -= (size_t)n;
				break;
			}
			n -= (ssize_t)v->iov_len;
		}
	}
	o->count = 0;
}

static void
out_add(struct out *o, const char *octets, size_t len)
{
	struct iovec *last = o->count > 0 ? &o->v[o->count - 1] : NULL;

	if (len == 0)
		return;
	if (last != NULL && (char *)last->iov_base + last->iov_len == octets) {
		last->iov_len += len;
		return;
	}
	if (o->count == OUT_VECTORS)
		out_flush(o);
	o->v[o->count].iov_base = (void *)(uintptr_t)octets;
	o->v[o->count].iov_len = len;
	o->count++;
}

/* The whole of a field as it is written. */
static size_t
field_octets(const struct oct_field *f)
{
	return f->name_len + 1 + f->value_len + 2;
}

int
oct_msg_write(struct oct_msg *m, int fd, const char *before,
    oct_msg_keep *keep, void *arg)
{
	struct out o;
	const char *body;
	size_t len;
	int rc = m->err;

	if (rc == 0)
		rc = oct_msg_body(m, &body, &len);
	if (rc != 0)
		return rc;
	o.fd = fd;
	o.err = o.count = 0;
	if (before != NULL)
		out_add(&o, before, strlen(before));
	for (size_t i = 0; i < m->count; i++)
		if (keep == NULL || keep(m, i, arg))
			out_add(&o, m->fields[i].name,
			    field_octets(&m->fields[i]));
	out_add(&o, "\r\n", 2);
	out_add(&o, body, len);
	out_flush(&o);
	return o.err;
}

static void
hash(crypto_generichash_state *st, const void *octets, size_t len)
{
	(void)crypto_generichash_update(st, octets, len);
}

/* Preceded by its length: ("ab", "c") must not be ("a", "bc"). */
static void
hash_text(crypto_generichash_state *st, const char *text)
{
	uint64_t len = strlen(text);
	uint8_t prefix[8];

	for (size_t i = 0; i < sizeof(prefix); i++)
		prefix[i] = (uint8_t)(len >> (8 * i));
	hash(st, prefix, sizeof(prefix));
	hash(st, text, (size_t)len);
}

/* What hops add, and a retry therefore changes. */
static bool
is_trace(const struct oct_field *f)
{
	static const char *const names[] = { "Received", "Return-Path",
		"Authentication-Results" };

	for (size_t i = 0; i < OCT_LEN(names); i++)
		if (f->name_len == strlen(names[i]) &&
		    strncasecmp(f->name, names[i], f->name_len) == 0)
			return true;
	return false;
}

int
oct_msg_digest(struct oct_msg *m, const uint8_t key[32], const char *rpath,
    const char *rcpt, uint8_t out[OCT_MSG_DIGEST])
{
	crypto_generichash_state st;
	const char *body;
	size_t len;
	int rc = m->err;

	if (rc == 0)
		rc = oct_msg_body(m, &body, &len);
	if (rc != 0)
		return rc;
	if (crypto_generichash_init(&st, key, 32, OCT_MSG_DIGEST) != 0)
		return -EINVAL;
	hash_text(&st, rpath);
	hash_text(&st, rcpt);
	for (size_t i = 0; i < m->count; i++)
		if (!is_trace(&m->fields[i]))
			hash(&st, m->fields[i].name,
			    field_octets(&m->fields[i]));
	hash(&st, "\r\n", 2);
	hash(&st, body, len);
	if (crypto_generichash_final(&st, out, OCT_MSG_DIGEST) != 0)
		return -EINVAL;
	return 0;
}
