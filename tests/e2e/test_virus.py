# SPDX-License-Identifier: Apache-2.0
"""Malware, with the real clamd; and the opinion of a real rspamd."""
import base64
import io
import zipfile

import scene
from kit import check, equal, fresh, limit, skip
from mail import message
from octroi import held, release, verdicts
from scanners import EICAR, GTUBE, Clamd, Rspamd, find
from scene import accepted, mailbox, person, refused, send, verdict


def prepare(edge):
    if find("clamd") is None:
        skip("clamd is not installed")
    scene.prepare(edge)
    edge.clamd = Clamd(edge.tmp).start()
    edge.extra.append(edge.clamd)
    edge.change_conf({"virus": {"clamd": f"unix:{edge.clamd.socket}",
                                "timeout": "20s"}})


EDGE = {"prepare": prepare}


def attached(sender, box, octets, name):
    body = "--b\r\nContent-Type: text/plain\r\n\r\nVoir.\r\n" \
        "--b\r\nContent-Type: application/octet-stream\r\n" \
        f"Content-Disposition: attachment; filename={name}\r\n" \
        "Content-Transfer-Encoding: base64\r\n\r\n" + \
        base64.encodebytes(octets).decode().replace("\n", "\r\n") + \
        "--b--\r\n"
    return message(sender, box, body=body, Content_Transfer_Encoding=None,
                   Content_Type='multipart/mixed; boundary="b"')


def zipped(octets):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("facture.com", octets)
    return out.getvalue()


def restart_milter(edge, **virus):
    edge.change_conf({"virus": virus})
    edge.octroi["milter"].restart()


def test_malware_is_held_for_the_administrators(edge):
    box = mailbox(edge, "virus")
    sender = person()
    octets = EICAR.encode()
    for n, (name, content) in enumerate([("eicar.com", octets),
                                         ("facture.zip", zipped(octets))], 1):
        out = accepted(send(edge, sender, box, attached(sender, box, content,
                                                        name)))
        equal(verdict(edge, out)["row"], "1", name)
        items = held(edge, box)
        equal([i["reason"] for i in items], ["virus"] * n, name)
        shown = edge.ctl_json("held", "show", items[-1]["id"])
        check("VIRUS(Octroi.Eicar" in shown["symbols"], shown)
    equal(scene.challenges(edge, sender), 0, "nobody was asked")
    # Who is let in by his owner does not bring it along.
    edge.ctl("allow", "add", box, sender)
    equal(len(held(edge, box)), 2, "still held")
    release(edge, items[0]["id"], "--once")
    got = edge.mailboxes.wait_for(box)
    check(b"eicar.com" in got.data, "released by an administrator")


def test_clean_mail_passes(edge):
    box = mailbox(edge, "propre", mode="off")
    sender = person()
    accepted(send(edge, sender, box, attached(sender, box, b"rien",
                                              "note.bin")))
    got = edge.mailboxes.wait_for(box)
    check(b"X-Octroi-Virus" not in got.data, got.data)


def test_what_is_too_big_for_it_says_so(edge):
    box = mailbox(edge, "gros", mode="off")
    sender = person()
    accepted(send(edge, sender, box,
                  message(sender, box, body="x" * 70 + "\r\n" +
                          ("y" * 70 + "\r\n") * 30000)))
    got = edge.mailboxes.wait_for(box)
    check(b"X-Octroi-Virus: not-checked (size)" in got.data,
          got.data[:2000])


def test_doctor_tells_of_it(edge):
    out = edge.ctl("doctor", "--json", "--no-postfix", check=False).stdout
    check('"clamd"' in out and '"answers"' in out, out)


@fresh()
def test_without_clamd_the_policy_counts(edge):
    box = mailbox(edge, "panne", mode="off")
    sender = person()
    edge.clamd.stop()
    out = send(edge, sender, box)
    refused(out, 451, "4.7.1")
    restart_milter(edge, on_failure="accept")
    accepted(send(edge, sender, box))
    got = edge.mailboxes.wait_for(box)
    check(b"X-Octroi-Virus: not-checked (no connection)" in got.data,
          got.data[:2000])
    edge.clamd.start()
    restart_milter(edge, on_failure="defer", refuse=True)
    out = send(edge, sender, box,
               attached(sender, box, EICAR.encode(), "x.com"))
    refused(out, 550, "5.7.1")
    equal(held(edge, box), [], "nothing is held")
    check(verdicts(edge, reason="virus", verdict="refuse"), "in the log")


def prepare_rspamd(edge):
    if find("rspamd") is None:
        skip("rspamd is not installed")
    scene.prepare(edge)
    # It reads a long list of domain names at its start.
    edge.rspamd = Rspamd(edge.tmp, edge.dns.port).start(timeout=90)
    edge.extra.append(edge.rspamd)
    edge.change_conf({"rspamd": {"address":
                                 f"127.0.0.1:{edge.rspamd.port}"}})


@limit(150)
@fresh(prepare=prepare_rspamd)
def test_the_opinion_of_rspamd_is_a_symbol(edge):
    box = mailbox(edge, "avis", mode="off")
    sender = person()
    accepted(send(edge, sender, box, message(sender, box, body=GTUBE +
                                             "\r\n")))
    got = edge.mailboxes.wait_for(box)
    check(b"RSPAMD(2.00)" in got.data, got.data[:2000])
    edge.rspamd.stop()
    accepted(send(edge, sender, box))
    got = edge.mailboxes.wait_for(box, count=2)
    check(b"RSPAMD" not in got.data, got.data[:2000])
    equal(held(edge, box), [], "held")
