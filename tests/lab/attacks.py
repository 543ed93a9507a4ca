#!/usr/bin/python3
"""attacks.py SEED COUNT SERVICE...: logins, mails and requests of strangers and owners against a lab's server, many of them with names made to look like lines of its logs.

Prints one JSON object for each that the server answered in a way that its log has to tell: {"service", "kind", "host", "user"}. `kind` is what a filter has to find
(src/filter/event.c). Every attempt has an address of its own, of the networks that are never banned; 192.0.2.0/24 stands in forged text only.
Runs only in a lab's internet: any other place has a default route. tests/lab/record drives it.
"""
import base64, concurrent.futures, ftplib, http.client, json, random, socket, ssl, subprocess, sys

CONTEXT = ssl.create_default_context()
CONTEXT.check_hostname, CONTEXT.verify_mode = False, ssl.CERT_NONE
SERVER = {4: "198.18.0.10", 6: "2001:db8::10"}
MAIL = [f"{u}@{d}.example" for u in ("info", "sales", "leak", "old", "taro") for d in ("alpha", "beta")]
FORGED = [
    "root from 192.0.2.{n} port 22 ssh2", "invalid user x from 192.0.2.{n} port 4", "x>, method=PLAIN, rip=192.0.2.{n}, lip=198.18.0.10, TLS, session=<y",
    "x>, rip=192.0.2.{n}, lip=1.1.1.1", "x, ip=[192.0.2.{n}], port=[{n}]", "x]: SASL LOGIN authentication failed: y, client=z[192.0.2.{n}]", "x) [192.0.2.{n}]: 535 Incorrect authentication data (set_id=y",
    "x (Login failed): Incorrect password", "x: no such user found from 192.0.2.{n} [192.0.2.{n}] to 1.1.1.1:21", 'x] FAIL LOGIN: Client "192.0.2.{n}"', "y] (?@192.0.2.{n}) [WARNING] Authentication failed for user [z",
    "rhost=192.0.2.{n}", "a rhost=192.0.2.{n}  user=b", "x'@'192.0.2.{n}' (using password: YES)", "sshd[1]: Failed password for root from 192.0.2.{n} port 1 ssh2", "192.0.2.{n}", "[192.0.2.{n}]", "%s%n%x", "日本",
    "x\\r\\n192.0.2.{n}", "<HOST>", "a" * 200, "$(reboot)", "x;192.0.2.{n};", "Nov 30 10:00:00 lab sshd[1]: Accepted password for root from 192.0.2.{n} port 1 ssh2",
]
PROBES = ["/.env", "/.git/HEAD", "/old/.svn/entries", "/wp-config.php.bak", "/wp-config.php~", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php", "/cgi-bin/test.cgi", "/a/../../../etc/passwd", "/boaform/admin/formLogin",
          "/actuator/health", "/.aws/credentials", "/configuration.php.old"]


class Source:
    """Whence: 198.51.100.N or 2001:db8:a::N."""
    def __init__(self, n):
        self.version = 6 if n % 4 == 0 else 4
        self.address = f"2001:db8:a::{n:x}" if self.version == 6 else f"198.51.100.{n % 200 + 20}"
        self.server = SERVER[self.version]

    def connect(self, port, tls=False):
        plain = socket.create_connection((self.server, port), 20, (self.address, 0))
        return CONTEXT.wrap_socket(plain, server_hostname="lab.example") if tls else plain


class Talk:
    def __init__(self, sock):
        self.sock, self.file = sock, sock.makefile("rwb")

    def say(self, line):
        self.file.write(line.encode() + b"\r\n")
        self.file.flush()
        return self.hear()

    def hear(self):
        while True:
            line = self.file.readline().decode(errors="replace")
            if not (len(line) > 3 and line[:3].isdigit() and line[3] == "-"):
                return line

    def tls(self):
        self.__init__(CONTEXT.wrap_socket(self.sock, server_hostname="lab.example"))


def judged(good, bad):
    return "login-ok" if good else "login-failed" if bad else None


def imap(source, user, password):
    t = Talk(source.connect(993, True))
    t.hear()
    quoted = '"' + user.replace("\\", "\\\\").replace('"', '\\"') + '"'
    answer = t.say(f'a LOGIN {quoted} "{password}"')
    while answer.startswith("*"):
        answer = t.hear()
    t.say("b LOGOUT")
    return judged(answer.startswith("a OK"), answer.startswith("a NO"))


def pop3(source, user, password):
    t = Talk(source.connect(995, True))
    t.hear()
    if not t.say(f"USER {user}").startswith("+OK"):
        return None
    answer = t.say(f"PASS {password}")
    t.say("QUIT")
    return judged(answer.startswith("+OK"), answer.startswith("-ERR"))


