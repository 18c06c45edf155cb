# SPDX-License-Identifier: Apache-2.0
"""Domains whose DNS is right, each written in its own way, and domains whose DNS
is wrong in one way each.  A case is a function that changes a right zone; what
the check must say of a wrong one stands beside it.
"""
MX = ["10 mx1.centre.test.", "20 mx2.centre.test."]
SPF = "v=spf1 include:_spf.centre.test -all"
DMARC = "v=DMARC1; p=quarantine; rua=mailto:dmarc@centre.test"
SENDERS = ["192.0.2.251", "2001:db8::251"]

CONF = {
    "mx": ["10 mx1.centre.test", "20 mx2.centre.test"],
    "spf": "include:_spf.centre.test", "senders": SENDERS,
    "dmarc_reports": "dmarc@centre.test",
    "web": "web.centre.test", "imap": "imap.centre.test:993",
    "smtp": "smtp.centre.test:465",
}

# What everybody else has: lines of the root zone.
WORLD = """
mx1.centre.test. IN A 192.0.2.251
mx1.centre.test. IN AAAA 2001:db8::251
mx2.centre.test. IN A 192.0.2.252
mx.edge.test. IN A 192.0.2.251
web.centre.test. IN A 127.0.0.1
imap.centre.test. IN A 192.0.2.253
smtp.centre.test. IN A 192.0.2.253
_spf.centre.test. IN TXT "v=spf1 ip4:192.0.2.248/29 ip6:2001:db8::/64 -all"
*._report._dmarc.centre.test. IN TXT "v=DMARC1"
_spf.lettres.test. IN TXT "v=spf1 ip4:198.51.100.0/24 ~all"
_spf.ptr.test. IN TXT "v=spf1 ptr:ptr.test ~all"
boucle.test. IN TXT "v=spf1 include:boucle2.test -all"
boucle2.test. IN TXT "v=spf1 include:boucle.test -all"
vide.test. IN TXT "nothing here"
fai.test. IN MX 10 mx.fai.test.
mx.fai.test. IN A 198.51.100.7
mail.fai.test. IN A 198.51.100.8
alias.fai.test. IN CNAME mail.fai.test.
""".strip().split("\n") + [
    f'n{i}.dix.test. IN TXT "v=spf1 ip4:203.0.113.{i} ~all"'
    for i in range(12)]

RIGHT, BROKEN, HINTS = {}, {}, {}


def right(f):
    RIGHT[f.__name__.replace("_", "-") + ".test"] = f
    return f


def broken(*codes, also=()):
    """Must be said; `also` may be."""
    def mark(f):
        BROKEN[f.__name__.replace("_", "-") + ".test"] = (f, codes, also)
        return f
    return mark


def hint(*codes):
    """Right, and yet there is something to say."""
    def mark(f):
        HINTS[f.__name__.replace("_", "-") + ".test"] = (f, codes)
        return f
    return mark


def base(z, key):
    """A right zone; key: the TXT record of the DKIM key s1."""
    z["@", "A"] = ["192.0.2.80"]
    z["@", "MX"] = list(MX)
    z["@", "TXT"] = [SPF]
    z["s1._domainkey", "TXT"] = [key]
    z["_dmarc", "TXT"] = [DMARC]
    for name in ("autoconfig", "autodiscover"):
        z[name, "CNAME"] = ["web.centre.test."]
    z["_imaps._tcp", "SRV"] = ["0 1 993 imap.centre.test."]
    z["_submissions._tcp", "SRV"] = ["0 1 465 smtp.centre.test."]


def key_of(z):
    return z["s1._domainkey", "TXT"][0]


# -- right ones ---------------------------------------------------------------
@right
def plain(z):
    pass


@right
def own_mx_names(z):
    z["@", "MX"] = ["5 mail", "7 secours"]
    z["mail", "A"], z["secours", "A"] = ["192.0.2.251"], ["192.0.2.252"]


@right
def equal_preferences(z):
    z["@", "MX"] = ["10 mx1.centre.test.", "10 mx2.centre.test."]


@right
def upper_case(z):
    z["@", "MX"] = ["1 MX1.Centre.TEST.", "2 Mx2.centre.test."]
    z["@", "TXT"] = ["V=SPF1 INCLUDE:_SPF.CENTRE.TEST -ALL"]


@right
def spf_by_address(z):
    z["@", "TXT"] = ["v=spf1 ip4:192.0.2.251 ip4:192.0.2.252 "
                     "ip6:2001:db8::251 ip6:2001:db8::252 -all"]


@right
def spf_by_mx(z):
    z["@", "TXT"] = ["v=spf1 mx -all"]


@right
def spf_by_a(z):
    z["@", "TXT"] = ["v=spf1 a:mx1.centre.test a:mx2.centre.test ~all"]


