"""machine: one lab, that is a whole hosting server booted by systemd-nspawn and an internet of clients around it, in namespaces.

    [netns NAME-host]  systemd as PID 1 over a fresh overlay (its changes are in a tmpfs)       198.18.0.10    2001:db8::10
           |  veth h0-i0; no uplink, no forwarding: nothing can leave
    [netns NAME-inet]  inet.py: DNS, three mail servers; clients bind to any of 198.51.100.0/24, 203.0.113.0/24,
                       2001:db8:a::/48, 2001:db8:bad::/48 (AnyIP)                               198.18.0.1     2001:db8::1

Works for root without systemd outside, with either version of cgroups, without terminal, environment or network.
"""
import contextlib, json, os, pathlib, shutil, subprocess, time

import layers
from layers import ENV, HERE, RUN, LabError, sh

HOST4, HOST6 = "198.18.0.10", "2001:db8::10"
CLIENTS4, CLIENTS6 = "198.51.100.", "2001:db8:a::"        # never banned: stories fail there on purpose
ATTACKERS4, ATTACKERS6 = "203.0.113.", "2001:db8:bad::"   # fail2ban may ban these
# The server's network, as lines of ip(8).
NETWORK = ["link set lo up", "addr add 198.18.0.10/24 dev h0", "addr add 2001:db8::10/64 dev h0", "link set h0 up", "route add default via 198.18.0.1", "-6 route add default via 2001:db8::1"]
# Without these options fanotify's filesystem and mount marks fail on an overlay.
AS_UNIT = ["systemd-run", "-q", "--pipe", "--wait", "--collect"]
TOLD = r'''
printf 'notify { mail = taro@beta.example; command = /usr/local/bin/pager }\n' >>/etc/bansho/bansho.conf
printf '#!/bin/sh\ncat >>"$STATE_DIRECTORY/pager"\nid -u >"$STATE_DIRECTORY/who"\n' >/usr/local/bin/pager
chmod 755 /usr/local/bin/pager
'''
OVERLAY = "index=on,nfs_export=on"

# Each container gets a cgroup of its own, in a pure v2 tree in a mount namespace of its own (the machine's may be v1 or hybrid),
# and forgets the other labs' mounts, or it would hold them after their end.
CONTAIN = r'''
name=$1 run=$2; shift 2
for m in "$run"/*/; do test "$m" = "$run/${name%.*}/" || umount -l "$m" 2>/dev/null || :; done
if ! test -e /sys/fs/cgroup/cgroup.controllers; then
  umount -R /sys/fs/cgroup 2>/dev/null
  mount -t cgroup2 none /sys/fs/cgroup || exit 1
fi
mkdir -p "/sys/fs/cgroup/bansho-lab/$name" && echo $$ >"/sys/fs/cgroup/bansho-lab/$name/cgroup.procs" || exit 1
exec "$@"
'''
# cgroup.kill also reaches what a killed systemd-nspawn left behind.
KILL = r'''
mount -t cgroup2 none /mnt && cd /mnt/bansho-lab 2>/dev/null || exit 0
for name; do
  test -d "$name" || continue
  echo 1 >"$name/cgroup.kill"
  for i in $(seq 500); do grep -q "populated 0" "$name/cgroup.events" && break; sleep 0.02; done
  find "$name" -depth -type d -exec rmdir {} + 2>/dev/null
done
cd .. && rmdir bansho-lab 2>/dev/null
exit 0
'''
# The internet's processes: a root of the same packages, its own terminals (sshpass wants one) and process tree.
INTERNET = r'''
set -e
root=$1
mount --bind /dev "$root/dev"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/run"
exec unshare --pid --fork --kill-child sh -ec 'mount -t proc proc "$0/proc"; exec chroot "$0" /usr/bin/python3 /root/inet.py' "$root"
'''


def missing():
    """Why no lab can run here, or None."""
    if os.geteuid():
        return "the lab needs root"
    for program in ("systemd-nspawn", "mmdebstrap", "ip", "unshare", "nsenter"):
        if not shutil.which(program, path=ENV["PATH"]):
            return f"{program} is not installed"
    try:
        sh("unshare", "--mount", "--net", "--pid", "--fork", "sh", "-c", "mount -t tmpfs none /mnt && mount -t cgroup2 none /mnt")
    except LabError as e:
        return f"no namespaces here: {e}"
    return None


def child(pid):
    with contextlib.suppress(OSError, IndexError):
        return int(pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])
    return None


