"""mixed_log.py N DIRECTORY: a log of N lines, always the same: sshd, Postfix, Dovecot, ProFTPD, pure-ftpd, cron and Apache's access log in one file (`mixed`), and by what writes
them (`auth`, `mail`, `ftp`, `access`), of which 15 % are failed logins. About twelve lines a second."""
import os, random, sys, time

START = 1_790_000_000
SHARES = (("auth", 0.25), ("mail", 0.45), ("ftp", 0.08), ("cron", 0.07), ("access", 0.15))
EXPRESSION = (r"sshd\[\d+\]: Failed \S+ for (?:invalid user )?\S* from \S+|postfix/\S*smtpd\[\d+\]: warning: \S+\[\S+\]: SASL \S+ authentication failed|"
              r"dovecot: (?:imap|pop3)-login: (?:Disconnected|Aborted login).*\(auth failed|proftpd\[\d+\]: .* - USER \S+.*(?:no such user|Login failed)|"
              r"pure-ftpd: \(\?@\S+\) \[WARNING\] Authentication failed|\"POST /wp-login\.php HTTP/1\.[01]\" 200 ")


def address(r):
    # a few sources are busy, many come once
    n = int(r.paretovariate(0.6)) if r.random() < 0.7 else r.randrange(1, 1 << 30)
    n = n * 2654435761 % (1 << 32)
    return f"{n >> 24 & 127 | 1}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def auth(r, at, ip, failed):
    pid = r.randrange(1000, 60000)
    if failed:
        who = f"invalid user {r.choice(NAMES)}" if r.random() < 0.7 else "root"
        return f"{at} srv sshd[{pid}]: Failed password for {who} from {ip} port {pid} ssh2"
    k = r.random()
    if k < 0.3:
        return f"{at} srv sshd[{pid}]: Connection closed by {ip} port {pid} [preauth]"
    if k < 0.5:
        return f"{at} srv sshd[{pid}]: pam_unix(sshd:session): session opened for user web{pid % 50}(uid=1000) by (uid=0)"
    if k < 0.6:
        return f"{at} srv sshd[{pid}]: Accepted publickey for web{pid % 50} from {ip} port {pid} ssh2: RSA SHA256:{pid:043d}"
    if k < 0.8:
        return f"{at} srv systemd-logind[611]: New session {pid} of user web{pid % 50}."
    return f"{at} srv systemd[1]: Started session-{pid}.scope - Session {pid} of User web{pid % 50}."


NAMES = ["admin", "test", "oracle", "postgres", "git", "ubuntu", "info", "sales", "ftpuser", "mysql"]


def mail(r, at, ip, failed):
    pid, host = r.randrange(1000, 60000), f"mail{r.randrange(900)}.example.com"
    if failed:
        if r.random() < 0.5:
            return f"{at} srv postfix/smtpd[{pid}]: warning: unknown[{ip}]: SASL LOGIN authentication failed: UGFzc3dvcmQ6"
        return (f"{at} srv dovecot: imap-login: Disconnected (auth failed, 1 attempts in 2 secs): user=<{r.choice(NAMES)}@example.jp>, method=PLAIN, "
                f"rip={ip}, lip=192.0.2.1, TLS, session=<{pid}>")
    queue = f"{pid * 7919 & 0xffffffff:08X}{pid % 16:X}"
    k = r.random()
    if k < 0.15:
        return f"{at} srv postfix/smtpd[{pid}]: connect from {host}[{ip}]"
    if k < 0.3:
        return f"{at} srv postfix/smtpd[{pid}]: disconnect from {host}[{ip}] ehlo=2 starttls=1 mail=1 rcpt=1 data=1 quit=1 commands=7"
    if k < 0.42:
        return f"{at} srv postfix/cleanup[{pid}]: {queue}: message-id=<{pid}.{pid}@{host}>"
    if k < 0.54:
        return f"{at} srv postfix/qmgr[801]: {queue}: from=<news{pid}@example.com>, size={pid}, nrcpt=1 (queue active)"
    if k < 0.66:
        return f"{at} srv postfix/smtp[{pid}]: {queue}: to=<a{pid}@example.net>, relay={host}[{ip}]:25, delay=1.2, delays=0.1/0/0.4/0.7, dsn=2.0.0, status=sent (250 2.0.0 OK)"
    if k < 0.76:
        return f"{at} srv postfix/qmgr[801]: {queue}: removed"
    return f"{at} srv dovecot: imap-login: Login: user=<u{pid % 300}@example.jp>, method=PLAIN, rip={ip}, lip=192.0.2.1, mpid={pid}, TLS, session=<{pid}>"