@right
def spf_redirect(z):
    z["@", "TXT"] = ["v=spf1 redirect=_spf.centre.test"]


@right
def spf_with_others(z):
    z["@", "TXT"] = ["v=spf1 a include:_spf.lettres.test "
                     "include:_spf.centre.test ?ip4:203.0.113.9 ~all"]


@right
def spf_macro(z):
    z["@", "TXT"] = ["v=spf1 exists:%{ir}.ok.centre.test "
                     "include:_spf.centre.test -all"]


@right
def spf_unknown_modifier(z):
    z["@", "TXT"] = ["v=spf1 include:_spf.centre.test -all note=x "
                     "exp=why.centre.test"]


@right
def spf_ten_look_ups(z):
    z["@", "TXT"] = ["v=spf1 include:_spf.centre.test " + " ".join(
        f"include:n{i}.dix.test" for i in range(9)) + " -all"]


@right
def split_strings(z):
    z.raw.append('s1._domainkey IN TXT ' + " ".join(
        f'"{key_of(z)[i:i + 20]}"' for i in range(0, len(key_of(z)), 20)))
    z.raw.append('@ IN TXT "v=spf1 include:_spf" ".centre.test -all"')
    del z["s1._domainkey", "TXT"], z["@", "TXT"]


@right
def key_tags_in_another_order(z):
    tags = [t.strip() for t in key_of(z).split(";") if t.strip()]
    z["s1._domainkey", "TXT"] = [
        tags[0] + " ;  " + " ; ".join(reversed(tags[1:])) +
        " ; n=une note ; s=email; "]


@right
def key_without_version(z):
    z["s1._domainkey", "TXT"] = [key_of(z).split(";", 1)[1].strip()]


@right
def key_behind_an_alias(z):
    z["cle", "TXT"] = [key_of(z)]
    del z["s1._domainkey", "TXT"]
    z["s1._domainkey", "CNAME"] = ["cle"]


@right
def dmarc_in_another_order(z):
    z["_dmarc", "TXT"] = ["v=DMARC1;rua=mailto:dmarc@centre.test , "
                          "mailto:dpo@dmarc-in-another-order.test;"
                          "fo=1;aspf=r ; adkim=S;sp=REJECT;P=Reject;"]


@right
def dmarc_old_tags(z):
    z["_dmarc", "TXT"] = ["v=DMARC1; p=reject; pct=100; rf=afrf; ri=86400; "
                          "rua=mailto:dmarc@centre.test!10m"]


@right
def dmarc_without_reports(z):
    z["_dmarc", "TXT"] = ["v=DMARC1; p=reject"]


@right
def other_texts(z):
    z["@", "TXT"] += ["google-site-verification=abc", "MS=ms123456",
                      "v=spf10 is another word", "v=verifdomain",
                      "a\x01b \x1b[31mrouge\x1b[0m"]


@right
def other_services(z):
    z["www", "A"] = ["192.0.2.80"]
    z["ftp", "CNAME"] = ["www"]
    z["@", "CAA"] = ['0 issue "letsencrypt.org"']
    z["_sip._tcp", "SRV"] = ["0 0 5060 sip.fai.test."]
    z["courrier", "MX"] = ["10 mx.fai.test."]


@right
def wildcard_address(z):
    z["*", "A"] = ["192.0.2.80"]


@right
def several_srv(z):
    z["_imaps._tcp", "SRV"] = ["10 5 993 imap.centre.test.",
                               "20 5 993 autre.centre.test."]
    z["_submissions._tcp", "SRV"] = ["7 9 465 SMTP.Centre.Test."]


@right
def autoconfig_by_address(z):
    del z["autoconfig", "CNAME"], z["autodiscover", "CNAME"]
    z["autoconfig", "A"] = z["autodiscover", "A"] = ["127.0.0.1"]


@right
def without_own_setup(z):
    for name in list(z):
        if name[0].startswith(("auto", "_imaps", "_subm")):
            del z[name]


@right
def tls_reports(z):
    z["_smtp._tls", "TXT"] = ["v=TLSRPTv1; rua=https://tls.centre.test/v1,"
                              "mailto:tls@centre.test"]


@right
def signed(z):
    z.sign = "good"


@right
def extra_key_of_another_service(z):
    z["lettres._domainkey", "CNAME"] = ["lettres._domainkey.lettres.test."]


@right
def short_ttl(z):
    z.ttl = 60


# -- wrong ones ---------------------------------------------------------------
@broken("mx-missing")
def no_mx(z):
    del z["@", "MX"]


@broken("mx-null")
def null_mx(z):
    z["@", "MX"] = ["0 ."]


@broken("mx-foreign")
def foreign_mx(z):
    z["@", "MX"] = ["10 mx.fai.test."]


