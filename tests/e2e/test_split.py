# SPDX-License-Identifier: Apache-2.0
"""One message, several recipients, several fates: nobody is both held and
delivered, and nobody is forgotten."""
import scene
from kit import check, equal
from mail import message, untraced
from octroi import add_alias, block, held, release, set_mailbox
from proc import wait_until
from scene import TOWN, accepted, challenge, mailbox, only_held, send

EDGE = scene.edge()

def fates(edge, *boxes):
    """{mailbox: (delivered, held)}"""
    edge.postfix.wait_empty()
    return {b: (len(edge.mailboxes.all(b)), len(held(edge, b)))
            for b in boxes}


def delivered_and_held(edge, result, off, on):
    """off got it, on waits, and neither the other way too."""
    accepted(result)
    edge.mailboxes.wait_for(off)
    equal(fates(edge, off, on), {off: (1, 0), on: (0, 1)})


def pair(edge, name):
    return (mailbox(edge, f"{name}.off", mode="off"),
            mailbox(edge, f"{name}.on"))


def test_two_recipients_two_fates(edge):
    jean = scene.person()
    off, on = pair(edge, "deux")
    delivered_and_held(edge, send(edge, jean, [off, on]), off, on)
    off, on = pair(edge, "envers")
    delivered_and_held(edge, send(edge, jean, [on, off]), off, on)


def test_mixed_case(edge):
    jean = scene.person()
    off, on = pair(edge, "casse")
    delivered_and_held(edge, send(edge, jean, [
        "Casse.OFF@Ville.TEST", "CASSE.On@vIlle.test"]), off, on)
    equal(only_held(edge, on)["typed"], "CASSE.On@vIlle.test")


def test_plus_tags(edge):
    jean = scene.person()
    off, on = pair(edge, "plus")
    typed = [off.replace("@", "+liste@"), on.replace("@", "+Site-2026@")]
    result = accepted(send(edge, jean, typed))
    edge.mailboxes.wait_for(typed[0])
    item = only_held(edge, on)
    equal(item["typed"], typed[1])
    edge.postfix.wait_empty()
    equal(edge.mailboxes.all(None, lambda d: d.rcpt.startswith("plus.on")),
          [], "delivered to the one that is held")
    equal(scene.verdict(edge, result, on)["verdict"], "hold")


def test_every_spelling_of_one_mailbox_is_one_item(edge):
    jean = scene.person()
    off, on = pair(edge, "ecrit")
    add_alias(edge.ctl, f"ecrit.alias@{TOWN}", on)
    scene.wait_known(edge, f"ecrit.alias@{TOWN}")
    accepted(send(edge, jean, [on, on.upper(), on.replace("@", "+a@"),
                               f"ecrit.alias@{TOWN}", off,
                               f'"ecrit.on"@{TOWN}']))
    edge.mailboxes.wait_for(off)
    equal(fates(edge, off, on), {off: (1, 0), on: (0, 1)})


def test_a_source_route_is_only_a_spelling(edge):
    jean = scene.person()
    off, on = pair(edge, "route")
    delivered_and_held(edge, send(edge, jean, [
        f"<@relais.test,@autre.test:{off}>", f"<@relais.test:{on}>"]),
        off, on)


def test_alias_to_a_held_mailbox(edge):
    jean = scene.person()
    off, on = pair(edge, "simple")
    for box in (off, on):
        name = box.replace("simple", "renvoi")
        add_alias(edge.ctl, name, box)
        scene.wait_known(edge, name)
    delivered_and_held(edge, send(edge, jean, [
        off.replace("simple", "renvoi"), on.replace("simple", "renvoi")]),
        off, on)


def test_a_group_of_two_fates_goes_through_transit(edge):
    jean = scene.person()
    off, on = pair(edge, "groupe")
    group = f"groupe@{TOWN}"
    add_alias(edge.ctl, group, off, on)
    scene.wait_known(edge, group)
    octets = message(jean, group)
    result = accepted(send(edge, jean, group, octets))
    equal(scene.verdict(edge, result, off)["verdict"], "transit")
    equal(scene.verdict(edge, result, on)["verdict"], "hold")
    got = edge.mailboxes.wait_for(off)
    equal(untraced(got.data), octets, "what went through transit")
    equal(fates(edge, off, on), {off: (1, 0), on: (0, 1)})
    scene.confirm_when_ripe(challenge(edge, jean))
    edge.mailboxes.wait_for(on)
    equal(fates(edge, off, on), {off: (1, 0), on: (1, 0)})


