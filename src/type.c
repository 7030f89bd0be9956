/* type.c - types as text, both ways.
 * It must not know Wasmtime.
 */
#include <string.h>

#include "rooms.h"

static const char *const names[] = {
    "i32",           "i64",        "f32",    "f64",     "v128",
    "funcref",       "externref",  "anyref", "eqref",   "i31ref",
    "structref",     "arrayref",   "exnref", "nullref", "nullfuncref",
    "nullexternref", "nullexnref", "ref",
};

const char *type_name(uint32_t code)
{
    return code < sizeof names / sizeof *names ? names[code] : "?";
}

/* As they are called in parentheses, from LODGE_TYPE_FUNCREF on. */
static const char *const heaps[] = {
    "func",  "extern", "any",  "eq",     "i31",      "struct",
    "array", "exn",    "none", "nofunc", "noextern", "noexn",
};

void type_code_text(uint32_t code, struct textbuf *out)
{
    uint32_t is = code & ~LODGE_WT_NOT_NULL;
    const char *null = code == is ? "null " : "";

    if (is >= LODGE_WT_TYPE_FIRST)
        textbuf_printf(out, "(ref %s%u)", null, is);
    else if (code == is)
        textbuf_printf(out, "%s", type_name(code));
    else
        textbuf_printf(out, "(ref %s)", heaps[is - LODGE_TYPE_FUNCREF]);
}

/* ---- words ------------------------------------------------------------ */

struct words {
    const char *at, *end;
    const char *word; /* the present one */
    size_t len;
};

static int is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ',';
}

static int word_next(struct words *w)
{
    while (w->at < w->end && is_space(*w->at))
        w->at++;
    w->word = w->at;
    if (w->at < w->end && *w->at == '(') { /* one word, to its end */
        while (w->at < w->end && *w->at != ')')
            w->at++;
        w->at += w->at < w->end;
    } else {
        while (w->at < w->end && !is_space(*w->at) && *w->at != '(')
            w->at++;
    }
    w->len = (size_t)(w->at - w->word);
    return w->len > 0;
}

static int word_is(const struct words *w, const char *text)
{
    return w->len == strlen(text) && memcmp(w->word, text, w->len) == 0;
}

static int word_number(const struct words *w, uint64_t *out)
{
    uint64_t n = 0;
    size_t i;

    for (i = 0; i < w->len; i++) {
        uint64_t digit = (uint64_t)(w->word[i] - '0');

        if (digit > 9 || n > (UINT64_MAX - digit) / 10)
            return 0;
        n = n * 10 + digit;
    }
    *out = n;
    return w->len > 0;
}

/* What is in "(ref null ...)": a number, or the name of what it refers to. */
static int word_heap(const struct words *w, uint32_t *code)
{
    uint64_t number;
    uint32_t i;

    if (word_number(w, &number)) {
        *code = (uint32_t)number;
        return number >= LODGE_WT_TYPE_FIRST && number < LODGE_WT_NOT_NULL;
    }
    for (i = 0; i < sizeof heaps / sizeof *heaps; i++) {
        if (word_is(w, heaps[i])) {
            *code = LODGE_TYPE_FUNCREF + i;
            return 1;
        }
    }
    return 0;
}

static int word_ref(const struct words *outer, uint32_t *code)
{
    struct words w = {.at = outer->word + 1,
                      .end = outer->word + outer->len - 1};
    uint32_t not_null = LODGE_WT_NOT_NULL;

    if (outer->len < 2 || *w.end != ')' || !word_next(&w) ||
        !word_is(&w, "ref") || !word_next(&w))
        return 0;
    if (word_is(&w, "null")) {
        not_null = 0;
        word_next(&w);
    }
    if (!word_heap(&w, code) || word_next(&w))
        return 0;
    *code |= not_null;
    return 1;
}

static int word_type(const struct words *w, uint32_t *code)
{
    uint32_t i;

    if (w->len && *w->word == '(')
        return word_ref(w, code);
    for (i = 0; i < sizeof names / sizeof *names; i++) {
        if (word_is(w, names[i])) {
            *code = i;
            return 1;
        }
    }
    return 0;
}

static lodge_status word_refuse(const struct words *w, const char *expected,
                                lodge_error *err)
{
    char quoted[80];

    error_quote(quoted, sizeof quoted, w->word, w->len);
    return error_refuse(err, LODGE_E_ARGUMENT, "type: expected %s, found %s",
                        expected, w->len ? quoted : "the end");
}

static lodge_status words_open(struct words *w, const char *ptr, uint64_t len,
                               const char *what, lodge_error *err)
{
    lodge_status st = text_check(ptr, len, what, err);

    if (st != LODGE_OK)
        return st;
    w->at = ptr ? ptr : "";
    w->end = w->at + len;
    return LODGE_OK;
}

