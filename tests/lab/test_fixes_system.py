"""Fixes of what is not mail: the check fails, the plan changes nothing, the fix helps, a second one has nothing to do, undo brings back every byte.

All stories share one server; each leaves it as it was. Rows: what a person would say, how it is planted, how it is mended afterwards.
"""
import time

import pytest

# Everything of a file that a person or a program could notice. NAME- is usermod's copy; it replaces files itself, so that directories change their times.
LIST = r"""find "$@" -xdev ! -name '*-' ! -name '.pwd.lock' -printf '%%p %%y %%m %%U %%G %s %%l\n' | sort
find "$@" -xdev -type f ! -name '*-' ! -name '.pwd.lock' -print0 | sort -z | xargs -0 sha256sum"""


@pytest.fixture
def server(suite, patients):
    return patients(suite)


def listing(host, paths, times=True):
    return host.exec_ok(["sh", "-c", LIST % ("%T@" if times else "-"), "sh", *paths])


def told(host, check, plant, mend, paths=("/etc",), times=True, args=(), cannot=(), probe=None):
    """The whole way there and back. `cannot`: objects that stay wrong; `probe`: what only the server itself shows, before, fixed and after."""
    sh = lambda program: host.exec_ok(["sh", "-ec", program])
    wrong = lambda: {f["object"] for f in host.bansho_json("check", check)["findings"] if f["state"] in ("warn", "fail")}
    sh(plant)
    try:
        bad, before, was = wrong(), listing(host, paths, times), probe and probe(host)
        assert bad - set(cannot), "the fault was not found"
        rc, out, err = host.bansho("fix", check, *args, "--plan")
        assert rc == 0, out + err
        assert listing(host, paths, times) == before, "the plan changed something"
        rc, out, err = host.bansho("fix", check, *args, "-y")
        assert rc == (1 if cannot else 0), out + err
        assert wrong() == set(cannot) & bad, out
        if probe:
            assert probe(host) != was
        fixed = listing(host, paths, times)
        assert fixed != before
        if not cannot:
            rc, out, err = host.bansho("fix", check, *args, "-y")
            assert rc in (0, 3) and "nothing to do" in out, out + err  # 3: something else could not be looked at
        assert listing(host, paths, times) == fixed
        rc, out, err = host.bansho("undo", "-y")
        assert rc == 0, out + err
        assert listing(host, paths, times).splitlines() == before.splitlines()
        assert wrong() == bad and (not probe or probe(host) == was)
    finally:
        sh(mend)


def test_automatic_updates(server):
    told(server, "update.automatic", "cp -a /etc/apt/apt.conf.d/20auto-upgrades /root/; sed -i 's/Upgrade \"1\"/Upgrade \"0\"/' /etc/apt/apt.conf.d/20auto-upgrades",
         "mv /root/20auto-upgrades /etc/apt/apt.conf.d/", paths=("/etc", "/var/lib/systemd"))


def test_what_a_fix_has_switched_on_stays_on(server):
    auto = "/etc/apt/apt.conf.d/20auto-upgrades"
    server.exec_ok(f"cp -a {auto} /root/; sed -i 's/Upgrade \"1\"/Upgrade \"0\"/' {auto}")
    assert server.bansho("fix", "update.automatic", "-y", "--lang", "ja")[0] == 0
    for language, title in (("en", "Security updates are to come by themselves"), ("ja", "セキュリティ")):  # whoever lists them reads it in his own language
        assert title in server.bansho("changes", "--lang", language)[1], language
    server.exec_ok(f"sed -i 's/\"1\"/\"0\"/' {auto}")
    assert server.states("update.automatic")[("update.automatic", "")] == "ok"
    assert server.bansho("undo", "-y")[0] == 0
    assert server.states("update.automatic")[("update.automatic", "")] == "fail"
    server.exec_ok(f"mv /root/20auto-upgrades {auto}")


def enabled(host):
    return host.exec("systemctl is-enabled nftables")[1]


def test_a_mistyped_object_is_no_sound_one(server):
    rc, out, err = server.bansho("fix", "firewall.present", "boott", "-y")
    assert rc == 2 and "\"boot\"" in err, out + err


def test_filter_is_loaded_but_not_at_the_next_start(server):
    told(server, "firewall.present", "systemctl disable nftables", "systemctl enable nftables", probe=enabled)


