/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/classifier.h"

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
#include "lib/io.h"
#include "lib/str.h"

#define MAGIC "octroi classifier\n"
#define VERSION 1
#define SLOTS ((size_t)1 << FEATURE_BITS)
#define DOMAIN_BITS 18 /* the corrections' table */
#define DOMAIN_SLOTS ((size_t)1 << DOMAIN_BITS)
/* What each domain has moved in the common table, hashed likewise. */
#define LENT_BITS 20
#define LENT_SLOTS ((size_t)1 << LENT_BITS)
#define ALL_SLOTS (SLOTS + DOMAIN_SLOTS + LENT_SLOTS)
#define CHECKSUM 32

/* The recipe. */
#define SMOOTH 10.0     /* in the norm of a group */
#define TARGET 0.95     /* softened */
#define OWN_SHARE 0.03  /* each group also learns to stand by itself */
#define OWN_SLOPE 3.0
#define RATE 10.0
#define RATE_SERVICE (RATE / 2.449489742783178) /* RATE / sqrt(6) */
#define BIAS_RATE 0.1
/* A domain's correction learns slower than it would alone, and what it says is
 * bounded. */
#define DOMAIN_RATE 0.5
#define DOMAIN_BOUND 3.0
/* All labels of one domain together move a weight of the common table by this
 * times the value v of its group at most: as the squares of the values of a
 * message's features sum up to 1, one domain moves the score that others get for
 * such a message by this at most. */
#define LENT_BOUND 0.75

/* What a file begins with; the tables follow.  Host byte order: a model is made
 * and read on the machines of one site. */
struct header {
	char magic[24];
	uint32_t version, bits, domain_bits, groups;
	uint64_t updates;
	double bias;
	double good[CLASSIFIER_LANGS][2], bad[CLASSIFIER_LANGS][2];
	double automatic[2]; /* good, bad */
	struct classifier_calibration calibration;
	char position[CLASSIFIER_POSITION_SIZE];
	uint8_t checksum[CHECKSUM]; /* of all, with this field zero */
	uint8_t reserved[512];
};

struct classifier {
	struct header *header;
	float *weight, *correction, *lent;
	size_t size;
	bool learning;
};

static size_t
file_size(void)
{
	return sizeof(struct header) + ALL_SLOTS * sizeof(float);
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
	    (const unsigned char *)c->weight,
	    ALL_SLOTS * sizeof(float));
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
	c->learning = learning;
	*out = c;
	return 0;
}

static int
map_file(int fd, bool learning, struct classifier **out)
{
	struct stat st;
	void *memory;
	int rc;

	if (fstat(fd, &st) != 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || st.st_size != (off_t)file_size())
		return OCT_ECORRUPT;
	/* The learner's copy is its own until it saves. */
	memory = mmap(NULL, file_size(),
	    learning ? PROT_READ | PROT_WRITE : PROT_READ,
	    learning ? MAP_PRIVATE : MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	rc = make(memory, learning, out);
	if (rc == 0 && !is_valid(*out)) {
		classifier_close(*out);
		*out = NULL;
		rc = OCT_ECORRUPT;
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
			out->good += likeness(s, l, e) * h->good[l][e];
			/* Bad mail is alike everywhere. */
			out->bad += h->bad[l][e];
		}
	}
	if (s->automatic)
		out->good = h->automatic[0];
}

void
classifier_taught(const struct classifier *c,
    const struct classifier_stratum *s, struct classifier_evidence *out)
{
	const struct header *h = c->header;

	out->good = s->automatic ? h->automatic[0] : h->good[s->lang][s->era];
	out->bad = s->automatic ? h->automatic[1] : h->bad[s->lang][s->era];
}

/* 0 at lo and below, 1 at hi and above, between by the logarithm. */
static double
ramp(double n, double lo, double hi)
{
	if (n <= lo)
		return 0;
	return n >= hi ? 1 : log(n / lo) / log(hi / lo);
}

double
classifier_voice(const struct classifier_evidence *e)
{
	double good = ramp(e->good, 50, 1000), bad = ramp(e->bad, 20, 300);

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

/* What one pass over the features finds. */
struct sums {
	double value[FEATURE_GROUPS];  /* v of the recipe, after the norm */
	double weight[FEATURE_GROUPS]; /* sum of weights */
	double domain[FEATURE_GROUPS]; /* sum of corrections */
	uint32_t salt;                 /* of the domain */
	bool has_domain;
};

static uint32_t
salt_of(const char *domain)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *domain != '\0'; domain++) {
		h ^= (unsigned char)*domain;
		h *= 0x100000001b3ULL;
	}
	return (uint32_t)(h >> 32 ^ h);
}

static size_t
domain_slot(uint32_t slot, uint32_t salt, unsigned int bits)
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
		domain += (double)c->correction[domain_slot(slot[i], s->salt,
		    DOMAIN_BITS)];
	s->weight[g] = weight;
	s->domain[g] = domain;
}

