# SPDX-License-Identifier: Apache-2.0
"""A whole site as one file: 300 tenants with plans, 1,000 domains, 10,000
mailboxes.  Prints what octroictl takes for it against a real Redis that writes
every change to the disk; fails beyond the targets of the design."""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

TENANTS, DOMAINS, MAILBOXES = 300, 1000, 10
PLAN_MAX_S, APPLY_MAX_S = 2.0, 30.0
HASH = "$argon2id$v=19$m=65536,t=2,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYWFhYWFh"


def site(change=""):
    out = ["scope all", "plan technologie", "\tname = Technologie",
           "\tmailboxes = 60", "\tquota = 5G", "\tdomains = 10"]
    for t in range(TENANTS):
        out += [f"tenant t{t:03}", f"\tname = Commune n° {t}",
                "\tkind = commune", f"\tpopulation = {100 + t * 17}",
                "\tplan = technologie", f"\tcontact = mairie{t}@isp.test"]
    for d in range(DOMAINS):
        name = f"commune-{d:04}.test"
        out += [f"domain {name}", f"\ttenant = t{d % TENANTS:03}"]
        for m in range(MAILBOXES):
            out += [f"mailbox boite{m}@{name}",
                    f"\tname = Personne {m}{change if m == 3 else ''}",
                    "\tstorage = 5G", f"\tcredential = {HASH}"]
        out += [f"alias contact@{name}", f"\ttargets = boite0@{name}"]
    return "\n".join(out) + "\n"


class Bench:
    def __init__(self, build, folder):
        self.folder, self.slow = folder, []
        self.conf = os.path.join(folder, "octroi.conf")
        self.ctl = [os.path.join(build, "octroictl"), "-c", self.conf]
        sock = os.path.join(folder, "redis.sock")
        with open(self.conf, "w", encoding="utf-8") as f:
            f.write(f'platform {{ hostname = mx.edge.test secret_file = "{folder}/secret" }}\n'
                    f'redis {{ address = "unix:{sock}" }}\n'
                    f'challenge {{ domain = defi.test '
                    f'url = "https://defi.test" }}\n'
                    f'spool {{ path = "{folder}/spool" }}\n')
        self.redis = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", sock, "--dir",
             folder, "--save", "", "--appendonly", "yes", "--appendfsync",
             "always", "--logfile", f"{folder}/redis.log"])
        end = time.monotonic() + 10
        while not os.path.exists(sock):
            if time.monotonic() > end:
                sys.exit("redis-server does not start")
            time.sleep(0.02)

    def run(self, what, *words, text="", limit=None):
        begun = time.monotonic()
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out = subprocess.run([*self.ctl, *words], input=text, text=True,
                             capture_output=True, check=False, timeout=300)
        took = time.monotonic() - begun
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if out.returncode != 0:
            sys.exit(f"{what}: {out.stderr}")
        cpu = sum(after[:2]) - sum(before[:2])
        print(f"{what:44} {took:7.2f} s {cpu:7.2f} s CPU"
              f"{f'   (at most {limit:.0f} s)' if limit else ''}", flush=True)
        if limit and took > limit:
            self.slow.append(what)
        return out.stdout

    def both(self, what, text, changes):
        shown = json.loads(self.run(f"plan, {what}", "plan", "-", "--json",
                                    text=text, limit=PLAN_MAX_S))
        if len(shown["changes"]) != changes:
            sys.exit(f"{what}: {len(shown['changes'])} changes")
        self.run(f"apply, {what}", "apply", "-",
                 f"--fingerprint={shown['fingerprint']}", text=text,
                 limit=APPLY_MAX_S)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", nargs="?", default=".")
    build = parser.parse_args().build
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(build, folder)
        try:
            everything = 1 + TENANTS + DOMAINS * (MAILBOXES + 2)
            bench.both("into an empty store", site(), everything)
            text = bench.run("export", "export", "--secrets")
            bench.both("nothing to do", text, 0)
            bench.both("a mailbox in each domain changed",
                       site(" bis"), DOMAINS)
        finally:
            bench.redis.terminate()
            bench.redis.wait(10)
    if bench.slow:
        sys.exit("beyond the target: " + "; ".join(bench.slow))


main()