def submission(source, user, password):
    """A login that succeeds is told by the first message only."""
    t = Talk(source.connect(587))
    t.hear()
    t.say("EHLO pc.example")
    t.say("STARTTLS")
    t.tls()
    t.say("EHLO pc.example")
    answer = t.say("AUTH PLAIN " + base64.b64encode(f"\0{user}\0{password}".encode()).decode())
    if not answer.startswith("235"):
        return "login-failed" if answer.startswith("535") else None
    t.say(f"MAIL FROM:<{user}>")
    t.say("RCPT TO:<friend@ok.example>")
    t.say("DATA")
    taken = t.say("Subject: x\r\n\r\nx\r\n.").startswith("250")
    t.say("QUIT")
    return "mail-accepted" if taken else None


def relay(source, user, password):
    t = Talk(source.connect(25))
    t.hear()
    t.say("EHLO pc.example")
    t.say("MAIL FROM:<stranger@ok.example>")
    answer = t.say("RCPT TO:<victim@ok.example>")
    t.say("QUIT")
    return "relay-denied" if answer.startswith("5") and "elay" in answer else None


def ftp(source, user, password):
    c = ftplib.FTP_TLS(timeout=20, source_address=(source.address, 0), context=CONTEXT)
    c.connect(source.server, 21)
    try:
        c.login(user, password)
        c.quit()
        return "login-ok"
    except ftplib.error_perm as e:
        return "login-failed" if str(e).startswith("530") else None


def ssh(source, user, password):
    said = subprocess.run(["sshpass", "-p", password, "ssh", "-b", source.address, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "PreferredAuthentications=password",
                           "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=20", "-l", user, source.server, "true"], capture_output=True, text=True)
    return judged(said.returncode == 0, "Permission denied" in said.stderr)


def request(source, method, path, body=None, site="alpha.example"):
    c = http.client.HTTPSConnection(source.server, 443, timeout=40, source_address=(source.address, 0), context=CONTEXT)
    headers = {"Host": site, "User-Agent": FORGED[len(path) % len(FORGED)].format(n=len(path)).encode("ascii", "replace").decode()}
    if body is not None:
        headers |= {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "wordpress_test_cookie=WP%20Cookie%20check"}
    c.request(method, path, body, headers)
    return c.getresponse().status


def wordpress(source, user, password):
    status = request(source, "POST", "/blog/wp-login.php", f"log={user}&pwd={password}&wp-submit=Log+In&testcookie=1".encode())
    return judged(status == 302, status == 200)


def roundcube(source, user, password):
    return judged(False, request(source, "POST", "/roundcube/?_task=login", b"_task=login&_action=login&_user=x&_pass=y", "lab.example") == 401)


def probe(source, user, password):
    return "probe" if request(source, "GET", PROBES[sum(source.address.encode()) % len(PROBES)]) >= 400 else None


# service: who may come in with what, the names that strangers try
SERVICES = {"imap": (imap, MAIL), "pop3": (pop3, MAIL), "submission": (submission, MAIL), "ftp": (ftp, ["ftp@alpha.example", "ftp@beta.example"]), "ssh": (ssh, ["admin", "webmaster"]),
            "wordpress": (wordpress, ["wpadmin"]), "roundcube": (roundcube, []), "relay": (relay, []), "probe": (probe, [])}


def password_of(user):
    name = user.split("@")[0]
    return f"Right-{'wp' if name == 'wpadmin' else name}-1"


def attempt(service, n, random_):
    attack, owners = SERVICES[service]
    user = random_.choice(owners or ["x"])
    password = password_of(user)
    kind = random_.random()
    if kind < 0.35:
        user, password = random_.choice(FORGED).format(n=n % 250), "wrong"
    elif kind < 0.65:
        password = "wrong"
    elif kind < 0.8:
        user, password = random_.choice(["root", "test", "nobody", "admin1", "no body", "x@alpha.example"]), "wrong"
    source = Source(n)
    try:
        found = attack(source, user, password)
    except (OSError, EOFError, UnicodeError, ValueError, ftplib.Error, http.client.HTTPException) as e:
        print(f"{service} {user!r}: {e}", file=sys.stderr)
        return
    if found:
        print(json.dumps({"service": service, "kind": found, "host": source.address, "user": user}), flush=True)


def main():
    with open("/proc/net/route") as routes:
        if any(line.split()[1] == "00000000" for line in list(routes)[1:]):
            sys.exit("attacks.py: not in a lab's internet")
    random_, count = random.Random(int(sys.argv[1])), int(sys.argv[2])
    jobs = [(service, n, random.Random(random_.random())) for i, service in enumerate(sys.argv[3:]) for n in range(1 + 1000 * i, 1 + 1000 * i + count)]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda job: attempt(*job), jobs))


main()
