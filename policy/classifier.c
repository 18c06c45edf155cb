/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/classifier_int.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "lib/err.h"
#include "lib/fnv.h"
#include "lib/io.h"
#include "lib/str.h"

#define MAGIC "octroi classifier\n"
#define VERSION 4
/* The recipe. */
#define SMOOTH 10.0 /* in the norm of a group */

#define TABLES                                                                 \
	(ALL_SLOTS * sizeof(float) + NORM_SLOTS * sizeof(double) +              \
	    SITE_SLOTS * sizeof(struct site))

static size_t
file_size(void)
{
	return sizeof(struct header) + TABLES;
}

/* --- The file --------------------------------------------------------------- */

static void
checksum(const struct classifier *c, uint8_t out[CHECKSUM])
{
	struct header h = *c->header;
	crypto_generichash_state state;

	memset(h.checksum, 0, sizeof(h.checksum));
	(void)crypto_generichash_init(&state, NULL, 0, CHECKSUM);
	(void)crypto_generichash_update(&state, (const unsigned char *)&h,
	    sizeof(h));
	(void)crypto_generichash_update(&state,
	    (const unsigned char *)c->weight, TABLES);
	(void)crypto_generichash_final(&state, out, CHECKSUM);
}

static bool
is_valid(const struct classifier *c)
{
	const struct header *h = c->header;
	uint8_t sum[CHECKSUM];

	if (memcmp(h->magic, MAGIC, sizeof(MAGIC)) != 0 ||
	    h->version != VERSION || h->bits != FEATURE_BITS ||
	    h->domain_bits != DOMAIN_BITS || h->groups != FEATURE_GROUPS ||
	    memchr(h->position, '\0', sizeof(h->position)) == NULL)
		return false;
	checksum(c, sum);
	return sodium_memcmp(sum, h->checksum, CHECKSUM) == 0;
}

static int
make(void *memory, bool learning, struct classifier **out)
{
	struct classifier *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)munmap(memory, file_size());
		return -ENOMEM;
	}
	c->size = file_size();
	c->header = memory;
	c->weight = (float *)(void *)(c->header + 1);
	c->correction = c->weight + SLOTS;
	c->lent = c->correction + DOMAIN_SLOTS;
	c->norm = (double *)(void *)(c->lent + LENT_SLOTS);
	c->site = (struct site *)(void *)(c->norm + NORM_SLOTS);
	c->learning = learning;
	*out = c;
	return 0;
}

/* A copy of the file in memory: were the file itself mapped, who writes over it in
 * place would take it from under its readers. */
static int
map_file(int fd, bool learning, struct classifier **out)
{
	struct stat st;
	void *memory;
	size_t got = 0;
	int rc;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)file_size())
		return OCT_ECORRUPT;
	memory = mmap(NULL, file_size(), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return -errno;
	rc = make(memory, learning, out);
	if (rc != 0)
		return rc;
	rc = oct_io_read(fd, memory, file_size(), &got);
	if (rc == 0 && (got != file_size() || !is_valid(*out)))
		rc = OCT_ECORRUPT;
	if (rc == 0 && !learning &&
	    mprotect(memory, file_size(), PROT_READ) != 0)
		rc = -errno;
	if (rc != 0) {
		classifier_close(*out);
		*out = NULL;
	}
	return rc;
}

static int
open_file(const char *path, bool learning, struct classifier **out)
{
	int rc, fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT ? OCT_EABSENT : -errno;
	rc = map_file(fd, learning, out);
	(void)close(fd);
	return rc;
}

int
classifier_open(const char *path, struct classifier **out)
{
	return open_file(path, false, out);
}

