# SPDX-License-Identifier: Apache-2.0
"""pyspf as the peer of the differential test, and why it differs.

Every class below removes one difference from pyspf; doc/spf-differences.md
explains it under the name of the class.
"""
import itertools
import re
import sys

import spf

NO_TEXT = {"SPF fail - not authorized"}


def pyspf_lookup(zone):
    def lookup(name, qtype, *_):
        name = name.lower()
        if zone.fails(name):
            raise spf.TempError("DNS failure")
        node = zone.names.get(name, {})
        if "CNAME" in node:
            return [((name, "CNAME"), node["CNAME"][0])]
        return [((name, qtype), value) for value in node.get(qtype, [])]

    return lookup


def run_pyspf(case, query=spf.query):
    """(result, explanation, its message)"""
    try:
        result, _, text = query(i=case["ip"], s=case["from"], h=case["helo"],
                                receiver="unknown", querytime=0).check()
    except Exception as error:  # whatever it raises is its answer
        return "crash", "", repr(error)
    if result != "fail" or text in NO_TEXT:
        return result, "", text
    if any(not " " <= c <= "~" for c in text) or len(text) > 511:
        return result, "", "unprintable"
    return result, text, ""


def can_exist(name):
    return all(0 < len(label) < 64 for label in name.split("."))


def domainmatch(names, suffix, original=spf.domainmatch):
    """Tell the evaluation what became of its ptr."""
    matched = original(names, suffix)
    settle = getattr(sys._getframe(1).f_locals["self"], "ptr_matches", None)
    if settle:
        settle(matched)
    return matched


spf.domainmatch = domainmatch


# --- pyspf with one difference removed each ---------------------------------
# doc/spf-differences.md explains every one under the name of its class.


class DnsErrorsOfPtr:
    """5.5, 7.3: an error while the client's names are sought is no match."""

    in_ptr = False

    def dns(self, *args, **rest):
        try:
            return super().dns(*args, **rest)
        except spf.TempError:
            if not self.in_ptr:
                raise
            return []

    def validated_ptrs(self):
        self.in_ptr = True
        try:
            return super().validated_ptrs()
        finally:
            self.in_ptr = False


class VoidsByTerm:
    """4.6.4: terms with a void answer count, not questions, not if they match.
    """

    inside = seen = False

    def dns(self, name, qtype, cnames=None, ignore_void=False):
        seen = self.seen
        found = super().dns(name, qtype, cnames, True)
        if ignore_void:
            self.seen = seen  # whatever its aliases came to
        elif not found and can_exist(name):
            self.seen = True
        return found

    def settle(self, matched):
        self.void_lookups += self.seen and not matched
        self.seen = False
        if self.void_lookups > spf.MAX_VOID_LOOKUPS:
            raise spf.PermError("void lookups")

    def term(self, look_up, *args):
        """Look up without settling: more follows for this term."""
        inside, self.inside = self.inside, True
        self.seen = self.seen and inside
        try:
            return look_up(*args)
        finally:
            self.inside = inside

    def dns_a(self, *args):
        found = self.term(super().dns_a, *args)
        if not self.inside:
            self.settle(bool(found))
        return found

    def dns_mx(self, *args):
        return self.term(super().dns_mx, *args)

    def validated_ptrs(self):
        return self.term(super().validated_ptrs)

    def cidrmatch(self, *args):
        matched = super().cidrmatch(*args)
        if not self.inside:
            self.settle(matched)
        return matched

    def ptr_matches(self, matched):
        self.settle(matched)

    def getp(self):
        seen = self.seen
        try:
            return self.term(super().getp)
        finally:
            self.seen = seen  # no term of its own


class NamesOfModifiers:
    """4.6.1, 6: names have no case; unknown modifiers may come again, and
    op= and default= are unknown ones.
    """

    def dns_spf(self, domain):
        text, seen = super().dns_spf(domain), set()
        terms = text.split(" ") if text else []
        for i, term in enumerate(terms[1:], 1):
            match = spf.RE_MODIFIER.match(term)
            if not match:
                continue
            name = match.group(1)
            if name.lower() in ("exp", "redirect"):
                terms[i] = term.lower()[:len(name)] + term[len(name):]
            elif name in seen or name in ("op", "default"):
                terms[i] = "other%d%s" % (i, term)
            seen.add(name)
        return " ".join(terms) if text else text


class OctetsOfRecords:
    """7.1: nothing but visible ASCII stands in a term."""

    def dns_spf(self, domain):
        text = super().dns_spf(domain)
        if text and any(not " " <= c <= "~" for c in text):
            raise spf.PermError("octets")
        return text


