# SPDX-License-Identifier: Apache-2.0
"""The texts of our mails: every one is lawful mail, a town's own words are used,
and dkimpy and Python's parser agree with what leaves."""
import email
import email.policy
import itertools
import re

import scene
from kit import check, equal
from mail import message
from octroi import held, set_mailbox
from scene import (CHALLENGE, OTHER_TOWN, TOWN, accepted, challenge, mailbox,
                   person, send)
from test_signing import new_key, prepare, signatures

EDGE = scene.edge({
    "challenge": {"contact": "aide@cdg.test, 01 23 45 67 89",
                  "dpo": "dpo@cdg.test", "notice": "https://cdg.test/donnees",
                  "hold": "4s", "hold_silent": "4s", "extend": "1s"},
    "web": {"operator": "Centre de gestion de l'Exemple"}}, prepare=prepare)
NAMES = ("challenge", "end", "digest", "extension", "breaker", "welcome",
         "link")
CASES = {"challenge": ("button", "code"),
         "end": ("unconfirmed", "unasked", "refused", "gaveup")}
OWN = """Subject: Auto: à confirmer, s'il vous plaît

{{#first}}
La mairie a bien reçu votre message du {{date}} pour :

{{addresses}}

Merci de le confirmer avant le {{expiry}} :

{{link}}

Code : {{code}}
{{#help}}Aide : {{help}}{{/help}}
{{/first}}
{{#second}}
Confirmez sur la page ci-dessus.
{{/second}}
"""


def read(octets):
    """Parsed by strict rules, part by part."""
    for line in octets.split(b"\r\n"):
        check(len(line) <= 998, f"{len(line)} octets in {line!r}")
        check(b"\n" not in line and b"\r" not in line, line)
        check(all(0x20 <= c < 0x7f or c == 9 for c in line), line)
    mail = email.message_from_bytes(octets, policy=email.policy.default)
    for part in mail.walk():
        equal(part.defects, [], f"defects of {part.get_content_type()}")
        for name, value in part.items():
            equal(value.defects, (), f"defects of {name}: {value}")
    for name in ("From", "To", "Subject", "Date", "Message-ID",
                 "Auto-Submitted"):
        equal(len(mail.get_all(name)), 1, name)
    return mail


def text_of(mail):
    return mail.get_body(("plain",)).get_content().replace("\r\n", "\n")


def unfolded(text):
    return re.sub(r"(?<=\S)\n(?=\S)", " ", text)


def test_every_text_is_lawful_mail_in_both_languages(edge):
    for name, lang in itertools.product(NAMES, ("fr", "en")):
        for case in CASES.get(name, (None,)):
            words = [f"--case={case}"] if case else []
            got = edge.ctl_json("template", "preview", name, f"--lang={lang}",
                                *words)
            mail = read(got["mail"].encode())
            text = text_of(mail)
            equal(text.rstrip("\n"), got["text"].rstrip("\n"), name)
            check("{{" not in got["mail"], f"{name} {lang}: {text}")
            check("aide@cdg.test" in text, f"{name} {lang}: {text}")
            first, second = ("Bonjour,", "\nEnglish\n")
            if lang == "en":
                first, second = ("Hello,", "\nFrançais\n")
            check(text.startswith(first) and second in text, text)
            if name == "challenge":
                check(len(text.encode()) <= 1536, f"{len(text)}")
                check("123 456" in text, text)
                check("dpo@cdg.test" in text, text)
            print(f"        {name} {lang} {case or ''}: {mail['Subject']}")
    html = read(edge.ctl_json("template", "preview", "digest")
                ["mail"].encode()).get_body(("html",)).get_content()
    check("<html lang=\"fr\">" in html, html)
    for word in ("src=", "<script", "<img", "<link", "url("):
        check(word not in html, f"{word} in {html}")


def test_the_end_notice_is_a_report(edge):
    report = read(edge.ctl_json("template", "preview", "end",
                                "--case=unasked")["mail"].encode())
    equal(report.get_content_type(), "multipart/report")
    _, status, original = report.iter_parts()
    of_message, of_rcpt = status.get_payload()
    equal(of_message["Reporting-MTA"], f"dns; {CHALLENGE}")
    equal((of_rcpt["Action"], of_rcpt["Status"]), ("failed", "5.7.1"))
    check(of_rcpt["Final-Recipient"].startswith("rfc822;"), of_rcpt)
    equal(original.get_content_type(), "text/rfc822-headers")


