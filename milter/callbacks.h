/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The only room that knows libmilter: one short adapter a stage, from SMFICTX to
 * session.h and judge.h and back.
 */
#ifndef OCT_MILTER_CALLBACKS_H
#define OCT_MILTER_CALLBACKS_H

#include "milter/app.h"

/* Register with libmilter and open the socket (errors are logged).  app is kept
 * for the process. */
OCT_CHECK int callbacks_open(struct app *app);

/* Run until callbacks_stop; returns smfi_main's result. */
int callbacks_run(void);
void callbacks_stop(void);

#endif
