/* support_signals.c - keeps cmocka's hands off the signals of Wasmtime.
 *
 * cmocka puts its own handlers for SIGSEGV, SIGILL, SIGFPE and SIGBUS around
 * every test, over those that Wasmtime installs once, with its first engine,
 * and through which guests trap. So `signal` in test programs is this one.
 * A crash then ends the program, which ctest sees.
 */
#include <signal.h>
#include <string.h>

typedef void (*handler)(int);

handler signal(int number, handler fn);

handler signal(int number, handler fn)
{
    struct sigaction fresh, old;

    if (number == SIGSEGV || number == SIGILL || number == SIGFPE ||
        number == SIGBUS)
        return SIG_DFL;
    memset(&fresh, 0, sizeof fresh);
    fresh.sa_handler = fn;
    fresh.sa_flags = SA_RESTART;
    return sigaction(number, &fresh, &old) == 0 ? old.sa_handler : SIG_ERR;
}