def test_a_town_says_it_in_its_own_words(edge):
    path = f"{edge.tmp}/own.txt"
    with open(path, "w", encoding="utf-8") as f:
        f.write(OWN)
    edge.ctl("template", "check", "challenge", path)
    edge.ctl("template", "set", "challenge", path, f"--domain={TOWN}")
    rows = {(r["name"], r["lang"]): r["origin"] for r in edge.ctl_json(
        "template", "list", f"--domain={TOWN}")["items"]}
    equal(rows["challenge", "fr"], "domain")
    equal(rows["challenge", "en"], "built-in")
    for selector, algorithm in ("tr", "rsa2048"), ("te", "ed25519"):
        new_key(edge, CHALLENGE, selector, algorithm)

    jean, lea = person(), person()
    accepted(send(edge, jean, mailbox(edge, "motsamoi")))
    accepted(send(edge, lea, mailbox(edge, "motsamoi", OTHER_TOWN)))
    ask, other = challenge(edge, jean), challenge(edge, lea)
    equal(ask.mail["Subject"], "Auto: à confirmer, s'il vous plaît")
    check("La mairie a bien reçu" in ask.text, ask.text)
    check("heure de Paris" in unfolded(ask.text), ask.text)
    equal(other.mail["Subject"], "Auto: confirmation de votre message")
    for c in ask, other:
        read(c.delivery.data)
        equal(sorted(signatures(edge, c.delivery.data)),
              ["ed25519-sha256", "rsa-sha256"])
    wait = edge.world.wait_for(jean, lambda d: d.sender == "", 20)
    read(wait.data)
    equal(len(signatures(edge, wait.data)), 2, "signatures of the end notice")

    # Damaged behind our back: the built-in text, and a word in the log.
    edge.redis.cmd("HSET", f"oct:{{{TOWN}}}:templates", "challenge.fr", "x")
    zoe = person()
    accepted(send(edge, zoe, mailbox(edge, "motsabime")))
    equal(challenge(edge, zoe).mail["Subject"],
          "Auto: confirmation de votre message")
    edge.ctl("template", "remove", "challenge", f"--domain={TOWN}")


def test_a_file_that_is_no_good_is_refused_with_its_line(edge):
    path = f"{edge.tmp}/bad.txt"
    for text, line, want in (
            (OWN.replace("{{link}}", "https://evil.test/"), 10, "another host"),
            (OWN.replace("{{code}}", "{{subject}}"), 12, "{{subject}}"),
            (OWN.replace("{{expiry}}", "demain"), None, "{{expiry}}"),
            (OWN + "<b>x</b>\n", 18, "HTML"),
            (OWN + "trop long " * 60, None, "octets")):
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        for verb in "check", "set", "preview":
            out = edge.ctl("template", verb, "challenge", path, check=False)
            equal(out.returncode, 1, out.stderr)
            check(want in out.stderr, out.stderr)
            if line:
                check(f"{path}:{line}:" in out.stderr, out.stderr)
    equal(edge.redis.cmd("EXISTS", "oct:{@}:templates"), 0)


def test_an_english_mailbox_asks_in_english_first(edge):
    box, sender = mailbox(edge, "english"), person()
    set_mailbox(edge.ctl, box, lang="en")
    scene.wait_known(edge, box)
    accepted(send(edge, sender, box))
    ask = challenge(edge, sender)
    check(ask.text.startswith("Hello,"), ask.text)
    equal(ask.mail["Subject"], "Auto: please confirm your message")


def test_held_subjects_are_shown_as_people_read_them(edge):
    box, sender = mailbox(edge, "objet"), person()
    accepted(send(edge, sender, box, message(
        sender, box, "=?iso-8859-1?Q?R=E9union?= =?utf-8?B?4oCuIQ==?=")))
    item = held(edge, box)[0]
    equal(item["subject"], "Réunion!")
    whole = edge.ctl_json("held", "show", item["id"])
    equal(whole["subject"], "Réunion!")
    check(whole["subject_raw"].startswith("=?iso-8859-1?"), whole)
