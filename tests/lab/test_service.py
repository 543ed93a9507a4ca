"""Services: jobs that tell the truth, pauses that end by themselves."""
import pytest
import time


def unit(host, name, service, head=""):
    host.write(f"/etc/systemd/system/{name}.service", f"[Unit]\nDescription=story\n{head}\n[Service]\n{service}\n[Install]\nWantedBy=multi-user.target\n")


def active(host, name):
    return host.exec(f"systemctl is-active {name}")[1].strip()


def wait_active(host, name, want="active", seconds=60):
    host.wait(lambda: active(host, name) == want, f"{name} did not become {want}", seconds)


def left_over(host):
    return host.exec_ok("ls -d /var/lib/bansho/leases/[!.]* /etc/systemd/system/*bansho* /etc/systemd/system/*/*bansho* 2>/dev/null || true").split()


DIES = "Type=simple\nExecStart=/bin/sh -c 'sleep 0.3; echo bad configuration line 7; exit 1'\nRestart=always"


def test_jobs_tell_what_came_of_them(host):
    unit(host, "t-dies", DIES)
    unit(host, "t-exits", "Type=simple\nExecStart=/bin/sh -c 'sleep 0.2'")
    unit(host, "t-fine", "Type=simple\nExecStart=/bin/sleep 1000")
    unit(host, "t-needs", "Type=simple\nExecStart=/bin/sleep 1000", "Requires=t-dead.service\nAfter=t-dead.service")
    unit(host, "t-dead", "Type=oneshot\nExecStart=/bin/false")
    unit(host, "t-slow", "Type=notify\nExecStart=/bin/sleep 1000\nTimeoutStartSec=2")
    host.exec_ok("systemctl daemon-reload")
    for name, said in (("t-dies", "bad configuration line 7"), ("t-exits", "does not run afterwards"), ("t-needs", "a unit that it needs did not start"),
                       ("t-slow", "did not answer in time"), ("nowhere", "there is no service nowhere.service")):
        host.exec_ok("rm -f /var/lib/bansho/acts.db*")  # after three failures in a row it would be held back
        rc, _, err = host.bansho("service", "start", name)
        assert rc == 2 and said in err, (name, rc, err)
    assert host.bansho("service", "start", "t-fine")[0] == 0
    assert active(host, "t-fine") == "active"
    assert host.bansho("service", "stop", "t-fine")[0] == 0
    assert active(host, "t-fine") == "inactive"


@pytest.mark.long
def test_the_shell_unit_of_postfix_does_not_hide_a_failure(host):
    host.exec_ok("postconf -e inet_interfaces=203.0.113.77")
    rc, _, err = host.bansho("service", "restart", "postfix")
    assert rc == 2 and "no local interface found for 203.0.113.77" in err, err
    host.exec_ok("postconf -X inet_interfaces")
    assert host.bansho("service", "restart", "postfix")[0] == 0


def test_nobody_is_locked_out(host):
    for verb in ("stop", "pause"):
        rc, _, err = host.bansho("service", verb, "ssh")
        assert rc == 2 and "log in" in err, err
    assert active(host, "ssh") == "active"


@pytest.mark.long
def test_a_pause_holds_and_ends(host):
    before = left_over(host)
    rc, out, err = host.bansho("service", "pause", "postfix", "--for", "20s", "--why", "cleaning")
    assert rc == 0, err
    assert active(host, "postfix@-") == "inactive"
    host.exec("systemctl start postfix postfix@-")   # a package's upgrade does this
    assert active(host, "postfix@-") == "inactive"
    rc, _, err = host.bansho("service", "start", "postfix")
    assert rc == 2 and "bansho service resume postfix" in err
    row = next(s for s in host.bansho_json("service", "list")["services"] if s["unit"] == "postfix.service")
    assert (row["state"], row["why"], row["who"]) == ("paused", "cleaning", "root")
    assert host.login("imap", "info@alpha.example", "Right-info-1") == "in"
    wait_active(host, "postfix@-")
    host.wait(lambda: left_over(host) == before, "files of the pause stay")
    assert active(host, "postfix") == "active"


@pytest.mark.long
def test_pausing_again_prolongs_and_resuming_ends(host):
    before = left_over(host)
    assert host.bansho("service", "pause", "dovecot", "--for", "1h", "--why", "one")[0] == 0
    assert host.bansho("service", "pause", "dovecot", "--for", "10s", "--why", "two")[0] == 0
    row = next(s for s in host.bansho_json("service", "list")["services"] if s["unit"] == "dovecot.service")
    assert row["why"] == "one" and row["paused_until"] > row["paused_since"]
    assert host.bansho("service", "pause", "dovecot", "--for", "3h", "--why", "three")[0] == 0
    assert "three" in host.read("/var/lib/bansho/leases/dovecot.service")
    assert host.bansho("service", "resume", "dovecot")[0] == 0
    assert active(host, "dovecot") == "active" and left_over(host) == before
    assert "not paused" in host.bansho("service", "resume", "dovecot")[2]


@pytest.mark.long
def test_a_pause_survives_a_restart_and_ends_also_while_the_machine_is_off(host):
    before = left_over(host)
    assert host.bansho("service", "pause", "dovecot", "--for", "10m")[0] == 0
    assert host.bansho("service", "pause", "nginx", "--for", "25s")[0] == 0
    end = time.time() + 25
    host.power_off()
    time.sleep(max(0, end - time.time()))  # the end passes while it is off
    host.power_on()
    wait_active(host, "nginx")
    assert active(host, "dovecot") == "inactive"
    assert host.bansho("service", "resume", "dovecot")[0] == 0
    assert active(host, "dovecot") == "active"
    host.wait(lambda: left_over(host) == before, "files of the pause stay")