int
classifier_new(struct classifier **out)
{
	void *memory = mmap(NULL, file_size(), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct header *h;
	int rc;

	if (memory == MAP_FAILED)
		return -errno;
	rc = make(memory, true, out);
	if (rc != 0)
		return rc;
	h = (*out)->header;
	memcpy(h->magic, MAGIC, sizeof(MAGIC));
	h->version = VERSION;
	h->bits = FEATURE_BITS;
	h->domain_bits = DOMAIN_BITS;
	h->groups = FEATURE_GROUPS;
	h->position[0] = '0';
	return 0;
}

int
classifier_open_learning(const char *path, struct classifier **out)
{
	int rc = open_file(path, true, out);

	return rc == OCT_EABSENT ? classifier_new(out) : rc;
}

void
classifier_close(struct classifier *c)
{
	if (c == NULL)
		return;
	(void)munmap(c->header, c->size);
	free(c);
}

static int
write_file(const struct classifier *c, int fd)
{
	int rc;

	checksum(c, c->header->checksum);
	rc = oct_io_write(fd, c->header, c->size);
	if (rc == 0 && fchmod(fd, 0644) != 0)
		rc = -errno;
	if (rc == 0 && fsync(fd) != 0)
		rc = -errno;
	return rc;
}

int
classifier_save(const struct classifier *c, const char *path)
{
	struct oct_str text;
	char *temp;
	int fd, rc;

	OCT_ASSERT(c->learning);
	oct_str_heap(&text, 4096);
	oct_str_addf(&text, "%s.XXXXXX", path);
	temp = oct_str_take(&text);
	if (temp == NULL)
		return -ENAMETOOLONG;
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd == -1) {
		rc = -errno;
		goto out;
	}
	rc = write_file(c, fd);
	if (close(fd) != 0 && rc == 0)
		rc = -errno;
	if (rc == 0 && rename(temp, path) != 0)
		rc = -errno;
	if (rc != 0)
		(void)unlink(temp);
out:
	free(temp);
	return rc;
}

/* --- Evidence ------------------------------------------------------------------- */

/* How much good mail of one stratum says of another. */
#define LIKE_ERA 0.1  /* same language, other era */
#define LIKE_LANG 0.1 /* same era, other language */
#define LIKE_NONE 0.02

static double
likeness(const struct classifier_stratum *s, size_t lang, size_t era)
{
	bool same_lang = (size_t)s->lang == lang;
	bool same_era = (size_t)s->era == era;

	if (same_lang)
		return same_era ? 1 : LIKE_ERA;
	return same_era ? LIKE_LANG : LIKE_NONE;
}

void
classifier_evidence(const struct classifier *c,
    const struct classifier_stratum *s, struct classifier_evidence *out)
{
	const struct header *h = c->header;

	out->good = out->bad = 0;
	for (size_t l = 0; l < CLASSIFIER_LANGS; l++) {
		for (size_t e = 0; e < 2; e++) {
			out->good += likeness(s, l, e) *
			    h->taught[0][s->automatic][l][e];
			/* Bad mail is alike everywhere. */
			out->bad += h->taught[1][0][l][e] +
			    h->taught[1][1][l][e];
		}
	}
}

void
classifier_taught(const struct classifier *c,
    const struct classifier_stratum *s, struct classifier_evidence *out)
{
	const struct header *h = c->header;

	out->good = h->taught[0][s->automatic][s->lang][s->era];
	out->bad = h->taught[1][s->automatic][s->lang][s->era];
}

double
classifier_ramp(double n, double lo, double hi)
{
	if (n <= lo)
		return 0;
	return n >= hi ? 1 : log(n / lo) / log(hi / lo);
}

double
classifier_voice(const struct classifier_evidence *e)
{
	double good = classifier_ramp(e->good, 50, 1000);
	double bad = classifier_ramp(e->bad, 20, 300);

	return good < bad ? good : bad;
}

/* --- Scoring ---------------------------------------------------------------------- */

