"""The owner is told: the message really arrives, programs that tell may do nothing else, and the nightly look tells changes alone."""
import email, email.policy, json, re

from conftest import valid

CONF = "notify {{ mail = taro@beta.example; command = /usr/local/bin/pager; webhook = https://alpha.example/hook.php?secret=Hush }}\n"


def mails(host):
    """Delivered ones, oldest first."""
    raw = host.exec_ok("sleep 1; cd /var/vmail/beta.example/taro; for f in $(ls -tr new/* cur/* 2>/dev/null); do cat $f; echo; echo =====END; done")
    return [email.message_from_string(m.lstrip("\n"), policy=email.policy.default) for m in raw.split("=====END\n") if m.strip()]


def test_every_way_arrives(host, deb):
    host.write("/etc/bansho/bansho.conf", CONF.format())
    host.write("/var/www/alpha.example/hook.php", "<?php file_put_contents('/var/www/alpha.example/hook.txt', $_SERVER['REQUEST_METHOD'] . ' ' . file_get_contents('php://input'));\n")
    host.exec_ok("chown -R alpha:alpha /var/www/alpha.example; : >/var/lib/bansho-notify/pager")
    ways = {w["way"]: w for w in host.bansho_json("notify", "test")["ways"]}
    assert {name: w["sent"] for name, w in ways.items()} == {"mail": True, "command": True, "webhook": True}, ways
    mail = mails(host)[-1]
    assert "lab.example" in mail["Subject"] and mail["Auto-Submitted"] == "auto-generated" and mail["From"].addresses[0].addr_spec == "root@lab.example"
    hook = host.read("/var/www/alpha.example/hook.txt")
    assert hook.startswith("POST ") and json.loads(hook[5:])["host"] == "lab.example"
    texts = {"mail": mail.get_content(), "command": host.read("/var/lib/bansho-notify/pager"), "webhook": json.loads(hook[5:])["text"]}
    assert int(host.read("/var/lib/bansho-notify/who")) >= 61184  # a user of this moment only
    for way, text in texts.items():
        code = re.search(r"confirm ([A-Z0-9]{6})", text)[1]
        assert host.bansho_json("notify", "confirm", code.lower())["confirmed"] == way
    assert host.bansho("notify", "confirm", "QQQQQQ")[0] == 2
    assert "Hush" not in host.exec("journalctl -o cat | cat")[1]


def night(host):
    """One nightly look: (result, how many mails there are then)."""
    host.exec("systemctl start bansho-check.service")
    return host.exec_ok("systemctl show -P Result bansho-check.service").strip(), len(mails(host))


def test_the_night_tells_changes_alone_and_loses_nothing(host, deb):
    host.exec_ok("echo 'mail { full-names = yes }' >>/etc/bansho/bansho.conf")
    result, before = night(host)
    assert (result, night(host)) == ("success", ("success", before)), "nothing changed, and something was told"
    host.exec_ok("systemctl stop fail2ban postfix 'postfix@*'")
    result, now = night(host)
    assert (result, now) == ("exit-code", before), "mail cannot be sent while its server is down, and that is said"
    assert "guard.running ssh" in host.read("/var/lib/bansho-notify/pager"), "the second way tells at once"
    host.exec_ok("systemctl start postfix; sleep 2")
    result, now = night(host)
    assert (result, now) == ("success", before + 1)
    text = mails(host)[-1].get_content()
    assert "guard.running ssh" in text and "service.answers smtp" in text, text
    host.exec_ok("systemctl start fail2ban; sleep 2")
    assert night(host) == ("success", before + 2)
    assert "Solved:" in mails(host)[-1].get_content() and "guard.running ssh" in mails(host)[-1].get_content()