/* ---- signatures ------------------------------------------------------- */

static uint32_t slots_of(uint32_t code)
{
    return code == LODGE_TYPE_V128 ? 2 : 1;
}

static uint64_t mask_of(uint32_t code)
{
    return code == LODGE_TYPE_I32 || code == LODGE_TYPE_F32 ? UINT32_MAX
                                                            : UINT64_MAX;
}

/* Collects codes; results begin at *nparams. */
static lodge_status sig_codes(struct words *w, uint32_t *codes,
                              uint32_t *nparams, uint32_t *n, lodge_error *err)
{
    uint32_t code, first = 0;
    int arrow = 0;

    *n = 0;
    while (word_next(w)) {
        if (!arrow && word_is(w, "->")) {
            arrow = 1;
            first = *n;
            continue;
        }
        if (!word_type(w, &code))
            return word_refuse(w, "a value type or ->", err);
        if (*n - first >= TYPE_MAX_VALUES)
            return error_refuse(err, LODGE_E_LIMIT,
                                "signature: more than %d values on a side",
                                TYPE_MAX_VALUES);
        codes[(*n)++] = code;
    }
    *nparams = arrow ? first : *n;
    return LODGE_OK;
}

static void sig_measure(struct sig *sig, uint64_t *masks)
{
    uint32_t i, n = sig->nparams + sig->nresults;

    sig->plain = 1;
    sig->unsupported = -1;
    for (i = 0; i < n; i++) {
        uint32_t code = sig->codes[i];

        masks[i] = mask_of(code);
        if (i < sig->nparams)
            sig->param_slots += slots_of(code);
        else
            sig->result_slots += slots_of(code);
        if (code > LODGE_TYPE_F64)
            sig->plain = 0;
        if (code > LODGE_TYPE_FUNCREF)
            sig->refs = 1;
        if ((code & ~LODGE_WT_NOT_NULL) >= LODGE_WT_TYPE_FIRST)
            sig->exact = 1;
        if (code == LODGE_TYPE_REF)
            sig->unsupported = (int32_t)code;
    }
    sig->raw = sig->nparams > sig->nresults ? sig->nparams : sig->nresults;
    if (!sig->plain || sig->raw > LOCAL_VALUES)
        return;
    sig->everyday.is = 1;
    sig->everyday.nparams = (uint8_t)sig->nparams;
    sig->everyday.slots = (uint8_t)sig->raw;
    sig->everyday.results = sig->nresults;
    for (i = 0; i < sig->nresults; i++)
        sig->everyday.results |=
            (uint32_t)(masks[sig->nparams + i] == UINT32_MAX) << (8 + i);
}

lodge_status type_sig_parse(const char *ptr, uint64_t len, struct sig **out,
                            lodge_error *err)
{
    uint32_t codes[2 * TYPE_MAX_VALUES];
    uint32_t nparams = 0, n = 0;
    struct words w;
    struct sig *sig;
    uint64_t *masks;
    size_t head;
    lodge_status st;

    st = words_open(&w, ptr, len, "signature", err);
    if (st == LODGE_OK)
        st = sig_codes(&w, codes, &nparams, &n, err);
    if (st != LODGE_OK)
        return st;

    head = (sizeof *sig + n * sizeof *codes + 7) & ~(size_t)7;
    sig = alloc_zero(head + n * sizeof *masks);
    if (!sig)
        return error_memory(err);
    masks = (uint64_t *)(void *)((char *)sig + head);
    memcpy(sig->codes, codes, n * sizeof *codes);
    sig->masks = masks;
    sig->nparams = nparams;
    sig->nresults = n - nparams;
    sig_measure(sig, masks);
    *out = sig;
    return LODGE_OK;
}

void type_sig_free(struct sig *sig)
{
    if (sig && sig->list)
        lodge_wt_list_free(sig->list);
    alloc_free(sig);
}

lodge_status type_sig_resolve(struct sig *sig, const struct engine *eng,
                              lodge_error *err)
{
    wasmtime_error_t *error;

    if (!sig->exact)
        return LODGE_OK;
    error = lodge_wt_list_new(eng->types, sig->codes,
                              sig->nparams + sig->nresults, &sig->list);
    return error ? trap_translate(NULL, error, LODGE_E_TYPE, err) : LODGE_OK;
}

void type_sig_text(const struct sig *sig, struct textbuf *out)
{
    uint32_t i, n = sig->nparams + sig->nresults;

    for (i = 0; i < n; i++) {
        if (i == sig->nparams)
            textbuf_printf(out, i ? " -> " : "-> ");
        else if (i)
            textbuf_printf(out, " ");
        type_code_text(sig->codes[i], out);
    }
    if (sig->nresults == 0)
        textbuf_printf(out, sig->nparams ? " ->" : "->");
}

