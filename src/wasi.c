/* wasi.c - descriptions of what a WASI guest may see and do.
 * It must not know how WASI works; that is the crate's.
 */
#include <inttypes.h>
#include <string.h>

#include "rooms.h"

/* ---- one description -------------------------------------------------- */

static void wasi_destroy(void *obj)
{
    struct wasi *wasi = obj;

    lodge_wt_wasi_delete(wasi->desc);
    alloc_free(wasi);
}

lodge_status lodge_wasi_new(lodge_wasi *out, lodge_error *err)
{
    struct wasi *wasi;
    lodge_status st;

    lodge_start();
    if (!ptr_to_u64(out))
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "out: is NULL or not aligned");
    wasi = alloc_zero(sizeof *wasi);
    if (!wasi)
        return error_memory(err);
    wasi->desc = lodge_wt_wasi_new();
    st = wasi->desc ? LODGE_OK : error_memory(err);
    if (st == LODGE_OK)
        st = handle_new(LODGE_KIND_WASI, wasi, wasi_destroy, NULL, &out->id,
                        err);
    if (st != LODGE_OK)
        wasi_destroy(wasi);
    return st;
}

lodge_status lodge_wasi_close(lodge_wasi wasi)
{
    handle_close(wasi.id, LODGE_KIND_WASI);
    return LODGE_OK;
}

/* Sole access, to change it. */
static lodge_status desc_lock(lodge_wasi wasi, struct lodge_wt_wasi **out,
                              lodge_error *err)
{
    void *obj;
    lodge_status st = handle_lock(wasi.id, LODGE_KIND_WASI, &obj, err);

    if (st == LODGE_OK)
        *out = ((struct wasi *)obj)->desc;
    return st;
}

/* ---- texts ------------------------------------------------------------ */

/* Text that the guest gets with a NUL at its end, and so has none inside. */
static lodge_status plain_check(const char *ptr, uint64_t len,
                                const char *what, lodge_error *err)
{
    const char *nul;
    lodge_status st = text_check(ptr, len, what, err);

    if (st != LODGE_OK || len == 0)
        return st;
    nul = memchr(ptr, 0, (size_t)len);
    if (nul)
        return error_refuse(err, LODGE_E_ARGUMENT, "%s: has a NUL at byte %td",
                            what, nul - ptr);
    return LODGE_OK;
}

static lodge_status path_check(const void *ptr, uint64_t len, const char *what,
                               lodge_error *err)
{
    if (len == 0)
        return error_refuse(err, LODGE_E_ARGUMENT, "%s: is an empty path",
                            what);
    return plain_check(ptr, len, what, err);
}

lodge_status lodge_wasi_arg(lodge_wasi wasi, const char *ptr, uint64_t len,
                            lodge_error *err)
{
    struct lodge_wt_wasi *desc;
    lodge_status st;

    st = plain_check(ptr, len, "ptr", err);
    if (st != LODGE_OK)
        return st;
    st = desc_lock(wasi, &desc, err);
    if (st != LODGE_OK)
        return st;
    lodge_wt_wasi_arg(desc, ptr, (size_t)len);
    handle_unlock(wasi.id);
    return LODGE_OK;
}

static lodge_status name_check(const char *name, uint64_t len,
                               lodge_error *err)
{
    const char *sign;
    lodge_status st = plain_check(name, len, "name", err);

    if (st != LODGE_OK)
        return st;
    if (len == 0)
        return error_refuse(err, LODGE_E_ARGUMENT, "name: is empty");
    sign = memchr(name, '=', (size_t)len);
    if (sign)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "name: has a '=' at byte %td", sign - name);
    return LODGE_OK;
}

lodge_status lodge_wasi_env(lodge_wasi wasi, const char *name,
                            uint64_t name_len, const char *value,
                            uint64_t value_len, lodge_error *err)
{
    struct lodge_wt_wasi *desc;
    lodge_status st;

    st = name_check(name, name_len, err);
    if (st == LODGE_OK)
        st = plain_check(value, value_len, "value", err);
    if (st == LODGE_OK)
        st = desc_lock(wasi, &desc, err);
    if (st != LODGE_OK)
        return st;
    lodge_wt_wasi_env(desc, name, (size_t)name_len, value, (size_t)value_len);
    handle_unlock(wasi.id);
    return LODGE_OK;
}

/* ---- streams ---------------------------------------------------------- */

static const uint64_t ring_max = UINT64_C(1) << 30;

static lodge_status how_refuse(uint32_t fd, uint32_t how, lodge_error *err)
{
    const char *bytes = fd == 0 ? " _BYTES," : "";

    return error_refuse(err, LODGE_E_ARGUMENT,
                        "how: %" PRIu32 " is not possible for fd %" PRIu32
                        "; possible: LODGE_WASI_NULL,%s _FILE, _RING, "
                        "_INHERIT",
                        how, fd, bytes);
}

