"""Who is never shut out, whatever the logs say of him, by bansho-watch and bansho-wall as their units."""
import json, subprocess

from layers import ENV
from machine import ATTACKERS4, HOST4
from test_servers import LOGINS, together
from test_watch import ask, begin, in_kernel, worker


def logged_in(host, user, password, source):
    """A person at a terminal, by ssh; the session stays open."""
    return subprocess.Popen([*host.enter("inet"), "sshpass", "-p", password, "ssh", "-tt", "-b", source, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", f"{user}@{HOST4}", "sleep 600"],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENV)


def fail(host, sources):
    for _ in range(5):
        together(lambda a: host.login("ftp", LOGINS["ftp"][0], "Wrong-1", a), sources)


def log_in_at_wordpress(host, source, forwarded):
    """A wrong password, as a proxy hands it on."""
    rc, out, err = host.client(["curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "--interface", source, "--resolve", f"alpha.example:443:{HOST4}", "-H", f"X-Forwarded-For: {forwarded}",
                                "-b", "wordpress_test_cookie=WP%20Cookie%20check", "-d", "log=wpadmin&pwd=Wrong-1&wp-submit=Log+In&testcookie=1", "https://alpha.example/blog/wp-login.php"])
    assert (rc, out) == (0, "200"), (rc, out, err)


def told(host, address):
    return [(v["kind"], v["looks"]) for v in ask(host, "Verdicts", address=address)["verdicts"]]


def test_an_administrator_and_what_comes_through_a_proxy(host):
    admin, user, stranger, proxy, near, far, forged = (f"{ATTACKERS4}{n}" for n in (61, 62, 63, 80, 90, 91, 99))
    host.exec_ok(f"printf 'guard {{ trusted-proxies = {proxy}, {ATTACKERS4}81 }}\\n' >>/etc/bansho/bansho.conf")
    begin(host)
    host.exec_ok("systemctl start bansho-wall.socket bansho-wall.service")
    sessions = [logged_in(host, "admin", "Right-admin-1", admin), logged_in(host, "webmaster", "Right-webmaster-1", user)]
    host.wait(lambda: all(f"({a})" in host.exec_ok("who") for a in (admin, user)), "nobody is logged in")
    fail(host, [admin, user, stranger])
    for address in (user, stranger):
        host.wait(lambda: in_kernel(host, address), f"{address}: {ask(host, 'Verdicts', address=address)}")
    host.wait(lambda: told(host, admin), "nothing is told")
    assert told(host, admin) == [("spared", "protected")] and not in_kernel(host, admin)
    rc, out, err = host.exec(["bansho", "ban", admin])
    assert rc != 0 and f"admin is logged in from {admin}" in out + err, out + err
    # Gone home: then it is an address like others.
    for s in sessions:
        s.kill()
        s.wait()
    host.exec("pkill -x sleep -u admin")
    host.wait(lambda: f"({admin})" not in host.exec_ok("who"), "the session does not end")
    fail(host, [admin])
    host.wait(lambda: in_kernel(host, admin), f"{ask(host, 'Verdicts', address=admin)}")

    # A log that does not say who asked: nobody is shut out for it, least of all the proxy.
    for _ in range(6):
        log_in_at_wordpress(host, proxy, near)
    host.wait(lambda: "the log does not say from where" in host.exec_ok("journalctl -q -o cat -u bansho-watch"), "it is not told")
    # Apache writes the header; the client is the last one in it that is no proxy, whatever he wrote himself.
    host.exec_ok(r"""sed -i '1iLogFormat "%h %l %u %t \\"%r\\" %>s %O \\"%{Referer}i\\" \\"%{User-Agent}i\\" \\"%{X-Forwarded-For}i\\"" behind' /etc/apache2/sites-available/alpha.example.conf
                 sed -i 's/access.log combined/access.log behind/' /etc/apache2/sites-available/alpha.example.conf; systemctl reload apache2""")
    for _ in range(5):
        log_in_at_wordpress(host, proxy, f"{forged}, {near}, {ATTACKERS4}81")
    host.wait(lambda: in_kernel(host, near), f"{ask(host, 'Verdicts', address=near)} {host.exec_ok('tail -2 /var/log/apache2/alpha.example-access.log')}")
    # Who is no proxy speaks for himself only.
    for _ in range(5):
        log_in_at_wordpress(host, far, forged)
    host.wait(lambda: in_kernel(host, far), f"{ask(host, 'Verdicts', address=far)}")
    assert told(host, forged) == [] and told(host, proxy) == []
    rc, out, err = host.exec(["bansho", "ban", proxy])
    assert rc != 0 and "guard.trusted-proxies" in out + err, out + err
    # Apache that knows the proxy itself logs the client, in the usual format.
    host.exec_ok(f"printf 'RemoteIPHeader X-Forwarded-For\\nRemoteIPInternalProxy {proxy}\\n' >/etc/apache2/conf-available/proxy.conf; a2enmod -q remoteip; a2enconf -q proxy;"
                 "sed -i 's/access.log behind/access.log combined/' /etc/apache2/sites-available/alpha.example.conf; systemctl restart apache2")
    last = f"{ATTACKERS4}92"
    for _ in range(5):
        log_in_at_wordpress(host, proxy, last)
    host.wait(lambda: in_kernel(host, last), f"{ask(host, 'Verdicts', address=last)} {host.exec_ok('tail -2 /var/log/apache2/alpha.example-access.log')}")
    # What is beyond the hour's budget of its filter waits, is seen, and goes on when it may: the outbox remembers what was shut out before the reload.
    late = f"{ATTACKERS4}64"
    host.edit("/etc/bansho/bansho.conf", "guard { ", "guard { bans-per-hour = 2; ")
    before = worker(host)
    host.exec_ok("systemctl reload bansho-watch")
    host.wait(lambda: worker(host) not in ("", before), "it does not begin anew")
    fail(host, [late])
    host.wait(lambda: json.loads(host.exec(["bansho", "status", "--json"])[1])["watch"].get("says", {}).get("beyond") == 1, "it does not wait")
    assert not in_kernel(host, late)
    rc, out, err = host.exec(["bansho", "status"])
    assert rc == 1 and "beyond guard.bans-per-hour, until the hour allows: 1" in out, (rc, out, err)
    assert host.exec_ok("journalctl -q -o cat -u bansho-watch | grep -c 'guard.bans-per-hour is reached'").strip() == "1"
    host.edit("/etc/bansho/bansho.conf", "bans-per-hour = 2; ", "")
    host.exec_ok("systemctl reload bansho-watch")
    host.wait(lambda: in_kernel(host, late), f"{ask(host, 'Verdicts', address=late)}")
