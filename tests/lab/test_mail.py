"""Mail checks on a real server: one fault planted at a time, and exactly the states that the story names change. Every dialogue check is also shown
to fail while its configuration file looks right: the file was put right, and nobody told the running server."""
import json

import pytest

from conftest import diff_states

IDS = ["mail.submission", "mail.relay", "mail.port25-auth", "mail.tls", "mail.full-names", "mail.trusted-networks", "queue.size"]
SETTLE = "postfix reload 2>/dev/null; doveadm reload; sleep 1"
KEEP = "cp -a /etc/postfix/main.cf /etc/postfix/master.cf /etc/dovecot/dovecot.conf /root/; cp -a /etc/ssl/lab/server.pem /root/server.pem"
PUT_BACK = "cp -a /root/main.cf /root/master.cf /etc/postfix/; cp -a /root/dovecot.conf /etc/dovecot/; cp -a /root/server.pem /etc/ssl/lab/"

# Dovecot 2.3 and 2.4 in one: the setting that the machine's version knows.
CLEAR_TEXT = "sed -i 's/^disable_plaintext_auth.*/disable_plaintext_auth = no/; s/^auth_allow_cleartext.*/auth_allow_cleartext = yes/; s/^ssl = .*/ssl = yes/' /etc/dovecot/dovecot.conf"
REALM = """if dovecot --version | grep -q '^2[.]4'; then echo 'auth_default_domain = alpha.example'; else echo 'auth_default_realm = alpha.example'; fi >>/etc/dovecot/dovecot.conf"""
EXPIRED = """/root/ca/issue /root/old "$(date -ud '-30 days' +%Y%m%d%H%M%SZ)" "$(date -ud yesterday +%Y%m%d%H%M%SZ)" lab.example
cat /root/old.pem >/etc/ssl/lab/server.pem; cp -a /etc/ssl/lab/server.key /root/server.key; cat /root/old.key >/etc/ssl/lab/server.key"""
TLS_PORTS = ("imap", "imaps", "pop3", "pop3s", "submission", "submissions")


class Story:
    """A server in order, faults one after the other, and what then is different."""
    def __init__(self, host):
        self.host = host
        host.exec_ok(["sh", "-ec", KEEP])
        self.before = host.states(*IDS)
        assert set(self.before.values()) == {"ok"}, self.before

    def differs(self, script):
        self.host.exec_ok(["sh", "-ec", script])
        return diff_states(self.before, self.host.states(*IDS))

    def put_back(self):
        """The files alone: the servers run on with what they read."""
        self.host.exec_ok(["sh", "-ec", PUT_BACK])

    def differs_while_files_are_right(self, script):
        self.host.exec_ok(["sh", "-ec", f"{script}\n{SETTLE}\n{PUT_BACK}"])
        return diff_states(self.before, self.host.states(*IDS))

    def heal(self):
        self.host.exec_ok(["sh", "-ec", f"{PUT_BACK}; {SETTLE}"])

    def finding(self, id, object):
        return next(f for f in self.host.bansho_json("check", id)["findings"] if f["object"] == object)


def where(finding):
    return [f"{e['file']}:{e['line']}" for e in finding["evidence"] if e.get("file") and e.get("line")]


@pytest.mark.trixie
def test_a_port_that_relays_for_strangers(host, deb):
    story = Story(host)
    relay = "postconf -P submissions/inet/smtpd_relay_restrictions=check_client_access,static:ok,reject"
    assert story.differs(f"{relay}; {SETTLE}") == {("mail.relay", "port 465"): "fail"}
    finding = story.finding("mail.relay", "port 465")
    assert any(w.startswith("/etc/postfix/master.cf:") for w in where(finding)), finding
    assert any("IPv6" in e["text"] and "250" in e["text"] for e in finding["evidence"]), finding

    # master keeps what it read until it is told
    assert story.differs_while_files_are_right(relay) == {("mail.relay", "port 465"): "fail"}
    host.exec_ok(["sh", "-ec", "! postconf -P | grep -q static:ok"])
    story.heal()

    # the networks of IPv4 alone
    assert story.differs(f"postconf -e 'mynetworks = 0.0.0.0/0 [::1]/128'; {SETTLE}") == \
        {("mail.relay", "port 25"): "fail", ("mail.trusted-networks", ""): "fail"}
    story.heal()

    # what the finding tells to type by hand closes it
    host.exec_ok(["sh", "-ec", f"{relay}; {SETTLE}"])
    host.exec_ok(["sh", "-ec", story.finding("mail.relay", "port 465")["fix"]["manual"] + "; sleep 1"])
    assert diff_states(story.before, host.states(*IDS)) == {}


