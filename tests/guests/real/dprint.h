/* dprint.h - how dprint's formatters are spoken to, and what they make of a
 * text in another engine: node runs the package @dprint/formatter 0.6.0.
 */
#ifndef LODGE_DPRINT_H
#define LODGE_DPRINT_H

#include "modes.h"

static void memory_write(lodge_instance plugin, uint32_t at, const char *ptr,
                         uint32_t len)
{
    lodge_memory memory;

    OK(lodge_instance_memory(plugin, TEXT("memory"), &memory, ERR));
    OK(lodge_memory_write(memory, at, (const uint8_t *)ptr, len, ERR));
}

/* Freed by the caller. */
static inline char *memory_read(lodge_instance plugin, uint32_t at,
                                uint32_t len)
{
    char *out = malloc((size_t)len + 1);
    lodge_memory memory;

    assert_non_null(out);
    OK(lodge_instance_memory(plugin, TEXT("memory"), &memory, ERR));
    OK(lodge_memory_read(memory, at, (uint8_t *)out, len, ERR));
    out[len] = 0;
    return out;
}

static inline void send_text(lodge_instance plugin, const char *ptr,
                             uint32_t len)
{
    memory_write(plugin, call_with(plugin, "clear_shared_bytes", len), ptr,
                 len);
}

static inline char *receive(lodge_instance plugin, uint32_t len)
{
    return memory_read(plugin, call_with(plugin, "get_shared_bytes_ptr", 0),
                       len);
}

static inline lodge_instance open_plugin(lodge_module module)
{
    static const char config[] = "{\"global\":{},\"plugin\":{}}";
    lodge_instance plugin = new_guest(module);
    char *diagnostics;

    assert_int_equal(call_with(plugin, "dprint_plugin_version_4", 0), 4);
    send_text(plugin, config, sizeof config - 1);
    call_with(plugin, "register_config", 1);
    diagnostics =
        receive(plugin, call_with(plugin, "get_config_diagnostics", 1));
    assert_string_equal(diagnostics, "[]");
    free(diagnostics);
    return plugin;
}

/* 0 unchanged, 1 changed, 2 failed; `*out` is the new text or the error. */
static inline uint32_t format(lodge_instance plugin, const char *path,
                              const char *text, char **out)
{
    uint32_t changed;

    send_text(plugin, path, (uint32_t)strlen(path));
    call_with(plugin, "set_file_path", 0);
    send_text(plugin, text, (uint32_t)strlen(text));
    changed = call_with(plugin, "format", 1);
    *out = NULL;
    if (changed == 1)
        *out = receive(plugin, call_with(plugin, "get_formatted_text", 0));
    else if (changed == 2)
        *out = receive(plugin, call_with(plugin, "get_error_text", 0));
    return changed;
}

static inline char *file_text(const char *path, uint32_t *len)
{
    FILE *f = fopen(path, "rb");
    long size;
    char *text;

    if (!f)
        fail_msg("%s is not there", path);
    fseek(f, 0, SEEK_END);
    size = ftell(f);
    rewind(f);
    text = malloc((size_t)size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)size, f), size);
    text[size] = 0;
    fclose(f);
    if (len)
        *len = (uint32_t)size;
    return text;
}

#endif
