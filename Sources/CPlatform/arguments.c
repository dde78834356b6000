#include "CPlatform.h"

// Swift's own `CommandLine` reads /proc/self/cmdline on Linux, and takes the arguments for none when
// that cannot be opened: without a free descriptor, or where /proc is not mounted. The C library hands
// them to every constructor.

#if defined(__linux__) && defined(__GLIBC__)

static int count = -1;
static char **arguments = NULL;

__attribute__((constructor)) static void keep_arguments(int argc, char **argv, char **envp) {
    (void)envp;
    count = argc;
    arguments = argv;
}

#else

static const int count = -1;
static char **const arguments = NULL;

#endif

int tram_argument_count(void) { return count; }

const char *tram_argument(int position) {
    return position >= 0 && position < count ? arguments[position] : NULL;
}