@pytest.mark.long
def test_killed_in_the_middle_it_is_brought_back(host):
    for after in (0.05, 0.3, 0.7, 1.1, 1.6):
        host.exec(f"timeout -s KILL {after} bansho service pause dovecot --for 6s")
        host.wait(lambda: host.exec("test -e /var/lib/bansho/leases/dovecot.service")[0] != 0, f"killed after {after} s: the pause does not end")
        wait_active(host, "dovecot")
    # What a kill left lying about before the pause began does nothing, and goes with the next one.
    assert host.bansho("service", "pause", "nginx", "--for", "1h")[0] == 0
    assert host.bansho("service", "resume", "nginx")[0] == 0
    host.wait(lambda: [p for p in left_over(host) if "lease" in p] == [], f"files of a pause stay: {left_over(host)}")


@pytest.mark.long
def test_what_stops_with_it_comes_back_with_it(host):
    unit(host, "t-base", "Type=simple\nExecStart=/bin/sleep 1000")
    unit(host, "t-user", "Type=simple\nExecStart=/bin/sleep 1000", "Requires=t-base.service")
    host.write("/etc/systemd/system/t-base.socket", "[Unit]\nDescription=story\n[Socket]\nListenStream=/run/t-base\n")
    host.exec_ok("systemctl daemon-reload && systemctl start t-base.socket t-base t-user")
    assert host.bansho("service", "pause", "t-base", "--for", "1h")[0] == 0
    assert [active(host, u) for u in ("t-base", "t-user", "t-base.socket")] == ["inactive"] * 3
    assert host.bansho("service", "resume", "t-base")[0] == 0
    assert [active(host, u) for u in ("t-base", "t-user", "t-base.socket")] == ["active"] * 3


@pytest.mark.long
def test_bansho_is_removed_during_a_pause(host):
    assert host.bansho("service", "pause", "dovecot", "--for", "15s")[0] == 0
    host.exec_ok("mv /usr/bin/bansho /root/")
    wait_active(host, "dovecot")


def everything_below(host, path):
    return host.exec_ok(f"find {path} -printf '%p %y %m %U:%G %T@ %s\\n' | sort")


def test_fix_watchdog_and_take_it_back(host):
    host.exec_ok("rm -r /etc/systemd/system/dovecot.service.d /etc/systemd/system/apache2.service.d; systemctl daemon-reload; systemctl stop proftpd")
    before = everything_below(host, "/etc/systemd")
    assert host.bansho("fix", "service.watchdog", "--plan")[0] == 0 and everything_below(host, "/etc/systemd") == before
    follows = lambda: host.exec_ok("systemctl show -p Restart --value dovecot apache2").split()
    assert follows() == ["no", "on-abort"]
    rc, out, err = host.bansho("fix", "service.watchdog", "-y")
    assert follows() == ["on-failure", "on-failure"], out + err
    assert "systemd reads its unit files again" in out and "must say yes" not in out, out
    assert rc == 1 and "proftpd.service" in out, (rc, out, err)  # that one was stopped by somebody: told, not started
    states = host.states("service.watchdog")
    assert (states["service.watchdog", "dovecot.service"], states["service.watchdog", "apache2.service"]) == ("ok", "ok")
    assert active(host, "proftpd") == "inactive"
    host.exec_ok("cp /etc/systemd/system/dovecot.service.d/zz-bansho-restart.conf /root/drop-in")
    pid = host.exec_ok("systemctl show -p MainPID --value dovecot").strip()
    host.exec_ok(f"kill -9 {pid}")
    host.wait(lambda: active(host, "dovecot") == "active" and host.exec("systemctl show -p MainPID --value dovecot")[1].strip() != pid, "dovecot stays dead")
    assert host.bansho("undo", "-y")[0] == 0
    after = everything_below(host, "/etc/systemd")
    assert after == before, set(after.splitlines()) ^ set(before.splitlines())
    assert follows() == ["no", "on-abort"]
    # It lies there already, and systemd was not told: that alone is done.
    host.exec_ok("cd /etc/systemd/system; mkdir dovecot.service.d; cp /root/drop-in dovecot.service.d/zz-bansho-restart.conf")
    before = everything_below(host, "/etc/systemd")
    rc, out, err = host.bansho("fix", "service.watchdog", "dovecot.service", "-y")
    assert rc == 0 and everything_below(host, "/etc/systemd") == before and follows() == ["on-failure", "on-abort"], out + err


def test_fix_a_service_that_hangs(host):
    host.exec_ok("pkill -STOP -x mariadbd")
    rc, out, err = host.bansho("fix", "service.answers", "-y")
    assert rc == 0 and "mariadb.service now: runs" in out and "its last messages" in out, (rc, out, err)
    assert host.states("service.answers")["service.answers", "mysql"] == "ok"
    rc, out, _ = host.bansho("fix", "service.answers", "-y")
    assert rc == 0 and "nothing to do" in out


def test_a_broken_configuration_is_told_and_nothing_is_restarted(host):
    host.exec_ok("systemctl stop proftpd; echo 'Nonsense on' >>/etc/proftpd/proftpd.conf")
    rc, out, err = host.bansho("fix", "service.answers", "-y")
    assert rc == 1 and "unknown configuration directive" in " ".join(out.split()), (rc, out, err)
    assert active(host, "proftpd") == "inactive"
