# SPDX-License-Identifier: Apache-2.0
"""A list or relay that changes mail breaks its signatures; its ARC seal says what
it had found before, and counts where the operator trusts the sealer."""
import re

import scene
from kit import check, equal
from mail import message
from scene import accepted, mailbox, nothing_held, refused, send

SEALER, STRANGER = "liste.test", "voisin.test"
AUTHOR = "ministre@strict.test"          # p=reject
FOUND = "dmarc=pass header.from=strict.test"
EDGE = scene.edge({"milter": {"trusted_sealers": [SEALER]}})


def forwarded(edge, box, sealer=SEALER, results=FOUND):
    """Signed by its author, changed by the list, sealed."""
    octets = edge.keys["strict.test"].sign(message(AUTHOR, box, "Avis"))
    octets = octets.replace(b"Subject: Avis", b"Subject: [liste] Avis")
    return edge.keys[sealer].seal(octets, results)


def bring(edge, box, octets, sealer=SEALER):
    """By the sealer's own server, with its own reverse-path."""
    return send(edge, f"rebond@{sealer}", box, octets)


def test_a_trusted_seal_overrides_the_policy_and_is_recorded(edge):
    box = mailbox(edge, "scelle", mode="off")
    result = accepted(bring(edge, box, forwarded(edge, box)))
    got = scene.verdict(edge, result, box)
    equal({k: got[k] for k in ("verdict", "dmarc", "credit", "override")},
          {"verdict": "deliver", "dmarc": "fail", "credit": "arc",
           "override": "arc"})
    (field,) = (f for f in edge.mailboxes.wait_for(box).fields(
        "Authentication-Results") if f.startswith("mx.edge.test"))
    for pattern in (r"dkim=fail\b", r"\barc=pass\b",
                    r'dmarc=fail\s+reason="override=arc"'):
        check(re.search(pattern, field), f"{pattern} in {field}")


def test_two_seals_the_newest_of_a_trusted_sealer(edge):
    box = mailbox(edge, "scelle.deux", mode="off")
    octets = edge.keys[SEALER].seal(
        forwarded(edge, box, STRANGER), f"arc=pass; {FOUND}")
    got = scene.verdict(edge, accepted(bring(edge, box, octets)), box)
    equal((got["verdict"], got["override"]), ("deliver", "arc"))


def test_other_seals_change_nothing(edge):
    box = mailbox(edge, "scelle.non", mode="off")
    good = forwarded(edge, box)
    rows = {
        "no seal": edge.keys["strict.test"].sign(
            message(AUTHOR, box, "Avis")).replace(b"Avis", b"Avis!"),
        "of one whom nobody trusts": forwarded(edge, box, STRANGER),
        "who had found a fail himself": forwarded(
            edge, box, results=FOUND.replace("pass", "fail")),
        "who says nothing of DMARC": forwarded(
            edge, box, results="spf=pass smtp.mailfrom=strict.test"),
        "body changed since": good.replace(b"un essai", b"un virement"),
        "subject changed since": good.replace(b"[liste]", b"[autre]"),
        "results changed since": forwarded(
            edge, box, results="dmarc=fail").replace(b"dmarc=fail",
                                                     b"dmarc=pass"),
        "newer one of one whom nobody trusts": edge.keys[STRANGER].seal(
            good, f"arc=pass; {FOUND}"),
    }
    for name, octets in rows.items():
        result = bring(edge, box, octets)
        check(not result.accepted, f"{name}: {result}")
        refused(result, 550, "5.7.26")
    nothing_held(edge, box)
    equal(edge.mailboxes.all(box), [])
