/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fingerprint (8), live (1), bad (1), language (1), era (1), automatic (1), weight
 * in thousandths (2, two's complement), length of the domain (1), the domain and a
 * NUL; then for each group the number of its slots and the slots as differences,
 * seven bits an octet.  Low octets first.
 */
#include "policy/label_record.h"

#include <stdlib.h>
#include <string.h>

#include "lib/addr.h"
#include "lib/err.h"
#include "lib/octets.h"

#define AT_DOMAIN 16

static size_t
put_small(uint8_t *out, uint32_t value)
{
	size_t n = 0;

	for (; value >= 0x80; value >>= 7)
		out[n++] = (uint8_t)(value | 0x80);
	out[n++] = (uint8_t)value;
	return n;
}

/* OCT_ECORRUPT past the end, or more than 32 bits. */
static int
get_small(const uint8_t **in, const uint8_t *end, uint32_t *out)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 35; shift += 7) {
		uint8_t c;

		if (*in >= end)
			return OCT_ECORRUPT;
		c = *(*in)++;
		value |= (uint64_t)(c & 0x7f) << shift;
		if ((c & 0x80) == 0) {
			*out = (uint32_t)value;
			return value <= UINT32_MAX ? 0 : OCT_ECORRUPT;
		}
	}
	return OCT_ECORRUPT;
}

static int
by_slot(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static size_t
put_group(const struct features *f, enum feature_group g, uint32_t *slots,
    uint8_t *out)
{
	size_t count = features_count(f, g);
	size_t n = put_small(out, (uint32_t)count);
	uint32_t last = 0;

	if (count == 0)
		return n;
	memcpy(slots, features_slots(f, g), count * sizeof(*slots));
	qsort(slots, count, sizeof(*slots), by_slot);
	for (size_t i = 0; i < count; i++) {
		n += put_small(out + n, slots[i] - last);
		last = slots[i];
	}
	return n;
}

static uint64_t
thousandths(double weight)
{
	return (uint16_t)(int16_t)(weight * 1000);
}

size_t
label_record_write(const struct label_record *r, const struct features *f,
    uint32_t *slots, uint8_t *out)
{
	const struct classifier_label *l = &r->label;
	const char *domain = l->domain != NULL ? l->domain : "";
	size_t n = oct_le_put(out, r->fingerprint, 8), len = strlen(domain);

	OCT_ASSERT(len < OCT_DOMAIN_SIZE);
	n += oct_le_put(out + n, r->live, 1);
	n += oct_le_put(out + n, l->bad, 1);
	n += oct_le_put(out + n, l->stratum.lang, 1);
	n += oct_le_put(out + n, l->stratum.era, 1);
	n += oct_le_put(out + n, l->stratum.automatic, 1);
	n += oct_le_put(out + n, thousandths(l->weight), 2);
	n += oct_le_put(out + n, len, 1);
	memcpy(out + n, domain, len + 1);
	n += len + 1;
	for (size_t g = 0; r->live && g < FEATURE_GROUPS; g++)
		n += put_group(f, (enum feature_group)g, slots, out + n);
	return n;
}

/* --- Reading ---------------------------------------------------------------- */

int
label_record_head(const uint8_t *in, size_t len, struct label_record *r,
    const uint8_t **rest)
{
	size_t domain;

	if (len < LABEL_RECORD_MIN)
		return OCT_ECORRUPT;
	domain = in[AT_DOMAIN - 1];
	if (AT_DOMAIN + domain + 1 > len || domain >= OCT_DOMAIN_SIZE ||
	    in[AT_DOMAIN + domain] != '\0' || in[10] >= CLASSIFIER_LANGS ||
	    in[11] > CLASSIFIER_ERA_MODERN)
		return OCT_ECORRUPT;
	*r = (struct label_record){ .fingerprint = oct_le_get(in, 8),
		.live = in[8] != 0,
		.label = { .bad = in[9] != 0,
		    .stratum = { .lang = (enum classifier_lang)in[10],
			.era = (enum classifier_era)in[11],
			.automatic = in[12] != 0 },
		    .weight = (double)(int16_t)oct_le_get(in + 13, 2) /
			1000 } };
	if (domain > 0)
		r->label.domain = (const char *)in + AT_DOMAIN;
	if (rest != NULL)
		*rest = in + AT_DOMAIN + domain + 1;
	return 0;
}

static int
read_group(const uint8_t **in, const uint8_t *end, uint32_t *slots,
    struct features *f, enum feature_group g)
{
	uint32_t count, step, slot = 0;
	int rc = get_small(in, end, &count);

	if (rc != 0 || count > FEATURES_MAX)
		return OCT_ECORRUPT;
	for (uint32_t i = 0; i < count; i++) {
		rc = get_small(in, end, &step);
		if (rc != 0)
			return rc;
		if (step >= (uint32_t)1 << FEATURE_BITS)
			return OCT_ECORRUPT;
		slot += step;
		if (slot >= (uint32_t)1 << FEATURE_BITS)
			return OCT_ECORRUPT;
		slots[i] = slot;
	}
	return features_set(f, g, slots, count);
}

int
label_record_read(const uint8_t *in, size_t len, struct label_record *r,
    uint32_t *slots, struct features *f)
{
	const uint8_t *at, *end = in + len;
	int rc = label_record_head(in, len, r, &at);

	features_clear(f);
	if (rc != 0 || !r->live)
		return rc;
	for (size_t g = 0; rc == 0 && g < FEATURE_GROUPS; g++)
		rc = read_group(&at, end, slots, f, (enum feature_group)g);
	return rc == 0 && at != end ? OCT_ECORRUPT : rc;
}
