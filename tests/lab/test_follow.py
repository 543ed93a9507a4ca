"""`bansho log follow` on a real server: the journal and files that sshd, ProFTPD and rsyslog write, through logrotate and a vacuumed journal. Each line once."""
import re

import pytest

from machine import CLIENTS4
from test_servers import LOGINS, together

WHO = f"{CLIENTS4}77"


def follow(host, name, *args, sources=1):
    """It has begun when it waits: one inotify for files, another one for the journal; and it is in poll(2) for them (7 or 271), behind the end of each log."""
    host.exec_ok(["systemd-run", "-q", f"--unit={name}", f"--property=StandardOutput=file:/root/{name}.out", f"--property=StandardError=file:/root/{name}.err", "bansho", "log", "follow", *args])
    host.wait(lambda: host.exec(f"ls -l /proc/$(systemctl show -P MainPID {name})/fd")[1].count("inotify") == sources, f"{name} does not follow", 20)
    host.wait(lambda: host.exec(f"cat /proc/$(systemctl show -P MainPID {name})/syscall")[1].split(" ")[0] in ("7", "271"), f"{name} does not wait", 20)
    assert "Seccomp:\t2" in host.exec_ok(f"cat /proc/$(systemctl show -P MainPID {name})/status")


def told(host, name):
    return host.exec_ok(["cat", f"/root/{name}.out"]).splitlines()


@pytest.mark.trixie
def test_one_timeline_through_rotation_and_vacuum(host):
    follow(host, "all", "--address", WHO, sources=2)
    for turn in range(1, 4):
        together(lambda s: host.login(s, LOGINS[s][0], "Wrong-1", WHO), ["ssh", "ftp"])
        for words in "Failed password for", "Login failed":
            host.wait(lambda: sum(words in line for line in told(host, "all")) >= turn, f"{words} of turn {turn} is not told: {told(host, 'all')} {host.exec('cat /root/all.err')}", 20)
        host.exec_ok("logrotate -f /etc/logrotate.conf; journalctl -q --rotate; journalctl -q --vacuum-time=1s")
    lines = told(host, "all")
    assert sum("Failed password for" in line for line in lines) == 3, lines    # once, although rsyslog writes it into auth.log as well
    assert sum("Login failed" in line for line in lines) == 3, lines
    assert all(" journal  " in line for line in lines if "Failed password" in line), lines
    assert any(" proftpd/proftpd.log  " in line for line in lines), lines
    times = [line[:19] for line in lines]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", t) for t in times), lines
    assert host.exec_ok("cat /root/all.err") == ""


@pytest.mark.trixie
@pytest.mark.parametrize("way", ["create", "copytruncate"])
def test_a_busy_log_while_logrotate_works(host, way):
    """Nothing is told twice, and nothing is missing but what copytruncate itself loses: what is written between its copy and its truncation."""
    host.exec_ok(f"printf '/var/log/busy.log {{\\nrotate 9\\n{way}\\nsize 1\\n}}\\n' >/root/busy.conf; : >/var/log/busy.log")
    follow(host, "busy", "--log", "/var/log/busy.log")
    host.exec_ok("i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo \"Nov 30 21:00:00 lab writer[1]: line $i\" >>/var/log/busy.log; [ $((i % 500)) -ne 0 ] || logrotate -f /root/busy.conf & done; wait", timeout=120)
    host.wait(lambda: any(line.endswith("line 3000") for line in told(host, "busy")), "the last line is not told", 20)
    numbers = [int(line.rsplit(" ", 1)[1]) for line in told(host, "busy")]
    assert len(numbers) == len(set(numbers)), sorted(n for n in numbers if numbers.count(n) > 1)
    kept = {int(n) for n in re.findall(r"line (\d+)", host.exec_ok("cat /var/log/busy.log*"))}
    assert set(numbers) >= kept, sorted(kept - set(numbers))
    if way == "create":
        assert set(numbers) == set(range(1, 3001)), sorted(set(range(1, 3001)) - set(numbers))
