"""update.pending: what waits is really installed, from an archive inside the server, and taken back; an update that breaks a service goes back by itself.

All stories share one server. Its packages: lab-note (wants lab-extra from version 2 on), lab-lib (came by itself), lab-web (a service of its own, HTTP on 8880).
"""
import pytest

# mk NAME VERSION [DEPENDS [POSTINST]]: a package with a setting, and what lies in /root/more. publish: the archive is as it is now; apt knows.
TOOLS = r"""
mk() {
    d=$(mktemp -d); mkdir -p $d/DEBIAN $d/usr/share/$1 $d/etc
    echo "$2" >$d/usr/share/$1/version; echo "setting of $2" >$d/etc/$1.conf; echo /etc/$1.conf >$d/DEBIAN/conffiles
    printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: lab <lab@lab.example>\nDescription: lab\n' "$1" "$2" >$d/DEBIAN/control
    [ -z "$3" ] || echo "Depends: $3" >>$d/DEBIAN/control
    [ -z "$4" ] || { printf '#!/bin/sh\n%s\n' "$4" >$d/DEBIAN/postinst; chmod 755 $d/DEBIAN/postinst; }
    [ ! -d /root/more ] || cp -a /root/more/. $d/
    dpkg-deb -Zgzip -b --root-owner-group $d /srv/archive/ >/dev/null; rm -r $d
}
publish() {
    cd /srv/archive; : >Packages
    for f in *.deb; do
        dpkg-deb -f $f >>Packages; printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' $f $(stat -c %s $f) $(sha256sum $f | cut -d' ' -f1) >>Packages
    done
    printf 'Label: Debian-Security\nSuite: lab-security\nDate: %s\nSHA256:\n %s %s Packages\n' "$(LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S UTC')" \
        $(sha256sum Packages | cut -d' ' -f1) $(stat -c %s Packages) >Release
    apt-get -qq update
}
restart='systemctl daemon-reload; systemctl restart lab-web'
"""

BEGIN = r"""
mkdir -p /srv/archive; echo 'deb [trusted=yes] copy:/srv/archive ./' >/etc/apt/sources.list
mk lab-note 1:1.0; mk lab-lib 1.0
mkdir -p /root/more/lib/systemd/system /root/more/usr/share/lab-web
printf '[Service]\nExecStart=/usr/bin/python3 /usr/share/lab-web/serve\n[Install]\nWantedBy=multi-user.target\n' >/root/more/lib/systemd/system/lab-web.service
cat >/root/more/usr/share/lab-web/serve <<'END'
import http.server
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "3"); self.end_headers(); self.wfile.write(b"ok\n")
    do_HEAD = do_GET
http.server.HTTPServer(("127.0.0.1", 8880), Page).serve_forever()
END
mk lab-web 1.0 '' "$restart"; rm -r /root/more
publish
apt-get -qq -y install lab-note lab-lib lab-web >/dev/null 2>&1
apt-mark auto lab-lib; systemctl enable lab-web; apt-get clean
"""


@pytest.fixture(scope="module")
def server(patients):
    host = patients("bookworm")
    archive(host, BEGIN)
    return host


def archive(host, program):
    host.exec_ok(["sh", "-ec", TOOLS + program])


def picture(host):
    """What the packages are, and their files."""
    return host.exec_ok("dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n' 'lab-*' | grep ii; apt-mark showauto | grep ^lab-; cat /etc/lab-*.conf; "
                        "find /etc/lab-*.conf /usr/share/lab-* /lib/systemd/system/lab-* -type f -printf '%p %m %u %T@ ' -exec sha256sum {} +; ls -d /var/lib/bansho/packages-* 2>/dev/null; true")


def state(host, object=""):
    return host.states("update.pending")[("update.pending", object)]


def page(host):
    return host.exec("curl -s -m 3 http://127.0.0.1:8880/")[1]


def fix(host, *options):
    rc, out, err = host.bansho("fix", "update.pending", "", *options)
    return rc, " ".join(out.split()), out + err


