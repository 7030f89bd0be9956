/* getting_started.c - from text to a call, with a host function and memory.
 *
 * The guest makes letters large in its memory and hands the text back
 * through a host function.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

static const char guest_text[] =
    "(module\n"
    "  (import \"host\" \"print\" (func $print (param i32 i32)))\n"
    "  (memory (export \"memory\") 1)\n"
    "  (func $shout (export \"shout\") (param $at i32) (param $len i32)\n"
    "               (result i32)\n"
    "    (local $i i32) (local $c i32) (local $changed i32)\n"
    "    (block $done\n"
    "      (loop $next\n"
    "        (br_if $done (i32.ge_u (local.get $i) (local.get $len)))\n"
    "        (local.set $c (i32.load8_u\n"
    "          (i32.add (local.get $at) (local.get $i))))\n"
    "        (if (i32.lt_u (i32.sub (local.get $c) (i32.const 97))\n"
    "                      (i32.const 26))\n"
    "          (then\n"
    "            (i32.store8 (i32.add (local.get $at) (local.get $i))\n"
    "              (i32.sub (local.get $c) (i32.const 32)))\n"
    "            (local.set $changed\n"
    "              (i32.add (local.get $changed) (i32.const 1)))))\n"
    "        (local.set $i (i32.add (local.get $i) (i32.const 1)))\n"
    "        (br $next)))\n"
    "    (call $print (local.get $at) (local.get $len))\n"
    "    (local.get $changed)))\n";

/* Around every call that has no reason to fail. */
static void must(lodge_status st, const lodge_error *err)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "getting_started: %s\n", err->message);
    exit(1);
}

/* "host"."print": an address in the guest's memory, and a length. */
static int32_t print(uint64_t token, lodge_caller caller, uint64_t *slots)
{
    lodge_memory memory;
    char text[100];

    (void)token;
    if (slots[1] > sizeof text ||
        lodge_caller_memory(caller, &memory) != LODGE_OK ||
        lodge_memory_read(memory, slots[0], (uint8_t *)text, slots[1], NULL) !=
            LODGE_OK)
        return lodge_caller_fail(caller, 0, TEXT("print: a bad text"));
    printf("the guest says: %.*s\n", (int)slots[1], text);
    return 0;
}

int main(void)
{
    lodge_error err = LODGE_ERROR_INIT;
    lodge_config none = {0};
    lodge_store own = {0};
    lodge_engine engine;
    lodge_module module;
    lodge_linker linker;
    lodge_instance guest;
    lodge_memory memory;
    lodge_func shout;
    uint64_t slots[2], live;

    /* One engine for the program; it compiles modules. */
    must(lodge_engine_new(none, &engine, &err), &err);
    must(lodge_module_open(engine, (const uint8_t *)guest_text,
                           strlen(guest_text), &module, &err),
         &err);

    /* The linker gives the module what it imports. */
    must(lodge_linker_new(engine, &linker, &err), &err);
    must(lodge_linker_func(linker, TEXT("host"), TEXT("print"),
                           TEXT("i32 i32 ->"), print, 0, &err),
         &err);

    /* An instance in a store of its own, and what it exports. */
    must(lodge_instance_new(linker, own, module, &guest, &err), &err);
    must(lodge_instance_func(guest, TEXT("shout"), &shout, &err), &err);
    must(lodge_instance_memory(guest, TEXT("memory"), &memory, &err), &err);

    /* Parameters go into slots, and results come out of them. */
    must(lodge_memory_write(memory, 16, (const uint8_t *)"hello, guest", 12,
                            &err),
         &err);
    slots[0] = 16;
    slots[1] = 12;
    must(lodge_func_call(shout, slots, 2, &err), &err);
    printf("letters changed: %u\n", (unsigned)slots[0]);

    /* In any order, as often as you like. */
    lodge_instance_close(guest);
    lodge_linker_close(linker);
    lodge_module_close(module);
    lodge_engine_close(engine);
    must(lodge_stat(LODGE_STAT_LIVE, &live), &err);
    printf("live handles: %u\n", (unsigned)live);
    return live != 0 || slots[0] != 10;
}
