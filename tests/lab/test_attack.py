"""A whole server under attack: 50 IPv4 attackers in different /24s and 50 IPv6 attackers in different /48s, each from several addresses of one /64, fail at sshd, Postfix,
Dovecot, ProFTPD, vsftpd, pure-ftpd and WordPress, while logs are rotated, rsyslog loses lines, and both services are killed. Each is shut out by the kernel once, their open
connections end, an office and a household go on; the server is rebooted with a network made anew, and every ban ends on time."""
import datetime, json, re, subprocess, threading, time

import pytest

from machine import CLIENTS4, CLIENTS6, HOST4, HOST6, NETWORK
from test_servers import LOGINS
from test_watch import ask, worker

SERVICES = ["ssh", "submission", "imap", "pop3", "ftp", "vsftpd", "pure-ftpd", "wordpress"]
FTPS = {"vsftpd": ("webmaster", "Right-webmaster-1"), "pure-ftpd": ("ftp@alpha.example", "Right-ftp-1")}
BAN_TIME = 100  # most are still out when the machine is back, however slow it is
# Dovecot that restarts while it is asked ("Connection lost to authentication server") is nobody's wrong password.
FAILED = re.compile(r"Failed password|SASL \S+ authentication failed(?!: Connection lost)|auth failed|Login failed|no such user|FAIL LOGIN|Authentication failed for user|wp-login\.php[^\"]*\" 200 ")
ADDRESS = re.compile(r"(?<![\w:.])(?:198\.19(?:\.\d+){2}|2001:db8:f[0-9a-f:]+)(?![\w.])")


ASK_ALL = r"""
import json, socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect("/run/bansho/watch")
def ask(method, address):
    s.sendall(json.dumps({"method": "org.bansho.Watch." + method, "parameters": {"address": address}}).encode() + b"\0")
    got = b""
    while not got.endswith(b"\0"):
        got += s.recv(65536) or sys.exit("it ended the connection")
    return json.loads(got[:-1])["parameters"][method.lower()]
print(json.dumps({a: [ask("Verdicts", a), ask("Events", a)] for a in sys.argv[1:]}))
"""


def attackers(each):
    """Different /24s; different /48s, of each of which five addresses of one /64 come."""
    for n in range(1, each + 1):
        service = SERVICES[n % len(SERVICES)]
        yield {"name": f"four{n}", "service": service, "addresses": [f"198.19.{n}.{n}"], "server": HOST4, "network": f"198.19.{n}.{n}"}
        net = f"2001:db8:f{n:02x}:{n:x}::"
        yield {"name": f"six{n}", "service": SERVICES[(n + 4) % len(SERVICES)], "addresses": [f"{net}{k}" for k in range(1, 6)], "server": HOST6, "network": f"{net}/64"}


