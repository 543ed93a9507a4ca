"""`bansho queue` on a real Postfix: mail through 587 with a login, from PHP, from sendmail, to servers that put it off; what it tells against postqueue -j and postcat."""
import json

import pytest

from machine import CLIENTS4, HOST4

# Sends COUNT messages as somebody who is logged in: ADDRESS USER PASSWORD COUNT SUBJECT RECIPIENT...
SEND = f"""
import smtplib, socket, ssl, sys
source, user, password, count, subject, *to = sys.argv[1:]
class Smtp(smtplib.SMTP):
    def _get_socket(self, name, port, timeout): return socket.create_connection(("{HOST4}", port), timeout, (source, 0))
c = Smtp("lab.example", 587, local_hostname="pc.example", timeout=60)
c.starttls(context=ssl.create_default_context()); c.login(user, password)
for i in range(int(count)): c.sendmail(user, to, f"From: {{user}}\\r\\nTo: somebody@example\\r\\nSubject: {{subject}}\\r\\n\\r\\ntext\\r\\n")
c.quit()
"""
LEAK = (f"{CLIENTS4}14", "leak@alpha.example", "Right-leak-1")
INFO = (f"{CLIENTS4}15", "info@alpha.example", "Right-info-1")


def send(host, who, count, subject, *to):
    rc, out, err = host.client(["python3", "-c", SEND, *who, str(count), subject, *to])
    assert rc == 0, err


def php(host, to):
    host.write("/tmp/form.php", f'<?php mail("{to}", "From a form", "text", "From: shop@alpha.example");')
    host.exec_ok("cd /tmp && su -s /bin/sh www-data -c 'php -d mail.add_x_header=On /tmp/form.php'")


def postqueue(host):
    return {m["queue_id"]: m for m in map(json.loads, host.exec_ok("postqueue -j").splitlines())}


def messages(host, *args):
    rc, out, err = host.bansho("queue", "list", "--per", "all", "--json", *args)
    assert rc == 0 and not err, (rc, err)
    return {m["id"]: m for m in map(json.loads, out.splitlines())}


def settle(host, n):
    """All of them were tried once, and nothing moves any more."""
    host.wait(lambda: len(q := postqueue(host)) == n and {m["queue_name"] for m in q.values()} == {"deferred"}, f"not {n} deferred messages", 120)


def agrees(host):
    ours, theirs = messages(host), postqueue(host)
    assert ours.keys() == theirs.keys()
    for id, m in ours.items():
        p = theirs[id]
        assert (m["state"], m["sender"], m["size"], m["recipients"]) == (p["queue_name"], p["sender"], p["message_size"], len(p["recipients"])), (m, p)
        assert int(host.exec_ok(["date", "-d", m["arrival"], "+%s"])) == p["arrival_time"], (m, p)
        assert m["error"] in {r.get("delay_reason") for r in p["recipients"]}, (m, p)
        assert m["first_recipient"] in {r["address"] for r in p["recipients"]}, (m, p)


def top(host, by):
    rc, out, err = host.bansho("queue", "top", "--by", by, "--json")
    assert rc == 0, err
    return {t["key"]: t["messages"] for t in map(json.loads, out.splitlines())}


