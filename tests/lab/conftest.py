"""Fixtures of the lab's stories.

    sound   one shared server, in order and with bansho installed, for stories that only look at it
    host    a server of the story's own, fresh and in order, to break

Both run on Debian 12; a story marked `trixie` also on Debian 13, one marked `variant("NAME")` on that variant.
BANSHO_DEB names the package to install (BANSHO_DEB_TRIXIE the one for the suite that this machine hasn't); else it is built.
Where no lab can run the stories are skipped with the reason, unless BANSHO_LAB_REQUIRED is set: then they fail.
"""
import json, os, pathlib, subprocess, sys

import pytest

sys.dont_write_bytecode = True
import layers
import machine
from layers import TOP



class Host(machine.Machine):
    def path(self, path):
        return self.root / path.lstrip("/")

    def read(self, path):
        return self.exec_ok(["cat", path])

    def write(self, path, text, mode=None):
        """Replaces or makes a file, as a person would with an editor (owner and mode of an old one stay)."""
        self.exec_ok(["sh", "-c", 'mkdir -p "$(dirname "$0")" && cat >"$0"', path], input=text)
        if mode is not None:
            self.exec_ok(["chmod", f"{mode:o}", path])

    def edit(self, path, old, new):
        """Replaces text that must be there."""
        text = self.read(path)
        assert old in text, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new))

    def login(self, service, user, password, source=machine.CLIENTS4 + "7", to=None):
        """"in" if a client of that address gets in, else "refused: " and why."""
        to = to or (machine.HOST6 if ":" in source else machine.HOST4)
        rc, out, err = self.client(["python3", "/root/client.py", service, user, password, source, to])
        assert rc == 0, err
        return out.strip()

    def bansho(self, *args, **options):
        return self.run(["bansho", *args], **options)

    def bansho_json(self, *args, **options):
        """What bansho says with --json. Its exit code is one of those that go with an answer."""
        rc, out, err = self.bansho(*args, "--json", **options)
        assert rc in (0, 1, 3), f"bansho {' '.join(args)}: {rc}\n{out[-2000:]}\n{err}"
        return json.loads(out)

    def states(self, *args):
        return states(self.bansho_json("check", *args))


def states(report):
    """{(id, object): state} of a report or of the reviewed list."""
    findings = report["findings"] if isinstance(report, dict) else report
    found = {(f["id"], f["object"]): f["state"] for f in findings}
    assert len(found) == len(findings), "two findings for one check and object"
    return found


def diff_states(reference, now):
    """Exactly what differs: {(id, object): state now}; None for a finding that is no longer there."""
    return {key: now.get(key) for key in sorted(reference.keys() | now.keys()) if reference.get(key) != now.get(key)}


def reviewed(suite):
    """The states of the sound server as somebody reviewed them; an entry may name the suites it is for."""
    entries = json.loads((pathlib.Path(__file__).parent / "sound.json").read_text())
    return states([e for e in entries if suite in e.get("suites", layers.SUITES)])


def pytest_configure(config):
    config.addinivalue_line("markers", "trixie: the story is also told on Debian 13")
    config.addinivalue_line("markers", "bare: the story's own server comes without bansho")
    config.addinivalue_line("markers", "variant(name): the story is told on a variant of the server")


def pytest_addoption(parser):
    parser.addoption("--suite", choices=layers.SUITES, help="tell only this suite's stories")


def pytest_generate_tests(metafunc):
    if "suite" in metafunc.fixturenames:
        metafunc.parametrize("suite", layers.SUITES if metafunc.definition.get_closest_marker("trixie") else ["bookworm"])


def pytest_collection_modifyitems(config, items):
    only = config.getoption("--suite")
    if only:
        other = [i for i in items if hasattr(i, "callspec") and i.callspec.params.get("suite", only) != only]
        config.hook.pytest_deselected(items=other)
        items[:] = [i for i in items if i not in other]


def unavailable(reason):
    if os.environ.get("BANSHO_LAB_REQUIRED"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def possible():
    reason = machine.missing()
    if reason:
        unavailable(reason)


@pytest.fixture(scope="session")
def packages(possible):
    """The package of each suite, made once: by `make deb` for this machine's own, in a root of the other one's."""
    made = {}

    def package(suite):
        if not (TOP / "debian/control").exists():
            return None
        if suite not in made:
            own = f"VERSION_CODENAME={suite}\n" in pathlib.Path("/etc/os-release").read_text()
            named = os.environ.get("BANSHO_DEB" if own else f"BANSHO_DEB_{suite.upper()}")
            if not named and own:
                subprocess.run(["make", "-C", TOP, "deb"], check=True, stdin=subprocess.DEVNULL)
                named = next(TOP.glob("build/deb/bansho_*.deb"))
            made[suite] = pathlib.Path(named) if named else layers.package(suite)
        return made[suite]
    return package


@pytest.fixture
def deb(suite, packages):
    """The path of the bansho package."""
    path = packages(suite)
    if not path:
        unavailable("there is no package to install")
    return path


@pytest.fixture(scope="session")
def shared(packages):
    running, broken = {}, {}

    def get(suite):
        if suite in broken:
            pytest.fail(f"the {suite} server did not start: {broken[suite]}", pytrace=False)
        if suite not in running:
            running[suite] = Host(f"sound-{suite}-{os.getpid()}")
            try:
                running[suite].up(suite, deb=packages(suite))
            except layers.LabError as e:
                broken[suite] = e
                raise
        return running[suite]
    yield get
    for h in running.values():
        h.down()


@pytest.fixture
def sound(suite, shared):
    return shared(suite)


@pytest.fixture
def host(request, suite, packages):
    variant = request.node.get_closest_marker("variant")
    h = Host(f"host-{os.getpid()}")
    try:
        yield h.up(suite, variant.args[0] if variant else None, None if request.node.get_closest_marker("bare") else packages(suite))
    finally:
        h.down()
