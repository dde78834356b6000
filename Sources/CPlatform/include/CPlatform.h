// The parts of the system's C interface that Swift cannot reach by itself.
#ifndef TRAM_CPLATFORM_H
#define TRAM_CPLATFORM_H

#include <stddef.h>

// How many arguments the process was given, its name among them, or -1 where that is not known.
int tram_argument_count(void);

// An argument, or NULL when there is none at that position.
const char *tram_argument(int position);

// Waits for an exclusive flock(2) on a file, in the queue of all who wait for it.
//
// Returns 0 when the lock is held, else an errno: EWOULDBLOCK when the time is over, EINTR when
// is_interrupted() has answered other than 0 after a signal, ENOSYS where the wait cannot be ended by a
// timer.
int tram_flock_within(int descriptor, long long nanoseconds, int (*is_interrupted)(void));

// For a signal's handler: ends the wait above that this thread may be in, also one that is just about
// to begin.
void tram_end_flock_wait(void);

#endif