@pytest.mark.trixie
def test_what_the_queue_tells(host, deb):
    send(host, LEAK, 12, "Buy now", "a@defer.example")
    send(host, INFO, 1, "Offer", "b@defer.example", "c@ok.example")
    send(host, LEAK, 1, "Many", *(f"r{i}@defer.example" for i in range(120)))
    php(host, "p@defer.example")
    host.exec_ok("printf 'To: t@defer.example\\nCc: u@defer.example\\nSubject: by hand\\n\\ntext\\n' | sendmail -t")
    settle(host, 16)
    agrees(host)
    count = host.bansho_json("queue", "count")
    assert count["total"] == 16 == count["states"]["deferred"] and count["bytes"] == sum(m["message_size"] for m in postqueue(host).values()), count
    assert top(host, "account") == {"leak@alpha.example": 13, "info@alpha.example": 1, None: 2}
    assert top(host, "client")[LEAK[0]] == 13
    assert top(host, "script") == {"33:form.php": 1, None: 15} or top(host, "script") == {"0:form.php": 1, None: 15}
    assert {m["subject"] for m in messages(host, "--account", "leak@alpha.example").values()} == {"Buy now", "Many"}
    assert len(messages(host, "--client", LEAK[0], "--subject", "Buy*")) == 12
    assert len(messages(host, "--to", "r119@defer.example")) == 1 and not messages(host, "--to", "c@ok.example")
    assert len(messages(host, "--account", "")) == 2 and len(messages(host, "--account", "!leak@alpha.example", "--no-bounce")) == 3
    id = next(iter(messages(host, "--subject", "Many")))
    shown = host.bansho_json("queue", "show", id)
    assert sorted(shown["to"]) == sorted(r["address"] for r in postqueue(host)[id]["recipients"])
    assert f"sasl_username={shown['account']}" in host.exec_ok(["postcat", "-qe", id])

    # held, with long ids, and hashed deeper
    host.exec_ok("postsuper -h ALL deferred")
    assert host.bansho_json("queue", "count")["states"]["hold"] == 16
    agrees_on_hold = messages(host, "--state", "hold")
    assert len(agrees_on_hold) == 16 and not any(m["next_try"] for m in agrees_on_hold.values())
    host.exec_ok("postsuper -H ALL hold; postconf -e enable_long_queue_ids=yes hash_queue_depth=2; postfix stop; postsuper -s; postfix start")
    send(host, LEAK, 3, "Long", "a@defer.example")
    settle(host, 19)
    long = messages(host, "--subject", "Long")
    assert len(long) == 3 and all(len(id) > 12 for id in long), long
    agrees(host)
    assert host.bansho_json("queue", "show", next(iter(long)))["account"] == "leak@alpha.example"
    assert host.bansho("queue", "count", "--spool", "/var/spool/postfix")[0] == 0

    # who may not read it is told so, and no number
    rc, out, err = host.exec(["setpriv", "--reuid", "65534", "--clear-groups", "bansho", "queue", "count", "--json"])
    assert rc == 3 and "could not be read" in err and json.loads(out)["whole"] is False, (rc, out, err)


@pytest.mark.trixie(long=True)
def test_export_is_what_postcat_shows(host, deb):
    send(host, LEAK, 3, "Buy now", "a@defer.example", "b@defer.example")
    php(host, "p@defer.example")
    host.write("/tmp/large.py", "print('Subject: large\\n'); print('From here on\\n' + 'x' * 300000); [print('line', i) for i in range(20000)]")
    host.exec_ok("python3 /tmp/large.py | sendmail t@defer.example")
    settle(host, 5)
    done = json.loads(host.bansho("queue", "export", "--state", "deferred", "--as", "eml", "--into", "/root/evidence", "--json")[1])
    assert (done["messages"], done["damaged"], done["gone"]) == (5, 0, 0), done
    for id in postqueue(host):
        host.exec_ok(f"postcat -qhb {id} | cmp - /root/evidence/*-{id}.eml")
    table = host.exec_ok("cat /root/evidence/envelopes.csv")
    assert table.count("leak@alpha.example") >= 6 and ":form.php" in table, table
    host.exec_ok("bansho queue export --account leak@alpha.example --mask --into /root/masked")
    assert "a@defer.example" not in (text := host.exec_ok("cat /root/masked/*")) and "***@defer.example" in text and "leak@alpha.example" in text
    assert set(everything(host).values()) == {"deferred"}


