# SPDX-License-Identifier: Apache-2.0
"""A list or relay that changes mail breaks its signatures; its ARC seal says what
it had found before, and counts where the operator trusts the sealer."""
import re

import scene
from kit import check, equal
from mail import message
from proc import wait_until
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


def test_what_is_left_of_a_chain_is_no_absent_one(edge):
    """A list that takes the seal off has not made it mail without a chain."""
    box = mailbox(edge, "scelle.reste", mode="off")
    octets = edge.keys[SEALER].seal(message(f"moi@{SEALER}", box), FOUND)
    octets = octets.replace(b"ARC-Seal:", b"X-Was-Seal:", 1)
    accepted(bring(edge, box, octets))
    (field,) = (f for f in edge.mailboxes.wait_for(box).fields(
        "Authentication-Results") if f.startswith("mx.edge.test"))
    check(re.search(r"\barc=fail\b", field), field)


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


# -- legacy addresses ----------------------------------------------------------------
OLD = f"mairie.ancienne@{STRANGER}"


def legacy_box(edge, local, **attributes):
    box = mailbox(edge, local, mode="off")
    edge.ctl("legacy", "add", OLD.replace("mairie", local), box,
             "how=forwarded", *[f"{k}={v}" for k, v in attributes.items()])
    return box


def changed(edge, to):
    """Signed by its author; changed by whoever sent it on."""
    return edge.keys["strict.test"].sign(
        message(AUTHOR, to, "Avis")).replace(b"Subject: Avis",
                                             b"Subject: Fwd: Avis")


def test_a_legacy_address_is_credited_and_a_forger_gains_nothing(edge):
    box = legacy_box(edge, "redirige", verified="2026-01-15")
    other = legacy_box(edge, "pas.encore")  # never seen to work
    old = OLD.replace("mairie", "redirige")
    ip, away = scene.SENDERS[STRANGER].ip, scene.SENDERS[SEALER].ip
    octets = changed(edge, old)

    # Its account sent it on: delivered, and the log says why.
    got = wait_until(lambda: (r := send(
        edge, old, box, octets, ip=ip)).accepted and scene.verdict(
            edge, r, box), 5, "the legacy address is known")
    equal({k: got[k] for k in ("verdict", "dmarc", "credit", "override")},
          {"verdict": "deliver", "dmarc": "fail", "credit": "legacy",
           "override": "legacy"})
    edge.mailboxes.wait_for(box)
    # The provider passed it on as it came: for whom, nobody knows.  Nothing
    # bounces, and nothing is delivered unasked.
    got = scene.verdict(edge, accepted(send(edge, AUTHOR, box, octets,
                                            ip=ip)), box)
    equal((got["verdict"], got["reason"], got["credit"]),
          ("hold", "spoof", "legacy-host"))
    equal(len(edge.mailboxes.all(box)), 1)
    # What is no redirection is judged as ever.
    for name, rpath, rcpt, client in (
            ("from elsewhere", AUTHOR, box, away),
            ("as the account, from elsewhere", old, box, away),
            ("a neighbour at the provider", f"voisin@{STRANGER}", box, ip),
            ("one that was not verified", OLD.replace("mairie", "pas.encore"),
             other, ip)):
        result = send(edge, rpath, rcpt, octets, ip=client)
        check(not result.accepted, f"{name}: {result}")
        refused(result, 550, "5.7.26")
    equal(edge.mailboxes.all(other), [])


def test_redirected_mail_of_a_domain_without_dmarc_comes_in(edge):
    box = legacy_box(edge, "suivi", verified="2026-01-15")
    old = OLD.replace("mairie", "suivi")
    sender = "agent@echec.test"
    edge.dns.add("echec.test", "TXT", "v=spf1 -all").add(
        "echec.test", "MX", "10 mx.echec.test.").apply()
    result = wait_until(lambda: (r := send(
        edge, sender, box, message(sender, old, "Bonjour"),
        ip=scene.SENDERS[STRANGER].ip)).accepted and r, 5, "it is known")
    got = scene.verdict(edge, result, box)
    equal((got["verdict"], got["spf"], got["credit"]),
          ("deliver", "fail", "legacy-host"))
