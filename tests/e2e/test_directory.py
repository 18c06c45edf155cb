# SPDX-License-Identifier: Apache-2.0
"""A change by octroictl is in force within a second, and outlives the store."""
import time

import scene
from kit import check, equal
from octroi import (add_alias, add_domain, add_mailbox, ask_map,
                    remove_mailbox, set_alias, set_mailbox)
from proc import wait_until
from scene import TOWN, accepted, mailbox, person, probe, send

EDGE = scene.edge()
AT_MOST = 1.0


def in_force(condition, what):
    """Seconds until condition() is true, from now."""
    begin = time.monotonic()
    wait_until(condition, 10, what)
    seconds = time.monotonic() - begin
    check(seconds < AT_MOST, f"{what}: only after {seconds:.3f} s")
    return seconds


def test_a_new_mailbox_is_served_within_a_second(edge):
    worst = [0, 0]
    with scene.client(edge, person()) as c:
        for n in range(10):
            box = f"neuf{n}@{TOWN}"
            equal(probe(c, box).code, 550, "before it exists")
            add_mailbox(edge.ctl, box)
            worst[0] = max(worst[0], in_force(
                lambda: ask_map(edge, "vmailbox", box)[0] == "OK", "mapd"))
            worst[1] = max(worst[1], in_force(
                lambda: probe(c, box).ok, "the milter"))
            remove_mailbox(edge.ctl, box)
            worst[0] = max(worst[0], in_force(
                lambda: ask_map(edge, "vmailbox", box)[0] == "NOTFOUND",
                "mapd, removal"))
            worst[1] = max(worst[1], in_force(
                lambda: probe(c, box).code == 550, "the milter, removal"))
    print(f"        slowest change: mapd {worst[0] * 1000:.0f} ms, milter "
          f"{worst[1] * 1000:.0f} ms")


def test_a_change_of_settings_is_in_force_within_a_second(edge):
    box, sender = mailbox(edge, "option", mode="off"), person()

    def fate():
        result = accepted(send(edge, sender, box))
        return scene.verdict(edge, result)["verdict"]
    for mode, expected in (("first-contact", "hold"), ("off", "deliver"),
                           ("first-contact", "hold")):
        set_mailbox(edge.ctl, box, challenge=mode)
        in_force(lambda: fate() == expected, mode)


def test_maps_answer_for_what_is_hosted_and_nothing_else(edge):
    box = mailbox(edge, "carte")
    add_alias(edge.ctl, f"carte.alias@{TOWN}", box, "ami@voisin.test")
    scene.wait_known(edge, f"carte.alias@{TOWN}")
    ok = {("vdomains", TOWN): TOWN, ("vdomains", TOWN.upper()): TOWN,
          ("vmailbox", box): None, ("vmailbox", "Carte+tag@" + TOWN): None,
          ("valias", f"carte.alias@{TOWN}"): f"{box},ami@voisin.test",
          ("transport", box): f"lmtp:unix:{edge.mailboxes.path}"}
    for (name, key), value in ok.items():
        got = ask_map(edge, name, key)
        equal(got, ("OK", value or got[1]), f"{name} {key}")
    for name, key in (("vdomains", "elsewhere.test"), ("vdomains", ""),
                      ("vmailbox", f"x@{TOWN}"), ("vmailbox", "x@y.test"),
                      ("valias", box), ("valias", "@" + TOWN),
                      ("transport", "x@elsewhere.test")):
        equal(ask_map(edge, name, key)[0], "NOTFOUND", f"{name} {key}")
    set_alias(edge.ctl, f"carte.alias@{TOWN}", box)
    in_force(lambda: ask_map(edge, "valias", f"carte.alias@{TOWN}") ==
             ("OK", box), "the alias changed")


def test_a_new_domain_is_served_within_a_second(edge):
    add_domain(edge.ctl, "neuf.test")
    in_force(lambda: ask_map(edge, "vdomains", "neuf.test")[0] == "OK",
             "mapd")
    box = mailbox(edge, "maire", "neuf.test", "off")
    accepted(send(edge, person(), box))
    edge.mailboxes.wait_for(box)


def test_maps_and_delivery_go_on_without_the_store(edge):
    off, gone = mailbox(edge, "toujours", mode="off"), f"absent@{TOWN}"
    edge.redis.stop()
    try:
        equal(ask_map(edge, "vmailbox", off)[0], "OK")
        equal(ask_map(edge, "vmailbox", gone)[0], "NOTFOUND")
        accepted(send(edge, person(), off))
        edge.mailboxes.wait_for(off)
        # From the disk copy, after a restart too.
        edge.octroi["mapd"].restart()
        edge.octroi["milter"].restart()
        equal(ask_map(edge, "vmailbox", off)[0], "OK")
        accepted(send(edge, person(), off))
        edge.mailboxes.wait_for(off, count=2)
    finally:
        edge.redis.start()
    box = f"apres@{TOWN}"
    add_mailbox(edge.ctl, box)
    wait_until(lambda: ask_map(edge, "vmailbox", box)[0] == "OK", 10,
               "changes are followed again")
    scene.wait_known(edge, box, 10)


def test_a_thousand_mailboxes_by_batch(edge):
    lines = [f"mailbox add lot{n}@{TOWN}" for n in range(1000)]
    begin = time.monotonic()
    edge.ctl("batch", "-", stdin="\n".join(lines) + "\n", timeout=120)
    seconds = time.monotonic() - begin
    in_force(lambda: ask_map(edge, "vmailbox", f"lot999@{TOWN}")[0] == "OK",
             "the last of a thousand")
    print(f"        1000 mailboxes in {seconds:.2f} s")
    bad = edge.ctl("batch", "-", stdin="mailbox add sans-domaine\n",
                   check=False)
    check(bad.returncode != 0 and "line 1" in bad.stderr, bad)
