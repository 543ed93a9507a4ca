"""The detectors on real servers: an account tried from many places, an address that tries many accounts, and a telephone with an old password."""
import subprocess

import pytest

from test_servers import LOGINS, together
from test_watch import ask, begin, in_kernel

OWNER, PHONE, SPRAYER = "100.12.0.5", "100.13.0.7", "100.14.0.1"  # each network is in another part of the net
BOTS = [f"100.{n}.0.9" for n in range(20, 32)]


def wrong(host, service, account, address):
    return host.login(service, account, "Wrong-1", address)


def kinds(host, address):
    return {v["kind"] for v in ask(host, "Verdicts", address=address)["verdicts"]}


@pytest.mark.trixie(long=True)
def test_who_is_shut_out_and_who_is_not(host):
    for address in [OWNER, PHONE, SPRAYER, *BOTS]:
        subprocess.run(["ip", "-n", host.nets["inet"], "route", "add", "local", f"{address}/32", "dev", "lo"], check=True)
    begin(host, wall=True)
    account, right = LOGINS["imap"]
    phone, phone_right = LOGINS["pop3"]
    assert host.login("imap", account, right, OWNER) == "in" and host.login("imap", phone, phone_right, PHONE) == "in"
    # One account, twelve places, once or twice from each.
    for some in (BOTS[:4], BOTS[4:], BOTS[:4]):
        together(lambda b: wrong(host, "imap", account, b), some)
        host.wait(lambda: all(ask(host, "Events", address=b)["events"] for b in some), "their failures are not seen")
    for b in BOTS:
        host.wait(lambda: in_kernel(host, b), f"{b} is not dropped; {ask(host, 'Verdicts', address=b)}", 20)
        assert kinds(host, b) == {"spread"}
    # The account is open where it was known, in spite of an error there.
    wrong(host, "imap", account, OWNER)
    assert host.login("imap", account, right, OWNER) == "in" and not in_kernel(host, OWNER)
    # One address, four accounts, once each.
    for name in ("info", "old", "leak", "taro"):
        wrong(host, "imap", f"{name}@alpha.example", SPRAYER)
    host.wait(lambda: in_kernel(host, SPRAYER), f"{ask(host, 'Events', address=SPRAYER)}", 20)
    assert kinds(host, SPRAYER) == {"spray"}
    # A telephone asks with its old password, more often than any stranger may: told, with its account, and not shut out.
    together(lambda _: wrong(host, "imap", phone, PHONE), range(6))
    host.wait(lambda: kinds(host, PHONE) == {"spared"}, f"{ask(host, 'Events', address=PHONE)}", 20)
    told = ask(host, "Verdicts", address=PHONE)["verdicts"]
    assert [v["account"] for v in told] == [phone] and not in_kernel(host, PHONE)
    why = host.exec(["bansho", "why", PHONE])[1]
    assert phone in why and "not shut out  failures: 5, stale" in why, why
    assert host.login("imap", phone, phone_right, PHONE) == "in"
