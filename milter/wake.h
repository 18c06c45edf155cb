/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libmilter's listener sleeps up to 5 s in poll with a lock held that smfi_stop
 * needs: a connection that arrives meanwhile wakes it, and the stop is noticed.
 */
#ifndef OCT_MILTER_WAKE_H
#define OCT_MILTER_WAKE_H

/* Call stop() and return when it has returned, knocking at the socket (as
 * smfi_setconn takes it) all the while.  Over TCP nobody knocks. */
void wake_during(const char *socket_name, void (*stop)(void));

#endif
