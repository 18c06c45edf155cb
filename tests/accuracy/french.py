#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Mail as French town halls receive it today, good and bad, made for developing
against: no message of it was ever sent, people and small firms are invented.

french.py FOLDER: writes FOLDER/mail/ID.eml and FOLDER/manifest.tsv, a table like
that of a labelled corpus: envelope, client address, and what the receiver's
authentication would have said.  The same octets every time.

french_good.py and french_bad.py say what is written; this file says how: the
header that each provider and program really writes, and the shape of its MIME.
"""
import base64
import email.header
import hashlib
import os
import quopri
import random
import sys
import time
import zipfile
import io

TOWN = "Saint-Laurent-du-Causse"
DOMAIN = "saint-laurent-du-causse.example"
BOXES = ("mairie", "secretariat", "accueil", "etat-civil", "urbanisme",
         "comptabilite", "maire", "cantine")
START = 1704096000  # 1 January 2024
SPAN = 820 * 86400


class Mail:
    """One message to be: what french_good and french_bad fill in.

    via: how it is written and handed over (a name of PROVIDERS); html: None,
    "both" or "only"; links: (shown, target); attach: (name, type, octets);
    extra: more header fields; auth: spf;dkim;dmarc as the receiver found them;
    helo, rpath: where they differ from what via gives.
    """

    def __init__(self, label, sub, sender, subject, text, **more):
        self.label, self.sub, self.sender = label, sub, sender
        self.subject, self.text = subject, text
        self.via = more.pop("via", "firm")
        self.html = more.pop("html", None)
        self.links = more.pop("links", [])
        self.attach = more.pop("attach", [])
        self.extra = more.pop("extra", [])
        self.auth = more.pop("auth", None)
        self.helo = more.pop("helo", None)
        self.rpath = more.pop("rpath", None)
        self.to = more.pop("to", None)
        self.page = more.pop("page", None)
        self.raw = more.pop("raw", None)
        self.zone = more.pop("zone", None)
        self.date = more.pop("date", True)
        self.mid = more.pop("mid", True)
        if more:
            raise TypeError(f"{subject}: {sorted(more)}")

    def address(self):
        return self.sender.rpartition("<")[2].strip("> ")

    def domain(self):
        return self.address().rpartition("@")[2]


# -- octets --------------------------------------------------------------------

def pdf(words="document"):
    return ("%PDF-1.5\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
            f"% {words}\n%%EOF\n").encode()


def office(name):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for entry in ("[Content_Types].xml", name):
            z.writestr(zipfile.ZipInfo(entry, (2024, 1, 1, 0, 0, 0)), "<x/>")
    return out.getvalue()


def archive(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for entry, octets in names:
            z.writestr(zipfile.ZipInfo(entry, (2024, 1, 1, 0, 0, 0)), octets)
    return out.getvalue()


DOCX = ("application/vnd.openxmlformats-officedocument.wordprocessingml."
        "document", office("word/document.xml"))
XLSX = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        office("xl/workbook.xml"))
JPEG = ("image/jpeg", b"\xff\xd8\xff\xe0\0\x10JFIF\0" + bytes(200))
PNG = ("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(120))


# -- the header ------------------------------------------------------------------

def word(text):
    return text if text.isascii() else \
        email.header.Header(text, "utf-8", maxlinelen=70).encode()


def q_word(text):
    if text.isascii():
        return text
    return email.header.Header(text, "iso-8859-1", maxlinelen=70).encode()


def author(text, encode):
    name, sep, rest = text.rpartition(" <")
    if not sep:
        return text
    if name.startswith('"') or not set(name) & set(",.@()"):
        return f"{encode(name)} <{rest}"
    return f"\"{name}\" <{rest}" if name.isascii() else \
        f"{encode(name)} <{rest}"


def fold_b64(octets):
    return base64.encodebytes(octets).decode()


def qp(text, charset):
    octets = text.encode(charset, "replace")
    return quopri.encodestring(octets).decode()


def paragraphs(text):
    out = ""
    for block in text.strip().split("\n\n"):
        out += "<p>" + block.replace("&", "&amp;").replace("<", "&lt;") \
            .replace("\n", "<br>\n") + "</p>\n"
    return out


def page(mail, style):
    body = paragraphs(mail.text)
    for shown, target in mail.links:
        if style == "news":
            body += "<table width=\"600\" align=\"center\"><tr><td>" \
                f"<a href=\"{target}\" style=\"color:#1a5fb4\">{shown}</a>" \
                "</td></tr></table>\n"
        else:
            body += f"<p><a href=\"{target}\">{shown}</a></p>\n"
    if style == "gmail":
        return f"<div dir=\"ltr\">{body}</div>\n"
    if style == "outlook":
        return "<html>\n<head>\n<meta http-equiv=\"Content-Type\" " \
            "content=\"text/html; charset=utf-8\">\n<style>p.MsoNormal " \
            "{margin:0cm;font-size:11.0pt;}</style>\n</head>\n<body " \
            f"lang=\"FR\">\n<div class=\"WordSection1\">{body}</div></body>" \
            "</html>\n"
    if style == "news":
        return "<!DOCTYPE html>\n<html lang=\"fr\"><head><meta charset=" \
            "\"utf-8\"><title></title></head><body bgcolor=\"#f4f4f4\">" \
            "<table width=\"100%\"><tr><td align=\"center\">" \
            f"{body}</td></tr></table></body></html>\n"
    return f"<html><body>{body}</body></html>\n"


class Shape:
    """How a provider or program writes: filled in from PROVIDERS."""

    def __init__(self, helo, ip, mid, **more):
        self.helo, self.ip, self.mid = helo, ip, mid
        self.inner = more.get("inner", [])
        self.fields = more.get("fields", [])
        self.style = more.get("style", "plain")
        self.charset = more.get("charset", "utf-8")
        self.encoding = more.get("encoding", "quoted-printable")
        self.encode = more.get("encode", word)
        self.boundary = more.get("boundary", "------------{r16}")
        self.auth = more.get("auth", "spf=pass;dkim=pass;dmarc=pass")
        self.both = more.get("both", False)


FIRM = "{host}"
PROVIDERS = {
    "gmail": Shape("mail-{w}1-f{n}.google.com", "209.85.221.{n}",
                   "CA{R8}+{R20}={R8}@mail.gmail.com",
                   inner=["by mail-{w}1-f{n}.google.com with SMTP id "
                          "{r24}.1\n\tfor <{to}>; {date} (PST)"],
                   fields=[("X-Google-DKIM-Signature", "v=1; a=rsa-sha256; "
                            "c=relaxed/relaxed;\n\td=1e100.net; s=20230601; "
                            "h=from:to; bh={R20}=; b={R40}"),
                           ("X-Gm-Message-State", "AOJu0{R40}"),
                           ("X-Google-Smtp-Source", "AGHT+{R40}")],
                   style="gmail", both=True, boundary="000000000000{r12}"),
    "orange": Shape("smtp.smtpout.orange.fr", "80.12.242.{n}",
                    "{d10}.{d6}.{d13}@mail.yahoo.orange.fr",
                    inner=["from opme11oxm{n}aub.bagnolet.francetelecom.fr "
                           "([10.115.27.{n}])\n\tby mwinf5c{n} with ME\n\t"
                           "id {R20}; {date}"],
                    fields=[("X-Priority", "3"), ("Importance", "Normal"),
                            ("X-Mailer", "Open-Xchange Mailer v7.10.6-Rev69"),
                            ("X-ME-Helo", "smtp.smtpout.orange.fr"),
                            ("X-Originating-Client", "open-xchange-appsuite")],
                    style="plain", both=True, boundary="----=_Part_{d6}_{d10}"),
    "thunderbird": Shape("smtp.smtpout.orange.fr", "80.12.242.{n}",
                         "{h8}-{h4}-{h4}-{h4}-{h12}@{host}",
                         inner=["from [192.168.1.{n}] ([92.184.112.{n}])\n\t"
                                "by mwinf5d{n} with ME\n\tid {R20}; {date}"],
                         fields=[("User-Agent", "Mozilla Thunderbird"),
                                 ("Content-Language", "fr")],
                         encoding="8bit"),
    "free": Shape("smtp{n1}-g21.free.fr", "212.27.42.{n1}",
                  "{d9}.{d9}.{d13}.JavaMail.root@zimbra{n1}-e1",
                  inner=["from zimbra{n1}-e1.priv.proxad.net (unknown "
                         "[172.20.243.{n}])\n\tby smtp{n1}-g21.free.fr "
                         "(Postfix) with ESMTP id {H10}\n\tfor <{to}>; {date}"],
                  fields=[("X-Originating-IP", "[{ip2}]"),
                          ("X-Mailer", "Zimbra 7.2.0-GA2598 (ZimbraWebClient "
                           "- FF3.0 (Win)/7.2.0-GA2598)")],
                  auth="spf=pass;dkim=none;dmarc=pass"),
    "sfr": Shape("smtp{n}.sfr.fr", "93.17.128.{n}",
                 "{d10}.{d8}.{d13}@webmail-{n}.sfr.fr",
                 inner=["from webmail.sfr.fr (localhost [127.0.0.1])\n\tby "
                        "msfrf26{n}.sfr.fr (SMTP Server) with ESMTP id {H12}"
                        "\n\tfor <{to}>; {date}"],
                 fields=[("X-Mailer", "SFR Webmail"),
                         ("X-sfr-mailing", "LEGIT")],
                 charset="iso-8859-1", encode=q_word),
    "laposte": Shape("smtp-outgoing-160{n1}.laposte.net", "160.92.124.{n}",
                     "{d10}.{d8}.{d13}.JavaMail.zimbra@laposte.net",
                     inner=["from mlpnf011{n1}.laposte.net (mlpnf011{n1}."
                            "laposte.net [10.94.128.{n}])\n\tby mlpnb01{n1} "
                            "with LMTP; {date}"],
                     fields=[("X-Mailer", "Zimbra 9.0.0_GA_4018"),
                             ("X-lpn-mailing", "LEGIT"),
                             ("X-lpn-spamrating", "36")], both=True,
                     boundary="=_{h8}-{h4}-{h4}"),
    "outlook": Shape("EUR0{n1}-DB8-obe.outbound.protection.outlook.com",
                     "40.92.89.{n}",
                     "AM0PR{n}MB{d4}{H16}@AM0PR{n}MB{d4}.eurprd08.prod."
                     "outlook.com",
                     inner=["from AM0PR{n}MB{d4}.eurprd08.prod.outlook.com "
                            "(2603:10a6:20b::{n})\n by AM0PR{n}MB{d4}."
                            "eurprd08.prod.outlook.com with HTTPS; {date}"],
                     fields=[("Thread-Topic", "{topic}"),
                             ("Thread-Index", "A{R20}=="),
                             ("Accept-Language", "fr-FR, en-US"),
                             ("Content-Language", "fr-FR"),
                             ("X-MS-Has-Attach", ""),
                             ("X-MS-TNEF-Correlator", "")],
                     style="outlook", both=True,
                     boundary="_000_{H32}AM0PR{n}MB_"),
    "yahoo": Shape("sonic30{n1}-{n}.consmr.mail.ir2.yahoo.com", "77.238.176.{n}",
                   "{d10}.{d7}.{d13}@mail.yahoo.com",
                   inner=["by hermes--production-ir2-{h10} (Yahoo Inc. Hermes "
                          "SMTP Server)\n\twith ESMTPA ID {h32}; {date}"],
                   fields=[("X-YMail-OSG", "{R40}"),
                           ("X-Mailer", "WebService/1.1.{d5} YMailNorrin")],
                   both=True, boundary="----=_Part_{d6}_{d10}.{d13}"),
    "iphone": Shape("st43p00im-ztfb1006{d4}.me.com", "17.58.63.{n}",
                    "{H8}-{H4}-{H4}-{H4}-{H12}@icloud.com",
                    inner=["from smtpclient.apple (unknown [17.57.152.{n}])"
                           "\n\tby st43p00im.me.com (Postfix) with ESMTPSA id "
                           "{H12}; {date}"],
                    fields=[("X-Mailer", "iPhone Mail (21F90)")]),
    "ovh": Shape("{n1}.mo{n}.mail-out.ovh.net", "46.105.33.{n}",
                 "{h32}@{host}",
                 inner=["from {host} (unknown [10.109.139.{n}])\n\tby "
                        "director{n1}.ghost.mail-out.ovh.net (Postfix) with "
                        "ESMTPS id {H10}\n\tfor <{to}>; {date}"],
                 fields=[("X-Originating-IP", "[{ip2}]"),
                         ("X-VR-SPAMSTATE", "OK"),
                         ("X-Ovh-Tracer-Id", "{d10}{d8}")],
                 auth="spf=pass;dkim=none;dmarc=none"),
    "office": Shape("EUR0{n1}-PR2-obe.outbound.protection.outlook.com",
                    "52.101.167.{n}",
                    "PA4PR{n}MB{d4}{H16}@PA4PR{n}MB{d4}.eurprd04.prod."
                    "outlook.com",
                    inner=["from PA4PR{n}MB{d4}.eurprd04.prod.outlook.com "
                           "(2603:10a6:102::{n})\n by PR3PR{n}MB{d4}.eurprd04."
                           "prod.outlook.com with Microsoft SMTP Server "
                           "(version=TLS1_2); {date}"],
                    fields=[("Thread-Topic", "{topic}"),
                            ("Thread-Index", "A{R20}=="),
                            ("Accept-Language", "fr-FR, en-US"),
                            ("Content-Language", "fr-FR"),
                            ("X-MS-Has-Attach", "")],
                    style="outlook", both=True,
                    boundary="_000_{H32}PA4PR{n}MB_"),
    "state": Shape("mx{n1}.{host}", "143.126.255.{n}",
                   "{h8}-{h4}-{h4}-{h12}@{host}",
                   inner=["from relais{n1}.{host} (relais{n1}.{host} "
                          "[10.170.{n}.5])\n\tby mx{n1}.{host} (Postfix) with "
                          "ESMTP id {H10}\n\tfor <{to}>; {date}"],
                   fields=[("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; "
                            "rv:115.0) Gecko/20100101\n Thunderbird/115.9.0"),
                           ("Content-Language", "fr")],
                   encoding="8bit", auth="spf=pass;dkim=pass;dmarc=pass"),
    "firm": Shape("mail.{host}", "51.77.{n}.12", "{d10}.{h8}@{host}",
                  inner=["from PC-COMPTA (unknown [192.168.1.{n}])\n\tby mail."
                         "{host} (Postfix) with ESMTPSA id {H10}\n\tfor <{to}>;"
                         " {date}"],
                  fields=[("X-Mailer", "Microsoft Outlook 16.0"),
                          ("Thread-Index", "A{R20}=="),
                          ("Content-Language", "fr")],
                  charset="iso-8859-1", encode=q_word, style="outlook",
                  auth="spf=pass;dkim=none;dmarc=none",
                  boundary="----=_NextPart_000_{H4}_{H8}.{H8}"),
    "robot": Shape("smtp{n1}.{host}", "185.31.40.{n}", "{d10}.{d5}@{host}",
                   inner=["from app{n1}.{host} (localhost [127.0.0.1])\n\tby "
                          "smtp{n1}.{host} (Postfix) with ESMTP id {H10}; "
                          "{date}"],
                   style="plain", boundary="==Multipart_Boundary_x{h32}x",
                   encoding="base64"),
    "brevo": Shape("do.d.mailin.fr", "185.41.28.{n}",
                   "{d13}.{h8}@smtp-relay.mailin.fr",
                   inner=["by smtp-relay.mailin.fr with ESMTP id {h24}; "
                          "{date}"],
                   fields=[("X-Mailin-EID", "{R40}"),
                           ("Feedback-ID", "185.41.28.{n}:{d6}_-1:{d6}:"
                            "Sendinblue"),
                           ("Precedence", "bulk"),
                           ("List-Unsubscribe-Post",
                            "List-Unsubscribe=One-Click"),
                           ("List-Unsubscribe", "<https://{host}/un/{r24}>")],
                   style="news", boundary="nm{r12}", encode=word),
    "mailjet": Shape("o{n}.p{n1}.mailjet.com", "87.253.233.{n}",
                     "{h8}.AV{R20}@{host}",
                     fields=[("X-MJ-Mid", "{R20}"),
                             ("Feedback-ID", "{d6}.{d6}:MJ"),
                             ("List-Unsubscribe",
                              "<mailto:unsub-{h8}@bnc3.mailjet.com>,\n "
                              "<https://{host}/unsub/{r24}>"),
                             ("Precedence", "bulk")],
                     style="news", boundary="=-{R12}"),
    "vps": Shape("{host}", "45.142.{n}.9", "{r24}@{host}",
                 style="plain", encoding="base64", boundary="b1_{h32}",
                 fields=[("X-Mailer", "PHPMailer 6.8.0 "
                          "(https://github.com/PHPMailer/PHPMailer)")],
                 auth="spf=pass;dkim=none;dmarc=none"),
    "hacked": Shape("srv{n}.wp-hosting.example", "91.234.{n}.40",
                    "{h32}@srv{n}.wp-hosting.example",
                    inner=["by srv{n}.wp-hosting.example (Postfix, from userid "
                           "33)\n\tid {H10}; {date}"],
                    fields=[("X-PHP-Originating-Script", "33:wp-mail.php"),
                            ("X-Mailer", "PHPMailer 5.2.22")],
                    style="plain", encoding="8bit", boundary="b1_{h32}",
                    auth="spf=none;dkim=none;dmarc=none"),
    "direct": Shape("ip-{n}.dyn.example.net", "102.89.{n}.3", "{r12}@{r12}",
                    style="plain", charset="iso-8859-1", encode=q_word,
                    boundary="----=_NextPart_{H8}",
                    fields=[("X-Priority", "1"),
                            ("X-Mailer", "Microsoft Outlook Express "
                             "6.00.2600.0000"),
                            ("X-MimeOLE", "Produced By Microsoft MimeOLE "
                             "V6.00.2600.0000")],
                    auth="spf=none;dkim=none;dmarc=none"),
}


class Names:
    """What stands in braces, from a generator that the message's number seeds."""

    def __init__(self, seed, **fixed):
        self.random, self.fixed, self.kept = random.Random(seed), fixed, {}

    def __getitem__(self, key):
        if key in self.fixed:
            return self.fixed[key]
        letters = {"r": "abcdefghijklmnopqrstuvwxyz0123456789",
                   "R": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789",
                   "d": "123456789", "h": "0123456789abcdef",
                   "H": "0123456789ABCDEF"}
        if key not in self.kept and key in ("n", "n1"):
            self.kept[key] = str(self.random.randrange(
                *((10, 99) if key == "n" else (1, 9))))
        if key == "w":
            return self.kept.setdefault(key, self.random.choice(
                ("wr", "wm", "lf", "ej")))
        if key == "ip2":
            return f"90.{self.random.randrange(1, 250)}.12.7"
        if key in self.kept:
            return self.kept[key]
        return "".join(self.random.choice(letters[key[0]])
                       for _ in range(int(key[1:])))


