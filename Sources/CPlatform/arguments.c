// The first header of the C library tells which one it is.
#include <stdlib.h>
#include <unistd.h>

#include "CPlatform.h"

// Swift's own `CommandLine` reads /proc/self/cmdline on Linux, and takes the arguments for none when
// that cannot be opened: without a free descriptor, or where /proc is not mounted. The C library hands
// them to every constructor.

#if defined(__linux__) && defined(__GLIBC__)

static int count = -1;
static char **arguments = NULL;

// Before the constructors of Swift's runtime. That one asks where its program lies when it is linked
// statically, and ends the process where /proc cannot answer, unless it is told.
__attribute__((constructor(101))) static void keep_arguments(int argc, char **argv, char **envp) {
    (void)envp;
    count = argc;
    arguments = argv;
    if (access("/proc/self/exe", F_OK) != 0) setenv("SWIFT_ROOT", "/", 0);
}

#else

static const int count = -1;
static char **const arguments = NULL;

#endif

int tram_argument_count(void) { return count; }

const char *tram_argument(int position) {
    return position >= 0 && position < count ? arguments[position] : NULL;
}
