"""What a running fail2ban is set up to do, and whom it shuts out, is taken over; fail2ban goes on as it was."""
from conftest import valid

CONF = "/etc/bansho/bansho.conf"
RULES = "nft list table inet f2b-table; fail2ban-client status | sort"


def networks(host):
    return {b["network"] for b in valid(host.bansho("bans", "--json")[1])["bans"]}


def test_what_fail2ban_does_is_taken_over(host, deb):
    host.write(CONF, "# the owner's words\nguard { max-retry = 9 } # mine\n")
    host.write("/etc/fail2ban/jail.d/office.local", "[DEFAULT]\nignoreip = 127.0.0.1/8 198.51.100.0/24 monitor.example\n[sshd]\naction = %(action_)s\n  abuseipdb\n"
               "[mine]\nenabled = true\nfilter = apache-fakegooglebot\nlogpath = /var/log/apache2/access.log\n")
    host.exec_ok("fail2ban-client set sshd banip 192.0.2.44 2001:db8:77::5")
    before, rules = host.read(CONF), host.exec_ok(RULES)

    plan = valid(host.bansho("import", "fail2ban", "--plan", "--json")[1])
    assert plan["result"] == "planned" and host.read(CONF) == before
    assert {j["jail"]: j["ours"] for j in plan["jails"]}["sshd"] == "sshd"
    assert "198.51.100.0/24" in plan["never"] and "monitor.example" in plan["never"]
    assert plan["bans"]["found"] == 2 and any("bansho unban" in note for note in plan["plan"]["notes"]), plan
    left = {entry["what"]: entry for entry in plan["left"]}
    assert left["jail mine"]["where"].startswith("/etc/fail2ban/jail.d/office.local:"), left
    assert any("abuseipdb" in what for what in left), left

    assert host.bansho("import", "fail2ban", "--json")[0] == 4 and host.read(CONF) == before, "nobody confirmed"
    host.exec_ok("systemctl start bansho-wall bansho-watch")
    assert host.bansho("ban", "198.51.100.9")[0] == 0 and host.bansho("unban", "198.51.100.9")[0] == 0
    rc, out, err = host.bansho("import", "fail2ban", "-y")
    assert rc == 0 and "bansho undo" in out and "look again: bansho config check." in out, out + err
    now = host.read(CONF)
    assert now.startswith("# the owner's words\n") and "198.51.100.0/24" in now and "monitor.example" in now, now
    assert host.bansho("config", "check")[0] == 0
    assert networks(host) == {"192.0.2.44", "2001:db8:77::5"}
    rc, out, err = host.bansho("ban", "198.51.100.9")
    assert rc != 0 and "198.51.100.0/24" in out + err, "the services know the new bansho.conf: " + out + err
    again = valid(host.bansho("import", "fail2ban", "-y", "--json")[1])
    assert again["result"] == "nothing-to-do" and (again["bans"]["known"], again["bans"]["handed"]) == (2, 0), again
    host.exec_ok("fail2ban-client set sshd banip 192.0.2.45")
    rc, out, _ = host.bansho("import", "fail2ban", "--json")
    assert rc == 4 and valid(out)["result"] == "refused" and "192.0.2.45" not in networks(host), "nobody confirmed that one"
    again = valid(host.bansho("import", "fail2ban", "-y", "--json")[1])
    assert again["bans"]["handed"] == 1 and "192.0.2.45" in networks(host), again
    host.exec_ok("fail2ban-client set sshd unbanip 192.0.2.45")
    assert host.exec_ok(RULES) == rules, "fail2ban is neither stopped nor flushed"
    assert host.bansho("undo", "-y")[0] == 0 and host.read(CONF) == before
