// The parts of the system's C interface that Swift cannot reach by itself.
#ifndef TRAM_CPLATFORM_H
#define TRAM_CPLATFORM_H

#include <stddef.h>
#include <sys/types.h>

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

// How many bytes of a note's text are kept.
enum { TRAM_CRASH_NOTE_LIMIT = 1024 };

// Says what this thread has in hand, in place of what was said before. If the process dies of a fault of
// this very thread before tram_crash_note_end(), the file at the path will hold the signal's name, a
// newline, the text and a newline.
//
// The path and the text are copied; a text that is too long is cut after a whole character of UTF-8. It
// costs no system call but the first time, which installs handlers for the process, and an alternate
// stack for the thread if that has none.
//
// Returns 0, or an errno when there is no note.
int tram_crash_note_begin(
    const char *path, size_t path_length, const char *text, size_t text_length);

// Says that this thread has nothing in hand.
void tram_crash_note_end(void);

// Starts `/bin/sh -c` with a command, in a process group of its own, with no signal ignored or blocked.
// It reads from the descriptor `input`, and its standard output is this process's standard error.
//
// Returns 0 or an errno.
int tram_start_shell(const char *command, int input, pid_t *process);

#endif
