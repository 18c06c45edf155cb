# SPDX-License-Identifier: Apache-2.0
"""What sanitizers are told, and what of their reports is not ours."""
import re

# libmilter makes and destroys the mutexes of its stop in the thread of smfi_main,
# and takes them in smfi_stop, which is ours to call from another one.
# GLib's own locks are futexes that it does not see: what GLib and GMime touch
# through the C library is theirs, what our code touches is still looked at.
SUPPRESSIONS = "race:mi_closener\nmutex:mi_stop_milters\n" \
    "mutex:mi_closener\ncalled_from_lib:libglib-2.0.so\n" \
    "called_from_lib:libgobject-2.0.so\ncalled_from_lib:libgmime-3.0.so\n"

# One report of ThreadSanitizer, and the accesses in it: the first two frames.
REPORT = re.compile(r"^={18}\nWARNING: ThreadSanitizer: .*?^={18}\n",
                    re.M | re.S)
ACCESS = re.compile(r"^  (?:Previous )?(?:atomic )?(?:write|read) .*\n"
                    r"    #0 (\S+) .*\n(?:    #1 (.*)\n)?", re.M | re.I)
TOTAL = re.compile(r"^ThreadSanitizer: reported \d+ warnings\n", re.M)


def environment(reports, suppressions):
    """REPORTS: how the names of the files begin that reports are written to."""
    with open(suppressions, "w") as f:
        f.write(SUPPRESSIONS)
    common = f"log_path={reports}"
    return {"ASAN_OPTIONS": f"{common}:detect_leaks=1:"
                            "detect_stack_use_after_return=1:"
                            "strict_string_checks=1",
            "UBSAN_OPTIONS": f"{common}:print_stacktrace=1",
            "LSAN_OPTIONS": f"{common}",
            # Files tell of a race, not how the program ended: theirs() can
            # look into files only.
            "TSAN_OPTIONS": f"{common}:second_deadlock_stack=1:exitcode=0:"
                            f"history_size=4:suppressions={suppressions}"}


def theirs(report):
    """The stop of libmilter's pool: its controller destroys the lock and the
    condition that its other threads used, without a word that they are done.

    A suppression can't say this: every thread of ours has libmilter below it.
    """
    accesses = ACCESS.findall(report)
    return "data race" in report and len(accesses) == 2 and all(
        top.startswith("pthread_") and "(libmilter.so" in caller
        for top, caller in accesses) and any(
        re.fullmatch("pthread_(mutex|cond)_destroy", top)
        for top, _ in accesses)


def ours(text):
    """What is left of a file of reports; "" when there is nothing."""
    left = REPORT.sub(lambda m: "" if theirs(m[0]) else m[0], text)
    return left if TOTAL.sub("", left).strip() else ""
