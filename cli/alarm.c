/* alarm.c - what happens when something takes long. Both uses share SIGALRM,
 * never at the same time; a handler may only write and leave.
 * It must not know what takes long.
 */
#include "cli.h"

#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static const uint64_t second = 1000000000;

static struct text words; /* what the handler says */
static volatile sig_atomic_t shown;

uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * second + (uint64_t)now.tv_nsec;
}

static void begin(void (*handler)(int), uint64_t ns)
{
    struct sigaction act = {.sa_handler = handler};
    struct itimerval timer = {0};

    act.sa_flags = SA_RESTART | SA_ONSTACK;
    sigemptyset(&act.sa_mask);
    sigaction(SIGALRM, &act, NULL);
    timer.it_value.tv_sec = (time_t)(ns / second);
    timer.it_value.tv_usec = (suseconds_t)(ns % second / 1000);
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void end(void)
{
    static const struct itimerval off;

    setitimer(ITIMER_REAL, &off, NULL);
    signal(SIGALRM, SIG_DFL);
    text_free(&words);
}

/* ---- a note while compiling ------------------------------------------- */

static void show(int sig)
{
    (void)sig;
    shown = write(STDERR_FILENO, words.ptr, words.len) > 0;
}

void progress_begin(const char *path)
{
    if (!is_terminal(STDERR_FILENO))
        return;
    shown = 0;
    text_puts(&words, "compiling ");
    escape(&words, path, strlen(path), false);
    text_puts(&words, " ...");
    begin(show, second);
}

void progress_end(void)
{
    static const char erase[] = "\r\033[K";

    if (!words.ptr)
        return;
    end();
    if (shown)
        write_all(STDERR_FILENO, erase, sizeof erase - 1);
}

/* ---- a limit that always holds ---------------------------------------- */

static void leave(int sig)
{
    (void)sig;
    write_all(STDERR_FILENO, words.ptr, words.len);
    _exit(CODE_TIMEOUT);
}

void watchdog_begin(const char *path, uint64_t ns)
{
    text_puts(&words, "lodge: ");
    escape(&words, path, strlen(path), false);
    text_puts(&words, ": the deadline has passed while the guest waited\n");
    begin(leave, ns);
}

void watchdog_end(void)
{
    if (words.ptr)
        end();
}