@pytest.mark.trixie(long=True)
def test_a_queue_in_disorder(host, deb):
    """What a copy with cp, an rm in the wrong order and a chmod do to a queue; what Postfix itself makes is in order, and what the advice says mends it."""
    sound = lambda: {f["object"]: f for f in json.loads(host.bansho("check", "queue.sound", "--json")[1])["findings"] if f["id"] == "queue.sound"}
    send(host, LEAK, 4, "Buy now", "a@defer.example")
    settle(host, 4)
    assert {o: f["state"] for o, f in sound().items()} == {"": "ok"}, sound()
    host.exec_ok("postsuper -h ALL; postsuper -H ALL; postconf -e enable_long_queue_ids=yes; postfix reload")
    send(host, LEAK, 2, "Long", "a@defer.example")
    settle(host, 6)
    assert {o: f["state"] for o, f in sound().items()} == {"": "ok"}, sound()
    host.exec_ok("postfix stop; cd /var/spool/postfix; cp -a deferred deferred.copy; rm -r deferred; mv deferred.copy deferred; chmod 755 hold")
    found = sound()
    assert found[""]["state"] == "warn" and "4 messages have names" in json.dumps(found[""]), found
    assert found["/var/spool/postfix/hold"]["state"] == "fail" and "0755" in json.dumps(found), found
    host.exec_ok("cd /var/spool/postfix; chmod 700 hold; postsuper -s; postsuper -s; postfix start")
    assert {o: f["state"] for o, f in sound().items()} == {"": "ok"} and len(postqueue(host)) == 6, sound()
    host.exec_ok("cd /var/spool/postfix; rm -r deferred/*; find defer -type f -exec touch -d '2 hours ago' {} +")
    assert "6 files of reasons" in json.dumps(sound()[""])
    (shown,) = host.exec_ok("find /var/spool/postfix -name " + sound()[""]["evidence"][0]["text"].split("(")[1].rstrip(")")).splitlines()
    assert shown.startswith("/var/spool/postfix/defer/")
    host.exec_ok("find /var/spool/postfix/defer -type f -delete")
    assert {o: f["state"] for o, f in sound().items()} == {"": "ok"}, sound()


@pytest.mark.trixie(long=True)
def test_a_long_queue_is_told_once(host, deb):
    """By the shipped unit, with the powers that it has."""
    host.write("/etc/bansho/bansho.conf", "notify { command = /usr/local/bin/pager }\n")
    pager = "/var/lib/bansho-notify/pager"
    host.exec_ok(f": >{pager}")

    def look():
        host.exec("systemctl start bansho-queue-size.service")
        text = host.read(pager)
        host.exec_ok(f": >{pager}")
        assert host.exec_ok("systemctl show -P Result bansho-queue-size.service").strip() == "success", host.exec_ok("journalctl -u bansho-queue-size -o cat")
        return text

    assert look() == ""
    send(host, LEAK, 10, "Buy now", "a@defer.example")
    settle(host, 10)
    # What one message became 510 times, under names as Postfix gives them: their number is all that is looked at.
    host.exec_ok("cd /var/spool/postfix/deferred; f=$(find . -type f | head -1); mkdir -p 0; for i in $(seq 100 609); do cp -p $f 0/0ABCDEF$i; done")
    assert "queue.size: 520 messages are waiting in the mail queue" in look()
    assert look() == ""
    host.exec_ok("cd /var/spool/postfix/deferred/0; for i in $(seq 100 140); do rm 0ABCDEF$i; done")
    assert look() == "", "479 is still near the limit"
    # Root without the power to read what is another's: as on a file system of the network.
    drop = "/run/systemd/system/bansho-queue-size.service.d"
    host.exec_ok(f"mkdir -p {drop}; printf '[Service]\\nCapabilityBoundingSet=\\nCapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_SETPCAP\\n' >{drop}/blind.conf; systemctl daemon-reload")
    assert look() == "", "told already as too long, and it is not better"
    host.exec_ok(f"rm -r {drop}; systemctl daemon-reload; rm -f /var/spool/postfix/deferred/0/0ABCDEF*")
    text = look()
    assert "Solved:" in text and "queue.size" in text, text
    host.exec_ok(f"mkdir -p {drop}; printf '[Service]\\nCapabilityBoundingSet=\\nCapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_SETPCAP\\n' >{drop}/blind.conf; systemctl daemon-reload")
    assert "queue.size: The mail queue could not be read" in look()
    assert look() == ""
    host.exec_ok(f"rm -r {drop}; systemctl daemon-reload")
    assert "Solved:" in look()
    # Where nobody is named to be told, the journal has it once, not at each look; again after somebody was named for a time.
    complaints = lambda: host.exec_ok("journalctl -u bansho-queue-size -o cat | grep -c 'nobody is told of this' || true").strip()
    for named, want in ("", "1"), ("", "1"), ("notify { command = /usr/local/bin/pager }\n", "1"), ("", "2"):
        host.write("/etc/bansho/bansho.conf", named)
        look()
        host.wait(lambda: complaints() == want, f"complained {complaints()} times, not {want}")
    host.exec_ok("systemctl enable --now bansho-queue-size.timer")
    assert "bansho-queue-size.timer" in host.exec_ok("systemctl list-timers --all")