class Crowd:
    """crowd.py in the internet."""
    def __init__(self, host, kind, plan):
        self.process = subprocess.Popen([*host.enter("inet"), "python3", "/root/crowd.py", kind], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.process.stdin.write(json.dumps(plan) + "\n")
        self.process.stdin.flush()
        self.out, self.told = set(), None
        if kind == "attack":
            self.reader = threading.Thread(target=self.read, daemon=True)
            self.reader.start()

    def read(self):
        for line in self.process.stdout:
            said = json.loads(line)
            if said["event"] == "told":
                self.told = said["attackers"]
            else:
                (self.out.add if said["event"] == "out" else self.out.discard)(said["name"])

    def end(self):
        """What the office says at the end."""
        out, err = self.process.communicate()
        assert self.process.returncode == 0, err
        return json.loads(out)


def office(host, failing):
    """The office is a source of bansho.conf, and may fail; the household is not, and fails less often than the limit. Both know their passwords."""
    right = {s: LOGINS[s] for s in SERVICES if s in LOGINS} | FTPS
    logins = [[s, *right[s], source, to] for s in SERVICES for source, to in ((f"{CLIENTS4}7", HOST4), (f"{CLIENTS6}7", HOST6))]
    if failing:
        logins += [["imap", "sales@beta.example", "Wrong-1", f"{CLIENTS4}7", HOST4]] * 6 + [[s, right[s][0], "Wrong-1", f"{CLIENTS6}7", HOST6] for s in ("ftp", "imap", "wordpress")]
    return Crowd(host, "office", {"logins": logins})


def prepare(host):
    host.strangers(["198.19.0.0/16", "2001:db8:f00::/40"])
    host.write("/etc/bansho/bansho.conf", f"mode = act\nsource office {{ prefixes = {CLIENTS4}0/24 }}\nguard {{ ban-time = {BAN_TIME}s }}\n")
    host.exec_ok("systemctl disable --now fail2ban; rm /etc/logrotate.d/fail2ban; nft delete table inet f2b-table 2>/dev/null; systemctl enable --now bansho-wall.socket bansho-wall bansho-watch.socket bansho-watch")
    host.wait(lambda: host.exec("systemctl is-active bansho-watch")[1].strip() == "active", "it does not run")
    ask(host, "Status")


def trouble(host, crowd, n):
    """What goes on meanwhile: rsyslog stands still while more is logged than its socket holds; all logs are rotated; both services are killed."""
    host.exec_ok("kill -STOP $(systemctl show -P MainPID rsyslog)")
    host.run("seq -f 'noise %g of a program that says too much' 6000 | systemd-cat -t noise")
    host.wait(lambda: len(crowd.out) >= n // 10, "nobody is shut out")
    host.exec_ok("logrotate -f /etc/logrotate.conf")
    host.wait(lambda: len(crowd.out) >= n // 4, "few are shut out")
    host.exec_ok(f"kill -9 {worker(host)}")
    host.wait(lambda: len(crowd.out) >= n // 2, "half of them are not shut out")
    host.exec_ok("kill -9 $(systemctl show -P MainPID bansho-wall)")
    host.wait(lambda: len(crowd.out) == n, "some are not shut out", 90)
    host.exec_ok("kill -CONT $(systemctl show -P MainPID rsyslog)")


def failures(lines):
    found = {}
    for line in lines.splitlines():
        if FAILED.search(line):
            for address in set(ADDRESS.findall(line.replace("::ffff:", ""))):
                found[address] = found.get(address, 0) + 1
    return found


def bans(host):
    """{network: when it ends}"""
    return {b["network"]: int(datetime.datetime.fromisoformat(b["until"]).timestamp()) for b in json.loads(host.exec_ok("bansho bans --json"))["bans"]}


def unlike(host, crowd, until):
    """Whose verdicts or events are not as they should be: one verdict for each, done, and every line counted once."""
    wrong, lines = [], failures(host.exec_ok("journalctl -q -o cat -t sshd -t sshd-session -t dovecot -t postfix/submission/smtpd -t pure-ftpd; "
                                             "cat /var/log/proftpd/proftpd.log* /var/log/vsftpd.log* /var/log/apache2/alpha.example-access.log*"))
    known = json.loads(host.exec_ok(["python3", "-c", ASK_ALL, *(a["addresses"][0] for a in crowd)]))
    for a in crowd:
        verdicts, events = known[a["addresses"][0]]     # those of an IPv6 address are its /64's
        told = [v for v in verdicts if v["kind"] != "spared"]
        failed, written = sum(e["kind"] == "login-failed" for e in events), sum(lines.get(address, 0) for address in a["addresses"])
        if [v["state"] for v in told] != ["done"] or told[0]["count"] < 5 or failed != written:
            wrong.append((a["name"], a["service"], told, failed, written))
        until.update({a["name"]: v["until"] for v in told})
    return wrong


def each_once(host, crowd):
    """{name: when the ban ends}"""
    until, end = {}, time.monotonic() + 20
    while (wrong := unlike(host, crowd, until)) and time.monotonic() < end:
        time.sleep(0.5)
    assert wrong == [], f"{len(wrong)}: {wrong[:6]}"
    assert ask(host, "Status")["waiting"] == 0
    return until


def rebooted(host):
    """The kernel's network is a new one."""
    host.power_off()
    host.power_on(network=NETWORK)
    at = {u: int(host.exec_ok(["systemctl", "show", "-P", "ActiveEnterTimestampMonotonic", u])) for u in ("nftables.service", "bansho-wall.service", "lab-network.service", "ssh.service")}
    assert 0 < at["nftables.service"] < at["bansho-wall.service"] < at["lab-network.service"] < at["ssh.service"], at


def flushed(told, until, down, back):
    """When nftables.service flushes everything, as it does when the server goes down, what is ours is back within a second: that one second, or an empty span."""
    at = [k[0] for name, a in told.items() for k in a["knocks"] if down < k[0] < min(until[name], back)]
    return (min(at), min(at) + 1) if at else (0, 0)


def judge(name, a, until, back, flushed):
    """How one attacker fared, in words; None: as it should."""
    leaks = [k for k in a["knocks"] if k[0] < until and not flushed[0] <= k[0] <= flushed[1]]
    if leaks:
        return f"{name} was answered while it was out: {leaks}"
    if a["held"] != "reset" and not (a["service"] == "wordpress" and a["held"] == "ended"):
        return f"{name}'s open connection: {a['held']}"
    if not a["again"] or not until - 0.1 <= a["again"] < max(until, back) + 10:
        return f"{name} was let in at {a['again']}, its ban ended at {until}"
    return None


@pytest.mark.trixie(long=True)
@pytest.mark.variant("ftp")
def test_a_whole_server_under_attack(host):
    prepare(host)
    crowd = list(attackers(50))
    working = office(host, True)
    attack = Crowd(host, "attack", {"size": 80, "tries": 5, "ban": BAN_TIME, "attackers": crowd})
    trouble(host, attack, len(crowd))
    until = each_once(host, crowd)
    before = bans(host)
    said = "a program that says too much"
    kept, passed_on = map(int, host.exec_ok(f"journalctl -q -o cat -t noise | wc -l; cat /var/log/syslog* | grep -c '{said}'").split())
    assert passed_on < kept, "rsyslog lost nothing"
    verdict = {a["network"]: until[a["name"]] for a in crowd}
    assert {n: u for n, u in verdict.items() if u > time.time() + 2}.items() <= before.items() <= verdict.items()
    at_work = working.end()
    assert at_work["not"] == [] and at_work["in"] > 2 * len(SERVICES), at_work

    down = time.time()
    rebooted(host)
    back = time.time()
    now = bans(host)
    assert now and all(b == before[n] for n, b in now.items())
    again = office(host, False)
    host.wait(lambda: attack.told, "some are still out", BAN_TIME + 60)
    at_work = again.end()
    assert at_work["not"] == [] and at_work["in"] >= len(SERVICES), at_work
    gap = flushed(attack.told, until, down, back)
    wrong = [w for a in crowd if (w := judge(a["name"], attack.told[a["name"]], until[a["name"]], back, gap))]
    assert wrong == [], f"{len(wrong)}: {wrong[:6]}"
    assert bans(host) == {}