def test_filter_that_would_load_something_else(server):
    told(server, "firewall.present", "cp -a /etc/nftables.conf /root/; echo 'flush ruleset' >/etc/nftables.new; chmod 755 /etc/nftables.new; mv /etc/nftables.new /etc/nftables.conf", "mv /root/nftables.conf /etc/")
    assert "policy drop" in server.exec_ok("nft list ruleset")


def test_filter_that_cannot_be_loaded(server):
    """What was meant is lost with the file: that is told before, with what nft says of it; and what was taken back is still not loadable, which is said too."""
    conf = "/etc/nftables.conf"
    server.exec_ok(f"cp -a {conf} /root/; sed -i '$a add rule inet nowhere input accept' {conf}")
    broken = server.read(conf)
    assert server.states("firewall.present")["firewall.present", "boot"] == "fail"
    rc, out, err = server.bansho("fix", "firewall.present", "-y")
    assert rc == 0 and "cannot be loaded as it is, the next start would have no filter: /etc/nftables.conf:" in " ".join(out.split()), out + err
    assert server.states("firewall.present")["firewall.present", "boot"] == "ok" and "policy drop" in server.exec_ok("nft list ruleset")
    rc, out, err = server.bansho("undo", "-y")
    assert "everything is as it was" in err and "No such file or directory" in err and server.read(conf) == broken, out + err
    server.exec_ok(f"mv /root/nftables.conf {conf}")


def test_no_filter_is_not_invented(server):
    server.exec_ok("systemctl disable --now nftables; nft flush ruleset")
    rc, out, _ = server.bansho("fix", "firewall.present", "-y")
    assert rc == 1 and "systemctl enable --now nftables.service" in out.replace("\n", " ").replace("              ", "")
    server.exec_ok("systemctl enable --now nftables")


def shadow(host):
    return host.exec_ok("grep ^webmaster: /etc/shadow")


KEEP_SHADOW = "cp -a /etc/shadow /root/shadow; "
MEND_SHADOW = "cp -a /root/shadow /etc/shadow"


@pytest.mark.trixie
def test_account_without_password(server):
    told(server, "account.empty-or-default", KEEP_SHADOW + "passwd -d webmaster", MEND_SHADOW, times=False, probe=shadow)


def test_account_with_a_usual_password(server):
    told(server, "account.empty-or-default", KEEP_SHADOW + "echo webmaster:webmaster | chpasswd", MEND_SHADOW, times=False,
         probe=lambda h: h.login("ssh", "webmaster", "webmaster").split(":")[0])


def test_the_last_one_who_can_become_root_is_not_locked(server):
    server.exec_ok(KEEP_SHADOW + "passwd -d admin")
    rc, out, _ = server.bansho("fix", "account.empty-or-default", "-y")
    assert rc == 1 and "last account" in " ".join(out.split())
    assert server.exec_ok("grep ^admin: /etc/shadow").startswith("admin::")
    server.exec_ok(MEND_SHADOW)


def test_mail_account_without_password(server):
    users = server.exec_ok("grep -rl '^old@alpha.example:' /etc/dovecot").split()[0]
    told(server, "account.empty-or-default", f"cp -a {users} /root/users; sed -i 's/^old@alpha.example:[^:]*/old@alpha.example:{{PLAIN}}old/' {users}", f"mv /root/users {users}",
         probe=lambda h: (time.sleep(1.1), h.login("imap", "old@alpha.example", "old").split(":")[0])[1])  # Dovecot looks at the file once in a second


FTP_USERS = "/etc/proftpd/ftpd.passwd"


def test_ftp_account_with_a_usual_password(server):
    told(server, "account.empty-or-default", f"cp -a {FTP_USERS} /root/users; hash=$(openssl passwd -5 ftp); sed -i \"s|^ftp@alpha.example:[^:]*|ftp@alpha.example:$hash|\" {FTP_USERS}",
         f"mv /root/users {FTP_USERS}", probe=lambda h: h.login("ftp", "ftp@alpha.example", "ftp").split(":")[0])


# Records of logins that go back far enough: wtmp alone, where PAM writes it for SSH too (utmp(5): 384 bytes, the time at 340).
UNUSED = """useradd -m -s /bin/bash forgotten; echo forgotten:Right-forgotten-1 | chpasswd; cp -a /etc/pam.d/sshd /var/log/wtmp /root/; echo 'session optional pam_lastlog.so' >>/etc/pam.d/sshd; chage -d 2020-01-01 forgotten
python3 - <<'END'
import struct, time
entry = bytearray(384); entry[0] = 7; entry[44:48] = b"root"; entry[8:12] = b"tty1"; struct.pack_into("<i", entry, 340, int(time.time()) - 200 * 86400)
old = open("/var/log/wtmp", "rb").read()
open("/var/log/wtmp", "wb").write(entry + old)
END"""