@pytest.mark.trixie(long=True)
def test_one_account_fills_the_queue(host, deb):
    send(host, LEAK, 110, "Buy now", "a@defer.example")
    send(host, INFO, 5, "Offer", "b@defer.example")
    settle(host, 115)
    rc, out, err = host.bansho("check", "queue.abuse", "--json")
    (f,) = [f for f in json.loads(out)["findings"] if f["id"] == "queue.abuse"]
    assert rc == 1 and (f["object"], f["state"], f["severity"]) == ("account leak@alpha.example", "warn", "serious"), f
    assert "bansho queue list --account leak@alpha.example" in out and "110 of 115" in out, out
    # contained, it is no abuse that goes on
    assert host.bansho("queue", "hold", "--account", "leak@alpha.example", "-y")[0] == 0
    (f,) = [f for f in json.loads(host.bansho("check", "queue.abuse", "--json")[1])["findings"] if f["id"] == "queue.abuse"]
    assert f["state"] == "ok", f


def everything(host):
    """id -> queue, of all that Postfix has."""
    return {id: m["queue_name"] for id, m in postqueue(host).items()}


@pytest.mark.trixie(long=True)
def test_hold_and_release_while_mail_is_delivered(host, deb):
    send(host, LEAK, 40, "Buy now", "a@defer.example")
    send(host, INFO, 5, "Offer", "b@defer.example")
    settle(host, 45)
    # without a yes nothing happens, and what would is told
    rc, out, err = host.bansho("queue", "hold", "--account", "leak@alpha.example")
    assert rc == 4 and "40 messages" in out and "account leak@alpha.example" in out and out.count("subject: Buy now") == 5, (rc, out, err)
    assert set(everything(host).values()) == {"deferred"}
    assert host.bansho("queue", "hold", "-y")[0] == 2
    rc, out, err = host.bansho("queue", "hold", "--account", "leak@alpha.example", "-y", "--json")
    said = json.loads(out)
    assert (rc, said["done"] + said["pending"], said["meant"], said["recipients"]) == (0, 40, 40, 40), said
    held = messages(host, "--state", "hold")
    assert {m["account"] for m in held.values()} == {"leak@alpha.example"} and len(held) == 40
    assert sum(q == "hold" for q in everything(host).values()) == 40
    assert "queue.hold" in host.exec_ok("bansho changes --acts")
    # Postfix goes on without them, and has them again afterwards: each exactly once
    one = next(iter(held))
    assert json.loads(host.bansho("queue", "release", one, "-y", "--json")[1])["done"] == 1
    assert everything(host)[one] == "deferred" and sum(q == "hold" for q in everything(host).values()) == 39
    assert json.loads(host.bansho("queue", "release", "--state", "hold", "-y", "--json")[1])["done"] == 39
    before = delivered(host)
    defer_takes_mail(host)
    host.exec_ok("postqueue -f")
    host.wait(lambda: not postqueue(host), "not all were delivered", 120)
    assert len(delivered(host) - before) == 45


def defer_takes_mail(host):
    host.client("echo ok >/run/sink/defer")


def delivered(host):
    """(queue id, recipient) of each delivery that Postfix noted; twice the same would be a message that was doubled."""
    lines = host.exec_ok("journalctl -q -o cat --identifier=postfix/smtp | grep status=sent || true").splitlines()
    found = [(line.split(":")[0], line.split("to=<")[1].split(">")[0]) for line in lines]
    assert len(found) == len(set(found)), "a message was delivered twice"
    return set(found)


def quarantined(host):
    return messages(host, "--quarantine")


