# SPDX-License-Identifier: Apache-2.0
"""Only who proves himself is written to, and only he is recognised."""
import scene
from kit import check, equal
from mail import message
from octroi import allow, block, held, release
from proc import wait_until
from scene import (STRANGER, TOWN, accepted, challenge, challenges,
                   nothing_held, only_held, person, refused, send)

EDGE = scene.edge()


def mailbox(edge, local, **settings):
    """Here who proves nothing is held, so that the reason can be seen."""
    return scene.mailbox(edge, local, **{"unproven": "hold", **settings})


def decided(edge, result, **want):
    """The one verdict of an accepted message, checked."""
    got = scene.verdict(edge, accepted(result))
    equal({k: got[k] for k in want}, want, "verdict")
    return got


def known(edge, box, sender):
    """The owner lets sender in, as he is proven by his own server."""
    accepted(send(edge, sender, box))
    release(edge, only_held(edge, box)["id"])
    edge.mailboxes.wait_for(box)
    decided(edge, send(edge, sender, box), reason="allowed")
    edge.mailboxes.wait_for(box, count=2)


def test_a_forged_known_sender_is_unknown_and_held_silently(edge):
    box, ami = mailbox(edge, "faux"), "ami@liste.test"
    known(edge, box, ami)
    # Neither SPF nor DKIM: another server in his name.
    result = send(edge, ami, box, ip=STRANGER)
    got = scene.verdict(edge, accepted(result))
    equal((got["verdict"], got["ask"]), ("hold", "no"))
    check(got["class"] in "NX", got["class"])
    # His From behind an envelope that the forger can prove.
    evil = person()
    got = decided(edge, send(edge, evil, box, message(ami, box)),
                  verdict="hold")
    check(got["reason"] != "allowed", got)
    edge.postfix.wait_empty()
    equal(len(edge.mailboxes.all(box)), 2, "deliveries")
    check(challenges(edge, ami) <= 1, "challenges to the one forged")


def test_a_sender_who_proves_nothing_is_never_asked(edge):
    box = mailbox(edge, "muet")
    decided(edge, send(edge, "qui@nu.test", box), verdict="hold", **{
        "class": "N", "ask": "no", "reason": "first-contact", "row": "13"})
    # SPF passes by a term of sixteen million addresses.
    decided(edge, send(edge, "qui@large.test", box), verdict="hold", ask="no",
            row="13")
    # SPF pass for one domain, From of another that publishes DMARC.
    decided(edge, send(edge, "qui@liste.test", box, message(
        "chef@citoyen.test", box)), verdict="hold", ask="no", row="13")
    # What would have been sent is due by the time of a later, asked one.
    late = person()
    accepted(send(edge, late, box))
    challenge(edge, late)
    for address in ("qui@nu.test", "qui@large.test", "qui@liste.test",
                    "chef@citoyen.test"):
        equal(challenges(edge, address), 0, address)


def test_a_signature_proves_the_envelope_it_was_made_with(edge):
    box, sender = mailbox(edge, "sceau"), person("signe.test")
    octets = edge.keys["signe.test"].sign(message(sender, box))
    decided(edge, send(edge, sender, box, octets), ask="yes", **{
        "class": "A"})
    challenge(edge, sender)


def test_a_replayed_signature_is_not_class_a(edge):
    box, victim = mailbox(edge, "rejeu"), mailbox(edge, "rejeu.cible")
    sender = person("signe.test")
    octets = edge.keys["signe.test"].sign(message(sender, [box, victim]))
    decided(edge, send(edge, sender, box, octets), **{"class": "A"})
    # The same message with the envelope of who got hold of it.
    got = decided(edge, send(edge, person("nu.test"), victim, octets,
                             ip=STRANGER), ask="no")
    check(got["class"] in "FNX", got)
    # The same, by one who makes the envelope look like the sender's.
    got = decided(edge, send(edge, sender.replace("@", "+x@"), victim, octets,
                             ip=STRANGER), ask="no")
    check(got["class"] in "FNX", got)
    # The true envelope, but more often than a letter is sent.
    for _ in range(3):
        got = scene.verdict(edge, accepted(send(
            edge, sender, box, octets, ip=STRANGER)))
    check(got["class"] != "A", got)


def test_a_signature_over_another_recipient_is_not_class_a(edge):
    box, sender = mailbox(edge, "autrui"), person("signe.test")
    octets = edge.keys["signe.test"].sign(message(
        sender, "quelqu.un@ailleurs.test"))
    got = decided(edge, send(edge, sender, box, octets), ask="no")
    check(got["class"] != "A", got)
    unsigned_to = edge.keys["signe.test"].sign(
        message(sender, box), headers=(b"from", b"subject", b"date"))
    got = decided(edge, send(edge, sender, box, unsigned_to), ask="no")
    check(got["class"] != "A", got)
    partial = edge.keys["signe.test"].sign(message(sender, box), length=True)
    got = decided(edge, send(edge, sender, box, partial), ask="no")
    check(got["class"] not in "AF", got)


