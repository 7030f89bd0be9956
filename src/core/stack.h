/* stack.h - who the running thread is, and how much stack it has left.
 * It must not know what the stack is needed for. */
#ifndef LODGE_CORE_STACK_H
#define LODGE_CORE_STACK_H

#include <stdint.h>

/* `low` is the lowest address that may be used (the guard left out). */
struct stack_bounds {
    uintptr_t low;
    uintptr_t size; /* bytes from low to the top; 0: not measured yet */
    int measured;
};

/* Initial-exec: one load, no call, and none of the lazy allocation that a
 * dynamic model does. The few bytes fit the reserve for dlopen. */
extern _Thread_local struct stack_bounds stack_bounds
    __attribute__((tls_model("initial-exec"), visibility("hidden")));

uintptr_t stack_room_slow(uintptr_t here)
    __attribute__((cold, noinline, visibility("hidden")));

/* Where the stack ends right now. Not the frame address: that is the upper
 * end of the frame, and the frame may be large. */
static inline uintptr_t stack_here(void)
{
    uintptr_t here;

#if defined(__x86_64__)
    __asm__ volatile("mov %%rsp, %0" : "=r"(here));
#elif defined(__aarch64__)
    __asm__ volatile("mov %0, sp" : "=r"(here));
#else
    here = (uintptr_t)__builtin_frame_address(0);
#endif
    return here;
}

/* Bytes left below the current frame on this thread's own stack. 0 means
 * that the frame is elsewhere (a fiber of another runtime, an alternate
 * signal stack) or that the bounds cannot be known: trust nothing. */
static inline uintptr_t stack_room(void)
{
    uintptr_t here = stack_here();
    uintptr_t room = here - stack_bounds.low;

    if (__builtin_expect(room < stack_bounds.size, 1))
        return room;
    return stack_room_slow(here);
}

/* A number that no other running thread has, never 0. The thread pointer
 * where one instruction reads it. Volatile, because a compiler that keeps
 * the value over a call would be wrong on a fiber that changed threads. */
static inline uintptr_t thread_self(void)
{
    uintptr_t self;

#if defined(__linux__) && defined(__x86_64__)
    __asm__ volatile("mov %%fs:0, %0" : "=r"(self));
#elif defined(__linux__) && defined(__aarch64__)
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(self));
#else
    self = (uintptr_t)&stack_bounds;
#endif
    return self;
}

#endif
