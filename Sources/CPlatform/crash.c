// For sigaltstack() and PATH_MAX.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
// Only for rename(): nothing else of it may be called in a handler.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The signals by which a process dies of its own fault. Swift stops with the first of them on x86-64,
// and with the second on arm64.
static const struct {
    int number;
    const char *name;
} faults[] = {
    {SIGILL, "SIGILL"}, {SIGTRAP, "SIGTRAP"}, {SIGSEGV, "SIGSEGV"},
    {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"},   {SIGABRT, "SIGABRT"},
};
enum { FAULT_COUNT = sizeof faults / sizeof faults[0] };

// What was to happen on each of these signals before the handler below was installed.
static struct sigaction previous[FAULT_COUNT];

// Large enough for the registers that the system saves there, and for a previous handler.
enum { STACK_SIZE = 64 * 1024 };

static const char suffix[] = ".new";

// A thread's note, and all the memory that writing it takes: where a process dies, nothing can be
// allocated, and the stack may be what was too small.
struct note {
    volatile sig_atomic_t is_in_hand;
    char path[PATH_MAX];
    char temporary[PATH_MAX + sizeof suffix];
    size_t length;
    char text[TRAM_CRASH_NOTE_LIMIT];
    char stack[STACK_SIZE];
};

// Holds the thread's note. A `_Thread_local` variable would not do everywhere: on macOS a thread's first
// use of one allocates memory, and that first use would be the handler's.
static pthread_key_t key;
static int install_error = 0;

// Writing the note: only what may be called in a signal's handler, see signal-safety(7).

static int write_all(int descriptor, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = write(descriptor, bytes, length);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return 0;
        bytes += count;
        length -= (size_t)count;
    }
    return 1;
}

// Makes the name of the file at this path durable, and cuts the path.
static void synchronize_directory_of(char *path) {
    char *slash = strrchr(path, '/');
    if (slash != NULL) slash[slash == path ? 1 : 0] = 0;
    int descriptor = open(slash == NULL ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return;
    fsync(descriptor);
    close(descriptor);
}

// Puts the note in its place, as a whole: one that was left there before is replaced.
static void write_note(struct note *note, const char *signal) {
    size_t length = strlen(note->path);
    memcpy(note->temporary, note->path, length);
    memcpy(note->temporary + length, suffix, sizeof suffix);

    // It may be there if a process was killed while it wrote.
    unlink(note->temporary);
    int descriptor = open(note->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0) return;
    int is_written = write_all(descriptor, signal, strlen(signal))
        && write_all(descriptor, "\n", 1) && write_all(descriptor, note->text, note->length)
        && write_all(descriptor, "\n", 1) && fsync(descriptor) == 0;
    close(descriptor);
    if (is_written && rename(note->temporary, note->path) == 0) {
        synchronize_directory_of(note->path);
    } else {
        unlink(note->temporary);
    }
}

// Whether somebody has sent the signal, with kill(2) or raise(3), and nothing the thread did.
static int is_sent(const siginfo_t *information) {
    return information->si_code <= 0 || information->si_code == SI_USER
        || information->si_code == SI_QUEUE;
}

static int is_own_fault(const siginfo_t *information) {
    if (!is_sent(information)) return 1;
#if defined(__APPLE__)
    // It does not always tell who has sent what a thread sends itself.
    if (information->si_pid == 0) return 1;
#endif
    // abort() sends SIGABRT to its own thread.
    return information->si_pid == getpid();
}

// Whether the same fault comes again when the handler returns, to be handled as if this handler had never
// been there. On x86 the instruction that makes a SIGTRAP is over then.
static int comes_again(int number, const siginfo_t *information) {
#if defined(__x86_64__) || defined(__i386__)
    if (number == SIGTRAP) return 0;
#else
    (void)number;
#endif
    return !is_sent(information);
}

static void handle(int number, siginfo_t *information, void *context) {
    (void)context;
    int error = errno;
    int fault = 0;
    while (faults[fault].number != number) fault++;

    struct note *note = pthread_getspecific(key);
    if (note != NULL && note->is_in_hand && is_own_fault(information)) {
        // A fault in here must not lead back here.
        note->is_in_hand = 0;
        write_note(note, faults[fault].name);
    }
    sigaction(number, &previous[fault], NULL);
    // It is blocked until this returns.
    if (!comes_again(number, information)) raise(number);
    errno = error;
}

// Setting the note.

// Frees the note of a thread that ends.
static void forget(void *ended) {
    struct note *note = ended;
    stack_t stack;
    if (sigaltstack(NULL, &stack) == 0 && stack.ss_sp == note->stack) {
        stack.ss_flags = SS_DISABLE;
        if (sigaltstack(&stack, NULL) != 0) return;
    }
    free(note);
}

static void install(void) {
    install_error = pthread_key_create(&key, forget);
    if (install_error != 0) return;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&action.sa_mask);
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        // First to be remembered: another thread may fail in between.
        if (sigaction(faults[fault].number, NULL, &previous[fault]) != 0
            || sigaction(faults[fault].number, &action, NULL) != 0) {
            install_error = errno;
            return;
        }
    }
}

static int install_once(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
    return install_error;
}

// Where the thread's own stack has overflowed, the handler needs another one.
static int use_alternate_stack(struct note *note) {
    stack_t stack;
    if (sigaltstack(NULL, &stack) != 0) return errno;
    if ((stack.ss_flags & SS_DISABLE) == 0) return 0;
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = note->stack;
    stack.ss_size = STACK_SIZE;
    return sigaltstack(&stack, NULL) == 0 ? 0 : errno;
}

static int make_note(struct note **made) {
    struct note *note = calloc(1, sizeof *note);
    if (note == NULL) return ENOMEM;
    int error = pthread_setspecific(key, note);
    if (error != 0) {
        free(note);
        return error;
    }
    *made = note;
    return use_alternate_stack(note);
}

int tram_crash_note_begin(
    const char *path, size_t path_length, const char *text, size_t text_length) {
    if (path_length >= PATH_MAX) return ENAMETOOLONG;
    int error = install_once();
    if (error != 0) return error;
    struct note *note = pthread_getspecific(key);
    if (note == NULL && (error = make_note(&note)) != 0) return error;
    if (text_length > TRAM_CRASH_NOTE_LIMIT) {
        text_length = TRAM_CRASH_NOTE_LIMIT;
        // Not within a character.
        while (text_length > 0 && ((unsigned char)text[text_length] & 0xC0) == 0x80) text_length--;
    }

    // The handler runs on this thread: only the compiler could put these in another order.
    note->is_in_hand = 0;
    atomic_signal_fence(memory_order_seq_cst);
    memcpy(note->path, path, path_length);
    note->path[path_length] = 0;
    memcpy(note->text, text, text_length);
    note->length = text_length;
    atomic_signal_fence(memory_order_seq_cst);
    note->is_in_hand = 1;
    return 0;
}

void tram_crash_note_end(void) {
    if (install_once() != 0) return;
    struct note *note = pthread_getspecific(key);
    if (note != NULL) note->is_in_hand = 0;
}