def test_dmarc_reject_is_refused(edge):
    box = mailbox(edge, "rejet")
    refused(send(edge, "pdg@strict.test", box, ip=STRANGER), 550, "5.7.26")
    # Whatever the option: the domain says so for everybody.
    off = mailbox(edge, "rejet.off", mode="off")
    refused(send(edge, "pdg@strict.test", off, ip=STRANGER), 550, "5.7.26")
    # From counts, not the envelope.
    refused(send(edge, person(), box, message("pdg@strict.test", box)), 550,
            "5.7.26")
    nothing_held(edge, box)
    # The domain's own server is one more unknown sender.
    decided(edge, send(edge, "pdg@strict.test", box), verdict="hold",
            reason="first-contact")
    only_held(edge, box)


def test_dmarc_quarantine_is_held_as_spoof(edge):
    box = mailbox(edge, "quarante")
    decided(edge, send(edge, "pdg@quarantaine.test", box, ip=STRANGER),
            verdict="hold", reason="spoof", ask="no")
    only_held(edge, box, "spoof")


def test_mail_that_claims_a_hosted_domain_is_held_as_spoof(edge):
    box = mailbox(edge, "nous", mode="off")
    for sender, octets in (
            (f"maire@{TOWN}", None),
            (person(), message(f"maire@{TOWN}", box)),
            ("", message(f"Maire <MAIRE@{TOWN.upper()}>", box))):
        decided(edge, send(edge, sender, box, octets, ip=STRANGER),
                verdict="hold", reason="spoof", ask="no")
    # Our own outgoing server is proven by SPF.
    decided(edge, send(edge, f"maire@{TOWN}", box, ip="192.0.2.250"),
            verdict="deliver")
    equal([i["reason"] for i in held(edge, box)], ["spoof"] * 3)


AUTOMATIC = {
    "list": [("List-Id", "<infos.liste.test>")],
    "list-unsubscribe": [("List-Unsubscribe", "<https://liste.test/>")],
    "auto-submitted": [("Auto-Submitted", "auto-generated")],
    "vacation": [("Auto-Submitted", "auto-replied; x=y")],
    "bulk": [("Precedence", "Bulk")],
    "suppress": [("X-Auto-Response-Suppress", "OOF, DR")],
    "feedback": [("Feedback-ID", "1:2:3:esp")],
}


def test_automatic_mail_waits_for_the_digest_and_is_never_asked(edge):
    box = mailbox(edge, "robot")
    for name, headers in AUTOMATIC.items():
        sender = person()
        decided(edge, send(edge, sender, box, message(
            sender, box, name, headers=headers)), verdict="hold",
            reason="automatic", ask="no", row="10")
    senders = ["noreply@citoyen.test", "no-reply+12@citoyen.test",
               "MAILER-DAEMON@citoyen.test", "bounces-42@citoyen.test",
               "owner-infos@citoyen.test", "infos-request@citoyen.test",
               "notifications@citoyen.test", "ne-pas-repondre@citoyen.test"]
    for sender in senders:
        decided(edge, send(edge, sender, box), verdict="hold",
                reason="automatic", ask="no")
    hidden = person()
    decided(edge, send(edge, hidden, box, message(
        hidden, "liste@citoyen.test")), reason="automatic", ask="no")
    nobody = message("postmaster@citoyen.test", box)
    decided(edge, send(edge, "", box, nobody, ip="192.0.2.10",
                       helo="mx.citoyen.test"),
            reason="unmatched-bounce", ask="no")
    person_again = person()
    accepted(send(edge, person_again, box, message(
        person_again, box, headers=[("Auto-Submitted", "no")])))
    challenge(edge, person_again)
    asked = {d.rcpt for d in edge.world.all(None, scene.is_challenge)}
    check(not asked & {*senders, hidden, "postmaster@citoyen.test"}, asked)


def test_a_protected_address_gets_its_mail_with_a_label(edge):
    for local in ("contact", "mairie"):
        box = mailbox(edge, local)
        decided(edge, send(edge, person(), box), verdict="deliver",
                reason="protected", row="7")
        got = edge.mailboxes.wait_for(box)
        equal(got.field("X-Octroi-Sender"), "unknown")
    # Protection holds along the whole path.
    from octroi import add_alias
    box = mailbox(edge, "agent.accueil")
    add_alias(edge.ctl, f"accueil@{TOWN}", box)
    scene.wait_known(edge, f"accueil@{TOWN}")
    decided(edge, send(edge, person(), f"accueil@{TOWN}"), verdict="deliver",
            reason="protected")
    edge.mailboxes.wait_for(box)
    decided(edge, send(edge, person(), box), verdict="hold")


def test_a_block_refuses(edge):
    box, off = mailbox(edge, "ferme"), mailbox(edge, "ferme.off", mode="off")
    sender = person()
    for b in (box, off):
        block(edge, b, sender)
        wait_until(lambda: not send(edge, sender, b).accepted, 5,
                   f"the block of {b} is in force")
        refused(send(edge, sender, b), 550, "5.7.1")
    # A block needs no proof.
    refused(send(edge, sender, off, ip=STRANGER), 550, "5.7.1")
    refused(send(edge, person(), off, message(sender, off)), 550, "5.7.1")
    decided(edge, send(edge, person(), off), verdict="deliver")


