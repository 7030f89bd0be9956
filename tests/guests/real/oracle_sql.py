"""oracle_sql.py - what SQL gives in Python's sqlite3, a row to a line.

usage: python3 oracle_sql.py DATABASE < SQL
"""

import sqlite3
import sys


def main() -> int:
    database = sqlite3.connect(sys.argv[1], isolation_level=None)
    statement = ""
    for line in sys.stdin:
        statement += line
        if not sqlite3.complete_statement(statement):
            continue
        try:
            for row in database.execute(statement):
                print("|".join("NULL" if v is None else str(v) for v in row))
        except sqlite3.Error as reason:
            sys.stdout.flush()
            print(reason, file=sys.stderr)
            return 1
        statement = ""
    database.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
