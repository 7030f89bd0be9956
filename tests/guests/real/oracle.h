/* oracle.h - texts of real packages, and what node makes of them with the
 * same formatters.
 */
#ifndef LODGE_ORACLE_H
#define LODGE_ORACLE_H

#include <glob.h>

#include "dprint.h"

static glob_t texts;
static char oracle_folder[] = "/tmp/lodge-oracle-XXXXXX";

static inline void needed(const char *name, char *path, int size)
{
    if (!fetched(name, path, size))
        fail_msg("%s is not there; the reason is above", name);
}

/* Finds the texts of a pattern, and has node format them with plugins whose
 * names are parted by spaces.
 */
static inline void oracle_open(const char *pattern, const char *plugins)
{
    char folder[1024], path[1024], command[16384], names[64], *name, *next;
    size_t i;
    int n;

    needed("texts", folder, sizeof folder);
    snprintf(command, sizeof command, "%s/%s", folder, pattern);
    assert_int_equal(glob(command, 0, NULL, &texts), 0);
    strcpy(oracle_folder + sizeof oracle_folder - 7, "XXXXXX");
    assert_non_null(mkdtemp(oracle_folder));
    needed("formatter", folder, sizeof folder);
    n = snprintf(command, sizeof command,
                 "node tests/guests/real/oracle_format.js %s %s", folder,
                 oracle_folder);
    snprintf(names, sizeof names, "%s", plugins);
    for (name = strtok_r(names, " ", &next); name;
         name = strtok_r(NULL, " ", &next)) {
        needed(name, path, sizeof path);
        n += snprintf(command + n, sizeof command - (size_t)n, " %s", path);
    }
    n += snprintf(command + n, sizeof command - (size_t)n, " --");
    for (i = 0; i < texts.gl_pathc; i++)
        n += snprintf(command + n, sizeof command - (size_t)n, " %s",
                      texts.gl_pathv[i]);
    assert_in_range(n, 1, sizeof command - 1);
    if (system(command) != 0)
        fail_msg("node could not format: %s", command);
}

static inline void oracle_close(void)
{
    char command[64];

    snprintf(command, sizeof command, "rm -r %s", oracle_folder);
    assert_int_equal(system(command), 0);
    globfree(&texts);
}

static inline const char *name_of(const char *path)
{
    return strrchr(path, '/') + 1;
}

/* The plugin makes of each text what node made of it, and nothing of that. */
static inline void formats_as_node(lodge_instance plugin)
{
    char path[1024], *text, *want, *out, *again;
    size_t i;

    for (i = 0; i < texts.gl_pathc; i++) {
        const char *name = name_of(texts.gl_pathv[i]);

        snprintf(path, sizeof path, "%s/%s", oracle_folder, name);
        text = file_text(texts.gl_pathv[i], NULL);
        want = file_text(path, NULL);
        if (format(plugin, name, text, &out) == 0) {
            assert_string_equal(text, want);
        } else {
            if (strcmp(out, want) != 0)
                fail_msg("%s is formatted in another way", name);
            assert_int_equal(format(plugin, name, out, &again), 0);
        }
        free(text);
        free(want);
        free(out);
    }
}

#endif
