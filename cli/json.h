/* json.h - JSON on stdout, for the commands that offer --json. */
#ifndef LODGE_CLI_JSON_H
#define LODGE_CLI_JSON_H

#include <jansson.h>

#include "cli.h"

/* Print a document and let go of it. False after it has told that it could
 * not; NULL is what jansson makes of too little memory. */
bool out_json(json_t *root);
/* A string; bytes that are not UTF-8 become visible escapes. */
json_t *json_text(const struct text *text);

#endif /* LODGE_CLI_JSON_H */
