# SPDX-License-Identifier: Apache-2.0
"""A Zimbra's account store, as far as zmprov shows it: takes batches as
"zmprov -f" does, and prints dumps as its "get all" commands do.

The words of commands, their arguments, how a line is split into words and how
entries are printed follow zmprov's help texts and its published source
(Zimbra/zm-mailbox: ProvUtil.java, StringUtil.java).  It is stricter in one thing:
any error ends the batch, where zmprov would go on with the next line.
"""
import re

ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


class BatchError(AssertionError):
    pass


def split(line):
    """The words of a line."""
    words, word, quote, i = [], None, None, 0
    while i < len(line):
        c, escaped = line[i], False
        i += 1
        if c == "\\" and i < len(line):
            c = line[i]
            i += 1
            # An escaped backslash is the one that counts as unescaped.
            escaped = c in "ntr'\"" or c.isspace()
            c = ESCAPES.get(c, c)
        if word is None:
            if not escaped and c in "'\"":
                word, quote = "", c
            elif escaped or not c.isspace():
                word, quote = c, None
        elif not escaped and (c == quote if quote else c.isspace()):
            words.append(word)
            word, quote = None, None
        else:
            word += c
    if word is not None:
        if quote:
            raise BatchError(f"an open quote: {line!r}")
        words.append(word)
    return words


def lines(batch):
    """A line that ends with a backslash goes on in the next."""
    whole = ""
    for line in re.split(r"\r\n|\r|\n", batch):
        if line.endswith("\\"):
            whole += line[:-1]
        else:
            yield whole + line
            whole = ""


STATUS = {
    "zimbraAccountStatus": {"active", "maintenance", "locked", "closed",
                            "lockout", "pending"},
    "zimbraDomainStatus": {"active", "maintenance", "locked", "closed",
                           "suspended", "shutdown"},
    "zimbraMailStatus": {"enabled", "disabled"},
    "zimbraPrefMailLocalDeliveryDisabled": {"TRUE", "FALSE"},
}
MANY = {"zimbraMailForwardingAddress", "zimbraMailAlias", "objectClass"}
KNOWN = {*STATUS, *MANY, "zimbraMailQuota", "displayName"}


class Entry:
    def __init__(self, name, classes, ident, **attributes):
        self.name = name
        self.attrs = {"objectClass": list(classes), "zimbraId": [ident]}
        for k, v in attributes.items():
            self.attrs[k] = v if isinstance(v, list) else [v]
        self.members = []

    def get(self, name, default=""):
        return (self.attrs.get(name) or [default])[0]

    def modify(self, pairs):
        """attr1 value1 attr2 value2...; + and - before a name add and remove."""
        if len(pairs) % 2:
            raise BatchError("not enough arguments")
        fresh = {}
        for name, value in zip(pairs[::2], pairs[1::2]):
            plain = name.lstrip("+-")
            if plain not in KNOWN:
                raise BatchError(f"no such attribute {name}")
            if plain in STATUS and value not in STATUS[plain]:
                raise BatchError(f"{name}: {value!r}")
            if plain == "zimbraMailQuota" and not value.isdigit():
                raise BatchError(f"{name}: {value!r}")
            have = self.attrs.setdefault(plain, [])
            if name[0] == "+":
                if plain not in MANY or value in have:
                    raise BatchError(f"{name} {value!r} twice")
                have.append(value)
            elif name[0] == "-":
                if value not in have:
                    raise BatchError(f"{name} {value!r} is not there")
                have.remove(value)
            else:
                fresh.setdefault(plain, []).append(value)
        for name, values in fresh.items():
            if len(values) > 1 and name not in MANY:
                raise BatchError(f"{name} has one value")
            self.attrs[name] = [v for v in values if v]

    def text(self, title):
        out = [title]
        for name in sorted(self.attrs):
            out += [f"{name}: {v}" for v in self.attrs[name] if v]
        return "\n".join(out) + "\n\n"


