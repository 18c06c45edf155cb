# SPDX-License-Identifier: Apache-2.0
"""A scan says what the milter then decides: verdict, reason, row, score and every
symbol, for each recipient."""
import json
import os
import re

import scene
from kit import check, equal
from mail import message
from octroi import verdicts
from proc import wait_until
from scene import OTHER_TOWN, TOWN, mailbox, person, send, verdict

FRAUD = "Bonjour, votre carte Vitale expire. Mettez a jour vos coordonnees " \
    "bancaires sous 48 h : http://carte-v.example/\r\n"
PROGRAM = "--x\r\nContent-Type: text/plain\r\n\r\nVoici la facture.\r\n" \
    "--x\r\nContent-Type: application/octet-stream\r\nContent-Disposition: " \
    "attachment; filename=\"facture.pdf.exe\"\r\n\r\nMZ\r\n--x--\r\n"

EDGE = scene.edge()


def fields(sender, **more):
    """Name, reverse-path and message of one kind of mail."""
    return sender, more


KINDS = {
    "an ordinary letter": fields("jean@citoyen.test"),
    "nothing proves it": fields("jean@nu.test"),
    "signed only": fields("jean@signe.test"),
    "its domain disowns it": fields("jean@strict.test", ip="198.51.100.66"),
    "a fraud": fields("ameli@nu.test", body=FRAUD, From="Ameli <a@nu.test>"),
    "a program": fields("jean@citoyen.test", body=PROGRAM,
                        Content_Type="multipart/mixed; boundary=x"),
    "a newsletter": fields("lettre@liste.test", List_Id="<lettre.liste.test>"),
    "a machine": fields("robot@citoyen.test", Auto_Submitted="auto-generated"),
    "no date": fields("jean@citoyen.test", Date=None),
    "a bounce": fields("", From="mailer-daemon@citoyen.test",
                       ip="192.0.2.10"),
}


def build(sender, box, body=None, ip=None, **more):
    author = more.pop("From", None)
    date = "Date" in more and more.pop("Date") is None
    octets = message(sender or "mailer-daemon@citoyen.test", box,
                     **({"body": body} if body else {}), **more)
    if author:
        octets = re.sub(rb"(?m)^From: .*$", b"From: " + author.encode(),
                        octets, count=1)
    if date:
        octets = re.sub(rb"(?m)^Date: .*\r\n", b"", octets, count=1)
    return octets


def scanned(edge, sender, boxes, octets, ip):
    path = f"{edge.tmp}/scan.eml"
    with open(path, "wb") as f:
        f.write(octets)
    domain = sender.rpartition("@")[2] or "relay.test"
    value = edge.ctl_json(
        "scan", path, f"--from={sender or '<>'}", f"--client={ip}",
        f"--helo=mx.{domain}", *(f"--rcpt={b}" for b in boxes))
    return {r["rcpt"]: r for r in value["recipients"]}, value


def decided(edge, before, boxes):
    """What `explain` tells of the message that came after so many decisions."""
    new = wait_until(lambda: verdicts(edge, rcpt=boxes[0])[before:], 5,
                     f"a decision for {boxes[0]}")
    qid, out = new[0]["id"], []

    def look():
        answer = edge.ctl("explain", qid, "--json", check=False)
        if answer.returncode == 0:
            out[:] = json.loads(answer.stdout)
        return len(out) >= len(boxes)
    wait_until(look, 5, f"the decision on {qid}")
    return {e["rcpt"]: e for e in out}


def symbols_of(event):
    return {m[1]: float(m[2]) for m in
            re.finditer(r"(\w+)\((-?[\d.]+)\)", event.get("symbols", ""))}


def same(edge, name, sender, boxes, octets, ip=None):
    domain = sender.rpartition("@")[2]
    known = scene.SENDERS.get(domain)
    ip = ip or (known.ip if known else scene.STRANGER)
    said, whole = scanned(edge, sender, boxes, octets, ip)
    before = len(verdicts(edge, rcpt=boxes[0]))
    send(edge, sender, boxes, octets, ip=ip)
    done = decided(edge, before, boxes)
    for box in boxes:
        a, b = said[box], done[box]
        for key in ("verdict", "reason", "row", "class"):
            equal(a[key], b.get(key, 0), f"{name}: {key} for {box}: {a} {b}")
        equal(f"{a['score']:.2f}", f"{b['score'] / 100:.2f}",
              f"{name}: score for {box}: {whole['symbols']} {b}")
    return said, whole, done