def fill(text, names):
    return text.format_map(names)


# -- the message -------------------------------------------------------------------

def part(kind, text, shape, ascii_7bit=True):
    charset = shape.charset
    try:
        text.encode(charset)
    except UnicodeEncodeError:
        charset = "utf-8"
    head = f"Content-Type: {kind}; charset=\"{charset}\"\n"
    encoding = shape.encoding
    if encoding == "base64":
        return head + "Content-Transfer-Encoding: base64\n\n" + \
            fold_b64(text.encode(charset))
    if text.isascii() and ascii_7bit and max(map(len, text.split("\n"))) < 900:
        return head + "Content-Transfer-Encoding: 7bit\n\n" + text
    if encoding == "8bit" and charset == "utf-8":
        return head + "Content-Transfer-Encoding: 8bit\n\n" + text
    return head + "Content-Transfer-Encoding: quoted-printable\n\n" + \
        qp(text, charset)


def attachment(name, kind, octets, encode):
    shown = encode(name)
    where = "inline" if kind.startswith("image/") and name == "logo.png" \
        else "attachment"
    return f"Content-Type: {kind}; name=\"{shown}\"\n" \
        f"Content-Disposition: {where}; filename=\"{shown}\"\n" \
        f"Content-Transfer-Encoding: base64\n\n{fold_b64(octets)}"


