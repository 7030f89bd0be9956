/* text.h - growing text, safe display of foreign names, tables, and output
 * that notices when it fails.
 * It must not know lodge.h.
 */
#ifndef LODGE_CLI_TEXT_H
#define LODGE_CLI_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- text (text.c) ---------------------------------------------------- */

/* Bytes with a NUL behind them; starts as zeros. */
struct text {
    char *ptr;
    size_t len, cap;
};
void text_add(struct text *to, const void *ptr, size_t len);
void text_puts(struct text *to, const char *words);
__attribute__((format(printf, 2, 3))) void
text_printf(struct text *to, const char *format, ...);
void text_vprintf(struct text *to, const char *format, va_list args);
/* Room for `more` bytes after the text. Ends the program if there is none. */
void text_reserve(struct text *to, size_t more);
/* Add spaces until the text is as wide as `column`. */
void text_pad(struct text *to, size_t from, size_t column);
void text_free(struct text *text);
/* Characters, as a terminal counts them, roughly. */
size_t text_width(const char *ptr, size_t len);
void *grow(void *ptr, size_t count, size_t size);

/* ---- foreign text (escape.c) ------------------------------------------ */

/* Add text with control characters, characters that reorder or hide others,
 * and broken UTF-8 made visible. `quotes`: also escape " and \.
 */
void escape(struct text *to, const char *ptr, size_t len, bool quotes);
/* A name in a table: as it is, or in quotes where that would mislead. */
void escape_name(struct text *to, const char *ptr, size_t len);

/* ---- tables (table.c) ------------------------------------------------- */

enum { TABLE_COLUMNS = 5 };

/* Rows of cells, printed with columns aligned; starts as zeros. */
struct table {
    char **cells; /* owned, row by row */
    size_t len;
    size_t columns;
};
/* Takes over the text and leaves it empty. */
void table_cell(struct table *table, struct text *cell);
void table_print(const struct table *table, const char *indent);
void table_free(struct table *table);

/* ---- output (output.c) ------------------------------------------------ */

enum style { STYLE_ERROR, STYLE_HINT, STYLE_HEADING, STYLE_GOOD };

void out_add(const void *ptr, size_t len);
void out_puts(const char *words);
__attribute__((format(printf, 1, 2))) void out_printf(const char *format, ...);
void out_styled(enum style style, const char *words);
/* Write what is left. False after it has told that stdout failed. */
bool out_finish(void);

/* Write everything, whatever signals and slow readers do. */
bool write_all(int fd, const void *ptr, size_t len);
/* The start and the end of a style, "" where there are no colours. */
const char *style_begin(int fd, enum style style);
const char *style_end(int fd);
/* Whether a note may be shown and erased again. */
bool is_terminal(int fd);

#endif /* LODGE_CLI_TEXT_H */