def test_the_stranger_is_refused_by_a_filter_or_by_the_kernel(host, deb):
    story = Story(host)
    ports = ("port 25", "port 465", "port 587")
    drop = "nft insert rule inet filter input iifname bansho-* drop"
    assert story.differs(drop) == {("mail.relay", p): "unknown" for p in ports}
    finding = story.finding("mail.relay", "port 25")
    assert any("smtpd_relay_restrictions" in e["text"] for e in finding["evidence"]), finding
    host.exec_ok("systemctl restart nftables")

    # a guard has shut out those whom earlier runs asked as: near half of all that there are
    host.exec_ok("nft insert rule inet filter input ip saddr { 192.0.2.0/24, 198.51.100.0/26, 198.51.100.64/27 } tcp dport { 25, 465, 587 } reject with icmp port-unreachable")
    for _ in range(4):
        assert host.states("mail.relay") == {k: "ok" for k in story.before if k[0] == "mail.relay"}
    host.exec_ok("systemctl restart nftables")

    # no capability for networks: nothing is guessed from 127.0.0.1
    rc, out, err = host.exec(["setpriv", "--bounding-set", "-net_admin,-sys_admin", "bansho", "check", "mail.relay", "--json"])
    assert rc == 3 and out.count('"unknown"') >= 3, out + err
    assert host.exec_ok("ip -br link | grep -c bansho || :").strip() == "0"


@pytest.mark.trixie(long=True)
def test_submission_in_clear_text_and_logins_on_25(host, deb):
    story = Story(host)
    clear = "postconf -P submission/inet/smtpd_tls_security_level=may submission/inet/smtpd_tls_auth_only=no"
    want = {("mail.submission", "submission"): "fail", ("mail.tls", "submission"): "fail"}
    assert story.differs(f"{clear}; {SETTLE}") == want
    story.heal()
    assert story.differs_while_files_are_right(clear) == want
    story.heal()

    login = "postconf -P smtp/inet/smtpd_sasl_auth_enable=yes"
    assert story.differs(f"{login}; {SETTLE}") == {("mail.port25-auth", ""): "warn"}
    assert story.differs("printf 'mail { relay = closed }\\n' >>/etc/bansho/bansho.conf") == {("mail.port25-auth", ""): "fail"}
    assert story.differs_while_files_are_right(login) == {("mail.port25-auth", ""): "fail"}
    story.heal()
    assert story.differs("postconf -MX submission/inet; postfix reload; sleep 1") == \
        {("mail.submission", "submission"): "warn", ("mail.tls", "submission"): None, ("mail.relay", "port 587"): None}


@pytest.mark.trixie(long=True)
def test_passwords_in_clear_text_and_a_certificate_that_has_expired(host, deb):
    story = Story(host)
    want = {("mail.tls", "imap"): "fail", ("mail.tls", "pop3"): "fail"}
    assert story.differs(f"{CLEAR_TEXT}; {SETTLE}") == want
    assert where(story.finding("mail.tls", "imap"))
    story.put_back()
    assert diff_states(story.before, host.states(*IDS)) == want  # Dovecot was not told
    story.heal()

    host.exec_ok(["sh", "-ec", f"cp -a /etc/ssl/lab/server.key /root/server.key.sound; {EXPIRED}\nsystemctl restart dovecot postfix; sleep 1"])
    host.exec_ok(["sh", "-ec", "cp -a /root/server.pem /etc/ssl/lab/server.pem; cp -a /root/server.key.sound /etc/ssl/lab/server.key"])
    now = diff_states(story.before, host.states("mail.tls"))
    assert {k[1] for k, v in now.items() if v == "fail"} >= {"imap", "imaps", "pop3", "pop3s"}, now  # renewed on disk, still the old one on the wire


