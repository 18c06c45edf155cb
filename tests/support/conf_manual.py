#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes doc/octroi.conf.sample and doc/man/octroi.conf.5 from the settings that
octroictl knows: conf_manual.py OCTROICTL, from the top of the tree."""
import re
import subprocess
import sys

SAMPLE, MANUAL = "doc/octroi.conf.sample", "doc/man/octroi.conf.5"
# What stands before the settings of a section is kept by hand in the manual.
HEAD = "\n.Sh SETTINGS\n"
TAIL = "\n.Sh FILES\n"


def escaped(text):
    text = re.sub(r"(\S)\. (\w)", r"\1.\n\2", text).replace("\\", "\\e")
    text = text.replace("<=", "\\(<=")
    return "\\&" + text if text[:1] in ("'", ".") else text


def introductions(manual):
    """What the manual says of each section before its list."""
    return {name: text.strip("\n") for name, text in re.findall(
        r"^\.Ss (\w+)\n(.*?)^\.Bl", manual, re.M | re.S)}


def setting(name, value, notes):
    shown = re.sub(r'[",{} ]+', " ", value).strip()
    what = notes[0].rstrip(".")
    if ":" not in what.split()[0]:
        what = what[0].upper() + what[1:]
    yield f".It Cm {name} No =" + (f" Ar {escaped(shown)}" if shown else "")
    yield escaped(what + ".")
    for note in notes[1:]:
        yield escaped(re.sub("^Value: ", "It is ", note))


def sections(sample, said):
    notes, open_ = [], False
    for line in sample.splitlines():
        if m := re.match(r"(\w+) \{$", line):
            if open_:
                yield ".El"
            open_, notes = True, []
            yield f".Ss {m[1]}"
            if said.get(m[1]):
                yield said[m[1]]
            yield ".Bl -tag -width Ds"
        elif m := re.match(r"\t# (.*)", line):
            notes.append(m[1])
        elif m := re.match(r"\t#(\w+) = (.*)$", line):
            yield from setting(m[1], m[2], notes)
            notes = []
    yield ".El"


def main():
    sample = subprocess.run([sys.argv[1], "config", "sample"], check=True,
                            capture_output=True, text=True).stdout
    with open(MANUAL, encoding="utf-8") as f:
        manual = f.read()
    head, _, rest = manual.partition(HEAD)
    _, _, tail = rest.partition(TAIL)
    text = "\n".join(sections(sample, introductions(rest)))
    with open(MANUAL, "w", encoding="utf-8") as f:
        f.write(head + HEAD + text + TAIL + tail)
    with open(SAMPLE, "w", encoding="utf-8") as f:
        f.write(sample)


if __name__ == "__main__":
    main()
