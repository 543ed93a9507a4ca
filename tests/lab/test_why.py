"""bansho why on a real server: why an address does not get in, whoever shut it out, and why an account cannot log in or send; bansho ban for single services."""
import json

from conftest import valid
from machine import ATTACKERS4, CLIENTS4, CLIENTS6, HOST4

OFFICE, HOME = f"{CLIENTS4}7", f"{CLIENTS4}60"  # office: declared in bansho.conf
TARO, RIGHT = "taro@alpha.example", "Right-taro-1"

# As somebody who is logged in sends: ADDRESS USER PASSWORD SENDER RECIPIENT; prints what the server said to RCPT.
SEND = f"""
import smtplib, socket, ssl, sys
source, user, password, sender, to = sys.argv[1:]
class Smtp(smtplib.SMTP):
    def _get_socket(self, name, port, timeout): return socket.create_connection(("{HOST4}", port), timeout, (source, 0))
c = Smtp("lab.example", 587, local_hostname="pc.example", timeout=20)
c.starttls(context=ssl.create_default_context()); c.login(user, password); c.mail(sender); print(*c.rcpt(to))
"""


def why(host, name, *args):
    rc, out, err = host.bansho("why", name, "--json", *args)
    assert rc in (0, 1, 3) and not err.strip(), (name, rc, err)
    said = valid(out)
    assert said["kept_out"] == (rc == 1), (rc, said)
    return said


def wait_for(host, name, condition, what):
    host.wait(lambda: condition(why(host, name)), f"{name}: {what}: {json.dumps(why(host, name), indent=1)}", 40)
    return why(host, name)


def begin(host):
    host.exec_ok(f"printf 'source office {{ prefixes = {OFFICE}/32 }}\\nmode = act\\n' >>/etc/bansho/bansho.conf")
    host.exec_ok("systemctl start bansho-wall.socket bansho-wall.service bansho-watch.socket bansho-watch.service")
    host.wait(lambda: host.bansho("status")[0] == 0, "the services do not run")


def foreign_rules(host):
    """fail2ban's own ban, rules by hand of nft and of iptables, a route, hosts.deny: each is named with its place, and the command of fail2ban takes the address out again."""
    bad, beside = f"{ATTACKERS4}9", f"{ATTACKERS4}77"
    host.exec_ok(f"fail2ban-client set sshd banip {bad}")
    host.wait(lambda: bad in host.exec("nft list table inet f2b-table")[1], "fail2ban did not ban")
    host.exec_ok(["nft", f"add table ip mine; add set ip mine blocked {{ type ipv4_addr; flags interval, timeout; elements = {{ {ATTACKERS4}8/30 timeout 1h }}; }}; "
                         f"add chain ip mine input {{ type filter hook input priority 10; }}; add rule ip mine input ip saddr @blocked tcp dport 25 drop; "
                         f"add rule ip mine input ip saddr 10.0.0.0/8 drop"])
    host.write("/etc/hosts.deny", f"# by hand\nsshd: {ATTACKERS4}9\n")
    host.exec_ok(f"ip route add blackhole {ATTACKERS4}8/31")
    said = why(host, bad)
    rows = {(f["kind"], f["owner"]): f for f in said["foreign"]}
    f2b, mine, memory = rows["nft", "fail2ban"], rows["nft", None], rows["fail2ban", "fail2ban"]
    assert (f2b["family"], f2b["table"], f2b["chain"], f2b["set"]) == ("inet", "f2b-table", "f2b-chain", "addr-set-sshd") and f2b["handle"] > 0 and f2b["stops"], f2b
    listed = host.exec_ok("nft -a list table inet f2b-table")
    assert f"handle {f2b['handle']}" in next(line for line in listed.splitlines() if "@addr-set-sshd" in line), (listed, f2b)
    assert (mine["table"], mine["set"], mine["does"], mine["stops"]) == ("mine", "blocked", "drop", True) and mine["until"], mine
    assert "jail sshd" in memory["place"] and memory["until"], memory
    assert rows["route", None]["does"] == "blackhole" and rows["route", None]["stops"] and rows["hosts", None]["line"] == 2, rows
    assert not said["not_seen"] and said["bans"] == [] and "turned away by fail2ban" in said["verdict"] and said["verdict"].endswith(f"fail2ban-client unban {bad}"), said
    fates = {p["service"]: p["fate"] for p in said["ports"]}
    assert fates["ssh"] == "shut" and fates["smtp"] == "shut" and fates["http"] == "open", fates
    quiet = why(host, beside)
    assert quiet["foreign"] == [] and quiet["verdict"] == f"{beside} is not shut out.", quiet
    assert host.bansho("why", "--lang", "ja", bad)[1].startswith(f"{bad}（"), host.bansho("why", "--lang", "ja", bad)[1]
    # What the sentence says helps; the rest is named still.
    host.exec_ok(said["verdict"].rpartition(": ")[2])
    after = why(host, bad)
    assert "fail2ban" not in {f["owner"] for f in after["foreign"]} and after["kept_out"], after
    host.exec_ok(f"nft delete table ip mine; ip route del blackhole {ATTACKERS4}8/31; rm /etc/hosts.deny")
    assert why(host, bad)["verdict"] == f"{bad} is not shut out."


