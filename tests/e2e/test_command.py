# SPDX-License-Identifier: Apache-2.0
"""What the programs say of themselves, and octroictl of a message."""
import json
import subprocess

import scene
from edge import PROGRAMS, conf_text
from kit import check, equal
from mail import message
from scene import STRANGER, accepted, mailbox, person, send

EDGE = scene.edge()


def run(edge, program, *words):
    return subprocess.run([f"{edge.bin}/octroi-{program}", *words], text=True,
                          capture_output=True, timeout=20)


def test_programs_answer_help_and_version(edge):
    for program in PROGRAMS:
        for word, text in (("--help", "-c"), ("--version", "octroi")):
            out = run(edge, program, word)
            equal(out.returncode, 0, f"{program} {word}")
            check(text in out.stdout, f"{program} {word}: {out.stdout}")
        equal(run(edge, program, "--no-such").returncode, 64, program)


def test_programs_test_their_configuration(edge):
    bad = {**edge.conf, "dns": {"servers": ["nonsense"]},
           "no_such_section": {"a": "b"}}
    path = f"{edge.tmp}/bad.conf"
    with open(path, "w") as f:
        f.write(conf_text(bad) + "milter {\n  sessions = many\n}\n")
    for program in PROGRAMS:
        equal(run(edge, program, "-t", "-c", edge.conf_path).returncode, 0,
              program)
        out = run(edge, program, "-t", "-c", path)
        equal(out.returncode, 78, f"{program}: {out.stderr}")
        for what in ("no_such_section", "sessions"):
            check(f"{path}:" in out.stderr and what in out.stderr,
                  f"{program}: {what} in {out.stderr}")


def test_the_doctor_finds_this_edge_healthy(edge):
    out = edge.ctl("doctor", f"--postfix-dir={edge.postfix.etc}", check=False)
    check(out.returncode in (0, 1), f"{out.stdout}{out.stderr}")
    print("".join(f"        {x}\n" for x in out.stdout.splitlines()))


def test_the_doctor_notices_the_store_away(edge):
    edge.redis.stop()
    try:
        out = edge.ctl("doctor", check=False)
        check(out.returncode != 0, out.stdout)
        check("edis" in out.stdout + out.stderr, out.stdout)
    finally:
        edge.redis.start()


def test_a_resolver_may_be_named(edge):
    out = edge.ctl("dmarc", "a@strict.test", "--json",
                   f"--dns=localhost:{edge.dns.port}")
    equal(json.loads(out.stdout)["dmarc"]["policy"], "reject")
    out = edge.ctl("dmarc", "a@strict.test", "--dns=nobody.invalid:53",
                   check=False)
    check(out.returncode != 0 and "nobody.invalid" in out.stderr, out.stderr)


def test_every_line_of_a_batch_has_its_answer(edge):
    """Lines that are none are told of, and the next ones are answered."""
    good = json.dumps({"id": 7, "ip": "192.0.2.10", "helo": "[x]", "from": ""})
    lines = [good, "{", "x" * (1 << 20) + "y", '{"id":"\\u0000","ip":"?"}',
             "a\0b", "", good]
    out = edge.ctl("spf", "--batch", "--json", check=False,
                   stdin="\n".join(lines))
    answers = [json.loads(line) for line in out.stdout.splitlines()]
    equal((out.returncode, [a["id"] for a in answers]),
          (1, [7, None, None, "\0", None, 7]))
    equal(["error" in a for a in answers],
          [False, True, True, True, True, False])


def test_scan_gives_the_verdict_of_the_milter(edge):
    off, on = mailbox(edge, "scan.off", mode="off"), mailbox(edge, "scan.on")
    sender = person()
    cases = {
        "known server": (sender, message(sender, off), "192.0.2.10"),
        "signed": (sender, edge.keys["citoyen.test"].sign(
            message(sender, off)), STRANGER),
        "forged": ("pdg@strict.test", message("pdg@strict.test", off),
                   STRANGER),
        "strange": (sender, b"Subject: =?x\r\nDate: never\r\n\r\n\r\n",
                    STRANGER),
        "list": (sender, message(sender, off, headers=[
            ("List-Id", "<a.b>")]), "192.0.2.10"),
    }
    for name, (rpath, octets, ip) in cases.items():
        path = f"{edge.tmp}/scan.eml"
        with open(path, "wb") as f:
            f.write(octets)
        for box in (off, on):
            result = send(edge, rpath, box, octets, ip=ip,
                          helo="mx.citoyen.test")
            scene.wait_until(lambda: scene.verdicts(edge, rcpt=box), 5, name)
            told = scene.verdicts(edge, rcpt=box)[-1]
            out = scan(edge, path, rpath, box, ip)
            (mine,) = out["recipients"]
            equal((mine["verdict"], mine["reason"], mine["class"],
                   f"{out['score']:.2f}"),
                  (told["verdict"], told["reason"], told["class"],
                   told["score"]), f"{name} to {box}: {result}")


def scan(edge, path, sender, rcpt, ip):
    out = edge.ctl("scan", path, f"--from={sender}", f"--rcpt={rcpt}",
                   f"--client={ip}", "--helo=mx.citoyen.test", "--json")
    value = json.loads(out.stdout)
    return value[0] if isinstance(value, list) else value


def test_accepted_mail_stays_readable_in_every_table(edge):
    box, sender = mailbox(edge, "liste"), person()
    accepted(send(edge, sender, box, message(
        sender, box, "Tres \x1b[31mrouge\x07")))
    for words in (("held", "list"), ("held", "list", box),
                  ("mailbox", "list", scene.TOWN), ("domain", "list"),
                  ("mailbox", "show", box)):
        out = edge.ctl(*words).stdout
        check("\x1b" not in out and "\x07" not in out, f"{words}: {out!r}")
        check(out.strip(), f"{words}: empty")
        edge.ctl_json(*words)
