/* config.c - settings of an engine: presets, keys, contradictions, a list.
 */
#include <lodge.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(s) s, strlen(s)

static lodge_error err = LODGE_ERROR_INIT;

static void must(lodge_status st)
{
    if (st == LODGE_OK)
        return;
    fprintf(stderr, "config: %s\n", err.message);
    exit(1);
}

/* A preset, then what is to differ from it. */
static lodge_engine open_engine(void)
{
    lodge_config config;
    lodge_engine engine;

    must(lodge_config_new(LODGE_PRESET_UNTRUSTED, &config, &err));
    must(lodge_config_set(config, LODGE_CONFIG_SIMD, 1, &err));
    must(lodge_config_parse(config, TEXT("opt-level=none,max-functions=500"),
                            &err));
    must(lodge_engine_new(config, &engine, &err)); /* takes the config */
    return engine;
}

/* An interpreter: no machine code, no executable memory. */
static lodge_engine open_interpreter(void)
{
    lodge_config config;
    lodge_engine engine;
    uint32_t yes;

    must(lodge_config_new(LODGE_PRESET_PULLEY, &config, &err));
    must(lodge_engine_new(config, &engine, &err));
    must(lodge_engine_is_pulley(engine, &yes, &err));
    printf("interpreter: %s\n", yes ? "yes" : "no");
    return engine;
}

/* A list is taken whole or not at all, and refused in words. */
static int refusals(void)
{
    lodge_config config;
    lodge_engine engine;
    uint64_t fuel;
    lodge_status range, unknown, conflict;

    must(lodge_config_new(LODGE_PRESET_DEFAULT, &config, &err));
    range = lodge_config_parse(config, TEXT("fuel=on,max-wasm-stack=1"), &err);
    printf("%s\n", err.message);
    must(lodge_config_get(config, LODGE_CONFIG_FUEL, &fuel, &err));
    unknown = lodge_config_parse(config, TEXT("fule=on"), &err);
    printf("%s\n", err.message);
    must(lodge_config_parse(config, TEXT("gc=on,function-references=off"),
                            &err));
    conflict = lodge_engine_new(config, &engine, &err);
    printf("%s\n", err.message);
    lodge_config_close(config); /* refused, so still ours */
    return range == LODGE_E_ARGUMENT && fuel == 0 &&
           unknown == LODGE_E_NOT_FOUND && conflict == LODGE_E_CONFIG;
}

static void print_part(uint32_t index, uint32_t what, int width)
{
    char text[200];
    uint64_t len;

    must(lodge_config_key(index, what, NULL, NULL, text, sizeof text, &len));
    printf("%-*.*s ", width, (int)len, text);
}

/* What there is to set, from the library itself. */
static void list_keys(void)
{
    uint32_t i, count = lodge_config_key_count();

    for (i = 0; i < count; i++) {
        print_part(i, LODGE_KEY_NAME, 30);
        print_part(i, LODGE_KEY_DEFAULT, 12);
        print_part(i, LODGE_KEY_HELP, 0);
        putchar('\n');
    }
}

int main(void)
{
    lodge_engine engine = open_engine(), interpreter = open_interpreter();
    char text[40];
    uint64_t len;
    int good;

    must(lodge_engine_get_text(engine, LODGE_CONFIG_OPT_LEVEL, text,
                               sizeof text, &len, &err));
    printf("opt-level in effect: %.*s\n", (int)len, text);
    good = refusals();
    list_keys();
    lodge_engine_close(engine);
    lodge_engine_close(interpreter);
    return !good;
}
