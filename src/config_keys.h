/* config_keys.h - the table of settings, shared by the config files. */
#ifndef LODGE_CONFIG_KEYS_H
#define LODGE_CONFIG_KEYS_H

#include "rooms.h"

struct key {
    uint32_t key, type;
    const char *name;
    uint64_t min, max, value; /* value: default */
    const char
        *words; /* of a choice, separated by spaces; default of a text */
    const char *help;
};

enum { KEY_COUNT = 69 };
extern const struct key config_keys[KEY_COUNT];

/* By number or name; NULL if there is none. */
const struct key *config_key_find(uint32_t key);
const struct key *config_key_by_name(const char *ptr, size_t len);
/* By number; E_NOT_FOUND says so. */
lodge_status config_key_need(uint32_t key, const struct key **out,
                             lodge_error *err);

int config_text_is(const char *ptr, size_t len, const char *word);
/* A value as text, and the values that are allowed. */
void config_value_text(const struct key *k, uint64_t value, const char *text,
                       struct textbuf *out);
void config_range_text(const struct key *k, struct textbuf *out);
/* 1 if the text is a value in the key's range; not for text keys. */
int config_parse_value(const struct key *k, const char *ptr, size_t len,
                       uint64_t *value);
/* E_ARGUMENT with the value and what is allowed. */
lodge_status config_value_refuse(const struct key *k, const char *ptr,
                                 uint64_t len, lodge_error *err);
lodge_status config_number_refuse(const struct key *k, uint64_t value,
                                  lodge_error *err);

#endif