def test_account_that_nobody_uses(server):
    told(server, "account.unused", UNUSED, "userdel -rf forgotten 2>/dev/null; mv /root/sshd /etc/pam.d/; mv /root/wtmp /var/log/", times=False,
         probe=lambda h: h.exec_ok("grep ^forgotten: /etc/shadow"))
    # A login would make it one that is used: that the lock holds is tried with another one.
    server.exec_ok(KEEP_SHADOW + "usermod --lock --expiredate 1 webmaster")
    assert server.login("ssh", "webmaster", "Right-webmaster-1").startswith("refused")
    server.exec_ok(MEND_SHADOW)


VOLATILE = """systemctl -q disable --now rsyslog syslog.socket; mkdir /root/logs; mv /var/log/mail.log /var/log/auth.log /var/log/journal /root/logs/
cp -a /etc/systemd/journald.conf.d/lab.conf /root/; printf '[Journal]\\nStorage=volatile\\n' >/etc/systemd/journald.conf.d/lab.conf; touch /etc/systemd/journald.conf.d
systemctl restart systemd-journald; systemctl restart ssh; logger -t sshd hello; sleep 0.5"""
LASTING = """mv /root/lab.conf /etc/systemd/journald.conf.d/; rm -rf /var/log/journal; mv /root/logs/* /var/log/; rmdir /root/logs
systemctl restart systemd-journald systemd-journal-flush; systemctl -q enable --now rsyslog syslog.socket"""


def test_journal_that_is_lost_at_every_restart(server):
    """What was written to the disk meanwhile stays there after undo: logs are never deleted."""
    server.exec_ok(["sh", "-ec", VOLATILE])
    try:
        before = listing(server, ["/etc"])
        wrong = lambda: {o for (_, o), s in server.states("log.found").items() if s == "warn"}
        assert "ssh" in wrong()
        rc, out, err = server.bansho("fix", "log.found", "ssh", "-y")
        assert rc == 0 and "ssh" not in wrong(), out + err
        assert server.exec_ok("ls /var/log/journal/*/system.journal")
        rc, out, err = server.bansho("fix", "log.found", "ssh", "-y")
        assert rc == 0 and "nothing to do" in out, out + err
        rc, out, err = server.bansho("undo", "-y")
        assert rc == 0 and "/var/log/journal stays" in out + err, out + err
        assert listing(server, ["/etc"]) == before and server.exec_ok("ls /var/log/journal/*/system.journal")
    finally:
        server.exec_ok(["sh", "-ec", LASTING])


KEEPER = "printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' >/etc/systemd/system/chrony.service; systemctl daemon-reload"


@pytest.mark.long
def test_clock_that_nobody_keeps(server):
    """A program for it is there and does not run. The container must not set the clock: what is seen is that it is started, and the way back."""
    here = lambda *words: server.exec(["bansho", *words])  # with the capability to set the clock, which the server as a whole does not have
    units = lambda: server.exec("systemctl is-active chrony; systemctl is-enabled chrony")[1].split()
    server.exec_ok(["sh", "-ec", KEEPER])
    try:
        before = listing(server, ["/etc/systemd"])
        assert here("check", "log.clock")[0] == 1
        rc, out, err = here("fix", "log.clock", "-y")
        assert rc == 0 and units() == ["active", "enabled"], out + err
        rc, out, err = here("fix", "log.clock", "-y")
        assert rc in (0, 3) and ("nothing to do" in out or "nothing is changed" in out), out + err
        rc, out, err = here("undo", "-y")
        assert rc == 0 and units() == ["inactive", "disabled"] and listing(server, ["/etc/systemd"]) == before, out + err
    finally:
        server.exec_ok("systemctl -q disable --now chrony; rm /etc/systemd/system/chrony.service; systemctl daemon-reload")


def test_log_that_nobody_rotates(server):
    told(server, "log.found", "mkdir /root/rules; mv /etc/logrotate.d/proftpd* /root/rules/", "mv /root/rules/* /etc/logrotate.d/; rmdir /root/rules", args=("ftp",))


