#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What a machine can see of the style (CONTRIBUTING.md).

style.py [TOP]: prints file:line: what is wrong.
"""
import os
import re
import sys

FOLDERS = ("lib", "auth", "policy", "milter", "courier", "challenge-web",
           "provisioning", "tests", "doc", "contrib", "m4")
TOP_FILES = ("configure.ac", "Makefile.am", "demo", "check", ".ci/run",
             "README.md", "CONTRIBUTING.md", "SECURITY.md", "NEWS")
TEXT = (".c", ".h", ".py", ".sh", ".lua", ".inc", ".md", ".am", ".ac", ".m4",
        ".5", ".8", ".service", ".conf", ".sample", ".cf", ".txt", ".css")
# What others wrote, or what must be as it is.
SKIP = ("tests/fuzz/corpus/", "tests/data/")
BANNED = re.compile(r"(?<![\w.>])(strcpy|strcat|sprintf|vsprintf|strncpy|"
                    r"strncat|strtok|atoi|atol|atof|gets|scanf|fscanf|alloca|"
                    r"system|popen|strerror|gmtime|localtime|ctime|rand|"
                    r"setenv|getpwnam|tmpnam|mktemp)\s*\(")
# In tests of one thread.
IN_TESTS = {"setenv"}
# The command has one thread of its own.
IN_COMMAND = {"strerror", "getpwnam", "localtime", "gmtime"}
# The time zone, set once before there are threads.
ONCE = {("lib/date_text.c", "setenv")}
TODO = re.compile(r"\b(TODO|FIX" r"ME|XXX)\b")
COLUMNS_MAX = 100      # 80 is the rule; a name or a text may stick out
CODE_LINES_MAX = 700   # of a program's source


def code_only(text):
    """Comments and literals blanked, line ends kept."""
    def blank(m):
        return re.sub(r"[^\n]", " ", m[0])
    return re.sub(r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
                  blank, text, flags=re.S)


def c_faults(path, text, lines):
    for i, line in enumerate(lines, 1):
        if line.startswith(" " * 8):
            yield i, "eight blanks where a tab belongs"
        elif re.match(r"\t* +\t", line):
            yield i, "a blank before a tab"
    if len(lines) > CODE_LINES_MAX and not path.startswith("tests/"):
        yield len(lines), f"more than {CODE_LINES_MAX} lines: split it"
    for i, line in enumerate(code_only(text).split("\n"), 1):
        m = BANNED.search(line)
        if m and not ((path, m[1]) in ONCE or
                      m[1] in IN_TESTS and path.startswith("tests/") or
                      m[1] in IN_COMMAND and
                      path.startswith("provisioning/ctl_")):
            yield i, f"{m[1]}() is banned"
        if "//" in line:
            yield i, "a comment in //"


def faults(path, text):
    lines = text.split("\n")
    code = path.endswith((".c", ".h"))
    wide = code or path.endswith(".py")
    if text and not text.endswith("\n"):
        yield len(lines), "no line end at the end"
    if text.endswith("\n\n"):
        yield len(lines), "an empty line at the end"
    if path.endswith((".c", ".h", ".py", ".sh", ".lua")) and \
            "SPDX-License-Identifier: Apache-2.0" not in \
            "\n".join(lines[:3]):
        yield 1, "no SPDX line"
    for i, line in enumerate(lines, 1):
        if line.rstrip() != line:
            yield i, "blanks at the end of the line"
        if wide and len(line.expandtabs(8)) > COLUMNS_MAX:
            yield i, f"more than {COLUMNS_MAX} columns"
        if TODO.search(line) and not path.endswith("style.py"):
            yield i, "unfinished work is an issue, not a comment"
        if path.endswith(".py") and "\t" in line:
            yield i, "a tab in Python"
    if code:
        yield from c_faults(path, text, lines)


def files(top):
    for name in TOP_FILES:
        if os.path.exists(os.path.join(top, name)):
            yield name
    for folder in FOLDERS:
        for base, _, names in sorted(os.walk(os.path.join(top, folder))):
            for name in sorted(names):
                path = os.path.relpath(os.path.join(base, name), top)
                if path.endswith(TEXT) and not path.startswith(SKIP):
                    yield path


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else "."
    count = bad = 0
    for path in files(top):
        count += 1
        try:
            with open(os.path.join(top, path), encoding="utf-8",
                      newline="") as f:
                text = f.read()
        except UnicodeDecodeError:
            print(f"{path}: not UTF-8")
            bad += 1
            continue
        for line, what in faults(path, text):
            print(f"{path}:{line}: {what}")
            bad += 1
    print(f"style: {count} files, {bad} faults")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