@pytest.mark.trixie(long=True)
def test_deleted_and_brought_back(host, deb):
    send(host, LEAK, 30, "Buy now", "a@defer.example")
    send(host, INFO, 3, "Offer", "b@defer.example")
    settle(host, 33)
    before = messages(host)
    rc, out, err = host.bansho("queue", "delete", "--account", "leak@alpha.example")
    assert rc == 4 and "30 messages" in out and "quarantine" in out and out.count("subject: Buy now") == 5, (rc, out, err)
    assert len(everything(host)) == 33
    said = json.loads(host.bansho("queue", "delete", "--account", "leak@alpha.example", "-y", "--json")[1])
    assert (said["act"], said["done"], said["pending"]) == ("delete", 30, 0), said
    # Postfix knows nothing of them any more, and finds nothing wrong; neither do count and check
    assert len(everything(host)) == 3 and host.bansho_json("queue", "count")["total"] == 3
    assert host.exec_ok("postfix check 2>&1; postsuper -s 2>&1; find /var/spool/postfix/defer -type f").count("\n") == 3
    gone = quarantined(host)
    assert len(gone) == 30 and {m["state"] for m in gone.values()} == {"quarantine"}
    for id, m in gone.items():
        assert {k: before[id][k] for k in ("account", "sender", "size", "error", "arrival", "subject")} == {k: m[k] for k in ("account", "sender", "size", "error", "arrival", "subject")}
    # one comes back, held; ten go for good; the rest comes back and is delivered, each once
    one, *rest = gone
    assert json.loads(host.bansho("queue", "restore", one, "-y", "--json")[1])["done"] == 1
    assert everything(host)[one] == "hold" and messages(host)[one]["error"] == before[one]["error"]
    assert host.bansho("queue", "delete", "--quarantine", "-y")[0] == 2
    assert json.loads(host.bansho("queue", "delete", "--quarantine", "--now", *rest[:10], "-y", "--json")[1])["done"] == 10
    assert json.loads(host.bansho("queue", "restore", "--account", "leak@alpha.example", "-y", "--json")[1])["done"] == 19
    assert not quarantined(host) and host.exec_ok("ls /var/spool/postfix/bansho-quarantine") == ""
    sent = delivered(host)
    defer_takes_mail(host)
    host.bansho("queue", "release", "--state", "hold", "-y")
    host.exec_ok("postqueue -f")
    host.wait(lambda: not postqueue(host), "not all were delivered", 120)
    assert {id for id, _ in delivered(host) - sent} == set(before) - set(rest[:10])
    assert "queue.delete" in (acts := host.exec_ok("bansho changes --acts")) and "queue.restore" in acts and "queue.purge" in acts
    # what was there for 30 days goes by the unit
    host.client("rm -f /run/sink/defer")
    send(host, LEAK, 2, "Old", "a@defer.example")
    settle(host, 2)
    assert host.bansho("queue", "delete", "--subject", "Old", "-y")[0] == 0
    host.exec_ok("systemctl start bansho-expire.service")
    assert len(quarantined(host)) == 2
    host.exec_ok("cd /var/spool/postfix/bansho-quarantine; for b in *; do mv $b $((b - 31 * 86400)); done; systemctl start bansho-expire.service")
    assert not quarantined(host) and host.exec_ok("ls /var/spool/postfix/bansho-quarantine") == ""


@pytest.mark.trixie(long=True)
def test_one_recipient_among_many_is_kept(host, deb):
    sent = delivered(host)
    send(host, LEAK, 2, "Buy now", "a@defer.example", "friend@defer.example", *(f"r{i}@defer.example" for i in range(150)))
    send(host, LEAK, 3, "Buy now", "a@defer.example")
    send(host, LEAK, 1, "Buy now", "friend@defer.example")
    settle(host, 6)
    delete = ("queue", "delete", "--account", "leak@alpha.example", "--keep", "friend@defer.example", "-y", "--json")
    said = json.loads(host.bansho(*delete)[1])
    assert (said["done"], said["held"], said["failed"]) == (3, 2, 0), said
    assert sorted(everything(host).values()) == ["deferred", "hold", "hold"] and len(quarantined(host)) == 3
    assert {m["recipients"] for m in messages(host, "--state", "hold").values()} == {152}
    said = json.loads(host.bansho(*delete, "--now")[1])
    assert (said["done"], said["held"], said["failed"]) == (0, 2, 0), said
    # Postfix sees it as we do: one waits for it
    assert {(m["recipients"], m["first_recipient"]) for m in messages(host).values()} == {(1, "friend@defer.example")}
    for m in postqueue(host).values():
        assert [r["address"] for r in m["recipients"]] == ["friend@defer.example"], m
        assert host.bansho_json("queue", "show", m["queue_id"])["to"] == ["friend@defer.example"]
    assert host.exec_ok("postsuper -s 2>&1") == ""
    defer_takes_mail(host)
    host.bansho("queue", "release", "--state", "hold", "-y")
    host.exec_ok("postqueue -f")
    host.wait(lambda: not postqueue(host), "not all were delivered", 120)
    assert [to for _, to in delivered(host) - sent] == ["friend@defer.example"] * 3