def test_each_kind_to_each_option(edge):
    boxes = {m: mailbox(edge, f"verdict-{m}", mode=m)
             for m in ("off", "first-contact", "doubtful", "simulate")}
    for i, (name, (sender, more)) in enumerate(KINDS.items()):
        modes = list(boxes)
        ip = more.get("ip")
        for box in (boxes[modes[i % 2]], boxes[modes[2 + i % 2]]):
            octets = build(sender, box, **more)
            _, whole, done = same(edge, name, sender, [box], octets, ip)
            equal({s["name"]: s["weight"] for s in whole["symbols"]},
                  symbols_of(done[box]), f"{name}: symbols for {box}")


def test_several_recipients_with_one_reply(edge):
    a, b = mailbox(edge, "pluriel-a"), mailbox(edge, "pluriel-b", mode="off")
    sender = person()
    same(edge, "two fates", sender, [a, b], build(sender, f"{a}, {b}"))


def test_weights_and_thresholds_of_each_level(edge):
    plain = mailbox(edge, "poids-plein", mode="off")
    own = mailbox(edge, "poids-propre", mode="off",
                  weights="ATTACHMENT_PROGRAM=0,ATTACHMENT_DOUBLE_NAME=0.5")
    strict = mailbox(edge, "poids-strict", mode="off", hold="2", tag="1")
    elsewhere = mailbox(edge, "poids", OTHER_TOWN, mode="off")
    edge.ctl("domain", "set", OTHER_TOWN, "weights=DMARC_PASS=3")
    sender, more = KINDS["a program"]
    scores = {}
    for box in (plain, own, strict, elsewhere):
        octets = build(sender, box, **more)
        wait_until(lambda: scanned(edge, sender, [box], octets,
                                   "192.0.2.10")[0][box]["row"], 5, "known")
        said, _, done = same(edge, box, sender, [box], octets)
        scores[box] = done[box]["score"]
        check(said[box]["score"] == scores[box] / 100, said)
    check(scores[own] < scores[plain] - 500, scores)
    check(scores[elsewhere] == scores[plain] + 400, scores)
    page = edge.ctl_json("policy", "show", own)
    rows = {r["option"]: (r["value"], r["level"]) for r in page["options"]}
    equal(rows["ATTACHMENT_PROGRAM"], ("0.00", "mailbox"))
    equal(rows["hold"][1], "platform")
    rows = {r["option"]: (r["value"], r["level"]) for r in
            edge.ctl_json("policy", "show", strict)["options"]}
    equal((rows["hold"], rows["tag"]), (("2.00", "mailbox"),
                                        ("1.00", "mailbox")))
    out = edge.ctl("mailbox", "set", own, "weights=NO_SUCH_SYMBOL=1",
                   check=False)
    check(out.returncode != 0 and "known symbol" in out.stderr, out.stderr)
    edge.ctl("domain", "set", OTHER_TOWN, "weights=")


def test_what_a_domain_taught_counts_there(edge):
    here, there = mailbox(edge, "appris"), mailbox(edge, "appris", OTHER_TOWN)
    sender = "lettre@liste.test"
    folder = f"{edge.tmp}/gazette"
    os.mkdir(folder)

    def gazette(number, box):
        return message(sender, box, body="La gazette des collections de "
                       f"timbres, numero {number}, est parue.\r\n")
    for i in range(60):
        with open(f"{folder}/{i}.eml", "wb") as f:
            f.write(gazette(i, there))
    before = {b: scanned(edge, sender, [b], gazette(99, b), "192.0.2.80")[0][b]
              ["score"] for b in (here, there)}
    equal(before[here], before[there])
    edge.ctl("learn", "spam", f"--domain={OTHER_TOWN}", folder)

    def scores():
        return {b: scanned(edge, sender, [b], gazette(99, b),
                           "192.0.2.80")[0][b]["score"] for b in before}
    wait_until(lambda: scores()[there] > before[there] + 0.5, 20,
               "the label counts where it was given")
    check(scores()[here] < scores()[there] - 0.3, scores())
    for box in (here, there):
        same(edge, "a gazette", sender, [box], gazette(100, box))