static lodge_status stream_check(uint32_t fd, uint32_t how, const uint8_t *ptr,
                                 uint64_t len, lodge_error *err)
{
    if (fd > 2)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "fd: %" PRIu32 " is not a standard stream; "
                            "allowed: 0..2",
                            fd);
    if (how > LODGE_WASI_INHERIT || (how == LODGE_WASI_BYTES && fd != 0))
        return how_refuse(fd, how, err);
    switch (how) {
    case LODGE_WASI_BYTES:
        return bytes_check(ptr, len, "ptr", err);
    case LODGE_WASI_FILE:
        return path_check(ptr, len, "ptr", err);
    case LODGE_WASI_RING:
        if (len == 0 || len > ring_max)
            return error_refuse(err, LODGE_E_ARGUMENT,
                                "len: a ring of %" PRIu64 " bytes is not "
                                "allowed; allowed: 1..%" PRIu64,
                                len, ring_max);
        return LODGE_OK;
    default:
        if (len != 0)
            return error_refuse(err, LODGE_E_ARGUMENT,
                                "len: must be 0 for LODGE_WASI_NULL and "
                                "_INHERIT, is %" PRIu64,
                                len);
        return LODGE_OK;
    }
}

lodge_status lodge_wasi_stream(lodge_wasi wasi, uint32_t fd, uint32_t how,
                               const uint8_t *ptr, uint64_t len,
                               lodge_error *err)
{
    struct lodge_wt_wasi *desc;
    lodge_status st;

    st = stream_check(fd, how, ptr, len, err);
    if (st != LODGE_OK)
        return st;
    st = desc_lock(wasi, &desc, err);
    if (st != LODGE_OK)
        return st;
    lodge_wt_wasi_stream(desc, fd, how, ptr, (size_t)len);
    handle_unlock(wasi.id);
    return LODGE_OK;
}

/* ---- directories ------------------------------------------------------ */

static lodge_status rights_check(uint32_t rights, const char *what,
                                 lodge_error *err)
{
    const uint32_t all = LODGE_WASI_READ | LODGE_WASI_WRITE;

    if (rights & ~all)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "%s: %#" PRIx32 " has unknown bits; allowed: "
                            "LODGE_WASI_READ and _WRITE",
                            what, rights);
    return LODGE_OK;
}

lodge_status lodge_wasi_dir(lodge_wasi wasi, const char *host,
                            uint64_t host_len, const char *guest,
                            uint64_t guest_len, uint32_t dir_rights,
                            uint32_t file_rights, lodge_error *err)
{
    struct lodge_wt_wasi *desc;
    lodge_status st;

    st = path_check(host, host_len, "host", err);
    if (st == LODGE_OK)
        st = path_check(guest, guest_len, "guest", err);
    if (st == LODGE_OK)
        st = rights_check(dir_rights, "dir_rights", err);
    if (st == LODGE_OK)
        st = rights_check(file_rights, "file_rights", err);
    if (st == LODGE_OK)
        st = desc_lock(wasi, &desc, err);
    if (st != LODGE_OK)
        return st;
    lodge_wt_wasi_dir(desc, host, (size_t)host_len, guest, (size_t)guest_len,
                      dir_rights, file_rights);
    handle_unlock(wasi.id);
    return LODGE_OK;
}

/* ---- settings --------------------------------------------------------- */

struct setting {
    const char *name;
    uint64_t max; /* the least value is 0 */
};

static const struct setting settings[] = {
    [LODGE_WASI_FULL] = {"LODGE_WASI_FULL", LODGE_WASI_FULL_EPIPE},
    [LODGE_WASI_EMPTY] = {"LODGE_WASI_EMPTY", 1},
    [LODGE_WASI_MAX_FILES] = {"LODGE_WASI_MAX_FILES", 1 << 20},
    [LODGE_WASI_MAX_RANDOM] = {"LODGE_WASI_MAX_RANDOM", UINT32_MAX},
    [LODGE_WASI_SEED] = {"LODGE_WASI_SEED", UINT64_MAX},
    [LODGE_WASI_CLOCK] = {"LODGE_WASI_CLOCK", UINT64_MAX},
    [LODGE_WASI_CLOCK_STEP] = {"LODGE_WASI_CLOCK_STEP", UINT64_MAX},
    [LODGE_WASI_SLEEP] = {"LODGE_WASI_SLEEP", 1},
};

static lodge_status setting_check(uint32_t key, uint64_t value,
                                  lodge_error *err)
{
    const struct setting *s = settings;

    if (key == 0 || key >= sizeof settings / sizeof *settings)
        return error_refuse(err, LODGE_E_NOT_FOUND,
                            "key: there is no WASI setting %" PRIu32
                            "; they are LODGE_WASI_FULL to _SLEEP",
                            key);
    s += key;
    if (value > s->max)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "value: %" PRIu64 " is not allowed for %s; "
                            "allowed: 0..%" PRIu64,
                            value, s->name, s->max);
    return LODGE_OK;
}

lodge_status lodge_wasi_set(lodge_wasi wasi, uint32_t key, uint64_t value,
                            lodge_error *err)
{
    struct lodge_wt_wasi *desc;
    lodge_status st;

    st = setting_check(key, value, err);
    if (st != LODGE_OK)
        return st;
    st = desc_lock(wasi, &desc, err);
    if (st != LODGE_OK)
        return st;
    lodge_wt_wasi_set(desc, key, value);
    handle_unlock(wasi.id);
    return LODGE_OK;
}
