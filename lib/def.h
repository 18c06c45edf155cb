/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attributes and small macros that every file uses.  No code, no state.
 */
#ifndef OCT_LIB_DEF_H
#define OCT_LIB_DEF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The result must be looked at. */
#define OCT_CHECK __attribute__((warn_unused_result))
/* printf-like: fmt is argument f, the values start at a. */
#define OCT_PRINTF(f, a) __attribute__((format(printf, f, a)))
/* Never returns. */
#define OCT_NORETURN __attribute__((noreturn))
/* A parameter that an interface imposes and this function does not need. */
#define OCT_UNUSED __attribute__((unused))

/* Number of elements of a true array. */
#define OCT_LEN(a) (sizeof(a) / sizeof((a)[0]))

/*
 * An invariant of our own code; never used on input.  Stays on in every build:
 * prints the place and aborts, and the supervisor restarts the program.
 */
#define OCT_ASSERT(cond)                                                       \
	((cond) ? (void)0 : oct_assert_failed(#cond, __FILE__, __LINE__))
OCT_NORETURN void oct_assert_failed(const char *cond, const char *file,
    int line);

#endif
