#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Dependencies point one way: programs -> policy -> auth -> lib -> system.

layers.py [TOP [DECIDE.O]]: reads every #include below TOP, and what the object
file of policy/decide.c calls; prints what breaks a rule.
"""
import os
import re
import subprocess
import sys

RANK = {"lib": 0, "auth": 1, "policy": 2, "milter": 3, "courier": 3,
        "challenge-web": 3, "provisioning": 3}
# Headers of a program that others may use: they are libraries of their own.
SHARED = {"milter/doors.h", "milter/evaluate.h", "milter/facts.h",
          "milter/legacy.h", "milter/lists.h",
          "courier/challenge_mail.h", "courier/digest.h",
          "courier/digest_mail.h",
          "courier/dsn.h", "courier/notice.h", "courier/notice_mail.h"}
# The decision is pure.  Neither these of ours ...
IMPURE = re.compile(r"lib/(dns|store|io|spool|smtp_out|smtp_conn|conf|daemon)"
                    r"\w*\.h")
# ... nor these of the system or of libraries may reach policy/decide.c.
OUTSIDE = re.compile(r"libmilter/|ldns/|hiredis/|spf2/|opendkim/|"
                     r"microhttpd|systemd/|sys/(socket|un|epoll|select)\.h|"
                     r"netinet/|arpa/|netdb\.h|poll\.h|unistd\.h|fcntl\.h|"
                     r"pthread\.h")
# Two types come along by name only; that nothing of theirs is called is seen in
# the object file.
TYPES_ONLY = {("lib/addr.h", "sys/socket.h"),
              ("policy/directory.h", "lib/store.h")}
CALLS = re.compile(r"(store|dns|spool|smfi|redis|oct_smtp|oct_conf|oct_log|"
                   r"pthread|sem|clock)_|(socket|connect|send|recv|open|read|"
                   r"write|poll|select|time|clock|rand|getenv|fopen)\w*$")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def includes(top, path):
    with open(os.path.join(top, path), encoding="utf-8") as f:
        return INCLUDE.findall(f.read())


def sources(top):
    for folder in RANK:
        for name in sorted(os.listdir(os.path.join(top, folder))):
            if name.endswith((".c", ".h")):
                yield f"{folder}/{name}"


def order_faults(top):
    for path in sources(top):
        folder = path.split("/", 1)[0]
        for kind, name in includes(top, path):
            other = name.split("/", 1)[0]
            if kind == '"' and name.startswith("tests/"):
                yield f"{path}: includes {name}: a program uses no test code"
            if kind != '"' or other not in RANK or other == folder:
                continue
            if name in SHARED and RANK[folder] == 3:
                continue
            if RANK[other] >= RANK[folder]:
                yield f"{path}: includes {name}: {folder} stands below or " \
                      f"beside {other}"


def purity_faults(top, start):
    """Everything that start reaches, with the way to it."""
    seen, todo = {start}, [(start, start)]
    while todo:
        path, way = todo.pop()
        for kind, name in includes(top, path):
            step = f"{way} -> {name}"
            if (path, name) in TYPES_ONLY:
                continue
            if kind == "<":
                if OUTSIDE.match(name):
                    yield f"{step}: the decision is pure"
            elif IMPURE.match(name):
                yield f"{step}: the decision is pure"
            elif name not in seen and os.path.exists(os.path.join(top, name)):
                seen.add(name)
                todo.append((name, step))


def call_faults(path):
    out = subprocess.run(["nm", "--undefined-only", path], check=True,
                         capture_output=True, text=True).stdout
    for name in re.findall(r"\bU (\S+)", out):
        if CALLS.match(name):
            yield f"{path}: calls {name}: the decision is pure"


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else "."
    faults = [*order_faults(top), *purity_faults(top, "policy/decide.c")]
    if len(sys.argv) > 2:
        faults += call_faults(sys.argv[2])
    print("".join(f"{f}\n" for f in faults), end="")
    print(f"layers: {len(list(sources(top)))} files, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