def test_updates_are_installed_and_taken_back(server):
    assert state(server) == "ok"
    archive(server, "mk lab-note 1:2.0 lab-extra; mk lab-extra 0.5; mk lab-lib 1.1; echo '# mine' >>/etc/lab-lib.conf; publish")
    before = picture(server)
    assert state(server) == "fail"
    rc, said, all = fix(server, "--plan")
    assert rc == 0 and "lab-note 1:1.0 -> 1:2.0 (security)" in said and "lab-extra 0.5 comes along newly" in said, all
    assert picture(server) == before
    rc, said, all = fix(server, "-y")
    assert rc == 0 and "Setting up lab-note (1:2.0)" in all, all
    now = picture(server)
    assert "lab-note 1:2.0" in now and "lab-extra 0.5" in now and "# mine" in now and state(server) == "ok", now
    assert server.exec_ok("apt-mark showauto | grep ^lab-").split() == ["lab-extra", "lab-lib"]
    rc, said, all = fix(server, "-y")
    assert rc == 0 and "nothing to do" in said, all
    rc, out, err = server.bansho("undo", "-y")
    assert rc == 0, out + err
    assert picture(server).splitlines() == before.splitlines() and state(server) == "fail"


@pytest.mark.long
def test_what_somebody_installed_since_is_not_taken_back(server):
    assert fix(server, "-y")[0] == 0
    archive(server, "mk lab-lib 1.2; publish; apt-get -qq -y -o Dpkg::Options::=--force-confold install lab-lib >/dev/null 2>&1")
    before = picture(server)
    rc, out, err = server.bansho("undo", "-y")
    assert rc == 4 and "lab-lib:all" in out + err and "1.2" in out + err, out + err
    assert picture(server) == before


BAD = {
    "stops its service": "mk lab-web 2.0 '' 'systemctl stop lab-web'",
    "stops another service": "mk lab-web 2.0 '' 'systemctl stop nginx'",
    "its script fails": "mk lab-web 2.0 '' 'systemctl stop lab-web; exit 1'",
    "does not answer": "mkdir -p /root/more/usr/share; cp -a /usr/share/lab-web /root/more/usr/share/; mkdir -p /root/more/lib/systemd/system; cp /lib/systemd/system/lab-web.service /root/more/lib/systemd/system/; "
                       "printf 'import socket, time\\ns = socket.create_server((\"127.0.0.1\", 8880))\\ntime.sleep(9999)\\n' >/root/more/usr/share/lab-web/serve; mk lab-web 2.0 '' \"$restart\"; rm -r /root/more",
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=() if n == "stops another service" else pytest.mark.long) for n in BAD])
def test_a_bad_update_goes_back_by_itself(name, server):
    web = "mkdir -p /root/more/usr/share/lab-web /root/more/lib/systemd/system; cp -a /usr/share/lab-web/serve /root/more/usr/share/lab-web/; cp -a /lib/systemd/system/lab-web.service /root/more/lib/systemd/system/; "
    program = BAD[name] if name == "does not answer" else web + BAD[name] + "; rm -r /root/more"
    archive(server, program + "; publish")
    try:
        before = picture(server)
        assert page(server) == "ok\n"
        rc, said, all = fix(server, "-y")
        assert rc == 1 and "Everything was rolled back" in said, all
        assert picture(server) == before
        server.wait(lambda: page(server) == "ok\n", "the service does not answer")
        assert server.exec_ok("systemctl is-active nginx").strip() == "active"
        assert state(server) == "fail"
    finally:
        archive(server, "rm -f /srv/archive/lab-web_2*; publish")


@pytest.mark.long
def test_a_package_whose_old_version_is_gone(server):
    archive(server, "mk lab-note 1:9.0; rm /srv/archive/lab-lib_*; mk lab-lib 9.0; publish; apt-get clean")
    note = server.exec_ok("dpkg-query -W lab-note")
    rc, said, all = fix(server, "--plan")
    assert rc == 0 and "-> 9.0: no archive has the old version" in said and "install 1 update without a way back" in said, all
    rc, said, all = fix(server, "-y")
    assert rc == 0 and state(server) == "ok", all
    rc, out, err = server.bansho("undo", "-y")
    assert rc == 0 and "cannot be taken back" in out + err and "is undone, except for" in out and "everything is as it was" not in out, out + err
    assert server.exec_ok("dpkg-query -W lab-lib").split()[1] == "9.0" and server.exec_ok("dpkg-query -W lab-note") == note