class SyntaxOfMacros:
    """7.1, 7.3: "%%" at the end, "R", zero, delimiters, dots as joints."""

    MACRO = re.compile(r"%%|%_|%-|%\{([a-zA-Z])([0-9]*)([rR]?)([-.+,/_=]*)\}"
                       r"|[^%]")

    def expand(self, text, stripdot=True):
        text = "".join(self.fixed(text))
        saved = spf.RE_INVALID_MACRO, spf.JOINERS
        spf.RE_INVALID_MACRO = re.compile("(?!)")
        spf.JOINERS = dict.fromkeys("slodiphcrtv", ".")
        try:
            return super().expand(text, stripdot)
        finally:
            spf.RE_INVALID_MACRO, spf.JOINERS = saved

    def fixed(self, text):
        at = 0
        while at < len(text):
            match = self.MACRO.match(text, at)
            if not match or (match.group(2) and int(match.group(2)) == 0):
                raise spf.PermError("macro")
            at = match.end()
            if match.group(1):
                yield "%%{%s%s%s%s}" % (match.group(1), match.group(2),
                                        match.group(3).lower(),
                                        match.group(4))
            else:
                yield match.group(0)


class RedirectCountedWhenUsed:
    """4.6.4: a redirect that is not followed asks nothing."""

    rounds = ()

    def check_lookups(self):
        caller = sys._getframe(1).f_locals
        if "recursion" not in caller or "cidrlength" in caller:
            super().check_lookups()  # not while modifiers are parsed

    def check1(self, text, domain, recursion):
        if self.rounds and self.rounds[-1] == recursion:
            super().check_lookups()
        saved, self.rounds = self.rounds, self.rounds + (recursion,)
        try:
            return super().check1(text, domain, recursion)
        finally:
            self.rounds = saved


class IncludeOfItself:
    """4.6.4: a loop is an error when it is run into."""

    def validate_mechanism(self, mech):
        try:
            return super().validate_mechanism(mech)
        except spf.PermError as error:
            if "trivial recursion" not in str(error):
                raise
            return (mech, "include", self.d, self.cidrmax,
                    spf.RESULTS.get(mech[0], "pass"))


class ExistsWithoutDomain:
    """5.7: a domain must be given, after a qualifier too."""

    def validate_mechanism(self, mech):
        if re.fullmatch("[-+?~]exists", mech, re.I):
            raise spf.PermError("exists")
        return super().validate_mechanism(mech)


class HostsOfMx:
    """5.4: a host that matches counts, whatever became of another one."""

    failed = None

    def dns_mx(self, domain):
        hosts = self.dns(domain, "MX")
        if len(hosts) > spf.MAX_MX:
            raise spf.PermError("MX")
        found = []
        for _, host in hosts:
            try:
                found += self.dns_a(host, self.A)
            except spf.TempError as error:
                self.failed = error
        return found

    def cidrmatch(self, addresses, bits):
        error, self.failed = self.failed, None
        if super().cidrmatch(addresses, bits):
            return True
        if error:
            raise error
        return False


class NamesThatCannotBe:
    """4.8: nothing is looked up for them, not even the client's names, and
    one that came out empty is such a name.
    """

    def expand_domain(self, arg):
        return super().expand_domain(arg) or ".."

    def dns(self, name, *args, **rest):
        return super().dns(name, *args, **rest) if can_exist(name) else []

    def validated_ptrs(self):
        frame = sys._getframe(1)
        while frame.f_code.co_name not in ("check0", "getp"):
            frame = frame.f_back
        if frame.f_code.co_name == "check0":
            if not can_exist(frame.f_locals["arg"]):
                return []
        return super().validated_ptrs()


class SenderWithoutLocalPart:
    """4.3: postmaster stands in for it, in %{s} as in %{l}."""

    def __init__(self, *, s, **rest):
        super().__init__(s="postmaster" + s if s[:1] == "@" else s, **rest)


class LongNames:
    """7.3: labels go until 253 octets are left; texts are not names."""

    def expand(self, text, stripdot=True):
        if "%{p" in text.lower():
            self.getp()
        spf.len = lambda x: 0  # its own shortening, of one label, is off
        try:
            text = super().expand(text, stripdot)
        finally:
            del spf.len
        while stripdot and len(text) > 253 and "." in text:
            text = text.split(".", 1)[1]
        return text


FIXES = (DnsErrorsOfPtr, VoidsByTerm, NamesOfModifiers, OctetsOfRecords,
         SyntaxOfMacros, RedirectCountedWhenUsed, IncludeOfItself, HostsOfMx,
         ExistsWithoutDomain, NamesThatCannotBe, SenderWithoutLocalPart,
         LongNames)


def explain(case, ours):
    """The names of the differences that, removed, make pyspf agree."""
    for size in (1, 2, len(FIXES)):
        for fixes in itertools.combinations(FIXES, size):
            fixed = type("Fixed", fixes + (spf.query,), {})
            if run_pyspf(case, fixed)[:2] == ours:
                return ("+".join(fix.__name__ for fix in fixes)
                        if size < 3 else "three or more together")
    return None