def single_services(host):
    """bansho ban --service: these ports alone are shut, in the kernel."""
    address = f"{ATTACKERS4}130"
    assert "(smtp, submission) is banned until" in host.bansho("ban", address, "--service", "smtp,submission", "--for", "1h")[1]
    assert valid(host.bansho("bans", "--json")[1])["bans"][0]["services"] in (["smtp", "submission"], ["submission", "smtp"])
    assert host.login("imap", TARO, RIGHT, address) == "in" and host.login("submission", TARO, RIGHT, address).startswith("refused: TimeoutError")
    said = why(host, address)
    fates = {p["service"]: p["fate"] for p in said["ports"]}
    assert fates["smtp"] == fates["submission"] == "shut" and fates["imap"] == fates["ssh"] == "open", fates
    assert f"{address} is shut out of " in said["verdict"] and said["verdict"].endswith(f"bansho unban {address}"), said["verdict"]
    host.exec_ok("systemctl stop bansho-wall.socket bansho-wall")  # the kernel goes on
    said = why(host, address)
    assert said["kept_out"] and said["bans"] is None and {f["owner"] for f in said["foreign"]} == {"bansho"}, said
    host.exec_ok("systemctl start bansho-wall.socket bansho-wall")
    host.exec_ok(f"bansho unban {address}")
    assert host.login("submission", TARO, RIGHT, address) == "in" and why(host, address)["bans"] == []


def cannot_log_in(host):
    """Found, wrong password, then banned, then let in; and without the watch the logs say the same."""
    assert host.login("imap", TARO, RIGHT, HOME) == "in"
    said = wait_for(host, TARO, lambda s: any(l["success"] for l in s["logins"]), "its login is not known")
    assert not said["kept_out"] and said["logins_from"] == "watch" and f"from {HOME}" in said["verdict"], said
    assert {p["kind"] for p in said["places"]} == {"mail"} and {k["who"]: k["knows"] for k in said["known_by"]}["Dovecot, passdb"] == "yes", said
    host.login("imap", TARO, "Wrong-1", HOME)
    said = wait_for(host, TARO, lambda s: s["kept_out"], "its failure is not known")
    assert "the password that is given is wrong, 1 time" in said["verdict"] and HOME in said["verdict"], said["verdict"]
    for n in range(8):
        if not host.bansho_json("bans", HOME)["bans"]:
            host.login(*(("imap", "sales@beta.example"), ("submission", "leak@alpha.example"))[n % 2], "Wrong-1", HOME)  # its own account alone would be a stale telephone
    said = wait_for(host, TARO, lambda s: any(l["shut_out"] for l in s["logins"]), "its address is not shut out")
    assert f"cannot reach this server from {HOME}, from where it logged in before" in said["verdict"] and "by bansho" in said["verdict"], said["verdict"]
    host.exec_ok(said["verdict"].rpartition(": ")[2])
    assert host.login("imap", TARO, RIGHT, HOME) == "in"
    wait_for(host, TARO, lambda s: not s["kept_out"], "it is in again")
    host.exec_ok("systemctl stop bansho-watch.socket bansho-watch")
    by_logs = why(host, TARO)
    assert by_logs["logins_from"] == "logs" and not by_logs["kept_out"] and [l["success"] for l in by_logs["logins"] if l["address"] == HOME] == [True, False], by_logs
    host.exec_ok("systemctl start bansho-watch.socket bansho-watch")
    other = why(host, "taro")
    assert "There is no account taro here, but there is taro@" in other["verdict"] and TARO in other["similar"], other


def is_locked(host):
    host.exec_ok("usermod --lock webmaster")
    said = why(host, "webmaster")
    assert said["kept_out"] and said["verdict"].endswith("usermod --unlock webmaster") and "/etc/shadow:" in said["verdict"], said["verdict"]
    host.exec_ok(said["verdict"].rpartition(": ")[2])
    host.exec_ok("chage --expiredate 1 webmaster")
    assert why(host, "webmaster")["verdict"].endswith("chage --expiredate -1 webmaster")
    host.exec_ok("chage --expiredate -1 webmaster; chsh -s /usr/sbin/nologin webmaster")
    assert any("/usr/sbin/nologin" in p["text"] and p["state"] == "partly" for p in why(host, "webmaster")["places"])
    host.exec_ok("chsh -s /bin/bash webmaster; printf 'DenyUsers webmaster\\n' >/etc/ssh/sshd_config.d/deny.conf")
    assert any("denyusers" in p["text"].lower() for p in why(host, "webmaster")["places"]), why(host, "webmaster")
    host.exec_ok("rm /etc/ssh/sshd_config.d/deny.conf")
    unseen = valid(host.exec(["runuser", "-u", "admin", "--", "bansho", "why", "webmaster", "--json"])[1])
    assert any("/etc/shadow" in n for n in unseen["not_seen"]), unseen  # not root: it says so


def cannot_send(host):
    """Postfix does not say who had logged in when it refuses a recipient: what comes from where the account logs in is its own, the rest anybody's."""
    send = lambda source, user: host.client(["python3", "-c", SEND, source, user, f"Right-{user.split('@')[0]}-1", TARO, "nosuch@alpha.example"])
    assert host.login("imap", TARO, RIGHT, OFFICE) == "in"
    wait_for(host, TARO, lambda s: any(l["success"] and l["address"] == OFFICE for l in s["logins"]), "its login is not known")
    for source in OFFICE, f"{ATTACKERS4}140":
        rc, out, err = send(source, TARO)
        assert rc == 0 and out.startswith("550"), (out, err)
    said = wait_for(host, TARO, lambda s: s["sending"]["refused"] == 1 and s["sending"]["in_its_name"] == 1, "the refusals are not known")
    refused = said["sending"]["refusals"][0]
    assert refused["address"] == OFFICE and refused["recipient"] == "nosuch@alpha.example" and "User unknown" in refused["said"], refused
    assert "Postfix refused what it sent" in said["verdict"] and said["verdict"].endswith(f"bansho log search --account {TARO} --service mail"), said["verdict"]
    assert "queue" not in json.dumps(said["sending"])  # comes later: nothing is guessed


def test_why(host):
    begin(host)
    foreign_rules(host)
    single_services(host)
    cannot_log_in(host)
    is_locked(host)
    cannot_send(host)
