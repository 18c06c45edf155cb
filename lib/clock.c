/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/clock.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

static _Atomic int64_t fixed_wall_ms = -1;

static int64_t
read_ms(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
oct_clock_mono_ms(void)
{
	return read_ms(CLOCK_MONOTONIC);
}

int64_t
oct_clock_wall_ms(void)
{
	int64_t fixed = atomic_load_explicit(&fixed_wall_ms,
	    memory_order_relaxed);

	return fixed >= 0 ? fixed : read_ms(CLOCK_REALTIME);
}

void
oct_clock_set_wall_ms(int64_t base_ms)
{
	atomic_store(&fixed_wall_ms, base_ms);
}

void
oct_clock_rfc5322(int64_t wall_ms, char out[OCT_CLOCK_RFC5322_SIZE])
{
	/* Not strftime's %a and %b: a locale must never change mail. */
	static const char day[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu",
		"Fri", "Sat" };
	static const char month[12][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;

	gmtime_r(&t, &tm);
	(void)snprintf(out, OCT_CLOCK_RFC5322_SIZE,
	    "%s, %d %s %d %02d:%02d:%02d +0000", day[tm.tm_wday % 7],
	    tm.tm_mday, month[tm.tm_mon % 12], (tm.tm_year + 1900) % 10000,
	    tm.tm_hour, tm.tm_min, tm.tm_sec);
}