double
classifier_sigma(double x)
{
	double k, r, e = 1;

	x = x > 40 ? -40 : x < -40 ? 40 : -x;
	/* exp(x) = 2^k exp(r), |r| <= ln 2 / 2; the series ends below 2^-53. */
	k = floor(x * 1.4426950408889634 + 0.5);
	r = x - k * 0.6931471803691238 - k * 1.9082149292705877e-10;
	for (int n = 14; n > 0; n--)
		e = 1 + e * r / n;
	return 1 / (1 + ldexp(e, (int)k));
}

uint32_t
classifier_salt(const char *domain)
{
	uint64_t h = oct_fnv64(OCT_FNV64, domain);

	return (uint32_t)(h >> 32 ^ h);
}

size_t
classifier_slot(uint32_t slot, uint32_t salt, unsigned int bits)
{
	uint64_t x = ((uint64_t)slot << 32 | salt) * 0x9e3779b97f4a7c15ULL;

	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ULL;
	return (size_t)(x >> (64 - bits));
}

static void
sum_group(const struct classifier *c, const struct features *f,
    enum feature_group g, struct sums *s)
{
	const uint32_t *slot = features_slots(f, g);
	size_t n = features_count(f, g);
	double weight = 0, domain = 0;

	for (size_t i = 0; i < n; i++)
		weight += (double)c->weight[slot[i]];
	for (size_t i = 0; s->has_domain && i < n; i++)
		domain += (double)c->correction[classifier_slot(slot[i], s->salt,
		    DOMAIN_BITS)];
	s->weight[g] = weight;
	s->domain[g] = domain;
}

void
classifier_sums(const struct classifier *c, const struct features *f,
    const char *domain, struct sums *s)
{
	double square = 0, z;

	s->has_domain = domain != NULL;
	s->salt = domain != NULL ? classifier_salt(domain) : 0;
	for (size_t g = 0; g < FEATURE_GROUPS; g++) {
		double n = (double)features_count(f, (enum feature_group)g);

		s->value[g] = n > 0
		    ? feature_weight((enum feature_group)g) / sqrt(n + SMOOTH)
		    : 0;
		square += s->value[g] * s->value[g] * n;
		sum_group(c, f, (enum feature_group)g, s);
	}
	z = square > 0 ? 1 / sqrt(square) : 0;
	for (size_t g = 0; g < FEATURE_GROUPS; g++)
		s->value[g] *= z;
}

void
classifier_score(const struct classifier *c, const struct features *f,
    const char *domain, struct classifier_score *out)
{
	const struct classifier_calibration *k = &c->header->calibration;
	struct sums s;
	double sum = c->header->bias, correction = 0;

	classifier_sums(c, f, domain, &s);
	for (size_t g = 0; g < FEATURE_GROUPS; g++) {
		out->group[g] = s.value[g] * s.weight[g];
		sum += out->group[g];
		correction += s.value[g] * s.domain[g];
	}
	out->domain = classifier_bounded(correction, DOMAIN_BOUND);
	out->raw = sum + out->domain;
	out->probability = k->good + k->bad > 0
	    ? classifier_sigma(k->slope * out->raw + k->offset)
	    : classifier_sigma(out->raw);
}

/* --- What stands in the header -------------------------------------------------- */

void
classifier_position(const struct classifier *c,
    char out[CLASSIFIER_POSITION_SIZE])
{
	memcpy(out, c->header->position, CLASSIFIER_POSITION_SIZE);
}

void
classifier_set_position(struct classifier *c, const char *position)
{
	struct oct_str s;

	memset(c->header->position, 0, CLASSIFIER_POSITION_SIZE);
	oct_str_fixed(&s, c->header->position, CLASSIFIER_POSITION_SIZE);
	oct_str_add(&s, position);
	OCT_ASSERT(oct_str_err(&s) == 0);
}

uint64_t
classifier_updates(const struct classifier *c)
{
	return c->header->updates;
}

void
classifier_calibration(const struct classifier *c,
    struct classifier_calibration *out)
{
	*out = c->header->calibration;
}

void
classifier_calibrate(struct classifier *c,
    const struct classifier_calibration *with)
{
	c->header->calibration = *with;
}