@broken("mx-extra")
def one_mx_too_many(z):
    z["@", "MX"] += ["30 mx.fai.test."]


@broken("mx-incomplete")
def one_mx_missing(z):
    z["@", "MX"] = MX[:1]


@broken("mx-cname")
def mx_to_an_alias(z):
    z["@", "MX"] = ["10 mail"]
    z["mail", "CNAME"] = ["mx1.centre.test."]
    # mx2 is not there either


@broken("mx-unresolved")
def mx_to_nothing(z):
    z["@", "MX"] = ["10 rien.fai.test."]


@broken("mx-literal", also=["mx-unresolved"])
def mx_is_an_address(z):
    z["@", "MX"] = ["10 192.0.2.251."]


@broken("apex-cname", also=["mx-missing", "spf-missing", "dkim-missing",
                            "dmarc-missing"])
def alias_at_the_apex(z):
    for name in [n for n in z if n[0] == "@"]:
        del z[name]
    z.raw.append("; nsd refuses a CNAME beside the SOA: see test_dns")


@broken("spf-missing")
def no_spf(z):
    z["@", "TXT"] = ["only a note"]


@broken("spf-several")
def two_spf(z):
    z["@", "TXT"] += ["v=spf1 mx ~all"]


@broken("spf-syntax")
def spf_typo(z):
    z["@", "TXT"] = ["v=spf1 include:_spf.centre.test ipv4:192.0.2.1 -all"]


@broken("spf-syntax")
def spf_wrong_address(z):
    z["@", "TXT"] = ["v=spf1 include:_spf.centre.test ip4:192.0.2.300 -all"]


@broken("spf-lookups")
def spf_eleven_look_ups(z):
    z["@", "TXT"] = ["v=spf1 " + " ".join(
        f"include:n{i}.dix.test" for i in range(10)) +
        " include:_spf.centre.test -all"]


@broken("spf-voids")
def spf_void_look_ups(z):
    z["@", "TXT"] = ["v=spf1 a:a.rien.test a:b.rien.test mx:c.rien.test "
                     "include:_spf.centre.test -all"]


@broken("spf-loop")
def spf_loop(z):
    z["@", "TXT"] = ["v=spf1 include:boucle.test include:_spf.centre.test "
                     "-all"]


@broken("spf-loop")
def spf_includes_itself(z):
    z["@", "TXT"] = ["v=spf1 include:spf-includes-itself.test mx -all"]


@broken("spf-include")
def spf_include_of_nothing(z):
    z["@", "TXT"] = ["v=spf1 include:vide.test include:_spf.centre.test "
                     "-all"]


@broken("spf-all-pass")
def spf_plus_all(z):
    z["@", "TXT"] = ["v=spf1 include:_spf.centre.test +all"]


@broken("spf-all-open")
def spf_question_mark(z):
    z["@", "TXT"] = ["v=spf1 include:_spf.centre.test ?all"]


@broken("spf-all-open")
def spf_without_end(z):
    z["@", "TXT"] = ["v=spf1 include:_spf.centre.test"]


@broken("spf-without-us")
def spf_of_the_old_provider(z):
    z["@", "TXT"] = ["v=spf1 a include:_spf.lettres.test -all"]


@broken("spf-without-us")
def spf_of_half_of_us(z):
    z["@", "TXT"] = ["v=spf1 ip4:192.0.2.251 -all"]


@broken("spf-ptr")
def spf_ptr(z):
    z["@", "TXT"] = ["v=spf1 ptr include:_spf.centre.test -all"]


@broken("spf-wide")
def spf_half_the_world(z):
    z["@", "TXT"] = ["v=spf1 ip4:128.0.0.0/1 include:_spf.centre.test -all"]


@broken("dkim-missing")
def key_missing(z):
    del z["s1._domainkey", "TXT"]


@broken("dkim-wrong")
def key_of_before(z):
    z["s1._domainkey", "TXT"] = [
        "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="]


@broken("dkim-broken")
def key_cut_off(z):
    z["s1._domainkey", "TXT"] = [key_of(z)[:-20]]


@broken("dkim-broken")
def key_with_quotes(z):
    z["s1._domainkey", "TXT"] = [key_of(z).replace("p=", 'p="') + '"']


@broken("dkim-revoked")
def key_revoked(z):
    z["s1._domainkey", "TXT"] = ["v=DKIM1; k=ed25519; p="]


@broken("dkim-testing")
def key_testing(z):
    z["s1._domainkey", "TXT"] = [key_of(z).replace("; p=", "; t=y; p=")]


@broken("dkim-several")
def key_twice(z):
    z["s1._domainkey", "TXT"] += ["v=DKIM1; p="]


@broken("dmarc-missing")
def no_dmarc(z):
    del z["_dmarc", "TXT"]


