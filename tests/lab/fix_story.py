"""fix_story: one fix told from the fault to the way back, on a server that many stories share.

A story is a row: Fix(check, object, plant, ...). It shows that the check fails, that the plan changes nothing, that the fix puts it right by the check's own
look (a second fix finds nothing to do), and that undo leaves every file as it was, byte for byte, and every service running as before.
Afterwards the server is in order again.
"""
from conftest import valid
from typing import NamedTuple

MAIL = "postfix reload 2>/dev/null; doveadm reload; sleep 1"


class Fix(NamedTuple):
    check: str
    object: str
    plant: str                   # a program for the host's shell
    settle: str = MAIL           # after planting, and after the files were put back: the services read them
    trees: tuple = ("/etc",)     # where the story may change something
    heal: str = ""               # what goes back besides the files


def outside(trees):
    return " ".join(t.lstrip("/") for t in trees)


def picture(host, trees):
    """Names, owners, modes, times of change, ACLs, attributes and content of all files."""
    return host.exec_ok(f"tar -C / --sort=name --acls --xattrs --pax-option=delete=atime,delete=ctime -cf - {outside(trees)} 2>/dev/null | sha256sum")


def services(host):
    return host.exec_ok("systemctl list-units --type=service,timer,socket --state=active --plain --no-legend | awk '{print $1, $3}' | grep -v ^run- | sort; "
                        "systemctl list-unit-files --plain --no-legend | awk '{print $1, $2}' | grep -v ^run-")


def state(host, fix):
    return host.states(fix.check).get((fix.check, fix.object))


def fixed(host, fix, *options):
    """(exit code, what bansho says as JSON, everything it said)"""
    rc, out, err = host.bansho("fix", fix.check, fix.object, "-y", "--json", *options)
    return rc, valid(out)["result"] if out.startswith("{") else "", f"{fix.check} {fix.object}: {rc}\n{out}{err}"


class Kept:
    """The files as they are now, to be put back at the end."""
    def __init__(self, host, fix):
        self.host, self.fix = host, fix

    def __enter__(self):
        self.host.exec_ok(f"cd / && tar --acls --xattrs -cf /root/kept.tar {outside(self.fix.trees)} && find {outside(self.fix.trees)} -xdev | sort >/root/kept.list")
        return self

    def __exit__(self, *_):
        self.host.exec_ok(f"cd / && find {outside(self.fix.trees)} -xdev | sort | comm -13 /root/kept.list - | xargs -r -d '\\n' rm -rf; tar --acls --xattrs -xpf /root/kept.tar; "
                          f"find {outside(self.fix.trees)} -xdev -type d -exec touch {{}} +")  # no file in it looks changed since
        self.host.exec(["sh", "-c", f"{self.fix.heal}\n{self.fix.settle}"])


def plant(host, fix):
    host.exec_ok(["sh", "-ec", f"{fix.plant}\n{fix.settle}"])


def there_and_back(host, fix):
    with Kept(host, fix):
        plant(host, fix)
        before, running = picture(host, fix.trees), services(host)
        rc, out, err = host.bansho("fix", fix.check, fix.object, "--plan", "--json")
        assert rc == 0 and valid(out)["result"] == "planned", f"the check does not see the fault, or there is no plan: {rc}\n{out}{err}"
        assert picture(host, fix.trees) == before, "the plan changed something"
        rc, result, said = fixed(host, fix)
        assert (rc, result) == (0, "applied"), said
        assert picture(host, fix.trees) != before, said
        rc, result, said = fixed(host, fix)
        assert (rc, result) == (0, "nothing-to-do"), said
        rc, out, err = host.bansho("undo", "-y", "--json")
        assert rc == 0 and valid(out)["result"] == "undone", f"{rc}\n{out}{err}"
        newest = valid(host.bansho("changes", "--json")[1])["changes"][0]
        assert (newest["check"], newest["status"]) == (fix.check, "undone"), newest
        assert valid(host.bansho("changes", "--acts", "--json")[1])["acts"]
        assert picture(host, fix.trees) == before, "undo left something behind"
        assert services(host) == running
        assert state(host, fix) in ("fail", "warn"), "after undo it is as it was: wrong"
