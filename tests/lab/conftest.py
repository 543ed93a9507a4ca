"""Fixtures of the lab's stories.

    sound   one shared server, in order and with bansho installed, for stories that only look at it
    host    a server of the story's own, fresh and in order, to break

Both run on Debian 12; a story marked `trixie` also on Debian 13, one marked `variant("NAME")` on that variant.
BANSHO_DEB names the package to install; without it `make deb` makes it.
Where no lab can run the stories are skipped with the reason, unless BANSHO_LAB_REQUIRED is set: then they fail.
"""
import ctypes, json, os, pathlib, subprocess, sys

import jsonschema
import pytest

sys.dont_write_bytecode = True
import layers
import machine
from layers import TOP



def valid(text):
    """A document that bansho printed, held against the schema that it names."""
    document = json.loads(text)
    name, version = document["schema"].removeprefix("bansho.").split("/")
    schema = json.loads((TOP / f"data/schema/{name}-{version}.json").read_text())
    faults = [f"{'/'.join(map(str, e.path))}: {e.message}" for e in jsonschema.Draft202012Validator(schema).iter_errors(document)]
    assert not faults, faults
    return document


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


def outer_clock():
    """What can be said of a container's clock: the outer machine's kernel knows whether it is kept right (adjtimex: TIME_ERROR is 5)."""
    return "ok" if 0 <= ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(512)) < 5 else "unknown"


def reviewed(suite):
    """The states of the sound server as somebody reviewed them; an entry may name the suites it is for."""
    entries = json.loads((pathlib.Path(__file__).parent / "sound.json").read_text())
    for e in entries:
        if e["state"] == "outer clock":
            e["state"] = outer_clock()
    return states([e for e in entries if suite in e.get("suites", layers.SUITES)])


def pytest_configure(config):
    config.addinivalue_line("markers", "trixie(long=False): the story is also told on Debian 13; long: there it is a long one")
    config.addinivalue_line("markers", "long: left out in CI, where time is limited; make test tells all")
    config.addinivalue_line("markers", "bare: the story's own server comes without bansho")
    config.addinivalue_line("markers", "variant(name): the story is told on a variant of the server")


def pytest_addoption(parser):
    parser.addoption("--suite", choices=layers.SUITES, help="tell only this suite's stories")


def pytest_generate_tests(metafunc):
    if "suite" in metafunc.fixturenames:
        metafunc.parametrize("suite", layers.SUITES if metafunc.definition.get_closest_marker("trixie") else ["bookworm"])


# The files that take longest begin first, so that those who tell them side by side end together; before all of them, what must see the shared server while nobody has
# logged in to it.
LONGEST = ["test_sound", "test_attack", "test_tell", "test_stories", "test_mail", "test_watch", "test_package", "test_fixes", "test_fixes_system", "test_servers"]


def rank(item):
    return LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    items.sort(key=rank)
    for item in items:
        on_13 = item.get_closest_marker("trixie")
        if on_13 and on_13.kwargs.get("long") and item.callspec.params.get("suite") == "trixie":
            item.add_marker("long")
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
def package(possible):
    """The package to install, on every suite the same; None where the tree has none yet."""
    named = os.environ.get("BANSHO_DEB")
    if named or not (TOP / "debian/control").exists():
        return pathlib.Path(named) if named else None
    subprocess.run(["make", "-C", TOP, "deb"], check=True, stdin=subprocess.DEVNULL)
    return next(TOP.glob("build/deb/bansho_*.deb"))


@pytest.fixture
def deb(package):
    """The path of the bansho package."""
    if not package:
        unavailable("there is no package to install")
    return package


@pytest.fixture(scope="session")
def shared(package):
    running, broken = {}, {}

    def get(suite):
        if suite in broken:
            pytest.fail(f"the {suite} server did not start: {broken[suite]}", pytrace=False)
        if suite not in running:
            running[suite] = Host(f"sound-{suite}-{os.getpid()}")
            try:
                running[suite].up(suite, deb=package)
            except layers.LabError as e:
                broken[suite] = e
                raise
        return running[suite]
    yield get
    for h in running.values():
        h.down()


@pytest.fixture(scope="session")
def patients(package):
    """One server of each suite that many stories break; each leaves it in order."""
    running = {}

    def get(suite):
        if not package:
            unavailable("there is no package to install")
        if suite not in running:
            running[suite] = Host(f"fixes-{suite}-{os.getpid()}")
            running[suite].up(suite, deb=package)
        return running[suite]
    yield get
    for h in running.values():
        h.down()


@pytest.fixture
def sound(suite, shared):
    return shared(suite)


@pytest.fixture
def host(request, suite, package):
    variant = request.node.get_closest_marker("variant")
    h = Host(f"host-{os.getpid()}")
    try:
        yield h.up(suite, variant.args[0] if variant else None, None if request.node.get_closest_marker("bare") else package)
    finally:
        h.down()
