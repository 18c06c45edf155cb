# SPDX-License-Identifier: Apache-2.0
"""What a test file imports: checks, and marks for the runner.

A file test_X.py holds functions test_*(); one that has a parameter `edge`
gets a running Edge.  The file's tests share one Edge, made with the keywords
in the file's EDGE dict; a test marked @fresh(...) has one for itself, made
with EDGE and its own keywords on top.  After a failed test the next one gets
a new Edge.
"""
import os
import unittest

from proc import Failure, wait_until  # noqa: F401  (for the test files)


def limit(seconds):
    """The test may take that long (default: run.py's LIMIT)."""
    def mark(f):
        f.limit = seconds
        return f
    return mark


def fresh(**keywords):
    def mark(f):
        f.fresh = keywords
        return f
    return mark


def skip(reason):
    raise unittest.SkipTest(reason)


def need_file(path, why):
    if not os.path.exists(path):
        skip(f"{why}: {path} is absent")
    return path


def check(condition, what="check failed"):
    if not condition:
        raise Failure(what() if callable(what) else str(what))


def within(took, seconds, what):
    """took (s) is below seconds; triple that for programs with a sanitizer."""
    slow = 3 if os.environ.get("OCTROI_SANITIZER") else 1
    check(took < seconds * slow, f"{what}: {took:.2f} s, allowed are "
          f"{seconds * slow} s")


def equal(got, expected, what="value"):
    if got != expected:
        raise Failure(f"{what}: got {got!r}, expected {expected!r}")


def same_octets(got, expected, what="octets"):
    """Like equal, but says where two long byte strings part."""
    if got == expected:
        return
    at = next((i for i, (a, b) in enumerate(zip(got, expected)) if a != b),
              min(len(got), len(expected)))
    raise Failure(f"{what}: differ at octet {at} of {len(got)} and "
                  f"{len(expected)}: got {got[max(0, at - 20):at + 40]!r}, "
                  f"expected {expected[max(0, at - 20):at + 40]!r}")
