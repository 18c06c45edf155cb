# SPDX-License-Identifier: Apache-2.0
"""What people do with messages reaches the classifier's model."""
import json
import os
import subprocess

import scene
from edge import REPO
from kit import check, equal
from mail import message
from octroi import held
from proc import own, wait_until
from scene import (OTHER_TOWN, TOWN, accepted, mailbox, only_held, person,
                   send)


def prepare(edge):
    scene.prepare(edge)
    edge.folder = f"{edge.tmp}/learn"
    os.mkdir(edge.folder)
    own(edge.folder)
    edge.change_conf({"learn": {"folder": edge.folder, "quiet": "2s"}})


EDGE = {"prepare": prepare}


def updates(edge):
    with open(edge.octroi["courier"].log, errors="replace") as f:
        saved = [line for line in f if "learn=saved" in line]
    return int(saved[-1].rpartition("updates=")[2]) if saved else 0


def labels(edge, word):
    """Lines of the courier's log about labels that people's acts made."""
    with open(edge.octroi["courier"].log, errors="replace") as f:
        return [line for line in f
                if "learn=said" in line and "by=owner" in line and
                f" as={word} " in line]


def test_acts_are_learnt(edge):
    box = mailbox(edge, "enseigne")
    before = updates(edge)
    accepted(send(edge, person(), box))
    item = only_held(edge, box)["id"]
    edge.ctl("held", "release", item, "--once")
    edge.mailboxes.wait_for(box)
    wait_until(lambda: updates(edge) == before + 1, 20, "one label")
    check(f"item={item.rpartition('/')[2]} domain={TOWN}" in
          labels(edge, "ham")[-1], "a label for the domain")
    accepted(send(edge, person(), box))
    item = only_held(edge, box)["id"]
    edge.ctl("held", "drop", item, "--spam")
    wait_until(lambda: updates(edge) == before + 2, 20, "two labels")
    equal(len(labels(edge, "spam")), 1)
    out = edge.ctl("held", "drop", item, "--spam", check=False)
    equal(out.returncode, 1, "an item that is over teaches nothing")


def test_a_block_teaches_what_was_held_of_the_sender(edge):
    box, sender, other = mailbox(edge, "barre"), person(), person()
    before = updates(edge)
    for who in (sender, sender, other):
        accepted(send(edge, who, box))
    wait_until(lambda: len(held(edge, box)) == 3, 5, "three are held")
    edge.ctl("block", "add", box, sender)
    wait_until(lambda: updates(edge) == before + 2, 20, "two labels")
    equal(len(labels(edge, "spam")), 3)
    equal(len(held(edge, box)), 1, "held of the other")


def test_what_is_dropped_or_not_to_be_learnt_teaches_nothing(edge):
    box, sender = mailbox(edge, "muet"), person()
    said = len(labels(edge, "ham")) + len(labels(edge, "spam"))
    for words in (("held", "release", "{}", "--once", "--no-learn"),
                  ("held", "drop", "{}")):
        accepted(send(edge, person(), box))
        item = only_held(edge, box)["id"]
        edge.ctl(*(w.format(item) for w in words))
        wait_until(lambda: not held(edge, box), 10, "it is gone")
    accepted(send(edge, sender, box))
    edge.ctl("block", "add", box, sender, "--no-learn")
    wait_until(lambda: not held(edge, box), 10, "it is gone")
    # A label that is wanted comes after those that are not.
    before = updates(edge)
    accepted(send(edge, person(), box))
    edge.ctl("held", "drop", only_held(edge, box)["id"], "--spam")
    wait_until(lambda: updates(edge) == before + 1, 20, "one label")
    equal(len(labels(edge, "ham")) + len(labels(edge, "spam")), said + 1)


def letters(folder, count):
    os.makedirs(folder, exist_ok=True)
    for i in range(count):
        with open(f"{folder}/{i}.eml", "wb") as f:
            f.write(message(f"lettre{i}@gazette.test", f"agent@{TOWN}",
                            body=f"La gazette des communes, numero {i}.\r\n"))
    return folder


