/* table.c - rows of cells, printed with their columns aligned.
 * It must not know what the cells say.
 */
#include "cli.h"

#include <stdlib.h>
#include <string.h>

/* One very long cell must not push all others off the screen. */
enum { WIDEST = 44 };

void table_cell(struct table *table, struct text *cell)
{
    text_reserve(cell, 0);
    table->cells = grow(table->cells, table->len + 1, sizeof *table->cells);
    table->cells[table->len++] = cell->ptr;
    *cell = (struct text){0};
}

static void measure(const struct table *table, size_t widths[TABLE_COLUMNS])
{
    size_t i, width, column;

    for (i = 0; i < table->len; i++) {
        column = i % table->columns;
        width = text_width(table->cells[i], strlen(table->cells[i]));
        if (width > WIDEST)
            width = WIDEST;
        if (width > widths[column])
            widths[column] = width;
    }
}

void table_print(const struct table *table, const char *indent)
{
    size_t widths[TABLE_COLUMNS] = {0};
    struct text line = {0};
    size_t i, column, from;

    measure(table, widths);
    for (i = 0; i < table->len; i++) {
        column = i % table->columns;
        text_puts(&line, column ? "  " : indent);
        from = line.len;
        text_puts(&line, table->cells[i]);
        if (column + 1 < table->columns) {
            text_pad(&line, from, widths[column]);
            continue;
        }
        while (line.len && line.ptr[line.len - 1] == ' ')
            line.len--;
        text_puts(&line, "\n");
        out_add(line.ptr, line.len);
        line.len = 0;
    }
    text_free(&line);
}

void table_free(struct table *table)
{
    size_t i;

    for (i = 0; i < table->len; i++)
        free(table->cells[i]);
    free(table->cells);
    *table = (struct table){0};
}
