"""The lab itself: several at once, none the wiser of the other; a killed one is no obstacle; nothing is left behind."""
import os, pathlib, signal, subprocess

import conftest
import layers


def outside(*names):
    """What the outer machine still has of these labs."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text()
    nets = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True).stdout
    groups = [str(p) for base in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified") for n in names for p in pathlib.Path(base).glob(f"bansho-lab/{n}.*")]
    return [n for n in names if f"/{n}/" in mounts or f"{n}-" in nets or (layers.RUN / n).exists()] + groups


def test_two_labs_a_kill_and_no_trace(possible):
    names = [f"{n}-{os.getpid()}" for n in ("one", "two")]
    one, two = (conftest.Host(n) for n in names)
    try:
        one.up()
        two.up()
        one.write("/etc/motd", "one")
        assert two.exec("cat /etc/motd")[1] != "one"
        assert [h.login("imap", "info@alpha.example", "Right-info-1") for h in (one, two)] == ["in", "in"]

        os.kill(int((one.dir / "host.pid").read_text()), signal.SIGKILL)
        one.up()
        assert one.exec("cat /etc/motd")[1] != "one"
        assert two.exec_ok("systemctl is-system-running").strip() == "running"
    finally:
        one.down()
        two.down()
    assert outside(*names) == []


def test_command_line_without_terminal_or_environment(possible):
    name = f"cli-{os.getpid()}"

    def lab(*words):
        return subprocess.run(["env", "-i", "/usr/bin/python3", layers.HERE / "lab", "--name", name, *words], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, start_new_session=True)
    try:
        assert lab("up", "bookworm").returncode == 0
        assert name in lab("list").stdout.split()
        assert lab("exec", "hostname").stdout == "lab\n"
        assert lab("run", "sh", "-c", "exit 7").returncode == 7
        assert lab("inet", "python3", "/root/client.py", "ssh", "admin", "Right-admin-1").stdout == "in\n"
    finally:
        lab("down")
    assert outside(name) == []
    assert lab("exec", "true").stderr.startswith("lab: ")
