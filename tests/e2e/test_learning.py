# SPDX-License-Identifier: Apache-2.0
"""What people do with messages reaches the classifier's model."""
import os
import subprocess

import scene
from edge import REPO
from kit import check, equal
from mail import message
from proc import own, wait_until
from scene import accepted, mailbox, only_held, person, send


def prepare(edge):
    scene.prepare(edge)
    edge.folder = f"{edge.tmp}/learn"
    os.mkdir(edge.folder)
    own(edge.folder)
    edge.change_conf({"learn": {"folder": edge.folder, "quiet": "2s"}})


EDGE = {"prepare": prepare}


def learnt(edge, word):
    """How many messages the model was taught as good, or bad."""
    out = edge.ctl("learn", "status", "--json", check=False)
    if out.returncode != 0:
        return 0
    log = edge.octroi["courier"].log
    with open(log, errors="replace") as f:
        return sum(f" as={word} " in line and "learn=said" in line
                   for line in f)


def updates(edge):
    with open(edge.octroi["courier"].log, errors="replace") as f:
        saved = [line for line in f if "learn=saved" in line]
    return int(saved[-1].rpartition("updates=")[2]) if saved else 0


def test_owners_acts_are_learnt(edge):
    box = mailbox(edge, "enseigne")
    before = updates(edge)
    accepted(send(edge, person(), box))
    item = only_held(edge, box)["id"]
    edge.ctl("held", "release", item, "--once", "--ham")
    edge.mailboxes.wait_for(box)
    wait_until(lambda: updates(edge) == before + 1, 20, "one label")
    accepted(send(edge, person(), box))
    item = only_held(edge, box)["id"]
    edge.ctl("held", "drop", item, "--spam")
    wait_until(lambda: updates(edge) == before + 2, 20, "two labels")
    check(learnt(edge, "ham") >= 1 and learnt(edge, "spam") >= 1, "labels")
    out = edge.ctl("held", "drop", item, "--spam", check=False)
    equal(out.returncode, 1, "an item that is over teaches nothing")


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
