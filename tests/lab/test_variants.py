"""The variants of the server: other programs in the same places answer, to the right password only."""
import pytest

from machine import CLIENTS4
from test_servers import LOGINS, together

OTHERS = LOGINS
VSFTPD = {"ftp": ("webmaster", "Right-webmaster-1"), "submission": LOGINS["submission"]}


@pytest.mark.parametrize("logins", [pytest.param(OTHERS, marks=pytest.mark.variant("others"), id="others"),
                                    pytest.param(VSFTPD, marks=pytest.mark.variant("vsftpd"), id="vsftpd")])
def test_variant_lets_the_right_ones_in(host, logins):
    assert together(lambda s: host.login(s, *logins[s]), logins) == ["in"] * len(logins)
    wrong = together(lambda s: host.login(s, logins[s][0], "Wrong-1", f"{CLIENTS4}{20 + list(logins).index(s)}"), logins)
    assert all(answer.startswith("refused: ") and "timed out" not in answer for answer in wrong), wrong


@pytest.mark.variant("others")
def test_other_products_run(host):
    for unit in ("exim4", "courier-imap", "courier-pop", "pure-ftpd", "named", "postgresql@15-main"):
        assert host.exec_ok(["systemctl", "is-active", unit]).strip() == "active", unit
    assert "lab.example" in host.exec_ok("exim4 -bP primary_hostname")
    assert {("guard.running", "ftp"), ("log.found", "ftp")} <= host.states("guard.running", "log.found").keys()
    for product in ("postfix", "dovecot-core", "proftpd-core"):
        assert "install ok installed" not in host.exec(["dpkg-query", "-W", "-f", "${Status}", product])[1]


@pytest.mark.variant("crowdsec")
def test_crowdsec_is_seen_as_a_guard(host):
    """What really runs decides: both of its daemons, and only for what its collections watch."""
    def guards():
        return {o: s for (i, o), s in host.states("guard.running").items() if i == "guard.running"}
    seen = guards()
    assert seen["ssh"] == "ok" and {seen[s] for s in ("submission", "imap", "pop3", "ftp")} == {"fail"}, seen
    shown = host.exec(["bansho", "check", "guard.running"])[1]
    assert "crowdsec runs, but nothing in it watches this service" in " ".join(shown.split()), shown
    host.exec_ok(["systemctl", "stop", "crowdsec-firewall-bouncer"])
    assert guards()["ssh"] == "fail"
    assert "crowdsec-firewall-bouncer is installed but does not run" in " ".join(host.exec(["bansho", "check", "guard.running"])[1].split())


@pytest.mark.variant("monit")
def test_a_pause_holds_against_monit(host):
    """monit brings back what stops, but not what bansho paused; afterwards it looks again."""
    def runs():
        return host.exec("systemctl is-active -q nginx")[0] == 0

    def watched():
        return "Not monitored" not in host.exec_ok("monit -B status nginx | sed -n 's/.*monitoring status//p'")

    host.wait(lambda: runs() and watched(), "monit does not look after nginx")
    assert host.states("service.watchdog")[("service.watchdog", "nginx.service")] == "ok"
    host.exec_ok("systemctl stop nginx")
    host.wait(runs, "monit does not bring back what was stopped by hand")
    assert host.bansho("service", "pause", "nginx", "--for", "15s")[0] == 0
    cycles = "monit -B status nginx | sed -n 's/.*data collected *//p'"
    assert not runs() and not watched()
    host.exec_ok("sleep 6") # three of monit's rounds
    assert not runs(), f"monit started it: {host.exec(cycles)[1]}"
    host.wait(lambda: runs() and watched(), "the pause did not end, or monit does not look any more")
    host.exec_ok("systemctl stop nginx")
    host.wait(runs, "monit does not bring it back after the pause")


GUESSED = ("account.empty-or-default", "shop")


@pytest.mark.variant("others")
def test_accounts_of_pure_ftpd_are_read(host):
    """An account that is in pure-ftpd's own list alone, with its name as the password."""
    host.exec_ok("install -d -o webmaster /srv/shop; echo \"shop:$(openssl passwd -6 shop):5002:5002::/srv/shop/./::::::::::::\" >>/etc/pure-ftpd/pureftpd.passwd; pure-pw mkdb")
    host.wait(lambda: host.login("ftp", "shop", "shop") == "in", "pure-ftpd does not know the account")
    report = host.bansho_json("check", "account.empty-or-default")
    finding = next(f for f in report["findings"] if f["object"] == "shop")
    assert finding["state"] == "fail" and finding["evidence"][0]["file"] == "/etc/pure-ftpd/pureftpd.passwd", finding
    assert finding["fix"]["manual"] == "pure-pw passwd shop -f /etc/pure-ftpd/pureftpd.passwd -m", finding
    assert "type it yourself" in " ".join(host.bansho("fix", "account.empty-or-default", "--plan")[1].split())
    # The typed command hashes with Argon2, which is not tried: then it is not known whether the new one is better.
    host.exec_ok("(echo shop; echo shop) | " + finding["fix"]["manual"])
    seen = host.states("account.empty-or-default")
    assert seen[GUESSED] == seen[("account.empty-or-default", "hashes")] == "unknown", seen
    host.exec_ok("rm /etc/pure-ftpd/pureftpd.passwd")
    assert host.states("account.empty-or-default")[("account.empty-or-default", "")] == "unknown"


@pytest.mark.variant("vsftpd")
def test_accounts_of_vsftpd_are_read(host):
    """Virtual accounts in a file that vsftpd's PAM service names, one with its name as the password."""
    host.write("/etc/pam.d/vsftpd", "auth required pam_pwdfile.so pwdfile /etc/vsftpd.passwd\naccount required pam_permit.so\n")
    host.exec_ok("install -d -o webmaster /srv/shop; printf 'guest_enable=YES\\nguest_username=webmaster\\nlocal_root=/srv/shop\\n' >>/etc/vsftpd.conf; "
                 "echo \"shop:$(openssl passwd -6 shop)\" >/etc/vsftpd.passwd; systemctl restart vsftpd")
    host.wait(lambda: host.login("ftp", "shop", "shop") == "in", "vsftpd does not know the account")
    assert host.states("account.empty-or-default")[GUESSED] == "fail"
    assert host.bansho("fix", "account.empty-or-default", "-y")[0] == 0
    assert host.login("ftp", "shop", "shop", "198.51.100.99") != "in"
    assert GUESSED not in host.states("account.empty-or-default")
