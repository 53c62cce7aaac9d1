/* SPDX-License-Identifier: MIT */
/* How fast battery time passes. */
#ifndef SPEED_H
#define SPEED_H

/* Prints steps per second of core and plant together; exit status. */
int speed_run(void);

#endif