def test_the_name_of_another_town_is_not_imitated(edge):
    box = mailbox(edge, "imitation", mode="off")
    for name, found in (("b0urg.test", True), ("bourg.test", False),
                        ("bourg-test.nu.test", True), ("nu.test", False)):
        octets = build("jean@nu.test", box, From=f"Jean <jean@{name}>")
        _, whole, done = same(edge, name, "jean@nu.test", [box], octets)
        equal("FRAUD_LOOKALIKE" in [s["name"] for s in whole["symbols"]],
              found, name)
        equal("FRAUD_LOOKALIKE" in symbols_of(done[box]), found, name)


def test_doors_and_levers(edge):
    box = mailbox(edge, "portes")
    sender = person()
    edge.ctl("expect", "open", box, "citoyen.test", "--for=10min")
    said, _, _ = same(edge, "expected", sender, [box], build(sender, box))
    equal((said[box]["verdict"], said[box]["row"]), ("deliver", 9))
    edge.ctl("bypass", "--for=1h")
    sender = person()
    octets = build(sender, box)
    # The milter looks at the levers every second.
    wait_until(lambda: "lever=bypass" in open(
        edge.octroi["milter"].log, errors="replace").read() or
        not send(edge, person(), box), 10, "the lever is seen")
    said, _, _ = same(edge, "bypass", sender, [box], octets)
    equal(said[box]["verdict"], "deliver")
    edge.ctl("bypass", "--off")
    wait_until(lambda: verdict(edge, send(edge, person(), box))["verdict"] ==
               "hold", 10, "the lever is seen")


def test_a_long_subject_is_shown(edge):
    box, sender = mailbox(edge, "long"), person()
    subject = "Demande " + "de renseignements " * 60
    octets = re.sub(rb"(?m)^Subject: .*$", b"Subject: " +
                    "\r\n ".join(re.findall(r".{1,70}(?: |$)",
                                            subject)).encode(),
                    build(sender, box), count=1)
    scene.accepted(send(edge, sender, box, octets))
    shown = scene.only_held(edge, box)["subject"]
    check(shown.startswith("Demande de renseignements") and
          shown.endswith(" ...") and 400 < len(shown) < 512, shown)
    equal(TOWN, box.rpartition("@")[2])


def test_headers_are_bounded_and_folded(edge):
    box = mailbox(edge, "entetes", mode="off", tag="1", hold="900",
                  reject="1000")
    sender, more = KINDS["a program"]
    octets = build(sender, box, **more)
    scene.accepted(send(edge, sender, box, octets))
    got = edge.mailboxes.wait_for(box).data
    head = got.partition(b"\r\n\r\n")[0].replace(b"\r\n", b"\n")
    lines = head.split(b"\n")
    at = next(i for i, x in enumerate(lines)
              if x.startswith(b"X-Octroi-Symbols:"))
    text = [lines[at]]
    while lines[at + 1][:1] in (b" ", b"\t"):
        at += 1
        text.append(lines[at])
    check(len(text) > 1 and all(len(x) < 79 for x in text), text)
    check(all(x.isascii() for x in text), text)
    check(b"\nX-Spam-Flag: YES" in head and b"\nX-Octroi-Score: " in head,
          head)


def test_the_other_spf_engine_judges_and_is_warned_of(edge):
    """milter.spf_engine = libspf2; last, as it is set back by nobody."""
    box = mailbox(edge, "moteur", mode="off")
    edge.change_conf({"milter": {"spf_engine": "libspf2"}})
    edge.octroi["milter"].restart()
    log = open(edge.octroi["milter"].log).read()
    check("spf_engine=libspf2 cve=CVE-2023-42118" in log, log[-2000:])
    for sender, ip, want in (("jean@citoyen.test", None, "pass"),
                             ("jean@citoyen.test", "198.51.100.66", "fail"),
                             ("jean@nu.test", None, "none")):
        result = send(edge, sender, box, build(sender, box),
                      **({"ip": ip} if ip else {}))
        equal(verdict(edge, result)["spf"], want, sender)