def test_the_page_arrives_whole(host, deb):
    """As the nightly unit would send it: the message that Postfix took and Dovecot delivered is read by another's parser, and its page is a whole one."""
    host.exec_ok("echo 'mail { full-names = yes }' >>/etc/bansho/bansho.conf; systemctl stop fail2ban")
    rc, out, err = host.bansho("check", "--notify", "--html", "/root/page.html")
    assert rc in (0, 1, 3), out + err
    mail = mails(host)[-1]
    assert not mail.defects and mail.get_content_type() == "multipart/mixed", mail.defects
    text, page = mail.iter_parts()
    assert "guard.running ssh" in text.get_content()
    assert (page.get_content_type(), page.get_filename(), page.get_content_charset()) == ("text/html", "bansho.html", "utf-8") and not page.defects
    html = page.get_content()
    assert html.startswith("<!DOCTYPE html>") and html.rstrip().endswith("</html>") and "guard.running" in html
    assert html == host.read("/root/page.html"), "the page that arrived is the one that was written"


ETC = "tar -C / --sort=name --acls --xattrs --pax-option=delete=atime,delete=ctime -cf - etc | sha256sum; find /etc -printf '%p %m %U %G %T@ %l\\n' | sort"


def test_setup_is_one_change_that_can_be_taken_back(host, deb):
    host.write("/etc/bansho/bansho.conf", "# the owner's words\nmail { full-names = yes }\nnotify { mail = taro@beta.example } # keep\n")
    before = host.exec_ok(ETC)
    assert host.bansho("setup", "--admin", "nobody", "-y")[0] == 2 and host.exec_ok(ETC) == before
    answers = ["--office", "198.51.100.0/24", "--command", "/usr/local/bin/pager", "--provider", 'The "Host"', "--contract", "A-1", "--nightly", "yes"]
    assert host.bansho("setup", *answers)[0] == 4 and host.exec_ok(ETC) == before, "without a terminal and without -y nothing is done"
    rc, out, err = host.bansho("setup", *answers, "-y")
    assert rc == 0, out + err
    conf = host.read("/etc/bansho/bansho.conf")
    assert "# the owner's words\n" in conf and "mail = taro@beta.example } # keep\n" in conf and 'name = "The \\"Host\\""' in conf
    timers = "systemctl is-enabled bansho-check.timer bansho-queue-size.timer bansho-expire.timer"
    assert host.exec(timers)[1] == "enabled\n" * 3
    again = host.exec_ok(ETC)
    assert host.bansho("setup", *answers, "-y")[0] == 0 and host.exec_ok(ETC) == again
    assert host.bansho("undo", "-y")[0] == 0 and host.exec_ok(ETC) == before and host.exec(timers)[1] == "disabled\n" * 3
    # As a program does it: what is set is told, what is refused too, and what was set is taken out again; no address of a webhook is ever shown.
    said = lambda *args: valid(host.bansho("setup", *args, "--json")[1])
    assert said()["set"] | {"nightly": 0, "queue": 0} == dict(office=None, admin="taro@beta.example", command=None, webhook=None, provider=None, contact=None, contract=None, nightly=0, queue=0)
    assert said("--contract", "A-2")["result"] == "refused" and host.exec_ok(ETC) == before
    done = said("--contract", "A-2", "--webhook", "https://alpha.example/hook.php?secret=Hush", "-y")
    assert (done["result"], done["set"]["contract"], done["set"]["webhook"]) == ("applied", "A-2", "(secret)") and "Hush" not in str(done), done
    assert host.exec_ok("stat -c %a:%U:%G /etc/bansho/bansho.conf") == "640:root:bansho\n"
    gone = said("--contract", "-", "--webhook", "-", "-y")
    assert (gone["result"], gone["set"]["contract"], gone["set"]["webhook"]) == ("applied", None, None) and "Hush" not in str(gone), gone
    assert host.read("/etc/bansho/bansho.conf") == "# the owner's words\nmail { full-names = yes }\nnotify { mail = taro@beta.example } # keep\n"
    assert said("--contract", "-", "-y")["result"] == "nothing-to-do"