def test_a_member_who_is_named_too_gets_one_copy(edge):
    jean = scene.person()
    off, on = pair(edge, "double")
    third = mailbox(edge, "double.tiers", mode="off")
    group = f"double@{TOWN}"
    add_alias(edge.ctl, group, off, third, on)
    scene.wait_known(edge, group)
    accepted(send(edge, jean, [group, off]))
    edge.mailboxes.wait_for(off)
    edge.mailboxes.wait_for(third)
    equal(fates(edge, off, third, on),
          {off: (1, 0), third: (1, 0), on: (0, 1)})


def test_a_group_with_a_member_elsewhere(edge):
    jean = scene.person()
    _, on = pair(edge, "dehors")
    group = f"dehors@{TOWN}"
    add_alias(edge.ctl, group, on, "ami@voisin.test")
    scene.wait_known(edge, group)
    octets = message(jean, group)
    accepted(send(edge, jean, group, octets))
    got = edge.world.wait_for("ami@voisin.test",
                              lambda d: not scene.is_challenge(d))
    equal(untraced(got.data), octets)
    equal(fates(edge, on), {on: (0, 1)})


def test_nested_groups_reach_everybody_once(edge):
    jean = scene.person()
    off, on = pair(edge, "nid")
    inner, outer = f"nid.dedans@{TOWN}", f"nid.dehors@{TOWN}"
    add_alias(edge.ctl, inner, off, on)
    scene.wait_known(edge, inner)
    add_alias(edge.ctl, outer, inner, off)
    scene.wait_known(edge, outer)
    accepted(send(edge, jean, outer))
    edge.mailboxes.wait_for(off)
    equal(fates(edge, off, on), {off: (1, 0), on: (0, 1)})


def test_a_block_beside_a_delivery_drops_unsaid(edge):
    sender = "fache@citoyen.test"
    off = mailbox(edge, "calme", mode="off")
    hard = mailbox(edge, "dur", mode="off")
    block(edge, hard, sender)
    wait_until(lambda: not send(edge, sender, hard).accepted, 5,
               "the block is in force")
    edge.postfix.wait_empty()
    equal(edge.mailboxes.all(hard), [])
    result = accepted(send(edge, sender, [off, hard]))
    edge.mailboxes.wait_for(off)
    equal(scene.verdict(edge, result, hard)["verdict"], "drop")
    equal(fates(edge, off, hard), {off: (1, 0), hard: (0, 0)})


def test_unknown_recipients_are_refused_and_the_others_go_on(edge):
    jean = scene.person()
    off, on = pair(edge, "presque")
    result = send(edge, jean, [f"personne@{TOWN}", off, on,
                               "x@elsewhere.test"])
    equal([(r.code, r.enhanced) for _, r in result.rcpts],
          [(550, "5.1.1"), (250, "2.1.5"), (250, "2.1.5"),
           (554, "5.7.1")])
    delivered_and_held(edge, result, off, on)


def test_forty_recipients_are_forty_fates(edge):
    jean = scene.person()
    boxes = [mailbox(edge, f"foule{n}", mode="off" if n % 2 else
                     "first-contact") for n in range(20)]
    group = f"foule@{TOWN}"
    add_alias(edge.ctl, group, *boxes[:10])
    scene.wait_known(edge, group)
    result = accepted(send(edge, jean, [group, *boxes[5:]]))
    for n, box in enumerate(boxes):
        if n % 2:
            edge.mailboxes.wait_for(box)
    equal(fates(edge, *boxes), {box: (n % 2, 1 - n % 2)
                                for n, box in enumerate(boxes)})
    equal(len(edge.postfix.log_lines(rf"{result.queue_id}.*discard")), 0)


def test_an_option_switched_off_lets_the_next_message_through(edge):
    jean = scene.person()
    box = mailbox(edge, "bascule")
    accepted(send(edge, jean, box))
    only_held(edge, box)
    set_mailbox(edge.ctl, box, challenge="off")
    wait_until(lambda: scene.verdict(edge, accepted(send(edge, jean, box)))[
        "reason"] == "option-off", 5, "the option is off")
    edge.mailboxes.wait_for(box)


def test_the_owner_releases_and_the_sender_is_known(edge):
    box, sender = mailbox(edge, "maire.perso"), "vieux@citoyen.test"
    octets = message(sender, box)
    accepted(send(edge, sender, box, octets))
    release(edge, only_held(edge, box)["id"])
    got = edge.mailboxes.wait_for(box)
    equal(untraced(got.data), octets)
    check(got.field("X-Octroi-Held"), got.head)
    result = accepted(send(edge, sender, box))
    equal(scene.verdict(edge, result)["reason"], "allowed")