static void
sum_all(const struct classifier *c, const struct features *f,
    const char *domain, struct sums *s)
{
	double square = 0, z;

	s->has_domain = domain != NULL;
	s->salt = domain != NULL ? salt_of(domain) : 0;
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

static double
bounded(double x, double bound)
{
	return x > bound ? bound : x < -bound ? -bound : x;
}

void
classifier_score(const struct classifier *c, const struct features *f,
    const char *domain, struct classifier_score *out)
{
	const struct classifier_calibration *k = &c->header->calibration;
	struct sums s;
	double sum = c->header->bias, correction = 0;

	sum_all(c, f, domain, &s);
	for (size_t g = 0; g < FEATURE_GROUPS; g++) {
		out->group[g] = s.value[g] * s.weight[g];
		sum += out->group[g];
		correction += s.value[g] * s.domain[g];
	}
	out->domain = bounded(correction, DOMAIN_BOUND);
	out->raw = sum + out->domain;
	out->probability = k->good + k->bad > 0
	    ? classifier_sigma(k->slope * out->raw + k->offset)
	    : classifier_sigma(out->raw);
}

/* --- Learning ---------------------------------------------------------------------- */

static void
step_group(struct classifier *c, const struct features *f,
    enum feature_group g, double by)
{
	const uint32_t *slot = features_slots(f, g);
	size_t n = features_count(f, g);

	for (size_t i = 0; i < n; i++)
		c->weight[slot[i]] = (float)((double)c->weight[slot[i]] - by);
}

/* The same for a label of one domain: within what it may move. */
static void
step_lent(struct classifier *c, const struct features *f,
    enum feature_group g, double by, double value, uint32_t salt)
{
	const uint32_t *slot = features_slots(f, g);
	size_t n = features_count(f, g);

	for (size_t i = 0; i < n; i++) {
		float *lent = &c->lent[domain_slot(slot[i], salt, LENT_BITS)];
		double was = (double)*lent;
		double is = bounded(was - by, LENT_BOUND * value);

		/* What it lent with a greater value stays. */
		if (fabs(is) < fabs(was) && (was > 0) == (by < 0))
			continue;
		c->weight[slot[i]] = (float)((double)c->weight[slot[i]] +
		    (is - was));
		*lent = (float)is;
	}
}

static void
step_domain(struct classifier *c, const struct features *f, uint32_t salt,
    const double by[FEATURE_GROUPS])
{
	for (size_t g = 0; g < FEATURE_GROUPS; g++) {
		const uint32_t *slot = features_slots(f,
		    (enum feature_group)g);
		size_t n = features_count(f, (enum feature_group)g);

		for (size_t i = 0; i < n; i++) {
			float *w = &c->correction[domain_slot(slot[i], salt,
			    DOMAIN_BITS)];

			*w = (float)((double)*w - by[g]);
		}
	}
}

static void
count_evidence(struct classifier *c, const struct classifier_label *label)
{
	struct header *h = c->header;
	const struct classifier_stratum *s = &label->stratum;
	double *to = s->automatic ? &h->automatic[label->bad]
	    : label->bad	  ? &h->bad[s->lang][s->era]
				  : &h->good[s->lang][s->era];

	*to += label->weight;
	if (*to < 0)
		*to = 0;
}

/* To unlearn is to be told that the message says nothing: the step that was made
 * is not known any more. */
static double
target_of(const struct classifier_label *label)
{
	if (label->weight < 0)
		return 0.5;
	return label->bad ? TARGET : 1 - TARGET;
}

void
classifier_step(struct classifier *c, const struct features *f,
    const struct classifier_label *label, double rate)
{
	double target = target_of(label), weight = fabs(label->weight);
	double total = c->header->bias, correction = 0, g;
	double by[FEATURE_GROUPS];
	struct sums s;

	OCT_ASSERT(c->learning);
	sum_all(c, f, label->domain, &s);
	for (size_t i = 0; i < FEATURE_GROUPS; i++) {
		total += s.value[i] * s.weight[i];
		correction += s.value[i] * s.domain[i];
	}
	correction = bounded(correction, DOMAIN_BOUND);
	/* The common table learns as if no correction were there; the
	 * correction learns the rest. */
	g = classifier_sigma(total) - target;
	for (size_t i = 0; i < FEATURE_GROUPS; i++) {
		double own =
		    classifier_sigma(OWN_SLOPE * s.value[i] * s.weight[i]) -
		    target;

		by[i] = rate * weight * s.value[i] *
		    ((1 - OWN_SHARE) * g + OWN_SHARE * own);
		if (s.has_domain)
			step_lent(c, f, (enum feature_group)i, by[i],
			    s.value[i], s.salt);
		else
			step_group(c, f, (enum feature_group)i, by[i]);
	}
	if (!s.has_domain) {
		c->header->bias -= BIAS_RATE * RATE * weight * g;
		return;
	}
	g = classifier_sigma(total + correction) - target;
	for (size_t i = 0; i < FEATURE_GROUPS; i++)
		by[i] = DOMAIN_RATE * rate * weight * s.value[i] * g;
	step_domain(c, f, s.salt, by);
}

void
classifier_learn(struct classifier *c, const struct features *f,
    const struct classifier_label *label)
{
	classifier_step(c, f, label, RATE_SERVICE);
	count_evidence(c, label);
	c->header->updates++;
}

void
classifier_count(struct classifier *c, const struct classifier_label *label)
{
	count_evidence(c, label);
	c->header->updates++;
}

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
