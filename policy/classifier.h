/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content classifier (design 8): logistic regression over hashed binary
 * features, one table for all and a smaller one in which each feature is hashed
 * again with the hosted domain, so that the model is common with a correction
 * for each domain, in fixed memory.
 *
 * What the labels of one domain move in the common table is bounded, weight by
 * weight: a poisoned domain harms itself.  To learn what one already learnt as the
 * other is to learn it again; to unlearn pulls a message towards "says nothing".
 *
 * A model is one file, written whole and renamed: readers map a copy and never see
 * a half.  The learner works on a copy of its own and writes a checkpoint with the
 * position in the stream of labels; the same stream gives the same octets.
 *
 * Threads: a model that was opened for reading is immutable, any number of
 * threads; one that learns belongs to one.
 */
#ifndef OCT_POLICY_CLASSIFIER_H
#define OCT_POLICY_CLASSIFIER_H

#include "lib/def.h"
#include "policy/features.h"

#define CLASSIFIER_POSITION_SIZE 48 /* of the stream, with its NUL */

struct classifier;

/* Map a copy of a model file.  OCT_EABSENT: none; OCT_ECORRUPT: not one, or damaged. */
OCT_CHECK int classifier_open(const char *path, struct classifier **out);
/* A private copy that learns: of the file, or empty if there is none. */
OCT_CHECK int classifier_open_learning(const char *path,
    struct classifier **out);
OCT_CHECK int classifier_new(struct classifier **out); /* empty, learning */
void classifier_close(struct classifier *c);
/* Write it whole (temporary file, fsync, rename). */
OCT_CHECK int classifier_save(const struct classifier *c, const char *path);

/* --- Evidence: what the model was taught ------------------------------------- */

/* Strata of good mail: a model may only speak loudly of mail like that which it
 * has seen good examples of. */
enum classifier_lang {
	CLASSIFIER_LANG_OTHER, /* not told, or no text */
	CLASSIFIER_LANG_EN,
	CLASSIFIER_LANG_FR,
	CLASSIFIER_LANG_DE,
	CLASSIFIER_LANG_ES,
	CLASSIFIER_LANG_IT,
	CLASSIFIER_LANG_PT
};
#define CLASSIFIER_LANGS (CLASSIFIER_LANG_PT + 1)
const char *classifier_lang_name(enum classifier_lang l); /* "fr", "other" */
enum classifier_era { CLASSIFIER_ERA_OLD, CLASSIFIER_ERA_MODERN };
#define CLASSIFIER_ERA_YEAR 2019 /* modern from here on */

struct classifier_stratum {
	enum classifier_lang lang;
	enum classifier_era era;
	bool automatic; /* DSN, auto-reply: counted apart */
};
/* By its commonest words; OTHER where they are few, or of several languages. */
enum classifier_lang classifier_language(const struct content *c);

struct classifier_evidence {
	double good, bad; /* messages, weighted by likeness to the stratum */
};
void classifier_evidence(const struct classifier *c,
    const struct classifier_stratum *s, struct classifier_evidence *out);
/* Messages of the stratum itself. */
void classifier_taught(const struct classifier *c,
    const struct classifier_stratum *s, struct classifier_evidence *out);

/*
 * The voice: 0 (silent) to 1, from the evidence.  Nothing below 50 good or 20
 * bad messages of the like; then it rises with the logarithm of both, to 1 at
 * 1,000 good and 300 bad.
 */
double classifier_voice(const struct classifier_evidence *e);

/* --- A domain's own mail ------------------------------------------------------- */

/* What the labels of a hosted domain tell, beside what they teach: by weight, and
 * the raw scores above which one in a hundred and one in a thousand of its good
 * messages stood before they were learnt (one message alone is passed over in the
 * first). */
struct classifier_site {
	double good, bad;
	double cut_100, cut_1000;
};
/* domain NULL: nothing. */
void classifier_site(const struct classifier *c, const char *domain,
    struct classifier_site *out);
/* Evidence of all mail, and that of the domain: a label of its own counts for five
 * of others.  Pure. */
void classifier_site_hear(const struct classifier_site *site,
    struct classifier_evidence *e);
/*
 * The cuts of the training, for this domain: raised to those of its own good mail
 * at once (by 2 at most), lowered to them as its good labels grow from 200 to
 * 2,000.  Pure.
 */
struct classifier_calibration;
void classifier_site_cuts(const struct classifier_site *site,
    struct classifier_calibration *k);

/* --- Scoring ------------------------------------------------------------------- */

struct classifier_score {
	double raw;         /* s of the recipe: about -4 to 4 */
	double domain;      /* of it, the domain's correction */
	double probability; /* calibrated: that the message is bad */
	/* What each group says; their sum with the bias is raw - domain. */
	double group[FEATURE_GROUPS];
};
/* domain: the recipient's hosted domain, NULL = none. */
void classifier_score(const struct classifier *c, const struct features *f,
    const char *domain, struct classifier_score *out);

/* --- Learning ------------------------------------------------------------------ */

struct classifier_label {
	bool bad;
	double weight;      /* 1; a confirmed challenge 1/4; -1: unlearn */
	const char *domain; /* NULL: everybody's */
	struct classifier_stratum stratum;
};
/* What all labels of one domain together can do to the score of any message for
 * any other domain, however many they are. */
#define CLASSIFIER_LENT_MAX 1.5
/* One step at the rate of service. */
void classifier_learn(struct classifier *c, const struct features *f,
    const struct classifier_label *label);
void classifier_position(const struct classifier *c,
    char out[CLASSIFIER_POSITION_SIZE]);
void classifier_set_position(struct classifier *c, const char *position);
uint64_t classifier_updates(const struct classifier *c);

/* How raw scores become probabilities, and the cuts above which stand one in a
 * thousand and one in a hundred of the good messages that it was set on. */
struct classifier_calibration {
	double slope, offset; /* probability = 1 / (1 + exp(-(slope s + offset))) */
	double cut_1000, cut_100;
	uint64_t good, bad;   /* messages it was set on; 0 = not calibrated */
	/* How many of them got a probability in each tenth, good and bad. */
	uint32_t tenth[10][2];
};
void classifier_calibration(const struct classifier *c,
    struct classifier_calibration *out);
void classifier_calibrate(struct classifier *c,
    const struct classifier_calibration *with);

/* 1 / (1 + exp(-x)), the same octets on every machine: libm's exp is not. */
double classifier_sigma(double x);

/* --- For training from a set (classifier_train.c) ------------------------------- */

struct classifier_pace {
	double rate, weight; /* the label's weight counts, too */
	/* What is known of its like before it is read, as log odds of bad: it is
	 * added while learning alone, so that no feature needs to say it. */
	double lean;
};
/* One step. */
void classifier_step(struct classifier *c, const struct features *f,
    const struct classifier_label *label, const struct classifier_pace *pace);
/* Evidence and updates alone. */
void classifier_count(struct classifier *c,
    const struct classifier_label *label);

#endif
