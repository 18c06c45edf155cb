#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The documents say what the programs do.

documents.py TOP BUILD: compares manual pages, samples, doc/redis.md and the
README with the source and with the programs in the folder BUILD.
"""
import os
import re
import subprocess
import sys
import tempfile

PROGRAMS = ("octroi-milter", "octroi-courier", "octroi-web", "octroi-mapd")
LINES_MAX = {"README.md": 150, "CONTRIBUTING.md": 200}
# What must be set before anything works.
SMALLEST = ('platform { hostname = "mx.example.org" }\n'
            'challenge { domain = "filtre.example.org"\n'
            'url = "https://filtre.example.org" }\n')


class Checker:
    def __init__(self, top, build):
        self.top, self.build = top, build
        self.bad = self.count = 0

    def read(self, path):
        with open(os.path.join(self.top, path), encoding="utf-8") as f:
            return f.read()

    def run(self, program, *words):
        return subprocess.run([f"{self.build}/{program}", *words], check=True,
                              capture_output=True, text=True, timeout=30
                              ).stdout

    def fault(self, text):
        print(text)
        self.bad += 1

    def same(self, got, expected, where, hint=""):
        """Two sequences of the same things, in any order."""
        self.count += 1
        for x in sorted(set(expected) - set(got)):
            self.fault(f"{where}: {x} is missing{hint}")
        for x in sorted(set(got) - set(expected)):
            self.fault(f"{where}: {x} is not in the source{hint}")

    # -- settings --------------------------------------------------------------
    def sample_settings(self, sample):
        """{"section.name = default"} of octroictl's sample."""
        section = None
        for line in sample.splitlines():
            m = re.match(r"(\w+) \{$", line)
            if m:
                section = m[1]
            m = re.match(r"\t#(\w+) = (.*)$", line)
            if m:
                yield f"{section}.{m[1]} = {plain(m[2])}"

    def manual_settings(self, page):
        section = None
        for line in page.splitlines():
            if line.startswith(".Sh "):
                section = None
            m = re.match(r"\.Ss (\w+)$", line)
            if m:
                section = m[1]
            m = re.match(r"\.It Cm (\w+) No = ?(?:Ar )?(.*)$", line)
            if m and section:
                yield f"{section}.{m[1]} = {plain(m[2])}"

    def settings(self):
        sample = self.run("octroictl", "config", "sample")
        self.count += 1
        if sample != self.read("doc/octroi.conf.sample"):
            self.fault("doc/octroi.conf.sample is old: octroictl config "
                       "sample >doc/octroi.conf.sample")
        self.same(list(self.manual_settings(
                      self.read("doc/man/octroi.conf.5"))),
                  list(self.sample_settings(sample)), "octroi.conf.5")

    def postfix(self):
        self.count += 1
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
            f.write(SMALLEST)
            f.flush()
            now = self.run("octroictl", "-c", f.name, "feed", "postfix")
        if now != self.read("contrib/postfix/octroi.cf"):
            self.fault("contrib/postfix/octroi.cf is not what octroictl feed "
                       "postfix says")

    def dovecot(self):
        with tempfile.NamedTemporaryFile("w", suffix=".conf") as f:
            f.write(SMALLEST + 'dovecot { socket = "unix:/run/octroi/dict" }\n'
                    'learn { folder = "/var/spool/octroi-learn" }\n')
            f.flush()
            now = self.run("octroictl", "-c", f.name, "feed", "dovecot")
        files = dict(part.split("\n", 1) for part in
                     now.split("##### /etc/dovecot/octroi/")[1:])
        for name in ("octroi-learn.conf", "octroi-spam.sieve",
                     "octroi-ham.sieve", "bin/octroi-learn.sh",
                     "bin/octroi-quota"):
            self.count += 1
            path = "contrib/dovecot/" + name.removeprefix("bin/")
            if files[name].rstrip("\n") != self.read(path).rstrip("\n"):
                self.fault(f"{path} is not what octroictl feed dovecot says")

    # -- options -----------------------------------------------------------------
    def options(self):
        for program in PROGRAMS:
            page = self.read(f"doc/man/{program}.8")
            usage = self.run(program, "--help")
            self.same(re.findall(r"^\.It Fl (\w)\b", page, re.M),
                      re.findall(r"^  -(\w)", usage, re.M), f"{program}.8")
            self.count += 1
            version = self.run(program, "--version").split()
            if len(version) != 2 or version[0] != program:
                self.fault(f"{program} --version: {version}")
        if os.path.exists(f"{self.top}/doc/man/octroictl.8"):
            page = self.read("doc/man/octroictl.8")
            nouns = re.findall(r"^  ([a-z]+) {2,}",
                               self.run("octroictl", "--help"), re.M)
            self.same(set(re.findall(r"^\.(?:It|Ss|It Xo) (?:Cm |Ic )?"
                                     r"([a-z]+)", page, re.M)) & set(nouns),
                      nouns, "octroictl.8")

    # -- Redis ---------------------------------------------------------------------
    def redis(self):
        header = self.read("policy/keys.h")
        made = re.findall(r"^const char \*(key_\w+)\(", header, re.M)
        made += re.findall(r"^#define (KEY_\w+) KEY_PREFIX", header, re.M)
        known = re.findall(r"^\| `(key_\w+|KEY_\w+)` \|",
                           self.read("doc/redis.md"), re.M)
        self.same(known, made, "doc/redis.md")

    # -- README and its kin ------------------------------------------------------------
    def texts(self):
        for path, most in LINES_MAX.items():
            self.count += 1
            lines = self.read(path).count("\n")
            if lines > most:
                self.fault(f"{path}: {lines} lines, {most} at most")
        for path in ("README.md", "CONTRIBUTING.md", "SECURITY.md", "NEWS",
                     *(f"doc/{n}" for n in os.listdir(f"{self.top}/doc")
                       if n.endswith(".md"))):
            self.count += 1
            base = os.path.dirname(f"{self.top}/{path}")
            for target in re.findall(r"\]\(([^)#:]+)\)", self.read(path)):
                if not os.path.exists(f"{base}/{target}"):
                    self.fault(f"{path}: no {target}")


def plain(value):
    """A default as both the sample and the manual page have it."""
    value = value.replace('\\&', "").replace("No ", "").strip()
    return re.sub(r'[",{} ]+', " ", value).strip()


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: documents.py TOP BUILD")
    c = Checker(*sys.argv[1:])
    for check in (c.settings, c.postfix, c.dovecot, c.options, c.redis, c.texts):
        try:
            check()
        except (OSError, subprocess.SubprocessError) as e:
            c.fault(f"{check.__name__}: {e}")
    print(f"documents: {c.count} checks, {c.bad} faults")
    return 1 if c.bad else 0


if __name__ == "__main__":
    sys.exit(main())
