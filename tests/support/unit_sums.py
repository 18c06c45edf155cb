#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""unit_sums.py FOLDER PROGRAM..: prints "passed failed skipped" of cmocka
programs that "make check" ran in the build folder, test by test.

A program that did not end as it should counts as one failure at least.
"""
import re
import sys


def sums(folder, program):
    try:
        with open(f"{folder}/{program}.trs", encoding="utf-8") as f:
            result = re.search(r"^:global-test-result: (\w+)", f.read(),
                               re.M)[1]
        with open(f"{folder}/{program}.log", encoding="utf-8",
                  errors="replace") as f:
            log = f.read()
    except (OSError, TypeError):
        return 0, 1, 0, "did not run"
    passed = sum(map(int, re.findall(r"\[  PASSED  \] (\d+) test", log)))
    skipped = sum(map(int, re.findall(r"\[  SKIPPED \] .*?(\d+) test", log)))
    failed = re.findall(r"^\[  FAILED  \] (\w+)$", log, re.M)
    if result == "PASS":
        return passed or 1, 0, skipped, ""
    if result == "SKIP":
        return 0, 0, skipped or 1, "skipped"
    return passed, len(set(failed)) or 1, skipped, \
        ", ".join(sorted(set(failed))) or result


def main():
    total = [0, 0, 0]
    for program in sys.argv[2:]:
        *numbers, why = sums(sys.argv[1], program)
        if why:
            print(f"wrong {program}: {why}", file=sys.stderr)
        total = [a + b for a, b in zip(total, numbers)]
    print(*total)


if __name__ == "__main__":
    sys.exit(main())
