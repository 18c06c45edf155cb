#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the end-to-end tests: run.py [-k WORD] [--keep] [FILE or name ..]"""
import argparse
import importlib
import inspect
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback
import unittest

from proc import Failure, NotStarted

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
LIMIT = 60


def parse():
    ap = argparse.ArgumentParser(description=__doc__)
    ap.add_argument("names", nargs="*", help="test_X.py or X; default: all")
    ap.add_argument("-k", metavar="WORD", default="",
                    help="only tests with WORD in file.name")
    ap.add_argument("-l", "--list", action="store_true")
    ap.add_argument("--keep", action="store_true",
                    help="keep the folders of failed tests")
    ap.add_argument("--build", help="build folder (OCTROI_BUILD)")
    ap.add_argument("--sanitizer", action="store_true",
                    help="programs are built with a sanitizer: slower, "
                         "time limits are tripled")
    return ap.parse_args()


class Runner:
    def __init__(self, args):
        self.args = args
        self.passed = self.failed = self.skipped = 0
        self.edge = None
        self.no_edge = {}      # keywords that no Edge starts with: why
        self.what_failed = []

    # -- one line a test -----------------------------------------------------
    def line(self, word, seconds, name, note=""):
        note = f"  ({note})" if note else ""
        print(f"{word:4} {seconds:7.2f} s  {name}{note}", flush=True)

    def fail(self, seconds, name, text):
        self.failed += 1
        self.what_failed.append(name)
        self.line("FAIL", seconds, name)
        print("".join(f"    {x}\n" for x in text.rstrip().splitlines()),
              end="", flush=True)

    # -- edges ------------------------------------------------------------
    def open_edge(self, keywords):
        from edge import Edge
        if repr(keywords) in self.no_edge:
            raise Failure("the servers do not start, see above: " +
                          self.no_edge[repr(keywords)])
        self.edge = Edge(tempfile.mkdtemp(prefix="octroi-e2e-"), **keywords)
        try:
            self.edge.start()
        except NotStarted as e:
            # Ours must start at once; a server of others that this machine
            # held up has one more try, and is told of.
            if e.name.startswith("octroi"):
                self.give_up(keywords, e)
            self.line("note", 0, e.name, "did not start, tried again")
            print(f"    {e}", flush=True)
            self.close_edge(e.name)
            self.edge = Edge(tempfile.mkdtemp(prefix="octroi-e2e-"),
                             **keywords)
            try:
                self.edge.start()
            except Exception as again:
                self.give_up(keywords, again)
        except Exception as e:
            self.give_up(keywords, e)

    def give_up(self, keywords, e):
        self.no_edge[repr(keywords)] = str(e).split("\n", 1)[0]
        raise e

    def close_edge(self, name, broken=False):
        """Stop it; what goes wrong while stopping fails a test of its own."""
        edge, self.edge = self.edge, None
        if edge is None:
            return
        begin = time.monotonic()
        faults = edge.close()
        if faults:
            self.fail(time.monotonic() - begin, f"{name} (clean end)",
                      "\n".join(faults))
        if (broken or faults) and self.args.keep:
            print(f"    kept: {edge.tmp}", flush=True)
        else:
            edge.remove()

    # -- tests -------------------------------------------------------------
    def run_file(self, module, tests):
        shared = getattr(module, "EDGE", {})
        for name, test in tests:
            own = getattr(test, "fresh", None)
            if own is not None:
                self.close_edge(module.__name__)
            keywords = {**shared, **(own or {})}
            good = self.run_test(name, test, keywords)
            if own is not None or not good:
                self.close_edge(name, not good)
        self.close_edge(module.__name__)

    def run_test(self, name, test, keywords):
        limit = getattr(test, "limit", LIMIT)
        limit *= 3 if self.args.sanitizer else 1
        begin = time.monotonic()

        def late(*_):
            raise TimeoutError(f"test not done in {limit} s")
        signal.signal(signal.SIGALRM, late)
        signal.alarm(limit)
        try:
            if "edge" in inspect.signature(test).parameters:
                if self.edge is None:
                    self.open_edge(keywords)
                test(self.edge)
                self.after(self.edge.faults())
            else:
                test()
        except unittest.SkipTest as e:
            self.skipped += 1
            self.line("skip", time.monotonic() - begin, name, str(e))
            return True
        except Exception as e:
            signal.alarm(0)
            text = describe(e)
            if self.edge is not None:
                text += "\n" + self.edge.dump()
            self.fail(time.monotonic() - begin, name, text)
            return False
        finally:
            signal.alarm(0)
        self.passed += 1
        self.line("ok", time.monotonic() - begin, name)
        return True

    @staticmethod
    def after(faults):
        if faults:
            raise AssertionError("\n".join(faults))


def describe(e):
    """The error and the lines of our own files that led to it."""
    frames = [f"{os.path.basename(f.filename)}:{f.lineno} {f.line}"
              for f in traceback.extract_tb(e.__traceback__)
              if f.filename.startswith(HERE) and
              os.path.basename(f.filename) != "run.py"]
    return f"{type(e).__name__}: {e}\n" + "\n".join(frames)


def tests_of(args):
    """[(module, [(name, function)])]"""
    want = {os.path.basename(n).removesuffix(".py").removeprefix("test_")
            for n in args.names}
    have = sorted(f[5:-3] for f in os.listdir(HERE)
                  if f.startswith("test_") and f.endswith(".py"))
    unknown = want - set(have)
    if unknown:
        sys.exit(f"no such test file: {', '.join(sorted(unknown))}")
    out = []
    for x in have:
        if want and x not in want:
            continue
        module = importlib.import_module(f"test_{x}")
        found = [(f"{x}.{n[5:]}", f) for n, f in vars(module).items()
                 if n.startswith("test_") and inspect.isfunction(f) and
                 f.__module__ == module.__name__]
        out.append((module, [t for t in found if args.k in t[0]]))
    return out


def become_root():
    """Postfix's master needs root; without it, go through sudo."""
    if os.geteuid() == 0:
        return
    if shutil.which("sudo") is None:
        sys.exit("the end-to-end tests need root (a private Postfix changes "
                 "users) and there is no sudo here")
    keep = "--preserve-env=OCTROI_BUILD,OCTROI_SHARED," \
        "OCTROI_AXE,OCTROI_SHOTS,OCTROI_FLOOD,OCTROI_KILLS,OCTROI_SEED"
    os.execvp("sudo", ["sudo", keep, sys.executable, *sys.argv])


def main():
    args = parse()
    if args.build:
        os.environ["OCTROI_BUILD"] = os.path.abspath(args.build)
    if args.sanitizer:
        os.environ["OCTROI_SANITIZER"] = "1"
    sys.path.insert(0, HERE)
    tests = tests_of(args)
    if args.list:
        for _, found in tests:
            print("\n".join(n for n, _ in found))
        return 0
    become_root()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    runner = Runner(args)
    try:
        for module, found in tests:
            if found:
                runner.run_file(module, found)
    finally:
        if runner.edge is not None:
            runner.edge.close()
            if not args.keep:
                runner.edge.remove()
    if runner.what_failed:
        print("failed: " + ", ".join(runner.what_failed))
    print(f"{runner.passed} passed, {runner.failed} failed, "
          f"{runner.skipped} skipped")
    return 1 if runner.failed or not runner.passed else 0


if __name__ == "__main__":
    sys.exit(main())
