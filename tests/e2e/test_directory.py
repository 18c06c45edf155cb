# SPDX-License-Identifier: Apache-2.0
"""A change by octroictl is in force within a second, and outlives the store."""
import json
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


def test_an_option_of_any_level_is_in_force_within_a_second(edge):
    """The innermost level that sets it counts, in every process."""
    ctl, domain = edge.ctl, "niveaux.test"
    ctl("tenant", "add", "niveaux", "name=Commune des Niveaux")
    add_domain(ctl, domain, tenant="niveaux")
    sender, box = person(), mailbox(edge, "agent", domain, "inherit")

    def fate():
        result = accepted(send(edge, sender, box))
        return scene.verdict(edge, result)["verdict"]

    def told():
        shown = json.loads(ctl("policy", "show", box, "--json").stdout)
        return next((o["value"], o["level"]) for o in shown["options"]
                    if o["option"] == "challenge")
    equal(told(), ("off", "platform"))
    for level, name, mode, expected in (
            ("tenant", "niveaux", "first-contact", "hold"),
            ("domain", domain, "off", "deliver"),
            ("mailbox", box, "first-contact", "hold"),
            ("mailbox", box, "off", "deliver"),
            ("mailbox", box, "-", "deliver"),
            ("domain", domain, "inherit", "hold"),
            ("tenant", "niveaux", "off", "deliver")):
        ctl(level, "set", name, f"challenge={mode}")
        in_force(lambda: fate() == expected, f"{level} {mode}")
        if mode not in ("-", "inherit"):
            equal(told(), (mode, level))
    # The disk copy, for a start without the store, has it too.
    ctl("tenant", "set", "niveaux", "challenge=first-contact")

    def copied():
        with open(f"{edge.state}/directory", encoding="utf-8") as f:
            lines = [json.loads(x) for x in f if x.startswith('{"tenant"')]
        return any(x["tenant"] == "niveaux" and x["attributes"].get(
            "challenge") == "first-contact" for x in lines)
    wait_until(copied, 20, "the disk copy has the tenant")
    refused_in = ctl("tenant", "remove", "niveaux", check=False)
    check(refused_in.returncode != 0 and domain in refused_in.stderr,
          refused_in)


def test_what_is_out_of_bounds_is_refused_in_words(edge):
    ctl = edge.ctl
    ctl("tenant", "add", "bornes")
    box = mailbox(edge, "bornes", mode="off")
    for level, name, word, says in (
            ("tenant", "bornes", "t_hold=31d", "from 3d to 30d"),
            ("domain", TOWN, "asks=0", "from 1 to 10"),
            ("mailbox", box, "unproven=maybe", "refuse or hold")):
        r = ctl(level, "set", name, word, check=False)
        check(r.returncode != 0 and says in r.stderr, r)
    ctl("tenant", "remove", "bornes")


def test_a_protection_is_lifted_with_a_ground(edge):
    ctl = edge.ctl
    ctl("tenant", "add", "sve")
    add_domain(ctl, "sve.test", tenant="sve", challenge="first-contact")
    sender, box = person(), mailbox(edge, "mairie", "sve.test", "inherit")

    def fate():
        result = accepted(send(edge, sender, box))
        return scene.verdict(edge, result)["verdict"]

    def protection():
        shown = json.loads(ctl("policy", "show", box, "--json").stdout)
        return shown["protected"], shown["protection"]
    equal(fate(), "deliver")
    check(protection()[0] and "platform" in protection()[1], protection())
    r = ctl("mailbox", "set", box, "unprotected=yes", check=False)
    check(r.returncode != 0 and "unprotected_reason" in r.stderr, r)
    ctl("tenant", "set", "sve", "teleservice=https://sve.test/",
        "teleservice_since=2020-01-31")
    ctl("mailbox", "set", box, "unprotected=yes")
    in_force(lambda: fate() == "hold", "lifted")
    check(not protection()[0] and "https://sve.test/" in protection()[1],
          protection())
    ctl("tenant", "set", "sve", "teleservice=", "teleservice_since=")
    in_force(lambda: fate() == "deliver", "withdrawn")
    r = ctl("policy", "check", check=False)
    check(r.returncode == 1 and box in r.stdout, r)
    ctl("mailbox", "set", box, "unprotected=yes",
        "unprotected_reason=arrete 12 du 3 mars")
    in_force(lambda: fate() == "hold", "lifted with a reason")
    audit = edge.redis.cmd("XREVRANGE", "oct:audit", "+", "-", "COUNT", "1")
    check("arrete 12 du 3 mars" in str(audit), audit)


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