def ftp(r, at, ip, failed):
    pid = r.randrange(1000, 60000)
    if failed:
        if r.random() < 0.5:
            return f"{at} srv proftpd[{pid}]: 192.0.2.1 ({ip}[{ip}]) - USER {r.choice(NAMES)}: no such user found from {ip} [{ip}] to 192.0.2.1:21"
        return f"{at} srv pure-ftpd: (?@{ip}) [WARNING] Authentication failed for user [{r.choice(NAMES)}]"
    return r.choice((f"{at} srv proftpd[{pid}]: 192.0.2.1 ({ip}[{ip}]) - FTP session opened.", f"{at} srv proftpd[{pid}]: 192.0.2.1 ({ip}[{ip}]) - FTP session closed.",
                     f"{at} srv pure-ftpd: (web{pid % 50}@{ip}) [NOTICE] /srv/web{pid % 50}/index.html uploaded  ({pid} bytes, 51.20KB/sec)"))


def cron(r, at, ip, failed):
    pid = r.randrange(1000, 60000)
    return r.choice((f"{at} srv CRON[{pid}]: (root) CMD (command -v debian-sa1 > /dev/null && debian-sa1 1 1)",
                     f"{at} srv CRON[{pid}]: pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", f"{at} srv kernel: [{pid}.{pid}] veth{pid}: renamed from eth0"))


def access(r, at, ip, failed):
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
    if failed:
        return f'{ip} - - [{at}] "POST /wp-login.php HTTP/1.1" 200 4523 "-" "{agent}"'
    page = r.choice((f"GET /products/{r.randrange(10000)}.html", "GET /wp-content/themes/shop/style.css?ver=6.5", "GET /", f"GET /img/{r.randrange(10000)}.webp", "POST /cart/add"))
    return f'{ip} - - [{at}] "{page} HTTP/1.1" {r.choice((200, 200, 200, 304, 404))} {r.randrange(90000)} "https://www.example.jp/" "{agent}"'


def lines(n):
    r, seconds = random.Random(1), float(START)
    kinds, weights = zip(*SHARES)
    makers, last, text = {"auth": auth, "mail": mail, "ftp": ftp, "cron": cron, "access": access}, None, ("", "")
    for _ in range(n):
        seconds += r.expovariate(12)
        if int(seconds) != last:
            last = int(seconds)
            at = time.gmtime(last)
            text = (time.strftime("%b %e %H:%M:%S", at), time.strftime("%d/%b/%Y:%H:%M:%S +0000", at))
        kind = r.choices(kinds, weights)[0]
        failed = kind != "cron" and r.random() < 0.15 / 0.93
        yield kind, makers[kind](r, text[kind == "access"], address(r), failed), failed


def write(n, directory):
    """The number of failures in it. Does nothing where it is there already."""
    done = os.path.join(directory, f"failures.{n}")
    if not os.path.exists(done):
        os.makedirs(directory, exist_ok=True)
        failures = 0
        files = {name: open(os.path.join(directory, name), "w") for name in ("mixed", "auth", "mail", "ftp", "access")}
        for kind, line, failed in lines(n):
            failures += failed
            for name in ("mixed", {"cron": "auth"}.get(kind, kind)):
                files[name].write(line + "\n")
        for f in files.values():
            f.close()
        with open(done, "w") as f:
            f.write(str(failures))
    with open(done) as f:
        return int(f.read())


if __name__ == "__main__":
    print(write(int(sys.argv[1]), sys.argv[2]))
