#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A fresh installation among a French town hall's mail (french.py).

french_check.py --build FOLDER [--corpus FOLDER]

By rules alone, and with a model trained on dev-train where the corpus is: at most
1 % of the good mail may be held, at least half of the bad must be marked, and what
machines answer is never held.  Exit status 1 where a bound is broken.
"""
import argparse
import glob
import os
import subprocess
import sys
import tempfile

import french

GOOD, BAD = ("ham", "list", "transactional"), ("spam", "phish")
HELD = ("hold", "reject")
GOOD_HELD = 0.01
GOOD_MARKED = 0.03
BAD_MARKED = 0.5
NEEDED = (150, 80)  # so that the shares mean something


def run(program, *words, names=None):
    done = subprocess.run(
        [program, "--quiet", *words], text=True, capture_output=True,
        input="".join(f"{n}\n" for n in names) if names else None, timeout=600)
    if done.returncode != 0:
        sys.exit(f"french: {' '.join(words[:3])}: {done.stderr[-2000:]}")
    return done.stdout


def table(path):
    with open(path, encoding="utf-8") as f:
        return {line.split("\t")[0]: line.rstrip("\n").split("\t")
                for line in f if not line.startswith("#")}


def train(program, corpus, folder):
    """A model of dev-train, or None where the corpus is not."""
    manifest = os.path.join(corpus, "manifest.tsv")
    packed = os.path.join(corpus, "dev.tar.zst")
    if not os.path.exists(packed):
        return None
    subprocess.run(["tar", "-C", folder, "--zstd", "-xf", packed,
                    "train"], check=True, timeout=120)
    rows = table(manifest)
    model = os.path.join(folder, "model")
    for verb, bad in (("ham", False), ("spam", True)):
        run(program, "learn", verb, f"--model={model}",
            f"--manifest={manifest}", "-",
            names=[os.path.join(folder, "train", f"{i}.eml")
                   for i, row in rows.items()
                   if row[5] == "dev-train" and (row[1] in BAD) == bad])
    return model


def scan(program, folder, model):
    words = ["scan", "--tsv", "--no-dns",
             f"--manifest={folder}/manifest.tsv"]
    if model:
        words.append(f"--model={model}")
    out = run(program, *words, *sorted(glob.glob(f"{folder}/mail/*.eml")))
    return {name: verdict for name, _, verdict in
            (line.split("\t") for line in out.splitlines())}


def judge(rows, verdicts, how):
    """Prints the table; the number of broken bounds."""
    by = {"good": [], "bad": [], "automatic": []}
    for name, verdict in verdicts.items():
        kind = rows[name][1]
        by["good" if kind in GOOD else "bad" if kind in BAD else
           "automatic"].append((name, verdict))
    broken = []
    held = [n for n, v in by["good"] if v in HELD]
    marked = [n for n, v in by["good"] if v != "deliver"]
    caught = [n for n, v in by["bad"] if v != "deliver"]
    machines = [n for n, v in by["automatic"] if v in HELD]
    print(f"{how}: good held {len(held)}, marked {len(marked)} of "
          f"{len(by['good'])}; bad marked {len(caught)}, held "
          f"{sum(v in HELD for _, v in by['bad'])} of {len(by['bad'])}; "
          f"automatic held {len(machines)} of {len(by['automatic'])}")
    if len(by["good"]) < NEEDED[0] or len(by["bad"]) < NEEDED[1]:
        broken.append("too few messages")
    if len(held) > GOOD_HELD * len(by["good"]):
        broken.append("good held: " + " ".join(rows[n][-1] for n in held))
    if len(marked) > GOOD_MARKED * len(by["good"]):
        broken.append("good marked: " + " ".join(rows[n][-1]
                                                 for n in marked))
    if len(caught) < BAD_MARKED * len(by["bad"]):
        broken.append("bad missed: " + " ".join(
            rows[n][-1] for n, v in by["bad"] if v == "deliver"))
    if machines:
        broken.append("automatic held: " + " ".join(rows[n][-1]
                                                    for n in machines))
    for line in broken:
        print("wrong", line)
    return len(broken)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--build", default=".")
    p.add_argument("--corpus", default=os.path.join(
        os.environ.get("OCTROI_SHARED", "../shared"), "corpus"))
    args = p.parse_args()
    program = os.path.join(args.build, "octroictl")
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        french.write(folder)
        rows = table(f"{folder}/manifest.tsv")
        broken += judge(rows, scan(program, folder, None), "rules alone")
        model = train(program, args.corpus, folder)
        if model:
            broken += judge(rows, scan(program, folder, model),
                            "with a model of dev-train")
        else:
            print(f"skipped: no corpus at {args.corpus}: not judged with a "
                  "model")
    return broken > 0


if __name__ == "__main__":
    sys.exit(main())
