#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Reads, learns and judges every message there is: real mail, and messages made to
break what reads them.

read_all.py --build FOLDER [--shared FOLDER]

For a build with sanitizers: any report of theirs, any crash and any message that
takes too long is a failure.  What is over a limit of the milter is refused, and
says so; that is no failure.  Without the messages the exit status is 77.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile
import time

REPORT = re.compile(r"Sanitizer|runtime error:|SUMMARY:")
# Exit statuses that are answers: all well, and a message that is over a limit.
ANSWERS = (0, 1)
CHUNK = 200
CHUNK_SECONDS = 300


class Failure(Exception):
    pass


def run(program, words, names):
    began = time.monotonic()
    done = subprocess.run([program, "--quiet", *words, *names],
                          capture_output=True, text=True, errors="replace",
                          timeout=CHUNK_SECONDS, check=False)
    report = REPORT.search(done.stderr)
    if report or done.returncode not in ANSWERS:
        raise Failure(f"{words[0]} of {names[0]} and {len(names) - 1} more: "
                      f"exit status {done.returncode}\n{done.stderr[-4000:]}")
    return done.stdout, time.monotonic() - began


def messages(folder):
    return sorted(os.path.join(top, name)
                  for top, _, names in os.walk(folder) for name in names
                  if not name.startswith(("MANIFEST", "README")))


def learn(program, model, files):
    for verb, half in (("ham", files[::2]), ("spam", files[1::2])):
        run(program, ["learn", verb, f"--model={model}"], half)


def scan(program, words, files):
    answered = 0
    for i in range(0, len(files), CHUNK):
        out, _ = run(program, ["scan", "--tsv", "--no-dns", *words],
                     files[i:i + CHUNK])
        answered += len(out.splitlines())
    return answered


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--build", required=True)
    parser.add_argument("--shared",
                        default=os.environ.get("OCTROI_SHARED", "../shared"))
    args = parser.parse_args()
    program = os.path.join(args.build, "octroictl")
    corpus = os.path.join(args.shared, "corpus", "dev.tar.zst")
    broken = [m for name in ("mime", "mime-made") for m in
              messages(os.path.join(args.shared, "conformance", name))]
    if not os.path.exists(corpus) or not broken:
        print(f"NOTHING IS READ: no corpus or conformance in {args.shared}",
              file=sys.stderr)
        return 77
    with tempfile.TemporaryDirectory(prefix="octroi-read.") as folder:
        mail, model = os.path.join(folder, "mail"), os.path.join(folder, "m")
        os.mkdir(mail)
        subprocess.run(["tar", "-C", mail, "--zstd", "-xf", corpus],
                       check=True, timeout=300)
        real = messages(mail)
        try:
            learn(program, model, broken)
            for name, files in (("made to break", broken), ("real", real)):
                n = scan(program, [f"--model={model}"], files)
                print(f"{name}: {n} of {len(files)} judged, the others "
                      f"refused for their size", flush=True)
                if n < 0.9 * len(files):
                    raise Failure(f"{name}: too few were judged")
        except (Failure, subprocess.TimeoutExpired) as e:
            print(e, file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