@pytest.mark.trixie
def test_short_names(host, deb):
    story = Story(host)
    assert story.differs(f"{REALM}; {SETTLE}") == {("mail.full-names", ""): "fail"}
    story.put_back()
    assert diff_states(story.before, host.states(*IDS)) == {("mail.full-names", ""): "fail"}
    story.heal()
    assert story.differs("grep '^info@alpha' /etc/dovecot/users | sed 's/@alpha.example//' >>/etc/dovecot/users") == {("mail.full-names", ""): "fail"}


def test_networks_that_send_without_a_password(host, deb):
    story = Story(host)
    wide = f"postconf -e 'mynetworks = 127.0.0.0/8 [::1]/128 198.18.0.0/24'; {SETTLE}"
    assert story.differs(wide) == {("mail.trusted-networks", ""): "fail"}
    assert "198.18.0.0/24" not in story.finding("mail.trusted-networks", "")["fix"]["manual"]
    assert story.differs("printf 'source office { prefixes = 198.18.0.0/24 }\\n' >>/etc/bansho/bansho.conf") == {}


def test_a_queue_that_grows_and_one_that_cannot_be_read(host, deb):
    story = Story(host)
    fill = "i={}; while [ $i -lt {} ]; do : >/var/spool/postfix/hold/$(printf 3F2A4%06X $i); i=$((i+1)); done"
    assert story.differs(fill.format(0, 500)) == {("queue.size", ""): "warn"}
    assert story.differs(fill.format(500, 2000)) == {("queue.size", ""): "fail"}
    assert story.differs("rm /var/spool/postfix/hold/*") == {}
    rc, out, err = host.exec(["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "bansho", "check", "queue.size", "--json"])
    assert rc == 3 and '"unknown"' in out, out + err


def test_a_queue_that_is_hidden(host, deb):
    """What is mounted over a queue hides it: that is no empty queue. Postfix itself runs on with what it has open."""
    spool = "/var/spool/postfix"
    seen = lambda: json.loads(host.bansho("check", "queue.size", "--json")[1])["findings"][0]
    for hidden, why in (f"{spool}/deferred", "something else is mounted there"), (spool, "none of the queue's directories is there"):
        host.exec_ok(f"mount -t tmpfs none {hidden}")
        f = seen()
        rc, out, err = host.bansho("queue", "count", "--json")
        listed = host.bansho("queue", "list")
        status, numbers = json.loads(host.bansho("status", "--json")[1])["queue"], host.bansho("metrics")
        host.exec_ok(f"umount {hidden}")
        assert f["state"] == "unknown" and why in json.dumps(f) and hidden in json.dumps(f), f
        assert rc == 3 and not json.loads(out)["whole"] and why in err, (out, err)
        assert [(q["state"], q["total"], q["unseen"]) for q in status] == [("unknown", None, hidden)], status
        assert numbers[0] == 3 and 'bansho_queue_known{program="postfix",instance=""} 0' in numbers[1] and "bansho_queue_messages{" not in numbers[1], numbers
        assert listed[0] == 3 and why in listed[2], listed
    assert seen()["state"] == "ok" and host.bansho("queue", "count")[0] == 0
    (queue,) = json.loads(host.bansho("status", "--json")[1])["queue"]
    assert (queue["instance"], queue["state"], queue["total"], queue["states"]["deferred"]) == ("", "ok", 0, 0), queue
    assert "mail queue" in host.bansho("status")[1]
