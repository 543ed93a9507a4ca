"""months.py SEED DIRECTORY [ACCOUNTS DAYS VARIANT]: labelled days of a hosting server: logs as sshd, Postfix, Dovecot, ProFTPD and a web server write them (the lines of the
examples in data/filters), and labels.json, which says who everybody was. One seed is always the same month; everything that has a size is drawn anew for each seed, over
ranges that are wider than what the detectors' limits care for, so that nothing can be tuned to a constant of this file.

labels.json: {"sources": {SOURCE: {"kind", "attack", "campaign"}}, "failed": {SOURCE: [TIME]}, "campaigns": [{"kind", "account", "began", "thief"}], "accounts", "begin", "end"}; a source is
an IPv4 address or an IPv6 /64; times are seconds.
VARIANTS: months that differ from the usual one in what they are, not in their sizes.
Kinds that attack: brute, spray, slow, spread, noise (one or two failures, which nobody could tell from an error). Kinds that live there: home, mobile, office, phone, old-phone
(an old password from the first day on), guest (somebody on a journey), admin, crawler, new-phone (an old password from the first day on, on the way through its provider's addresses)."""
import datetime, ipaddress, json, math, pathlib, random, sys

GUESSED = ["root", "admin", "test", "oracle", "postgres", "git", "ubuntu", "ftpuser", "mysql", "backup", "user", "deploy", "www", "support", "guest", "pi", "nagios", "web"]
NAMES = ["info", "sales", "taro", "hanako", "sato", "suzuki", "takahashi", "tanaka", "ito", "watanabe", "yamamoto", "nakamura", "kobayashi", "kato", "contact", "office", "recruit", "shop"]
HOUR, DAY = 3600, 86400
# logged: logins that succeed are written. v6: the share of IPv6; rotates: of a customer with IPv6, the /64 changes that often a day (an attacker's: with each attempt).
# first_day: attacks begin on the first day. moves: days until the office's address changes. new_phones: so many.
USUAL = {"accounts": None, "days": None, "logged": True, "v6": 0.0, "v6_attack": 0.15, "rotates": 0, "first_day": False, "moves": None, "new_phones": 0}
VARIANTS = {name: {**USUAL, **v} for name, v in {
    "usual": {}, "small": {"accounts": 20}, "large": {"accounts": 2000, "days": 6}, "unlogged": {"logged": False}, "one": {"accounts": 1, "new_phones": 1},
    "rotating": {"v6": 0.6, "v6_attack": 0.6, "rotates": 2}, "first-day": {"first_day": True, "new_phones": 3}, "moving-office": {"moves": 3}, "new-phones": {"new_phones": 12},
}.items()}


def source_of(address):
    return str(address) if address.version == 4 else str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))


