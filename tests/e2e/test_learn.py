# SPDX-License-Identifier: Apache-2.0
"""The classifier through the whole edge: it is taught by the command, speaks in
the milter, and says the same in a scan."""
import json
import os
import re
import subprocess

import scene
from edge import BUILD
from kit import check, equal
from mail import message
from proc import wait_until
from scene import accepted, mailbox, send, verdict

GOOD = "Bonjour, vous trouverez dans ce message le compte rendu de la réunion " \
    "et les pièces du dossier que nous avons avec une note pour le conseil {}\n"
BAD = "Vous avez gagné un cadeau dans notre loterie et vous pouvez le prendre " \
    "avec une carte pour la somme de mille euros que je vous donne {}\n"


def prepare(e):
    e.change_conf({"score": {"model": f"{e.state}/model"}})
    scene.prepare(e)


EDGE = {"prepare": prepare}


def mails(folder, kind, text, count, year=2026):
    """Folders of files; the names of them all."""
    os.makedirs(folder, exist_ok=True)
    names = []
    for i in range(count):
        names.append(f"{folder}/{kind}{i}.eml")
        with open(names[-1], "w", encoding="utf-8") as f:
            f.write(f"From: {kind} <{kind}{i}@{kind}.test>\n"
                    f"To: agent@mairie.test\nSubject: {kind} {i}\n"
                    f"Date: Fri, 20 Nov {year} 10:00:00 +0100\n"
                    f"Message-ID: <{i}@{kind}.test>\n"
                    "Content-Type: text/plain; charset=utf-8\n\n" +
                    text.format(i) + f"{kind} mot{i % 7} mot{i % 11}\n")
    return names


def octets(path):
    with open(path, "rb") as f:
        return f.read()


def learn(edge, *words, **keywords):
    return json.loads(edge.ctl("learn", *words, "--json", **keywords).stdout)


def test_the_order_of_learning_does_not_matter(edge):
    top = f"{edge.tmp}/order"
    good = mails(f"{top}/good", "bon", GOOD, 40)
    bad = mails(f"{top}/bad", "mauvais", BAD, 30)
    one, two = f"{edge.state}/one", f"{edge.state}/two"
    learn(edge, "ham", f"--model={one}", f"{top}/good")
    told = learn(edge, "spam", f"--model={one}", f"{top}/bad")
    equal((told["added"], told["good"], told["bad"]), (30, 40, 30))
    # By names on standard input, backwards, in pieces, with an error in between
    # that is taken back.
    learn(edge, "ham", f"--model={two}", *bad[:5])
    learn(edge, "spam", f"--model={two}", "-",
          stdin="".join(f"{n}\n" for n in reversed(bad)))
    learn(edge, "spam", f"--model={two}", *good[:3])
    told = learn(edge, "spam", f"--model={two}", "--forget", *good[:3])
    equal(told["forgotten"], 3)
    told = learn(edge, "ham", f"--model={two}", *reversed(good))
    equal((told["good"], told["bad"]), (40, 30))
    check(octets(one) == octets(two), "the models differ")
    # A second time it is known.
    told = learn(edge, "ham", f"--model={two}", *good)
    equal((told["added"], told["known"]), (0, 40))
    check(octets(one) == octets(two), "the model changed")


def test_a_run_that_was_cut_is_taken_up(edge):
    top = f"{edge.tmp}/cut"
    good = mails(f"{top}/good", "bon", GOOD, 30)
    mails(f"{top}/bad", "mauvais", BAD, 30)
    whole, torn = f"{edge.state}/whole", f"{edge.state}/torn"
    for model in (whole, torn):
        learn(edge, "spam", f"--model={model}", f"{top}/bad")
    learn(edge, "ham", f"--model={whole}", *good)
    learn(edge, "ham", f"--model={torn}", *good[:17])
    # As after a crash in the middle of a record.
    with open(f"{torn}.labels", "r+b") as f:
        f.truncate(os.path.getsize(f"{torn}.labels") - 11)
    told = learn(edge, "ham", f"--model={torn}", *good)
    equal((told["added"], told["known"]), (14, 16))
    check(octets(whole) == octets(torn), "the models differ")


def test_status_says_what_it_was_taught(edge):
    top = f"{edge.tmp}/status"
    mails(f"{top}/good", "bon", GOOD, 60)
    mails(f"{top}/bad", "mauvais", BAD, 40, year=2004)
    model = f"{edge.state}/taught"
    learn(edge, "ham", f"--model={model}", f"{top}/good")
    learn(edge, "spam", f"--model={model}", f"{top}/bad")
    value = json.loads(edge.ctl("learn", "status", f"--model={model}",
                                "--json").stdout)
    rows = {r["mail"]: r for r in value["evidence"]}
    equal(rows["fr, since 2019"]["good"], 60)
    equal(rows["fr, before 2019"]["bad"], 40)
    check(0 < rows["fr, since 2019"]["voice"] < 0.5, rows)
    check(value["calibrated"] and len(value["reliability"]) == 10, value)
    text = edge.ctl("learn", "status", f"--model={model}").stdout
    check("VOICE" in text and "fr, since 2019" in text, text)
    equal(edge.ctl("learn", "status", "--model=/nowhere",
                   check=False).returncode, 1)