@broken("dmarc-several")
def two_dmarc(z):
    z["_dmarc", "TXT"] += ["v=DMARC1; p=none"]


@broken("dmarc-syntax")
def dmarc_version_typo(z):
    z["_dmarc", "TXT"] = ["v=DMARC; p=reject"]


@broken("dmarc-syntax")
def dmarc_policy_typo(z):
    z["_dmarc", "TXT"] = ["v=DMARC1; p=rejected"]


@broken("dmarc-syntax")
def dmarc_without_policy(z):
    z["_dmarc", "TXT"] = ["v=DMARC1; rua=mailto:dmarc@centre.test"]


@broken("dmarc-tag")
def dmarc_tag_typo(z):
    z["_dmarc", "TXT"] = ["v=DMARC1; p=reject; ruaa=mailto:x@centre.test"]


@broken("dmarc-rua")
def dmarc_bad_report_address(z):
    z["_dmarc", "TXT"] = ["v=DMARC1; p=reject; rua=dmarc@centre.test"]


@broken("dmarc-rua-foreign")
def dmarc_reports_elsewhere(z):
    z["_dmarc", "TXT"] = ["v=DMARC1; p=reject; rua=mailto:x@fai.test"]


@broken("dmarc-misplaced", "dmarc-missing")
def dmarc_at_the_apex(z):
    z["@", "TXT"] += z["_dmarc", "TXT"]
    del z["_dmarc", "TXT"]


@broken("tls-rpt-syntax")
def tls_reports_typo(z):
    z["_smtp._tls", "TXT"] = ["v=TLSRPTv1; rua=tls@centre.test"]


@broken("tls-rpt-several")
def tls_reports_twice(z):
    z["_smtp._tls", "TXT"] = ["v=TLSRPTv1; rua=mailto:a@centre.test"] * 1 + [
        "v=TLSRPTv1; rua=mailto:b@centre.test"]


@broken("srv-wrong")
def srv_elsewhere(z):
    z["_imaps._tcp", "SRV"] = ["0 1 993 imap.fai.test."]


@broken("wildcard-txt")
def wildcard_text(z):
    z["*", "TXT"] = ["v=spf1 -all"]


@broken("server-lame")
def lame_server(z):
    z.second = False


@broken("server-unresolved")
def server_without_address(z):
    z["@", "NS"] += ["ns3.rien.test."]


@broken("server-silent")
def silent_server(z):
    z["@", "NS"] += ["ns3.silence.test."]


@broken("servers-differ")
def servers_that_differ(z):
    other = z.other()
    other["@", "MX"] = ["10 mx.fai.test."]
    other.serial = 7


@broken("dnssec-bogus")
def bogus(z):
    z.sign = "bogus"


@broken("sts-syntax")
def sts_id_typo(z):
    z["_mta-sts", "TXT"] = ["v=STSv1; id=2026-11-21;"]


@broken("sts-host")
def sts_without_host(z):
    z["_mta-sts", "TXT"] = ["v=STSv1; id=20261121;"]


@broken("sts-several")
def sts_twice(z):
    z["_mta-sts", "TXT"] = ["v=STSv1; id=1;", "v=STSv1; id=2;"]


@broken("sts-inner")
def sts_at_an_inner_address(z):
    z["_mta-sts", "TXT"] = ["v=STSv1; id=20261121;"]
    z["mta-sts", "A"] = ["127.0.0.1"]


@broken("spf-ptr", "spf-lookups")
def spf_of_many_faults(z):
    z["@", "TXT"] = ["v=spf1 " + "ptr " * 290 + "-all"]


# -- right, but --------------------------------------------------------------
@hint("setup-missing")
def no_autoconfig(z):
    del z["autoconfig", "CNAME"]


@hint("setup-elsewhere")
def autoconfig_of_the_old_provider(z):
    z["autodiscover", "CNAME"] = ["mail.fai.test."]


@hint("srv-missing")
def no_srv(z):
    del z["_imaps._tcp", "SRV"]


@hint("ttl-long")
def ttl_of_a_week(z):
    z.ttl = 604800


@hint("dmarc-weak")
def dmarc_that_observes(z):
    z["_dmarc", "TXT"] = ["v=DMARC1; p=none; rua=mailto:dmarc@centre.test"]


@hint("dmarc-testing")
def dmarc_under_test(z):
    z["_dmarc", "TXT"] = ["v=DMARC1; p=reject; t=y"]


@hint("mx-order")
def mx_the_other_way_round(z):
    z["@", "MX"] = ["20 mx1.centre.test.", "10 mx2.centre.test."]


@hint("wildcard")
def wildcard_mx(z):
    z["*", "MX"] = list(MX)


@hint("serials-differ")
def a_change_under_way(z):
    z.other().serial = 9


@hint("dnssec-none")
def not_signed(z):
    pass
