# SPDX-License-Identifier: Apache-2.0
"""Held mail in the administrator's hands: octroictl held, spool, relation."""
import glob
import json
import os

import scene
from kit import check, equal
from mail import message
from octroi import held
from proc import wait_until
from scene import TOWN, accepted, mailbox, only_held, person, send

EDGE = scene.edge()


def hold(edge, box, subject="Bonjour"):
    """A first contact; (sender, octets as they were sent)."""
    sender = person()
    octets = message(sender, box, subject)
    accepted(send(edge, sender, box, octets))
    return sender, octets


def audit(edge, action):
    flat = edge.redis.cmd("XREVRANGE", "oct:audit", "+", "-", "COUNT", "20")
    entries = [dict(zip(pairs[::2], pairs[1::2])) for _, pairs in flat]
    return [e for e in entries if e["action"] == action]


def test_lists_are_paged_newest_first(edge):
    box = mailbox(edge, "pages")
    for n in range(3):
        hold(edge, box, f"message {n}")
    page = edge.ctl_json("held", "list", box, "--limit=2")
    equal(page["total"], 3, "total")
    equal([i["subject"] for i in page["items"]], ["message 2", "message 1"],
          "first page")
    page = edge.ctl_json("held", "list", box, "--limit", "2", "--offset=2")
    equal([i["subject"] for i in page["items"]], ["message 0"], "second page")
    domain = edge.ctl_json("held", "list", TOWN, "--limit=1")
    equal([i["subject"] for i in domain["items"]], ["message 2"], "domain")
    text = edge.ctl("held", "list", box, "--limit=1").stdout
    check("1 of 3" in text, text)


def test_an_item_is_shown_with_what_is_known_of_it(edge):
    box = mailbox(edge, "fiche")
    sender, _ = hold(edge, box)
    listed = only_held(edge, box)
    for name in (listed["id"], f"{TOWN}/{listed['id']}"):
        item = edge.ctl_json("held", "show", name)
        equal({k: item[k] for k in listed}, listed, name)
        equal((item["rcpt"], item["from"], item["rpath"], item["class"]),
              (box, sender, sender, "A"), name)
    out = edge.ctl("held", "show", "a" * 32, check=False)
    equal(out.returncode, 1, out.stderr)
    out = edge.ctl("held", "show", "../etc", check=False)
    equal(out.returncode, 64, out.stderr)


def test_raw_is_the_stored_message_and_is_audited(edge):
    box = mailbox(edge, "brut")
    _, octets = hold(edge, box)
    item = only_held(edge, box)
    out = edge.ctl("held", "raw", item["id"]).stdout
    check(octets.decode().split("\r\n\r\n", 1)[1].strip() in
          out.replace("\r\n", "\n").replace("\n", "\r\n"), out)
    (entry, *_) = audit(edge, "read")
    equal((entry["domain"], entry["local"], entry["detail"]),
          (TOWN, "brut", item["id"]), "audit")


def test_a_dropped_item_is_gone_and_cannot_be_released(edge):
    box = mailbox(edge, "jete")
    hold(edge, box)
    item = only_held(edge, box)
    edge.ctl("held", "drop", item["id"])
    equal(held(edge, box), [], "held")
    equal(audit(edge, "drop")[0]["detail"], item["id"], "audit")
    out = edge.ctl("held", "release", item["id"], check=False)
    equal(out.returncode, 1, out.stderr)


def test_a_relation_is_shown(edge):
    box = mailbox(edge, "relation")
    sender, _ = hold(edge, box)
    (rel,) = edge.ctl_json("relation", "list", box)["items"]
    check(sender in rel["sid"], rel)
    equal(rel["held"], 1, "held")
    whole = edge.ctl_json("relation", "show", box, rel["sid"])
    equal(whole["items"], [only_held(edge, box)["id"]], "items")


def test_blocks_are_kept_with_the_flag_that_makes_them_seen(edge):
    box = mailbox(edge, "bloque", mode="off")

    def flag():
        return edge.ctl_json("mailbox", "show", box)["has_blocks"]
    equal(flag(), False, "before")
    edge.ctl("block", "add", box, "mal.test", "--why", "pénible")
    edge.ctl("block", "add", box, "un@autre.test", "--silent")
    edge.ctl("allow", "add", box, "bon.test")
    equal(flag(), True, "blocked")
    items = edge.ctl_json("block", "list", box)["items"]
    equal(sorted((i["sender"], i["scope"], i["action"]) for i in items),
          [("mal.test", "domain", "block"),
           ("un@autre.test", "address", "drop")], "list")
    edge.ctl("block", "remove", box, "mal.test")
    equal(flag(), True, "one is left")
    out = edge.ctl("block", "remove", box, "bon.test", check=False)
    equal(out.returncode, 1, "an allowed sender is not blocked")
    edge.ctl("allow", "add", box, "un@autre.test")
    equal(flag(), False, "an allowed sender is blocked no longer")
    equal(len(edge.ctl_json("allow", "list", box)["items"]), 2, "allowed")