def test_a_second_rule_does_not_lose_the_first(server):
    rules, ours = "/etc/logrotate.d/proftpd*", "/etc/logrotate.d/bansho-ftp"
    server.exec_ok(f"mkdir /root/rules; mv {rules} /root/rules/")
    assert server.bansho("fix", "log.found", "ftp", "-y")[0] == 0
    earlier = server.read(ours).replace("proftpd.log", "earlier.log")
    server.write(ours, earlier)
    rc, out, err = server.bansho("fix", "log.found", "ftp", "-y")
    assert rc == 0, out + err
    again = server.read(ours)
    assert again.startswith(earlier) and "/var/log/proftpd/proftpd.log {" in again, again
    server.exec_ok(f"rm {ours}; mv /root/rules/* /etc/logrotate.d/; rmdir /root/rules")


def test_log_that_is_kept_for_a_week(server):
    told(server, "log.found", "cp -a /etc/logrotate.d/apache2 /root/; sed -i 's/rotate [0-9]*/rotate 7/; s/weekly/daily/; s/maxage.*//' /etc/logrotate.d/apache2",
         "mv /root/apache2 /etc/logrotate.d/")


# One of each sort, in Apache and in nginx; what is found stays where it is.
EXPOSE = """A=/var/www/alpha.example; G=/var/www/gamma.example
mkdir -p $A/.git; echo 'ref: refs/heads/main' >$A/.git/HEAD; printf '[core]\\n\\tbare = false\\n' >$A/.git/config; chmod -R a+rX $A/.git
echo 'CREATE TABLE wp_users (id int);' | tee $A/backup.sql >$G/dump.sql
echo 'DB_PASSWORD=not-for-visitors' >$G/.env"""


def test_files_that_must_not_be_fetched(server):
    told(server, "site.exposed", EXPOSE, "cd /var/www; rm -r alpha.example/.git alpha.example/backup.sql gamma.example/dump.sql gamma.example/.env", paths=("/etc", "/var/www/alpha.example", "/var/www/gamma.example"))


# Both servers list directories that have no page of their own.
LISTS = """mkdir -p /var/www/alpha.example/files /var/www/gamma.example/files; echo one | tee /var/www/alpha.example/files/one.txt >/var/www/gamma.example/files/one.txt
chmod -R a+rX /var/www/alpha.example/files /var/www/gamma.example/files
cp -a /etc/apache2/sites-available/alpha.example.conf /etc/nginx/sites-available/gamma.example /root/
sed -i 's/-Indexes/+Indexes/' /etc/apache2/sites-available/alpha.example.conf; sed -i 's/^\\troot .*/&\\n\\tautoindex on;/' /etc/nginx/sites-available/gamma.example
systemctl reload apache2 nginx"""
MEND_LISTS = """mv /root/alpha.example.conf /etc/apache2/sites-available/; mv /root/gamma.example /etc/nginx/sites-available/; rm -r /var/www/alpha.example/files /var/www/gamma.example/files
systemctl reload apache2 nginx"""


def listed(host):
    get = "for u in https://alpha.example https://gamma.example:8443; do curl -sk -4 --resolve '*:443:198.18.0.10' --resolve '*:8443:198.18.0.10' $u/files/ $u/files/one.txt | grep -c -e 'Index of' -e '^one$'; done"
    return host.exec(get)[1].split()


def test_lists_of_files(server):
    """The lists go, the files stay to be fetched by whoever knows their names."""
    seen = []
    told(server, "site.exposed", LISTS, MEND_LISTS, probe=lambda h: seen.append(listed(h)) or seen[-1])
    assert seen[1] == ["1", "1"], seen


def test_services_that_run_replaced_files(server):
    """Nothing has to be taken back here: what was restarted stays new."""
    server.exec_ok("lib=$(readlink -f /usr/lib/x86_64-linux-gnu/libz.so.1); cp -a $lib $lib.new; mv $lib.new $lib")
    state = lambda: server.states("update.pending")[("update.pending", "services")]
    assert state() == "warn"
    before = listing(server, ("/etc",))
    rc, out, err = server.bansho("fix", "update.pending", "services", "-y")
    assert rc == 0, out + err
    assert state() == "ok" and listing(server, ("/etc",)) == before
    assert server.states("service.answers").items() >= {(("service.answers", "imap"), "ok"), (("service.answers", "ssh"), "ok")}
    rc, out, _ = server.bansho("fix", "update.pending", "services", "-y")
    assert rc == 0 and "nothing to do" in out
