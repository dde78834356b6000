// For gettid() and SIGEV_THREAD_ID.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <sys/file.h>

#if defined(__linux__)

#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

// Older C libraries have no name for the union's member.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

// What a timer sends, to the waiting thread only. Its handler does nothing: it is there so that the
// system call ends. Real-time signals of small numbers are in use by C libraries.
#define WAKE_SIGNAL (SIGRTMAX - 3)

static void do_nothing(int number) { (void)number; }

static int handler_error = 0;

static void install_handler(void) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = do_nothing;
    sigemptyset(&action.sa_mask);
    if (sigaction(WAKE_SIGNAL, &action, NULL) != 0) handler_error = errno;
}

static _Thread_local timer_t timer;
static _Thread_local volatile sig_atomic_t is_waiting = 0;

// It rings again and again, every 10 ms: a ring that comes just before the system call would be lost.
static int ring_after(long long nanoseconds) {
    struct itimerspec time;
    // A time of zero would stop the timer.
    if (nanoseconds < 1) nanoseconds = 1;
    time.it_value.tv_sec = (time_t)(nanoseconds / 1000000000);
    time.it_value.tv_nsec = (long)(nanoseconds % 1000000000);
    time.it_interval.tv_sec = 0;
    time.it_interval.tv_nsec = 10000000;
    return timer_settime(timer, 0, &time, NULL);
}

static long long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (long long)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int wait_for_lock(int descriptor, long long nanoseconds, int (*is_interrupted)(void)) {
    long long deadline = now() + nanoseconds;
    if (ring_after(nanoseconds) != 0) return ENOSYS;
    is_waiting = 1;
    int error = 0;
    while (error == 0) {
        if (is_interrupted()) {
            error = EINTR;
        } else if (flock(descriptor, LOCK_EX) == 0) {
            break;
        } else if (errno != EINTR) {
            error = errno;
        } else if (now() >= deadline) {
            // Should it have become free at the last moment.
            error = flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
            break;
        }
    }
    is_waiting = 0;
    return error;
}

int tram_flock_within(int descriptor, long long nanoseconds, int (*is_interrupted)(void)) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_handler);
    if (handler_error != 0) return ENOSYS;

    struct sigevent event;
    memset(&event, 0, sizeof event);
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = WAKE_SIGNAL;
    event.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) return ENOSYS;

    sigset_t wake, before;
    sigemptyset(&wake);
    sigaddset(&wake, WAKE_SIGNAL);
    pthread_sigmask(SIG_UNBLOCK, &wake, &before);
    int error = wait_for_lock(descriptor, nanoseconds, is_interrupted);
    timer_delete(timer);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

void tram_end_flock_wait(void) {
    int before = errno;
    if (is_waiting) ring_after(0);
    errno = before;
}

#else

int tram_flock_within(int descriptor, long long nanoseconds, int (*is_interrupted)(void)) {
    (void)descriptor;
    (void)nanoseconds;
    (void)is_interrupted;
    return ENOSYS;
}

void tram_end_flock_wait(void) {}

#endif