def test_a_block_of_a_domain_refuses(edge):
    box = mailbox(edge, "sansvoisin", mode="off")
    block(edge, box, "voisin.test")
    wait_until(lambda: not send(edge, "a@voisin.test", box).accepted, 5,
               "the block is in force")
    refused(send(edge, person("voisin.test"), box), 550, "5.7.1")
    decided(edge, send(edge, person(), box), verdict="deliver")


def test_an_allowed_address_passes_with_proof_only(edge):
    box, ami = mailbox(edge, "ouvert"), person()
    allow(edge, box, ami)
    decided(edge, send(edge, ami, box), verdict="deliver", reason="allowed")
    edge.mailboxes.wait_for(box)
    decided(edge, send(edge, ami, box, ip=STRANGER), verdict="hold", ask="no")
    equal(len(edge.mailboxes.all(box)), 1)
    signed = edge.keys["citoyen.test"].sign(message(ami, box))
    decided(edge, send(edge, "relais@voisin.test", box, signed),
            verdict="deliver", reason="allowed")
    edge.mailboxes.wait_for(box, count=2)
    equal(challenges(edge, ami), 0, "challenges")


def test_an_allowed_domain_passes_with_proof_only(edge):
    box = mailbox(edge, "partenaire")
    allow(edge, box, "voisin.test")
    decided(edge, send(edge, person("voisin.test"), box), reason="allowed")
    decided(edge, send(edge, person("voisin.test"), box, ip=STRANGER),
            verdict="hold", ask="no")
    decided(edge, send(edge, person(), box), verdict="hold")


def test_results_are_told_in_one_field(edge):
    box, sender = mailbox(edge, "avis", mode="off"), person()
    octets = edge.keys["citoyen.test"].sign(message(sender, box))
    accepted(send(edge, sender, box, octets))
    got = edge.mailboxes.wait_for(box)
    (results,) = got.fields("Authentication-Results")
    check(results.startswith("mx.edge.test"), results)
    for part in ("spf=pass", "dkim=pass", "dmarc=pass",
                 "header.from=citoyen.test", "header.d=citoyen.test"):
        check(part in results, f"{part} in {results}")
    accepted(send(edge, sender, box, ip=STRANGER))
    results = edge.mailboxes.wait_for(box, count=2).field(
        "Authentication-Results")
    for part in ("spf=fail", "dkim=none", "dmarc=fail"):
        check(part in results, f"{part} in {results}")


def test_our_users_mail_is_not_judged(edge):
    box = mailbox(edge, "agent")
    other = mailbox(edge, "agent.collegue")
    edge.postfix.add_user(box, "geheim")
    with edge.submit(box, "geheim") as c:
        result = accepted(c.send(box, ["client@voisin.test", other], message(
            box, ["client@voisin.test", other])))
    got = scene.verdict(edge, result, other)
    equal((got["verdict"], got["direction"]), ("deliver", "submission"))
    edge.world.wait_for("client@voisin.test")
    edge.mailboxes.wait_for(other)


def test_the_challenge_is_signed_where_a_key_is_set(edge):
    import dkim
    from mail import DkimKey
    from proc import own
    key = DkimKey(scene.CHALLENGE, "octroi")
    path = f"{edge.state}/dkim.pem"
    with open(path, "wb") as f:
        f.write(key.private)
    own(path, 0o600)
    edge.change_conf({"challenge": {"dkim_selector": "octroi",
                                    "dkim_key": path}})
    edge.octroi["courier"].restart()
    sender = person()
    accepted(send(edge, sender, mailbox(edge, "paraphe")))
    ask = challenge(edge, sender)
    check(dkim.verify(ask.delivery.data, dnsfunc=lambda name, timeout=5:
                      key.record.encode() if name.decode() == key.name + "."
                      else None), ask.delivery.head)


def test_a_signature_with_u_labels_proves_its_domain(edge):
    from mail import DkimKey
    name, label = "bücher.test", "xn--bcher-kva.test"
    key = DkimKey(name, "clé")
    edge.dns.add(f"xn--cl-cja._domainkey.{label}", "TXT", key.record)
    edge.dns.add(f"_dmarc.{label}", "TXT", "v=DMARC1; p=reject; adkim=s")
    edge.dns.apply()
    box, sender = mailbox(edge, "accents", mode="off"), f"rené@{name}"
    octets = key.sign(message(sender, box))
    check("d=bücher.test".encode() in octets, octets)
    result = accepted(send(edge, sender, box, octets, ip=STRANGER,
                           helo="mx.nu.test", mail_params=["SMTPUTF8"]))
    got = decided(edge, result, verdict="deliver", dmarc="pass")
    equal(got["dkim"], "pass")
    field = edge.mailboxes.wait_for(box).field("Authentication-Results")
    check(f"header.d={label}" in field, field)
    refused(send(edge, sender, box, octets.replace(b"essai", b"appel"),
                 ip=STRANGER, helo="mx.nu.test", mail_params=["SMTPUTF8"]),
            550, "5.7.26")