class Zimbra:
    def __init__(self):
        self.cos, self.domains = {}, {}
        self.accounts, self.lists = {}, {}
        self.ids = 0
        self.cos["default"] = self._entry("default", ["zimbraCOS"],
                                          zimbraMailQuota="0")

    def _entry(self, name, classes, **attributes):
        self.ids += 1
        return Entry(name, classes,
                     f"00000000-0000-4000-8000-{self.ids:012d}", **attributes)

    # -- names -----------------------------------------------------------------
    def owner(self, address):
        """The account or list that has the address, as its name or an alias."""
        for e in (*self.accounts.values(), *self.lists.values()):
            if address == e.name or address in e.attrs.get(
                    "zimbraMailAlias", []):
                return e
        return None

    def _free(self, address):
        if self.owner(address):
            raise BatchError(f"{address} exists")
        if not re.fullmatch(r'[^@\s"<>]+@[^@\s]+', address) or \
                address != address.lower():
            raise BatchError(f"{address!r} is no address")
        if address.rpartition("@")[2] not in self.domains:
            raise BatchError(f"no domain of {address}")
        return address

    @staticmethod
    def _of(table, name):
        if name not in table:
            raise BatchError(f"no such entry {name}")
        return table[name]

    # -- making ----------------------------------------------------------------
    def createCos(self, name, *pairs):  # noqa: N802  (the words of zmprov)
        if name in self.cos:
            raise BatchError(f"{name} exists")
        self.cos[name] = self._entry(name, ["zimbraCOS"])
        self.cos[name].modify(pairs)

    def modifyCos(self, name, *pairs):  # noqa: N802
        self._of(self.cos, name).modify(pairs)

    def createDomain(self, name, *pairs):  # noqa: N802
        if name in self.domains:
            raise BatchError(f"{name} exists")
        self.domains[name] = self._entry(name, [
            "dcObject", "organization", "zimbraDomain"],
            zimbraDomainStatus="active")
        self.domains[name].modify(pairs)

    def modifyDomain(self, name, *pairs):  # noqa: N802
        self._of(self.domains, name).modify(pairs)

    def createAccount(self, name, password, *pairs):  # noqa: N802
        if password:
            raise BatchError("a password in a batch")
        self.accounts[self._free(name)] = e = self._entry(
            name, ["inetOrgPerson", "zimbraAccount", "amavisAccount"],
            zimbraAccountStatus="active", zimbraMailStatus="enabled",
            zimbraCOSId=self.cos["default"].get("zimbraId"))
        e.modify(pairs)

    def modifyAccount(self, name, *pairs):  # noqa: N802
        self._of(self.accounts, name).modify(pairs)

    def setAccountCos(self, name, cos):  # noqa: N802
        self._of(self.accounts, name).attrs["zimbraCOSId"] = [
            self._of(self.cos, cos).get("zimbraId")]

    def addAccountAlias(self, name, alias):  # noqa: N802
        self._of(self.accounts, name).attrs.setdefault(
            "zimbraMailAlias", []).append(self._free(alias))

    def removeAccountAlias(self, name, alias):  # noqa: N802
        self._of(self.accounts, name).attrs["zimbraMailAlias"].remove(alias)

    def createDistributionList(self, name):  # noqa: N802
        self._free(name)
        self.lists[name] = self._entry(
            name, ["zimbraDistributionList", "zimbraMailRecipient"],
            zimbraMailStatus="enabled", zimbraMailAlias=[name])

    def modifyDistributionList(self, name, *pairs):  # noqa: N802
        self._of(self.lists, name).modify(pairs)

    def removeDistributionListAlias(self, name, alias):  # noqa: N802
        if alias == name:
            raise BatchError("a list's own name")
        self._of(self.lists, name).attrs["zimbraMailAlias"].remove(alias)

    def addDistributionListMember(self, name, *members):  # noqa: N802
        have = self._of(self.lists, name).members
        for m in members:
            if m in have:
                raise BatchError(f"{m} is a member of {name}")
            have.append(m)

    def removeDistributionListMember(self, name, *members):  # noqa: N802
        for m in members:
            self._of(self.lists, name).members.remove(m)

    LEAST = {"createAccount": 2, "createCos": 1, "createDomain": 1,
             "createDistributionList": 1, "modifyAccount": 3, "modifyCos": 3,
             "modifyDomain": 3, "modifyDistributionList": 3}

    def run(self, batch):
        """How many commands there were."""
        count = 0
        for line in lines(batch):
            words = split(line)
            if not words:
                continue
            verb, args = words[0], words[1:]
            if not re.fullmatch(r"[a-z]+[A-Z]\w+", verb) or \
                    not hasattr(self, verb):
                raise BatchError(f"unknown command: {line!r}")
            if len(args) < self.LEAST.get(verb, 2):
                raise BatchError(f"not enough arguments: {line!r}")
            try:
                getattr(self, verb)(*args)
            except (BatchError, TypeError, KeyError, ValueError) as e:
                raise BatchError(f"{e}: {line!r}") from e
            count += 1
        return count

    # -- printing --------------------------------------------------------------
    def dump(self):
        out = [e.text(f"# name {e.name}") for table in
               (self.cos, self.domains, self.accounts)
               for e in table.values()]
        for e in self.lists.values():
            e.attrs["zimbraMailForwardingAddress"] = list(e.members)
            out.append(e.text(f"# distributionList {e.name} memberCount="
                              f"{len(e.members)}") + "members\n" +
                       "".join(f"{m}\n" for m in e.members))
        out += [f"{e.name} {e.get('zimbraMailQuota', '0')} 4711\n"
                for e in self.accounts.values()]
        return "".join(out)
