"""layers: the cached parts of the lab's servers, each a directory named by a hash of what made it.

    SUITE.base-HASH     packages alone (minutes)
    SUITE.sound-HASH    the provisioned, sound server over it (seconds)
    SUITE.NAME-HASH     a variant: other products in place of some of the server's (variants/NAME)
    SUITE.deb-HASH      the bansho package installed over any of these
    SUITE.tools-HASH    what building the package on that suite needs; SUITE.package-HASH the package itself

A layer is made beside its place and renamed into it, so it is there whole or not at all. Layers that nothing used for long are
removed when a new one is made, never one that a running lab stands on.
"""
import contextlib, fcntl, hashlib, json, os, pathlib, shutil, subprocess, sys, time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parents[1]
CACHE = pathlib.Path(os.environ.get("BANSHO_LAB_CACHE", "/var/cache/bansho-lab"))
RUN = pathlib.Path(os.environ.get("BANSHO_LAB_RUN", "/run/bansho-lab"))
SUITES = ("bookworm", "trixie")
ENV = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
KEEP = {"base": 2, "sound": 4}  # of each suite; other kinds: 6


class LabError(Exception):
    pass


def sh(*argv, **options):
    """Runs a program of the outer machine with nothing of the caller's environment or terminal; what it said is in the error."""
    done = subprocess.run([str(a) for a in argv], env=ENV, stdin=subprocess.DEVNULL, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if done.returncode:
        raise LabError(f"{argv[0]} ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return done.stdout


def digest(*inputs):
    """A short hash of names and contents: files, trees (links as links) and plain strings."""
    sum_ = hashlib.sha256()
    for one in inputs:
        paths = sorted(p for p in one.rglob("*") if not p.is_dir()) if isinstance(one, pathlib.Path) and one.is_dir() else [one]
        for p in paths:
            if isinstance(p, pathlib.Path):
                sum_.update(f"{p.name}\0{p.lstat().st_mode:o}\0".encode())
                sum_.update(os.readlink(p).encode() if p.is_symlink() else p.read_bytes())
            else:
                sum_.update(f"{p}\0".encode())
    return sum_.hexdigest()[:12]


@contextlib.contextmanager
def lock(name):
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / f"{name}.lock", "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield


def in_use():
    """Layers that a lab of this machine stands on."""
    for state in RUN.glob("*/lab.json"):
        with contextlib.suppress(OSError, ValueError):
            yield from json.loads(state.read_text())["layers"]


def evict(suite, kind):
    used = set(in_use())
    old = sorted(CACHE.glob(f"{suite}.{kind}-*"), key=lambda p: p.stat().st_mtime, reverse=True)
    for p in old[KEEP.get(kind, 6):]:
        if str(p) not in used:
            shutil.rmtree(p, ignore_errors=True)


def layer(suite, kind, key, make):
    """The directory of one layer; make(path) fills it if it isn't there yet."""
    place = CACHE / f"{suite}.{kind}-{key}"
    with lock(f"{suite}.{kind}"):
        if not place.exists():
            part = CACHE / f".{place.name}.part"
            shutil.rmtree(part, ignore_errors=True)  # of a killed run
            began = time.monotonic()
            print(f"lab: making {place.name}", file=sys.stderr, flush=True)
            try:
                make(part)
                os.rename(part, place)
            finally:
                shutil.rmtree(part, ignore_errors=True)
            print(f"lab: {place.name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
        os.utime(place)
        evict(suite, kind)
    return str(place)


# Runs "$@" in a root made of the layers below and a new upper one. Nothing of it outlives the script, however it ends.
IN_ROOT = r'''
set -eu
lower=$1 part=$2 net=$3; shift 3
mkdir -p "$part" "$part.work" "$part.root"
mount -t overlay -o "lowerdir=$lower,upperdir=$part,workdir=$part.work" overlay "$part.root"
mount -t tmpfs tmpfs "$part.root/run"
mkdir "$part.root/run/lab"
mount --bind "$HERE" "$part.root/run/lab"
test -e "$part.root/etc/resolv.conf" || : >"$part.root/etc/resolv.conf"
mount --bind /dev "$part.root/dev"
flags=--net
if test "$net" = yes; then flags=; mount --bind /etc/resolv.conf "$part.root/etc/resolv.conf"; fi
unshare $flags --pid --fork --kill-child sh -ec 'mount -t proc proc "$0/proc"; exec chroot "$0" "$@"' "$part.root" "$@"
'''


def made_in_root(below, *command, net=False, bind=()):
    def make(part):
        work = [pathlib.Path(f"{part}.work"), pathlib.Path(f"{part}.root")]
        try:
            binds = "".join(f'mkdir -p "$part.root{to}"; mount --bind {source} "$part.root{to}"\n' for source, to in bind)
            script = IN_ROOT.replace("unshare $flags", binds + "unshare $flags")
            sh("env", f"HERE={HERE}", "unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh",
               ":".join(below), part, "yes" if net else "no", *command)
        finally:
            for p in work:
                shutil.rmtree(p, ignore_errors=True)
    return make


def base(suite):
    make_root, packages = HERE / "make-root", HERE / f"packages.{suite}"
    return layer(suite, "base", digest(make_root, packages), lambda part: sh(make_root, suite, part, CACHE / f"debs-{suite}"))


def stack(suite, variant=None, deb=None):
    """All layers of one server, topmost first; what is missing is made."""
    trees = [HERE / "sound", HERE / f"sound.{suite}"]
    layers = [base(suite)]
    inputs = [HERE / "provision", *trees]
    key = digest(layers[0], *inputs)
    names = [f"/run/lab/{t.name}" for t in trees]
    layers.insert(0, layer(suite, "sound", key, made_in_root(layers, "sh", "/run/lab/provision", *names)))
    if variant:
        script = HERE / "variants" / variant
        if not script.is_file():
            raise LabError(f"no variant {variant}: {', '.join(sorted(p.name for p in script.parent.iterdir()))}")
        debs = CACHE / f"debs-{suite}"
        make = made_in_root(list(layers), "sh", "/run/lab/variants/run", variant, net=True, bind=[(debs, "/var/cache/apt/archives")])
        layers.insert(0, layer(suite, variant, digest(layers[0], script, script.parent / "run"), make))
    if deb:
        deb = pathlib.Path(deb).resolve()
        make = made_in_root(list(layers), "dpkg", "-i", f"/run/deb/{deb.name}", bind=[(deb.parent, "/run/deb")])
        layers.insert(0, layer(suite, "deb", digest(layers[0], deb), make))
    return layers


def package(suite):
    """The bansho package as built from this tree on that suite."""
    script, control = HERE / "build-package", TOP / "debian/control"
    below = [base(suite)]
    bind = [(TOP, "/run/source")]
    needs = made_in_root(list(below), "sh", "/run/lab/build-package", "needs", net=True, bind=[*bind, (CACHE / f"debs-{suite}", "/var/cache/apt/archives")])
    below.insert(0, layer(suite, "tools", digest(below[0], script, control), needs))

    def make(part):
        made_in_root(below, "sh", "/run/lab/build-package", "package", bind=bind)(part)
        for p in part.iterdir():
            if p.name != "package":
                shutil.rmtree(p)
    parts = [p for p in sorted(TOP.iterdir()) if p.name not in (".git", "build", "tests") and p.suffix != ".md"]
    place = layer(suite, "package", digest(below[0], *parts), make)
    return next(pathlib.Path(place).glob("package/bansho_*.deb"))