def multi(kind, parts, boundary):
    return f"Content-Type: multipart/{kind}; boundary=\"{boundary}\"\n\n" + \
        "".join(f"--{boundary}\n{p}\n" for p in parts) + f"--{boundary}--\n"


def body(mail, shape, names):
    if mail.raw:
        return mail.raw
    form = mail.html or ("both" if shape.both else None)
    parts = []
    if form != "only":
        text = mail.text + "".join(f"\n{shown} : {target}\n"
                                   for shown, target in mail.links)
        parts.append(part("text/plain", text, shape))
    if form:
        parts.append(part("text/html", mail.page or page(mail, shape.style),
                          shape))
    if len(parts) == 2:
        parts = [multi("alternative", parts,
                       fill(shape.boundary, names) + "a")]
    parts += [attachment(*a, shape.encode) for a in mail.attach]
    if len(parts) == 1:
        return parts[0]
    return multi("mixed", parts, fill(shape.boundary, names))


def stamp(when, zone="+0100"):
    return time.strftime("%a, %d %b %Y %H:%M:%S ", time.gmtime(when)) + zone


def build(mail, number):
    """(message, row of the table without id)"""
    chosen = random.Random(f"when {number}")
    when = START + chosen.randrange(SPAN)
    when -= when % 86400 - 25200 - chosen.randrange(36000)
    box = mail.to or f"{chosen.choice(BOXES)}@{DOMAIN}"
    shape = PROVIDERS[mail.via]
    date = stamp(when, mail.zone or "+0100")
    names = Names(f"names {number}", to=box, date=date, host=mail.domain(),
                  topic=shape.encode(mail.subject))
    helo = fill(mail.helo or shape.helo, names)
    ip = fill(shape.ip, names)
    rpath = mail.address() if mail.rpath is None else mail.rpath
    out = f"Return-Path: <{rpath}>\n" \
        f"Received: from {helo} ({helo} [{ip}])\n" \
        f"\tby mx.mairie.example (Postfix) with ESMTPS id {number + 4096:X}\n" \
        f"\tfor <{box}>; {stamp(when + 4)}\n"
    out += "".join(f"Received: {fill(i, names)}\n" for i in shape.inner)
    auth = mail.auth or shape.auth
    if "dkim=pass" in auth:
        out += "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; " \
            f"d={mail.domain()};\n\ts=mail; h=from:to:subject:date:" \
            f"message-id; bh={names['R20']}=;\n\tb={names['R40']}" \
            f"{names['R40']}\n"
    out += f"From: {author(mail.sender, shape.encode)}\n" \
        f"To: {box}\nSubject: {shape.encode(mail.subject)}\n"
    if mail.date:
        out += f"Date: {date}\n"
    if mail.mid:
        out += f"Message-ID: <{fill(shape.mid, names)}>\n"
    given = {n for n, _ in mail.extra}
    for n, v in shape.fields + mail.extra:
        if n not in given or (n, v) in mail.extra:
            out += f"{n}: {fill(v, names) if (n, v) in shape.fields else v}\n"
    out += "MIME-Version: 1.0\n"
    row = (mail.label, "fr", "townhall-made",
           time.strftime("%Y", time.gmtime(when)), "dev-test", mail.sub,
           rpath or "<>", ip, helo, auth)
    return out + body(mail, shape, names), row


def write(folder):
    import french_bad
    import french_good
    os.makedirs(os.path.join(folder, "mail"), exist_ok=True)
    rows = ["#id\tlabel\tlang\tsource\tyear\tsplit\tsub\tmail_from\t"
            "client_ip\thelo\torigin_auth\tsize\torigin"]
    mails = french_good.mails() + french_bad.mails()
    for number, mail in enumerate(mails):
        text, row = build(mail, number)
        octets = text.encode()
        name = hashlib.sha256(b"%d\0" % number + octets).hexdigest()[:12]
        path = os.path.join(folder, "mail", f"{name}.eml")
        with open(path, "wb") as f:
            f.write(octets)
        rows.append("\t".join((name, *row, str(len(octets)),
                               f"{mail.sub}/{number}")))
    with open(os.path.join(folder, "manifest.tsv"), "w",
              encoding="utf-8") as f:
        f.write("\n".join(rows) + "\n")
    return mails


if __name__ == "__main__":
    made = write(sys.argv[1])
    print("%d good, %d bad, %d automatic" % tuple(
        sum(m.label in kinds for m in made)
        for kinds in (("ham", "list", "transactional"), ("spam", "phish"),
                      ("dsn", "autoreply"))))
