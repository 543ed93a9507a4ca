"""The package on a server in order: it installs without a network, starts nothing, is upgraded, removed and purged without a trace."""
import json, subprocess

import pytest

import layers
from conftest import diff_states, states

DROPIN = """[Service]
ExecStart=
ExecStart=/usr/bin/bansho check --json
StandardOutput=truncate:/run/night.json
"""
LOWER = "0.0.1~lab"


def put(host, deb, name):
    target = host.path(f"/var/cache/{name}")
    target.write_bytes(deb.read_bytes())
    target.chmod(0o644)
    return f"/var/cache/{name}"


def apt(host, *words):
    rc, out, err = host.run(["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qy", *words])
    assert rc == 0, out + err
    return out + err


def status(host):
    return host.exec("dpkg-query -W -f '${db:Status-Status} ${Version}' bansho")[1]


def traces(host):
    """What there is of bansho outside dpkg's own records and the logs."""
    found = host.exec_ok("find / -xdev -iname '*bansho*' -not -path '/proc/*' -not -path '/var/cache/*' -not -path '/var/log/*' -not -path '/root/ca/*' "
                         "-not -path '/run/*'; getent passwd; getent group").splitlines()
    return sorted(line for line in found if "bansho" in line)


@pytest.fixture
def lower(deb, tmp_path):
    """The same package as an earlier version."""
    tree = tmp_path / "tree"
    subprocess.run(["dpkg-deb", "-R", deb, tree], check=True)
    control = tree / "DEBIAN/control"
    control.write_text("".join(f"Version: {LOWER}\n" if line.startswith("Version:") else line for line in control.read_text().splitlines(True)))
    subprocess.run(["dpkg-deb", "-b", tree, tmp_path / "lower.deb"], check=True, stdout=subprocess.DEVNULL)
    return tmp_path / "lower.deb"


@pytest.mark.bare
@pytest.mark.trixie
def test_life_of_the_package(host, deb, lower):
    before = traces(host)
    apt(host, "install", put(host, lower, "lower.deb"))
    assert status(host) == f"installed {LOWER}"

    host.write("/etc/bansho/bansho.conf", host.read("/etc/bansho/bansho.conf") + "# the owner's words\n")
    apt(host, "install", put(host, deb, "bansho.deb"))
    version = subprocess.run(["dpkg-deb", "-f", deb, "Version"], check=True, capture_output=True, text=True).stdout.strip()
    assert status(host) == f"installed {version}"
    assert "# the owner's words" in host.read("/etc/bansho/bansho.conf")
    rc, out, err = host.bansho("--version")
    assert (rc, err) == (0, "") and version.split("-")[0] in out

    assert host.exec("dpkg -V bansho")[1].split() in ([], ["??5??????", "c", "/etc/bansho/bansho.conf"])
    assert host.exec_ok("systemctl list-units --all --no-legend 'bansho*'") == ""
    assert "enabled" not in host.exec("systemctl list-unit-files --no-legend 'bansho*' | awk '{print $2}'")[1].replace("disabled", "")
    assert host.exec_ok("systemctl is-system-running").strip() == "running"

    apt(host, "remove", "bansho")
    assert status(host).startswith("config-files")
    assert host.exec("test -e /usr/bin/bansho")[0] == 1
    assert "# the owner's words" in host.read("/etc/bansho/bansho.conf")

    apt(host, "purge", "bansho")
    assert traces(host) == before
    assert host.exec_ok("systemctl is-system-running").strip() == "running"


@pytest.mark.trixie
def test_it_speaks_both_languages(sound, deb):
    rc, english, _ = sound.bansho("--help")
    assert rc == 0 and english.isascii()
    rc, japanese, _ = sound.run(["env", "LANG=C.UTF-8", "LANGUAGE=ja", "bansho", "--help"])
    assert rc == 0 and any("\u3040" < c < "\u30ff" for c in japanese)


@pytest.mark.trixie
def test_its_units_are_sound(sound, deb):
    units = sound.exec_ok("dpkg -L bansho | grep -E '/systemd/system/.*\\.(service|timer|socket)$'").split()
    assert units
    rc, out, err = sound.exec(["systemd-analyze", "verify", "--man=no", *units])
    assert rc == 0 and "bansho" not in err, err


@pytest.mark.trixie
def test_it_needs_no_compiler(sound, deb):
    assert sound.exec("command -v cc gcc clang cmake ninja")[1] == ""


@pytest.mark.trixie
def test_its_nightly_look_sees_the_same(host, deb):
    """The unit is confined; that must not hide anything from it."""
    assert host.exec("systemctl start bansho-check.service")[0] == 0
    assert host.exec_ok("systemctl show -P Result bansho-check.service").strip() == "success"
    assert "lab.example" in host.exec_ok("journalctl -u bansho-check.service -o cat")
    host.write("/etc/systemd/system/bansho-check.service.d/story.conf", DROPIN)
    host.exec_ok("systemctl daemon-reload && systemctl start bansho-check.service")
    night = states(json.loads(host.read("/run/night.json")))
    day = host.states()
    # What the look by day could not see on a busy machine hides nothing from the night's.
    assert night and {key: state for key, state in diff_states(day, night).items() if day.get(key) != "unknown"} == {}


def test_it_builds_on_debian_13_too(possible):
    """Warnings are errors, and its compiler has more of them."""
    deb = layers.package("trixie")
    assert "Package: bansho" in subprocess.run(["dpkg-deb", "-I", deb], check=True, capture_output=True, text=True).stdout
