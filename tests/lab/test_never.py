"""Who is never shut out, whatever the logs say of him, by bansho-watch and bansho-wall as their units."""
from machine import ATTACKERS4
from test_servers import LOGINS, together
from test_watch import ask, begin, in_kernel


def login_in_the_background(host, user, password, source):
    """A session at sshd that stays open."""
    command = ["sshpass", "-p", password, "ssh", "-f", "-b", source, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR",
               f"{user}@198.18.0.10", "sleep 300 >/dev/null 2>&1 </dev/null"]
    rc, out, err = host.client(["sh", "-c", '"$@" >/dev/null 2>&1 </dev/null', "sh", *command])
    assert rc == 0, err


def fail(host, sources):
    for _ in range(5):
        together(lambda a: host.login("ftp", LOGINS["ftp"][0], "Wrong-1", a), sources)


def test_an_administrator_who_is_logged_in(host):
    admin, user, stranger = (f"{ATTACKERS4}{n}" for n in (61, 62, 63))
    begin(host, wall=True)
    login_in_the_background(host, "admin", "Right-admin-1", admin)
    login_in_the_background(host, "webmaster", "Right-webmaster-1", user)
    host.wait(lambda: len(host.exec_ok("grep -l REMOTE_HOST=203 /run/systemd/sessions/* | cat").split()) == 2, "the sessions are not there")
    fail(host, [admin, user, stranger])
    for address in (user, stranger):
        host.wait(lambda: in_kernel(host, address), f"{address}: {ask(host, 'Verdicts', address=address)}")
    host.wait(lambda: ask(host, "Verdicts", address=admin)["verdicts"], "nothing is told")
    told = ask(host, "Verdicts", address=admin)["verdicts"]
    assert [(v["kind"], v["looks"], v["until"], v["state"]) for v in told] == [("spared", "protected", 0, None)], told
    assert not in_kernel(host, admin)
    rc, out, err = host.exec(["bansho", "ban", admin])
    assert rc != 0 and f"admin is logged in from {admin}" in out + err, out + err
    # Gone home: then it is an address like others.
    host.exec_ok("pkill -u admin -x sleep")
    host.wait(lambda: f"REMOTE_HOST={admin}" not in host.exec("cat /run/systemd/sessions/*")[1], "the session does not end")
    fail(host, [admin])
    host.wait(lambda: in_kernel(host, admin), f"{ask(host, 'Verdicts', address=admin)}")
    assert "Seccomp:\t2" in host.exec_ok("cat /proc/$(pgrep -P $(systemctl show -P MainPID bansho-watch))/status")