def test_scan_of_many_keeps_their_order(edge):
    top = f"{edge.tmp}/many"
    names = mails(f"{top}/a", "bon", GOOD, 300)
    with open(f"{top}/box", "w", encoding="utf-8") as f:
        for name in names[:5]:
            with open(name, encoding="utf-8") as g:
                f.write("From x Sat Nov 21 10:00:00 2026\n" + g.read() + "\n")
    out = edge.ctl("scan", "--tsv", "--no-dns", "--jobs=4", *names,
                   f"{top}/box").stdout.splitlines()
    rows = [line.split("\t") for line in out]
    equal([r[0] for r in rows], [f"bon{i}" for i in range(300)] +
          [f"box:{i}" for i in range(1, 6)])
    equal({(len(r), r[2]) for r in rows}, {(3, "deliver")})
    equal([r[1:] for r in rows[:5]], [r[1:] for r in rows[-5:]])
    # What cannot be read is said, the rest is done.
    result = edge.ctl("scan", "--tsv", "--no-dns", names[0], "/nowhere",
                      names[1], check=False)
    equal(len(result.stdout.splitlines()), 2)
    check(result.returncode != 0 and "/nowhere" in result.stderr, result)
    # One file is an object, a folder a list.
    check(isinstance(json.loads(edge.ctl(
        "scan", "--json", "--no-dns", names[0]).stdout), dict), "one file")
    equal(len(json.loads(edge.ctl("scan", "--json", "--no-dns",
                                  f"{top}/a").stdout)), 300)


def test_scan_takes_envelopes_from_a_table(edge):
    top = f"{edge.tmp}/table"
    name = mails(top, "bon", GOOD, 1)[0]
    with open(f"{top}/table.tsv", "w", encoding="utf-8") as f:
        f.write("#id\tlabel\tmail_from\tclient_ip\thelo\n"
                "bon0\tham\tx@b.test\t192.0.2.99\tlocalhost\n")
    value = json.loads(edge.ctl("scan", "--json", "--no-dns",
                                f"--manifest={top}/table.tsv", name).stdout)
    equal((value["envelope"]["client"], value["envelope"]["helo"],
           value["envelope"]["from"]), ("192.0.2.99", "localhost", "x@b.test"))
    check("HELO_BARE" in [s["name"] for s in value["symbols"]], value)
    # Where nothing is known of the sender nothing is held against him.
    check(not {"NO_AUTH", "SPF_NONE"} & {s["name"] for s in value["symbols"]},
          value)


def test_scan_has_an_exit_status_for_scripts(edge):
    top = f"{edge.tmp}/exit"
    good = mails(top, "bon", GOOD, 1)[0]
    bad = f"{top}/bad.eml"
    with open(bad, "w", encoding="utf-8") as f:
        f.write("From: PayPal <x@evil.test>\nTo: agent@mairie.test\n"
                "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
                "Content-Type: application/pdf\nContent-Disposition: "
                "attachment; filename=\"facture.pdf.exe\"\n\nMZ\n--b--\n")
    words = ("scan", "--tsv", "--no-dns")
    equal(edge.ctl(*words, "--status", good).returncode, 0)
    equal(edge.ctl(*words, bad, good).returncode, 0)
    result = edge.ctl(*words, "--status", good, bad, check=False)
    equal((result.returncode, result.stdout.split()[-1]), (13, "reject"))


def test_scan_without_any_configuration_holds_what_the_milter_would(edge):
    path = f"{edge.tmp}/impots.eml"
    with open(path, "w", encoding="utf-8") as f:
        f.write("From: \"Impots.gouv\" <contact@impots-gouv.top>\n"
                "To: agent@mairie.test\nSubject: Avis\n"
                "Message-ID: <1@impots-gouv.top>\n\nBonjour,\n"
                "voyez http://192.0.2.7/avis\n")
    result = subprocess.run(
        [f"{BUILD}/octroictl", "scan", "--json", "--no-dns", path],
        capture_output=True, text=True, timeout=30, check=True)
    one = json.loads(result.stdout)
    one = one[0] if isinstance(one, list) else one
    equal((one["by_score"], one["verdict"]), ("hold", "hold"))


def test_the_milter_hears_the_model(edge):
    model = f"{edge.state}/model"
    box = mailbox(edge, "classe", mode="off")
    sender = "jean@citoyen.test"
    bad = message(sender, box, "mauvais 7", body=BAD.format(7).encode(
        "ascii", "replace").decode().replace("\n", "\r\n"))

    def told(seen):
        result = accepted(send(edge, sender, box, bad))
        words = verdict(edge, result, box)
        got = edge.mailboxes.wait_for(
            box, lambda d: d.data.endswith(bad[-200:]) and d not in seen)
        seen.append(got)
        symbols = dict(re.findall(r"(\w+)\((-?[\d.]+)\)",
                                  got.field("X-Octroi-Symbols") or ""))
        return symbols, words["score"]

    seen = []
    symbols, before = told(seen)
    check("CONTENT_BAD" not in symbols, symbols)
    top = f"{edge.tmp}/milter"
    mails(f"{top}/good", "bon", GOOD, 150)
    mails(f"{top}/bad", "mauvais", BAD, 60)
    learn(edge, "ham", f"--model={model}", f"{top}/good")
    learn(edge, "spam", f"--model={model}", f"{top}/bad")
    with open(edge.octroi["milter"].log, errors="replace") as f:
        wait_until(lambda: "learnt=210" in f.read(), 10,
                   "the milter takes the model")
    symbols, after = told(seen)
    check("CONTENT_BAD" in symbols, symbols)
    check(float(after) > float(before), (before, after))
    path = f"{edge.tmp}/same.eml"
    with open(path, "wb") as f:
        f.write(bad)
    value = json.loads(edge.ctl(
        "scan", path, f"--from={sender}", f"--rcpt={box}",
        "--client=192.0.2.10", "--helo=mx.citoyen.test", "--json").stdout)
    equal(f"{value['score']:.2f}", after)
    os.unlink(model)
