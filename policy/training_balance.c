/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/training_balance.h"

#include <math.h>

/* A cell of one kind alone is not all that there will be of it. */
#define WEIGHT_MIN 0.125
#define WEIGHT_MAX 8.0
/* A good message that is lost costs more than a bad one that passes. */
#define GOOD_WEIGHT 1.5
/* Of the log odds of a cell. */
#define LEAN_SHARE 0.25
#define LEAN_MAX 4.0
#define LEAN_COUNT 3.0 /* added to both sides */

static double
within(double x, double low, double high)
{
	return x < low ? low : x > high ? high : x;
}

enum training_cell
training_cell(const struct classifier_stratum *s)
{
	if (s->automatic)
		return TRAINING_AUTOMATIC;
	return s->era == CLASSIFIER_ERA_MODERN ? TRAINING_MODERN : TRAINING_OLD;
}

/* The rarer kind of a cell counts for more; the mean of a kind stays. */
static void
weigh(const double count[2][TRAINING_CELLS], size_t bad, double *out)
{
	double sum = 0, all = 0;

	for (size_t i = 0; i < TRAINING_CELLS; i++) {
		double n = count[bad][i];

		out[i] = within(sqrt((count[0][i] + count[1][i]) /
				    (2 * (n > 1 ? n : 1))),
		    WEIGHT_MIN, WEIGHT_MAX);
		sum += n * out[i];
		all += n;
	}
	for (size_t i = 0; i < TRAINING_CELLS; i++)
		out[i] *= (sum > 0 ? all / sum : 1) * (bad ? 1 : GOOD_WEIGHT);
}

void
training_balance(const double count[2][TRAINING_CELLS],
    struct training_balance *out)
{
	weigh(count, 0, out->weight[0]);
	weigh(count, 1, out->weight[1]);
	for (size_t i = 0; i < TRAINING_CELLS; i++) {
		double odds = log((count[1][i] + LEAN_COUNT) /
		    (count[0][i] + LEAN_COUNT));

		/* In thousandths: libm's log is not the same everywhere. */
		out->lean[i] = LEAN_SHARE / 1000 *
		    (double)lround(1000 * within(odds, -LEAN_MAX, LEAN_MAX));
	}
}
