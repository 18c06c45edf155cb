# SPDX-License-Identifier: Apache-2.0
"""Test messages, and their DKIM signatures made by dkimpy."""
import base64
import email.utils
import itertools
import os
import re
import subprocess
import time

_count = itertools.count(1)
SIGNED = (b"from", b"to", b"cc", b"subject", b"date", b"message-id")


def message(sender, to, subject="Bonjour", body="Bonjour,\r\n\r\n"
            "un essai.\r\n", headers=(), **drop_or_set):
    """A message as octets with CRLF.

    headers  further (name, value) pairs, at the end
    Message_ID=.., Date=.., From=.. replace the value made here; None leaves
    the field out.
    """
    to = ", ".join(to) if isinstance(to, (list, tuple)) else to
    domain = sender.rpartition("@")[2] or "nowhere.test"
    fields = {
        "From": sender, "To": to, "Subject": subject,
        "Date": email.utils.formatdate(time.time()),
        "Message-ID": f"<{os.getpid()}.{next(_count)}.{time.time_ns()}"
                      f"@{domain}>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit"}
    for name, value in drop_or_set.items():
        fields[name.replace("_", "-")] = value
    lines = [f"{k}: {v}" for k, v in fields.items() if v is not None]
    lines += [f"{k}: {v}" for k, v in headers]
    head = "\r\n".join(lines).encode("utf-8", "surrogateescape")
    if isinstance(body, str):
        body = body.encode("utf-8", "surrogateescape")
    return head + b"\r\n\r\n" + body


def message_id(octets):
    for line in octets.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line.lower().startswith(b"message-id:"):
            return line.split(b":", 1)[1].strip().decode()
    return None


TRACE = re.compile(
    rb"(?i)(?:(?:Received|Return-Path|Delivered-To|X-Original-To|"
    rb"X-Octroi-[!-9;-~]*|X-Spam-[!-9;-~]*):|"
    rb"Authentication-Results:\s*mx\.edge\.test\s*;)"
    rb"(?:[^\r\n]|\r\n[ \t])*\r\n")


def untraced(octets):
    """Without the fields that our hops put in front."""
    at = 0
    while (m := TRACE.match(octets, at)):
        at = m.end()
    return octets[at:]


class DkimKey:
    """A signing key; .name and .record are what belongs into the DNS."""

    def __init__(self, domain, selector="s1", kind="rsa", bits=2048):
        self.domain, self.selector, self.kind = domain, selector, kind
        self.name = f"{selector}._domainkey.{domain}"
        how = ["-algorithm", "ed25519"] if kind == "ed25519" else \
            ["-algorithm", "rsa", "-pkeyopt", f"rsa_keygen_bits:{bits}"]
        pem = _openssl("genpkey", *how)
        der = _openssl("pkey", "-pubout", "-outform", "DER", stdin=pem)
        if kind == "ed25519":
            seed = _openssl("pkey", "-outform", "DER", stdin=pem)[-32:]
            self.private = base64.b64encode(seed)
            public = der[-32:]
        else:
            # dkimpy reads PKCS#1
            self.private = _openssl("pkey", "-traditional", stdin=pem)
            public = der
        self.record = f"v=DKIM1; k={kind}; " \
                      f"p={base64.b64encode(public).decode()}"

    def sign(self, octets, *, headers=SIGNED, canon=("relaxed", "relaxed"),
             length=False, oversign=(), identity=None):
        """The message with a DKIM-Signature in front."""
        import dkim
        present = {x.split(b":", 1)[0].strip().lower() for x in
                   octets.split(b"\r\n\r\n", 1)[0].split(b"\r\n")
                   if x[:1] not in b" \t"}
        names = [h for h in headers if h in present] + list(oversign)
        field = dkim.sign(
            octets, self.selector.encode(), self.domain.encode(),
            self.private, identity=identity,
            canonicalize=tuple(c.encode() for c in canon), length=length,
            include_headers=names,
            signature_algorithm=b"ed25519-sha256"
            if self.kind == "ed25519" else b"rsa-sha256")
        return field + octets

    def seal(self, octets, results):
        """The message with one more ARC set in front; results: what the
        sealer says to have found, "spf=pass smtp.mailfrom=a.test"."""
        import dkim
        octets = (f"Authentication-Results: {self.domain}; {results}\r\n"
                  .encode() + octets)
        fields = dkim.arc_sign(octets, self.selector.encode(),
                               self.domain.encode(), self.private,
                               self.domain.encode())
        return b"".join(fields) + octets


def _openssl(*words, stdin=b""):
    return subprocess.run(["openssl", *words], input=stdin, check=True,
                          capture_output=True, timeout=60).stdout