void type_list_text(const struct sig *sig, struct textbuf *out)
{
    uint32_t i;

    for (i = 0; i < sig->nparams; i++) {
        textbuf_printf(out, "%s", i ? " " : "");
        type_code_text(sig->codes[i], out);
    }
}

/* ---- memories, tables, globals ---------------------------------------- */

static lodge_status parse_limits(struct words *w, struct type_limits *out,
                                 int *more, lodge_error *err)
{
    memset(out, 0, sizeof *out);
    out->max = UINT64_MAX;
    out->page = 65536;
    if (!word_next(w) || !word_number(w, &out->min))
        return word_refuse(w, "a minimum", err);
    *more = word_next(w);
    if (*more && word_number(w, &out->max)) /* 2^64 - 1 is no maximum */
        *more = word_next(w);
    if (out->max < out->min)
        return error_refuse(err, LODGE_E_ARGUMENT,
                            "type: minimum %llu is more than maximum %llu",
                            (unsigned long long)out->min,
                            (unsigned long long)out->max);
    return LODGE_OK;
}

lodge_status type_memory_parse(const char *ptr, uint64_t len,
                               struct type_limits *out, lodge_error *err)
{
    struct words w;
    int more;
    lodge_status st = words_open(&w, ptr, len, "memory type", err);

    if (st == LODGE_OK)
        st = parse_limits(&w, out, &more, err);
    if (st != LODGE_OK)
        return st;
    for (; more; more = word_next(&w)) {
        if (word_is(&w, "i64"))
            out->is64 = 1;
        else if (word_is(&w, "page=1"))
            out->page = 1;
        else if (word_is(&w, "shared"))
            out->shared = 1;
        else if (!word_is(&w, "page=65536"))
            return word_refuse(&w, "i64, page=1 or shared", err);
    }
    return out->shared ? type_memory_share(out, err) : LODGE_OK;
}

lodge_status type_memory_share(struct type_limits *type, lodge_error *err)
{
    type->shared = 1;
    if (type->max != UINT64_MAX)
        return LODGE_OK;
    return error_refuse(err, LODGE_E_ARGUMENT,
                        "type: a shared memory needs a maximum");
}

lodge_status type_table_parse(const char *ptr, uint64_t len,
                              struct type_limits *out, lodge_error *err)
{
    struct words w;
    int more;
    lodge_status st = words_open(&w, ptr, len, "table type", err);

    if (st == LODGE_OK)
        st = parse_limits(&w, out, &more, err);
    if (st != LODGE_OK)
        return st;
    if (!more || !word_type(&w, &out->code) || out->code < LODGE_TYPE_FUNCREF)
        return word_refuse(&w, "a reference type", err);
    if (!word_next(&w))
        return LODGE_OK;
    if (!word_is(&w, "i64") || (word_next(&w) && w.len))
        return word_refuse(&w, "i64 or the end", err);
    out->is64 = 1;
    return LODGE_OK;
}

lodge_status type_global_parse(const char *ptr, uint64_t len,
                               struct type_limits *out, lodge_error *err)
{
    struct words w;
    lodge_status st = words_open(&w, ptr, len, "global type", err);

    if (st != LODGE_OK)
        return st;
    memset(out, 0, sizeof *out);
    if (word_next(&w) && word_is(&w, "mut")) {
        out->mut = 1;
        word_next(&w);
    }
    if (!w.len || !word_type(&w, &out->code))
        return word_refuse(&w, "a value type", err);
    if (word_next(&w))
        return word_refuse(&w, "the end", err);
    return LODGE_OK;
}

static void limits_text(const struct type_limits *type, struct textbuf *out)
{
    textbuf_printf(out, "%llu", (unsigned long long)type->min);
    if (type->max != UINT64_MAX)
        textbuf_printf(out, " %llu", (unsigned long long)type->max);
}

void type_item_text(uint32_t kind, const struct type_limits *type,
                    struct textbuf *out)
{
    if (kind == LODGE_KIND_GLOBAL) {
        textbuf_printf(out, "%s", type->mut ? "mut " : "");
        type_code_text(type->code, out);
        return;
    }
    limits_text(type, out);
    if (kind == LODGE_KIND_TABLE) {
        textbuf_printf(out, " ");
        type_code_text(type->code, out);
    }
    if (type->is64)
        textbuf_printf(out, " i64");
    if (kind == LODGE_KIND_MEMORY && type->shared)
        textbuf_printf(out, " shared");
    if (kind == LODGE_KIND_MEMORY && type->page == 1)
        textbuf_printf(out, " page=1");
}