@pytest.mark.trixie(long=True)
def test_requeued_nothing_is_doubled(host, deb):
    sent = delivered(host)
    send(host, LEAK, 20, "Buy now", "a@defer.example", "b@ok.example")
    settle(host, 20)
    before = set(everything(host))
    held = sorted(before)[:3]
    assert json.loads(host.bansho("queue", "hold", *held, "-y", "--json")[1])["done"] == 3
    said = json.loads(host.bansho("queue", "requeue", "--account", "leak@alpha.example", "-y", "--json")[1])
    assert (said["act"], said["done"], said["failed"]) == ("requeue", 20, 0), said
    settle(host, 20)
    after = messages(host)
    assert not before & set(after) and {m["account"] for m in after.values()} == {"leak@alpha.example"}, after
    assert {m["first_recipient"] for m in after.values()} == {"a@defer.example"} and {m["recipients"] for m in after.values()} == {1}
    # again and again, while they are delivered
    defer_takes_mail(host)
    host.exec_ok("postqueue -f; for i in 1 2 3 4 5 6; do bansho queue requeue --account leak@alpha.example -y >/dev/null; done; bansho queue release --state hold -y >/dev/null; true")
    host.wait(lambda: not postqueue(host) or not host.exec_ok("bansho queue release --state hold -y >/dev/null; postqueue -f; sleep 0.5") and not postqueue(host), "not all were delivered", 200)
    to = [recipient for _, recipient in delivered(host) - sent]
    assert sorted(to) == ["a@defer.example"] * 20 + ["b@ok.example"] * 20, to


@pytest.mark.long
def test_deleting_killed_at_any_moment(host, deb):
    import random
    random.seed(8)
    send(host, LEAK, 60, "Buy now", "a@defer.example", "b@defer.example")
    settle(host, 60)
    ids, killed = set(everything(host)), 0
    for turn in range(60):
        verb = "delete" if turn % 2 == 0 else "restore"
        killed += host.exec(f"timeout -s KILL {random.uniform(0.02, 0.4):.3f} bansho queue {verb} --account leak@alpha.example -y")[0] in (-9, 137)
        there = everything(host)
        assert set(there) | set(quarantined(host)) == ids and not set(there) & set(quarantined(host)), turn
    assert killed > 5, killed
    host.exec_ok("bansho queue restore --account leak@alpha.example -y >/dev/null; bansho queue release --account leak@alpha.example -y >/dev/null")
    defer_takes_mail(host)
    host.wait(lambda: not everything(host) or not host.exec_ok("postqueue -f; sleep 0.3") and not everything(host), f"still there: {everything(host)}", 200)
    assert {id for id, _ in delivered(host)} == ids and len(delivered(host)) == 2 * len(ids)


@pytest.mark.long
def test_killed_at_any_moment_nothing_is_lost(host, deb):
    import random
    import time
    random.seed(7)
    send(host, LEAK, 60, "Buy now", "a@defer.example", "b@defer.example")
    settle(host, 60)
    ids = set(everything(host))
    defer_takes_mail(host)
    host.exec_ok("cd /tmp; for i in 1 2 3; do postqueue -f; sleep 0.02; done")
    killed = 0
    for turn in range(60):
        verb = "hold" if turn % 2 == 0 else "release"
        killed += host.exec(f"timeout -s KILL {random.uniform(0.02, 0.4):.3f} bansho queue {verb} --account leak@alpha.example -y")[0] in (-9, 137)
        if turn % 7 == 0:
            host.exec_ok("postqueue -f")
    assert killed > 5, killed
    host.exec_ok("bansho queue release --account leak@alpha.example -y >/dev/null; postqueue -f")
    left = lambda: set(everything(host))
    host.wait(lambda: not left() or not host.exec_ok("postqueue -f; sleep 0.3") and not left(), f"still there: {everything(host)}", 200)
    assert {id for id, _ in delivered(host)} >= ids and len({d for d in delivered(host) if d[0] in ids}) == 2 * len(ids)