def learn(edge, *words, **more):
    return json.loads(edge.ctl("learn", *words, "--json", **more).stdout)


def test_the_command_teaches_all_nodes(edge):
    folder = letters(f"{edge.tmp}/lettres", 12)
    before = updates(edge)
    first = [f"{folder}/{i}.eml" for i in range(5)]
    equal(learn(edge, "spam", *first)["added"], 5)
    # What was said is not said again; what was said otherwise is taken back.
    told = learn(edge, "spam", folder)
    equal((told["added"], told["known"]), (7, 5))
    wait_until(lambda: updates(edge) == before + 12, 20, "twelve labels")
    told = learn(edge, "ham", "-", stdin="".join(f"{n}\n" for n in first))
    equal(told["added"], 5)
    wait_until(lambda: updates(edge) == before + 22, 20, "taken back, said")
    told = learn(edge, "ham", "--forget", folder)
    equal(told["forgotten"], 12)
    wait_until(lambda: updates(edge) == before + 34, 20, "all taken back")
    equal(learn(edge, "ham", "--forget", folder)["known"], 12)


def test_a_domain_says_so_much_a_day(edge):
    folder = letters(f"{edge.tmp}/trop", 205)
    before = updates(edge)
    out = edge.ctl("learn", "ham", f"--domain={OTHER_TOWN}", folder,
                   check=False)
    equal(out.returncode, 69)
    check("200 messages are taught" in out.stderr, out.stderr)
    told = learn(edge, "ham", f"--domain={OTHER_TOWN}", f"{folder}/1.eml")
    equal(told["known"], 1)
    wait_until(lambda: updates(edge) == before + 200, 20, "they are applied")
    # They count for more there than elsewhere.
    here, there = (json.loads(edge.ctl(
        "learn", "status", f"--domain={d}", "--json").stdout)
        for d in (OTHER_TOWN, TOWN))
    equal(here["own"]["good"], 200)
    check(there["own"]["good"] < 200, there["own"])
    like = [max(r["like_good"] for r in v["evidence"]) for v in (here, there)]
    check(like[0] >= like[1] + 600, like)
    text = edge.ctl("learn", "status", f"--domain={OTHER_TOWN}").stdout
    check("its own good" in text and OTHER_TOWN in text, text)
    out = edge.ctl("learn", "ham", "--domain=nowhere.test", folder,
                   "--model=/tmp/x", check=False)
    equal(out.returncode, 64)


def test_a_confirmed_challenge_counts_when_its_time_is_over(edge):
    box = mailbox(edge, "confirme")
    sender = person()
    before = updates(edge)
    accepted(send(edge, sender, box))
    scene.confirm_when_ripe(scene.challenge(edge, sender))
    edge.mailboxes.wait_for(box)
    wait_until(lambda: updates(edge) == before + 1, 30, "one label")
    with open(edge.octroi["courier"].log, errors="replace") as f:
        check("by=confirmed as=ham" in f.read(), "by whom")


def test_what_imapsieve_leaves_is_learnt(edge):
    box = mailbox(edge, "corbeille", mode="off")
    before = updates(edge)
    script = f"{REPO}/contrib/dovecot/octroi-learn.sh"
    for word in ("spam", "ham"):
        subprocess.run(["sh", script, word, box], check=True, timeout=10,
                       input=message(person(), box),
                       env={**os.environ,
                            "OCTROI_LEARN_FOLDER": edge.folder})
        for name in os.listdir(edge.folder):
            own(f"{edge.folder}/{name}")
    wait_until(lambda: updates(edge) == before + 2, 20, "two labels")
    equal(os.listdir(edge.folder), [], "the folder")
    bad = subprocess.run(["sh", script, "spam", "../x@y"], timeout=10,
                         input=b"", env={**os.environ,
                                         "OCTROI_LEARN_FOLDER": edge.folder})
    equal(bad.returncode, 64, "an address that is a path")