def test_what_redis_lost_is_rebuilt_from_the_spool(edge):
    box = mailbox(edge, "perdu")
    sender, octets = hold(edge, box)
    item = only_held(edge, box)
    edge.ctl("spool", "check")
    for key in edge.redis.keys(f"oct:{{{TOWN}}}:*"):
        if key.split(":")[2] in ("held", "heldidx", "rel", "chal"):
            edge.redis.cmd("DEL", key)
    equal(held(edge, box), [], "forgotten")
    out = edge.ctl("spool", "check", "--json", check=False)
    equal(out.returncode, 1, out.stdout)
    lost = json.loads(out.stdout)
    check(item["id"] in [p["id"] for p in lost["problems"]], lost)
    told = edge.ctl_json("spool", "rebuild", "--dry-run")
    equal(told["restored"], lost["not_in_store"], "dry run")
    equal(held(edge, box), [], "a dry run restores nothing")
    done = edge.ctl_json("spool", "rebuild")
    equal(done["restored"], lost["not_in_store"], "restored")
    again = only_held(edge, box)
    equal({k: again[k] for k in ("id", "from", "typed", "reason", "expires")},
          {k: item[k] for k in ("id", "from", "typed", "reason", "expires")},
          "the item")
    equal(edge.ctl_json("spool", "rebuild")["restored"], 0, "again")
    edge.ctl("spool", "check")
    edge.ctl("held", "release", item["id"])
    delivery = edge.mailboxes.wait_for(box)
    check(octets.split(b"\r\n\r\n", 1)[1] in delivery.data, "delivered")


def test_the_check_finds_a_lost_and_a_broken_file(edge):
    box, other = mailbox(edge, "efface"), mailbox(edge, "casse")
    hold(edge, box)
    hold(edge, other)
    gone, broken = only_held(edge, box)["id"], only_held(edge, other)["id"]
    for path in glob.glob(f"{edge.spool}/**/{gone}.*", recursive=True):
        os.unlink(path)
    (path,) = glob.glob(f"{edge.spool}/**/{broken}.json", recursive=True)
    with open(path, "w") as f:
        f.write("{}")
    out = edge.ctl("spool", "check", "--json", check=False)
    equal(out.returncode, 1, out.stdout)
    problems = {p["id"]: p["kind"]
                for p in json.loads(out.stdout)["problems"]}
    equal((problems.get(gone), problems.get(broken)),
          ("not-in-spool", "unreadable"), "problems")
    edge.ctl("held", "drop", gone)


def test_a_decision_is_explained(edge):
    box = mailbox(edge, "explique", mode="off")
    sender = person()
    out = accepted(send(edge, sender, box))
    qid = out.queue_id
    wait_until(lambda: edge.ctl("explain", qid, check=False).returncode == 0,
               5, "the event is written")
    (event,) = edge.ctl_json("explain", qid)
    equal((event["rcpt"], event["from"], event["verdict"], event["reason"],
           event["row"], event["class"]),
          (box, sender, "deliver", "option-off", 7, "A"), "event")
    text = edge.ctl("explain", qid).stdout
    for words in ("Décision : remis", "la boîte n'interroge pas les inconnus",
                  "l'adresse d'envoi est prouvée", "DMARC_PASS",
                  "le domaine de l'auteur est prouvé", "retenu de 6.00"):
        check(words in text, text)
    text = edge.ctl("explain", qid, "--lang=en").stdout
    check("Decision: delivered" in text, text)
    # A held message by its item, also when its event is gone.
    box = mailbox(edge, "explique2")
    hold(edge, box)
    item = only_held(edge, box)["id"]
    wait_until(lambda: "retenu" in edge.ctl("explain", item).stdout and
               "refusé de" in edge.ctl("explain", item).stdout, 5, "event")
    edge.redis.cmd("DEL", "oct:events")
    text = edge.ctl("explain", item).stdout
    check("c'est le premier message de cet expéditeur" in text, text)
    check("refusé de" not in text, text)
    out = edge.ctl("explain", "ABCDEF123456", check=False)
    equal(out.returncode, 1, out.stderr)
    check("a week" in out.stderr, out.stderr)