class Machine:
    def __init__(self, name="lab", run=RUN):
        self.name, self.dir = name, run / name
        self.root = self.dir / "host"
        self.nets = {"host": f"{name}-host", "inet": f"{name}-inet"}

    # --- life
    def up(self, suite="bookworm", variant=None, deb=None, failed_ok=False):
        """A fresh server, booted, all its services running."""
        self.down()  # what an earlier, killed run left over
        lower = layers.stack(suite, variant, deb)
        self.dir.mkdir(parents=True)
        sh("mount", "-t", "tmpfs", "-o", "size=4g,mode=755", "bansho-lab", self.dir)
        (self.dir / "lab.json").write_text(json.dumps({"suite": suite, "variant": variant, "layers": lower}))
        self._network()
        self._overlay("inet", lower[-2:])
        for script in ("inet.py", "client.py", "crowd.py"):
            shutil.copy(HERE / script, self.dir / "inet/root" / script)
        self._start("inet", "sh", "-c", INTERNET, "sh", self.dir / "inet")
        self.wait(lambda: self.leader("inet"), "the internet's side did not start")
        self._overlay("host", lower)  # after the internet has its mount namespace, or that would hold this mount
        self._born_now()
        self._boot(failed_ok)
        if deb:
            self._owner_is_told()
        return self

    def _owner_is_told(self):
        """Alerts go to a mailbox and to a program, and the owner has confirmed that they arrive."""
        self.exec(["sh", "-c", TOLD])
        self.run(["bansho", "notify", "test"])
        self.exec("for code in $(grep -ho 'confirm [A-Z0-9]*$' /var/lib/bansho-notify/pager | cut -d ' ' -f 2); do bansho notify confirm $code; done")

    def down(self):
        sh("unshare", "--mount", "--propagation", "private", "sh", "-c", KILL, "sh", f"{self.name}.inet", f"{self.name}.host")
        for m in ("host", "inet"):
            subprocess.run(["umount", "-R", self.dir / m], stderr=subprocess.DEVNULL)
        while os.path.ismount(self.dir):
            sh("umount", "-l", self.dir)
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.dir)
        for net in self.nets.values():
            subprocess.run(["ip", "netns", "del", net], stderr=subprocess.DEVNULL, env=ENV)

    def power_off(self):
        """As a person does it; what is on its disk stays."""
        self.exec("systemctl poweroff")
        self.wait(lambda: not self.leader("host"), "the server did not go down")

    def power_on(self, failed_ok=False, network=None):
        """network: the kernel's network of the server is made anew, as after a real reboot: no rules, no connections, and no interface is up. These lines of ip(8) bring
        it up from inside, at the time when a server's does (network.target)."""
        if network:
            unit = "[Unit]\nDefaultDependencies=no\nWants=network-pre.target\nAfter=network-pre.target\nWants=network.target\nBefore=network.target\n[Service]\nType=oneshot\nRemainAfterExit=yes\n"
            (self.root / "etc/systemd/system/lab-network.service").write_text(unit + "".join(f"ExecStart=/sbin/ip {line}\n" for line in network))
            wanted = self.root / "etc/systemd/system/multi-user.target.wants/lab-network.service"
            wanted.parent.mkdir(exist_ok=True)
            wanted.symlink_to("../lab-network.service")
            sh("ip", "netns", "del", self.nets["host"])
            # The kernel keeps a network for as long as a connection in it waits for an answer that does not come: its wire is cut.
            subprocess.run(["ip", "-n", self.nets["inet"], "link", "del", "i0"], stderr=subprocess.DEVNULL, env=ENV)
            self._wire()
        self._boot(failed_ok)

    def _network(self):
        host, inet = self.nets["host"], self.nets["inet"]
        sh("ip", "netns", "add", inet)
        sh("ip", "netns", "exec", inet, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0", "net.ipv6.ip_nonlocal_bind=1")
        self._wire()  # an IPv6 AnyIP address can't be bound without nonlocal_bind
        for line in NETWORK:
            sh("ip", "-n", host, *line.split())
        self.strangers([f"{p}0/24" for p in (CLIENTS4, ATTACKERS4)] + [f"{p}/48" for p in (CLIENTS6, ATTACKERS6)])

    def _wire(self):
        """The server's network, with nothing up in it, and the internet's end of the wire."""
        host, inet = self.nets["host"], self.nets["inet"]
        sh("ip", "netns", "add", host)
        sh("ip", "netns", "exec", host, "sysctl", "-qw", "net.ipv6.conf.all.accept_dad=0", "net.ipv6.conf.default.accept_dad=0")
        sh("ip", "link", "add", "h0", "netns", host, "type", "veth", "peer", "name", "i0", "netns", inet)
        for line in ("link set lo up", *(f"addr add 198.18.0.{i}/24 dev i0" for i in (1, 21, 22, 23)), "addr add 2001:db8::1/64 dev i0", "link set i0 up"):
            sh("ip", "-n", inet, *line.split())

    def strangers(self, networks):
        """Clients may have these addresses, too."""
        lines = "".join(f"route add local {n} dev lo\n" for n in networks)
        for family in ("-4", "-6"):
            some = "".join(line for line in lines.splitlines(True) if (":" in line) == (family == "-6"))
            subprocess.run(["ip", family, "-n", self.nets["inet"], "-batch", "-"], input=some, text=True, env=ENV, check=True)

    def _overlay(self, name, lower):
        rw = self.dir / f"{name}.rw"
        for p in (rw / "up", rw / "work", self.dir / name):
            p.mkdir(parents=True)
        sh("mount", "-t", "overlay", "-o", f"lowerdir={':'.join(lower)},upperdir={rw}/up,workdir={rw}/work,{OVERLAY}", "overlay", self.dir / name)

    def _born_now(self):
        """The layers are older than this machine: what tells its age, and that its updates ran, is of today."""
        stamp = time.strftime("%Y-%m-%d %H:%M:%S")
        log = self.root / "var/log/unattended-upgrades/unattended-upgrades.log"
        log.parent.mkdir(exist_ok=True)
        log.write_text("".join(f"{stamp},{n} INFO {text}\n" for n, text in enumerate((
            "Starting unattended upgrades script",
            "No packages found that can be upgraded unattended and no pending auto-removals"), 101)))
        periodic = self.root / "var/lib/apt/periodic"
        timers = self.root / "var/lib/systemd/timers"
        for p in (periodic, timers):
            p.mkdir(parents=True, exist_ok=True)
        for p in [periodic / n for n in ("update-stamp", "update-success-stamp", "download-upgradeable-stamp", "upgrade-stamp", "unattended-upgrades-stamp")] \
                + [timers / f"stamp-apt-daily{n}.timer" for n in ("", "-upgrade")] \
                + list(self.root.glob("etc/ssh/ssh_host_*")) + [self.root / "etc/machine-id", self.root / "etc/hostname"]:
            p.touch()

    def _start(self, name, *argv):
        log = open(self.dir / f"{name}.log", "ab")
        argv = ["unshare", "--mount", "--propagation", "private", "sh", "-c", CONTAIN, "sh", f"{self.name}.{name}", str(self.dir.parent), *map(str, argv)]
        if name == "inet":
            argv = ["ip", "netns", "exec", self.nets["inet"], *argv]
        p = subprocess.Popen(argv, env=ENV, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        (self.dir / f"{name}.pid").write_text(str(p.pid))

    def _boot(self, failed_ok):
        # nspawn's own filter would refuse fanotify and Landlock to services; modules and clock are the outer machine's.
        self._start("host", "systemd-nspawn", "-q", "--register=no", "--keep-unit", "-M", self.nets["host"], "-D", self.root,
                    f"--network-namespace-path=/run/netns/{self.nets['host']}", "--resolv-conf=off", "--timezone=off", "--link-journal=no",
                    "--capability=all", "--drop-capability=CAP_SYS_MODULE,CAP_SYS_TIME", "--system-call-filter=@known", "--boot")
        self.wait(self._systemd_listens, "systemd did not start")
        rc, state, _ = self.exec("systemctl is-system-running --wait")
        if rc and not failed_ok:
            failed = self.exec("systemctl --failed --no-legend --plain; systemctl list-jobs --no-legend")[1]
            raise LabError(f"the server is {state.strip()}: {failed}")

    def _systemd_listens(self):
        with contextlib.suppress(LabError):  # systemd-nspawn's first child is a short-lived helper: the leader may change between two looks
            return self.exec("test -S /run/systemd/private")[0] == 0
        return False

    def wait(self, condition, why, seconds=60):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                logs = "".join(p.read_text(errors="replace")[-2000:] for p in self.dir.glob("*.log"))
                raise LabError(f"{why}\n{logs}")
            time.sleep(0.05)

    # --- the inside
    def leader(self, name):
        """The container's first process as the outer machine counts, or None."""
        with contextlib.suppress(OSError, ValueError):
            return child(int((self.dir / f"{name}.pid").read_text()))
        return None

    def enter(self, name):
        """The words before a command that make it run inside: the host, or a client in the internet."""
        pid = self.leader(name)
        if not pid:
            raise LabError(f"{self.name}: {name} is not up")
        spaces = ["-a"] if name == "host" else ["-m", "-n", "-p", "-r", "-w"]
        return ["nsenter", "-t", str(pid), *spaces, "env", "-i", *(f"{k}={ENV[k]}" for k in ("PATH", "HOME", "LANG")), "TERM=dumb"]

    def _do(self, prefix, command, input=None, timeout=120):
        words = ["sh", "-c", command] if isinstance(command, str) else [str(w) for w in command]
        done = subprocess.run(prefix + words, input=input, stdin=subprocess.DEVNULL if input is None else None,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace", timeout=timeout, env=ENV)
        return done.returncode, done.stdout, done.stderr

    def exec(self, command, **options):
        """In the host, fast, but under none of the limits of a service: to look, not to test. (rc, out, err)"""
        return self._do(self.enter("host"), command, **options)

    def run(self, command, **options):
        """In the host as a transient service, as the units run: their cgroup, journal and system call filter. (rc, out, err)"""
        return self._do(self.enter("host") + AS_UNIT, command, **options)

    def client(self, command, **options):
        """In the internet. (rc, out, err)"""
        return self._do(self.enter("inet"), command, **options)

    def exec_ok(self, command, **options):
        rc, out, err = self.exec(command, **options)
        assert rc == 0, f"{command}: {rc}\n{out}{err}"
        return out