class Month:
    def __init__(self, seed, accounts=None, days=None, variant="usual"):
        self.r = r = random.Random(seed)
        self.v = VARIANTS[variant]
        accounts, days = self.v["accounts"] or accounts, days or self.v["days"]
        self.days = days or r.randint(21, 31)
        self.begin = 1_790_000_000 + r.randrange(0, 20 * DAY)
        self.end = self.begin + self.days * DAY
        domains = [f"{w}{i}.example" for i, w in enumerate(r.sample(["alpha", "beta", "gamma", "kiku", "sakura", "ume", "matsu", "take", "hoshi", "umi"] * 4, r.randint(2, 40)))]
        bare = r.random() < 0.2  # accounts of the system, without a domain
        names = {f"{r.choice(NAMES)}{r.choice(['', '', str(r.randrange(100))]) if not bare else r.randrange(500)}" + (f"@{r.choice(domains)}" if not bare else "") for _ in range((accounts or r.randint(120, 250)) * 3)}
        self.accounts = r.sample(sorted(names), min(len(names), accounts or r.randint(120, 250)))
        self.iso = r.random() < 0.7
        self.logs = {"auth.log": [], "mail.log": [], "proftpd.log": [], "access.log": []}
        self.sources, self.failed, self.campaigns, self.taken = {}, {}, [], set()

    # --- who there is

    def address(self, near=None):
        """A public IPv4 address that nobody has yet; near: of the same /16."""
        r = self.r
        while True:
            a = ipaddress.ip_address((int(near) & 0xffff0000 | r.randrange(1 << 16)) if near else r.randrange(1 << 24, 223 << 24))
            if a.is_global and a not in self.taken:
                self.taken.add(a)
                return a

    def address6(self, near=None):
        """near: of the same /48."""
        net = int(near) >> 80 << 16 | self.r.randrange(1 << 16) if near else (0x2400 + self.r.randrange(0x600) << 48) | self.r.randrange(1 << 48)
        return ipaddress.ip_address(net << 64 | self.r.randrange(1, 1 << 62))

    def customer(self):
        return self.address6() if self.r.random() < self.v["v6"] else self.address()

    def again(self, address):
        """The next address that its provider gives him."""
        return self.address(address) if address.version == 4 else self.address6(address)

    def label(self, address, kind, attack=False, campaign=None):
        self.sources.setdefault(source_of(address), {"kind": kind, "attack": attack, "campaign": campaign})
        return address

    # --- what is written

    def put(self, log, t, text):
        if self.begin <= t < self.end:
            self.logs[log].append((t, text))

    def stamp(self, t):
        d = datetime.datetime.fromtimestamp(t, datetime.timezone.utc)
        return d.strftime("%Y-%m-%dT%H:%M:%S.%f+00:00") if self.iso else f"{d:%b} {d.day:2} {d:%H:%M:%S}"

    def try_login(self, service, t, address, account, ok):
        if ok and not self.v["logged"]:
            return
        if address.version == 6 and self.v["rotates"] and self.sources[source_of(address)]["attack"]:
            who = self.sources[source_of(address)]
            address = self.label(self.address6(address), who["kind"], True, who["campaign"])
        if not ok and self.begin <= t < self.end:
            self.failed.setdefault(source_of(address), []).append(t)
        {"ssh": self.ssh, "smtp": self.smtp, "imap": self.imap, "pop3": self.imap, "ftp": self.ftp, "web": self.web}[service](service, t, address, account, ok)

    def ssh(self, _, t, address, account, ok):
        pid, port = self.r.randrange(500, 60000), self.r.randrange(1024, 65535)
        say = lambda text, later=0: self.put("auth.log", t + later, f"lab sshd[{pid}]: {text}")
        if ok:
            say(f"Accepted {self.r.choice(['password', 'publickey'])} for {account} from {address} port {port} ssh2")
        elif account in ("root", "backup", "git"):
            say(f"Failed password for {account} from {address} port {port} ssh2")
        else:
            say(f"Invalid user {account} from {address} port {port}")
            say(f"Failed password for invalid user {account} from {address} port {port} ssh2", 1)

    def smtp(self, _, t, address, account, ok):
        pid, what = self.r.randrange(500, 60000), self.r.choice(["submission", "smtps"])
        say = lambda text: self.put("mail.log", t, f"lab postfix/{what}/smtpd[{pid}]: {text}")
        say(f"connect from unknown[{address}]")
        if ok:
            say(f"{self.r.randrange(1 << 28, 1 << 32):X}A: client=unknown[{address}], sasl_method=PLAIN, sasl_username={account}")
        else:
            say(f"warning: unknown[{address}]: SASL {self.r.choice(['PLAIN', 'LOGIN'])} authentication failed: (reason unavailable), sasl_username={account}")

    def imap(self, service, t, address, account, ok):
        user, end = f"user=<{account}>, method=PLAIN, rip={address}, lip=198.18.0.10", f"session=<{self.r.randrange(1 << 60):x}>"
        say = lambda text: self.put("mail.log", t, f"lab dovecot: {service}-login: {text}")
        if ok:
            say(f"Login: {user}, mpid={self.r.randrange(400, 60000)}, TLS, {end}")
        else:
            say(f"Disconnected: Connection closed (auth failed, 1 attempts in 2 secs): {user}, TLS, {end}")

    def ftp(self, _, t, address, account, ok):
        said = f"USER {account}: Login successful." if ok else f"USER {account} (Login failed): Incorrect password"
        self.put("proftpd.log", t, f"proftpd[{self.r.randrange(500, 60000)}]: 198.18.0.10 (host.example[{address}]) - {said}")

    def web(self, _, t, address, account, ok):
        d = datetime.datetime.fromtimestamp(t, datetime.timezone.utc)
        self.put("access.log", t, f'{address} - - [{d:%d/%b/%Y:%H:%M:%S} +0000] "POST /wp-login.php HTTP/1.1" {302 if ok else 200} {self.r.randrange(2000, 9000)} "-" "Mozilla/5.0"')

    # --- normal life

    def life(self):
        r = self.r
        offices = [(self.label(self.address(), "office"), r.randint(5, 60)) for _ in range(r.randint(1, 3))]
        moved = {o: [o] for o, _ in offices}  # the addresses that it has, one after the other
        for o in moved:
            while self.v["moves"] and len(moved[o]) <= self.days // self.v["moves"]:
                moved[o].append(self.label(self.address(o), "office"))
        in_office = iter([o for o, n in offices for _ in range(n)])
        errors, dynamic, has_phone = r.uniform(0.003, 0.05), r.uniform(0, 0.5), r.uniform(0.2, 0.7)
        for account in self.accounts:
            office, home = next(in_office, None), self.label(self.customer(), "home")
            phone = self.label(self.customer(), "mobile") if r.random() < has_phone else None
            changes = self.begin + r.uniform(0, self.days) * DAY if r.random() < 0.12 else None
            poll = math.exp(r.uniform(math.log(300), math.log(2 * HOUR)))
            moves = r.random() < dynamic
            for day in range(self.days):
                today = self.begin + day * DAY
                for _ in range(self.v["rotates"] if home.version == 6 else moves and r.random() < 0.3):
                    home = self.label(self.again(home), "home")
                place = moved[office][day // self.v["moves"] if self.v["moves"] else 0] if office and r.random() < 0.7 else home
                self.person(account, place, today, errors, r.randint(2, 20))
                if phone:
                    phone = self.phone(account, phone, home, today, poll, changes)
                if r.random() < 0.01:
                    self.person(account, self.label(self.address(), "guest"), today + r.uniform(0, 8) * HOUR, 0.4, r.randint(1, 4))
        for _ in range(r.randint(0, 3)):  # their password was changed before the logs begin; they are at home and nowhere else
            self.stale(r.choice(self.accounts), self.label(self.address(), "old-phone"), self.begin, self.begin + r.uniform(2, self.days) * DAY, r.uniform(150, 2 * HOUR))
        for _ in range(r.randint(0, 3)):  # the same behind an office's address
            self.stale(r.choice(self.accounts), r.choice(offices)[0], self.begin + r.uniform(0, self.days / 2) * DAY, self.end - r.uniform(0, self.days / 3) * DAY, r.uniform(60, HOUR))
        for account in r.sample(self.accounts, min(self.v["new_phones"], len(self.accounts))):
            self.new_phone(account)
        self.others(offices)

    def new_phone(self, account):
        """Its password was changed before the logs begin. At night it is at home; by day its provider gives it addresses of a few /16; now and then it is switched off."""
        r, poll = self.r, math.exp(self.r.uniform(math.log(100), math.log(HOUR)))
        home, pools = self.label(self.address(), "new-phone"), [self.address() for _ in range(r.randint(1, 3))]
        place, burst, t, end = home, r.choice([1, 1, 2, 3]), self.begin + r.uniform(0, DAY), self.begin + r.uniform(2, min(6, self.days)) * DAY
        while t < end:
            by_day = 8 < (t - self.begin) % DAY / HOUR < 19
            if not by_day:
                place = home
            elif place == home or r.random() < poll / (3 * HOUR):
                place = self.label(self.address(r.choice(pools)), "new-phone")
            for i in range(burst):
                self.try_login("imap", t + 2 * i, place, account, False)
            t += poll * r.uniform(0.95, 1.05) * (r.randint(2, 12) if r.random() < 0.04 else 1)

    def person(self, account, place, today, errors, logins):
        r, service = self.r, self.r.choices(["imap", "pop3", "smtp", "ftp"], [6, 2, 3, 1])[0]
        at = sorted(today + r.uniform(8, 19) * HOUR for _ in range(logins))
        if r.random() < errors:
            for i in range(min(4, 1 + int(r.expovariate(0.9)))):
                self.try_login(service, at[0] - r.uniform(8, 60) * (i + 1), place, account, False)
        for t in at:
            self.try_login(service if r.random() < 0.7 else "smtp", t, place, account, True)

    def phone(self, account, mobile, home, today, poll, changes):
        """Asks day and night; on the way it has ever new addresses of its provider. After a change of the password it asks with the old one for hours or days."""
        r = self.r
        until = changes and changes + (hash_of(account) % 100) * HOUR
        t = today + r.uniform(0, poll)
        while t < today + DAY:
            hour = (t - today) / HOUR
            if 8 < hour < 19 and r.random() < 0.03:
                mobile = self.label(self.again(mobile), "mobile")
            place = mobile if 8 < hour < 19 else home
            ok = not (changes and changes < t < until)
            for i in range(1 if ok or r.random() < 0.7 else r.randint(2, 4)):
                self.try_login("imap", t + 2 * i, place, account, ok)
            t += poll * r.uniform(0.9, 1.1) * (r.randint(2, 6) if r.random() < 0.05 else 1)
        return mobile

    def stale(self, account, place, begin, end, poll):
        t = begin
        while t < end:
            self.try_login("imap", t, place, account, False)
            t += poll * self.r.uniform(0.95, 1.05) * (self.r.randint(2, 20) if self.r.random() < 0.03 else 1)

    def others(self, offices):
        r = self.r
        admins = [self.label(self.address(), "admin") for _ in range(2)]
        for day in range(self.days):
            for a in admins:
                t = self.begin + (day + r.uniform(0.3, 0.8)) * DAY
                for i in range(r.choice([0, 0, 0, 0, 0, 0, 1, 2])):
                    self.try_login("ssh", t - 20 * (i + 1), a, "root", False)
                self.try_login("ssh", t, a, "root", True)
        crawlers = [self.label(self.address(), "crawler") for _ in range(r.randint(1, 6))]
        for _ in range(self.days * r.randint(50, 400)):
            t = r.uniform(self.begin, self.end)
            d = datetime.datetime.fromtimestamp(t, datetime.timezone.utc)
            self.put("access.log", t, f'{r.choice(crawlers)} - - [{d:%d/%b/%Y:%H:%M:%S} +0000] "GET /{r.choice(["", "blog/", "wp-login.php", "robots.txt", "shop?id=1"])} HTTP/1.1" '
                                      f'{r.choice([200, 200, 301, 404])} {r.randrange(200, 90000)} "-" "Mozilla/5.0 (compatible; Examplebot/2.1)"')
        for _ in range(self.days * 2):
            self.try_login("web", r.uniform(self.begin, self.end), r.choice(offices)[0], None, r.random() < 0.9)

    # --- attacks

    def campaign(self, kind, account=None, began=None):
        self.campaigns.append({"kind": kind, "account": account, "began": began, "thief": None})
        return len(self.campaigns) - 1

    def stranger(self, kind, campaign):
        return self.label(self.address6() if self.r.random() < self.v["v6_attack"] else self.address(), kind, True, campaign)

    def pool(self, service):
        r = self.r
        real = r.uniform(0, 1) if service not in ("ssh", "web") else 0
        return lambda: r.choice(self.accounts) if r.random() < real else r.choice(GUESSED) + ("" if service == "ssh" or r.random() < 0.5 else f"@{r.choice(self.accounts).split('@')[-1]}")

    def start(self, longest):
        if self.v["first_day"]:
            return self.begin + self.r.uniform(0, DAY)
        return self.begin + self.r.uniform(0, max(0.01, 0.97 - longest / (self.days * DAY))) * self.days * DAY

    def brute(self):
        r, n, gap, service = self.r, self.r.randint(15, 500), math.exp(self.r.uniform(math.log(0.5), math.log(60))), self.r.choice(["ssh", "smtp", "imap", "pop3", "ftp", "web"])
        t = self.start(n * gap)
        who, pool = self.stranger("brute", self.campaign("brute", None, t)), self.pool(service)
        names = [pool() for _ in range(r.choice([1, 1, 2, 5]))]
        for _ in range(n):
            self.try_login(service, t, who, r.choice(names), False)
            t += gap * r.uniform(0.5, 1.5)

    def spray(self):
        r, n, gap, service = self.r, self.r.randint(8, 120), math.exp(self.r.uniform(math.log(60), math.log(3600))), self.r.choice(["ssh", "smtp", "imap", "pop3", "ftp"])
        t = self.start(n * gap)
        who, pool = self.stranger("spray", self.campaign("spray", None, t)), self.pool(service)
        for _ in range(n):
            self.try_login(service, t, who, pool(), False)
            t += gap * r.expovariate(1)

    def slow(self):
        """A few failures a day, for days, from several addresses that each go their own way."""
        r, service, length = self.r, self.r.choice(["ssh", "smtp", "imap", "pop3", "ftp"]), self.r.uniform(5, max(6, 0.9 * self.days)) * DAY
        t, each = self.start(length), self.r.uniform(1, 6)
        c, pool = self.campaign("slow", None, t), self.pool(service)
        few = [pool() for _ in range(r.randint(1, 4))]
        burst = r.choice([1, 1, 1, 2, 3])
        names = pool if r.random() < 0.6 else lambda: r.choice(few)
        for _ in range(r.randint(1, 12)):
            who, at = self.stranger("slow", c), t
            while at < t + length:
                at += r.expovariate(each / DAY / burst)
                for i in range(burst):
                    self.try_login(service, at + 7 * i, who, names(), False)

    def spread(self):
        r, n, service = self.r, self.r.randint(25, 400), self.r.choice(["smtp", "imap", "pop3"])
        tries, gap = self.r.uniform(1, 4), math.exp(self.r.uniform(math.log(20), math.log(3 * HOUR)))
        gap = min(gap, 0.6 * self.days * DAY / (n * tries))
        t, account = self.start(n * tries * gap), self.r.choice(self.accounts)
        c = self.campaign("spread", account, t)
        who = [self.stranger("spread", c) for _ in range(n)]
        for k in range(int(n * tries)):
            self.try_login(service, t, who[k] if k < n and r.random() < 0.6 else r.choice(who), account, False)
            t += gap * r.expovariate(1)
        if r.random() < 0.4:
            thief = self.stranger("thief", c)
            self.try_login("imap", t, thief, account, True)
            self.campaigns[c]["thief"] = t

    def noise(self):
        for _ in range(self.r.choice([0, 0, 1, 5, 15, 40]) * self.days):
            t, who, pool = self.r.uniform(self.begin, self.end), self.stranger("noise", None), self.pool("ssh")
            for i in range(self.r.randint(1, 2)):
                self.try_login("ssh", t + 3 * i, who, pool(), False)

    def attacks(self, scale=1.0):
        for kind, least, most in (("brute", 5, 30), ("spray", 4, 20), ("slow", 2, 8), ("spread", 1, 5)):
            for _ in range(max(1, round(scale * self.r.randint(least, most)))):
                getattr(self, kind)()
        self.noise()

    # --- files

    def write(self, directory):
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        for name, lines in self.logs.items():
            lines.sort(key=lambda line: line[0])
            with open(directory / name, "w") as f:
                f.writelines(text + "\n" if name == "access.log" else f"{self.stamp(t)} lab {text}\n" if name == "proftpd.log" else f"{self.stamp(t)} {text}\n" for t, text in lines)
        labels = {"sources": self.sources, "failed": {s: sorted(times) for s, times in self.failed.items()}, "campaigns": self.campaigns, "accounts": self.accounts, "begin": self.begin, "end": self.end}
        (directory / "labels.json").write_text(json.dumps(labels))
        return labels


def hash_of(text):
    return sum((i + 1) * ord(c) for i, c in enumerate(text))


def month(seed, directory, accounts=None, days=None, scale=1.0, variant="usual"):
    m = Month(seed, accounts, days, variant)
    m.life()
    m.attacks(scale)
    return m.write(directory)


if __name__ == "__main__":
    month(int(sys.argv[1]), sys.argv[2], *(int(x) or None for x in sys.argv[3:5]), variant=(sys.argv[5:] or ["usual"])[0])
