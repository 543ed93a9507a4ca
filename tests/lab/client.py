#!/usr/bin/python3
"""client.py SERVICE USER PASSWORD [SOURCE] [HOST]: one login as a mail program or a person makes it, from the address SOURCE.

Prints "in", or "refused" and the server's words. TLS is used wherever the server offers it and its certificate is verified.
Runs only in a lab's internet: any other place has a default route.
"""
import ftplib, http.client, imaplib, poplib, smtplib, socket, ssl, subprocess, sys

NAME = "lab.example"


def tls():
    return ssl.create_default_context()


def ftp(user, password, source, host, port=21):
    c = ftplib.FTP_TLS(timeout=15, source_address=source, context=tls())
    c.connect(host, port)
    c.host = NAME
    c.login(user, password)
    c.prot_p()
    c.nlst()


def imap(user, password, source, host, wrapped=False):
    class Imap(imaplib.IMAP4):
        def _create_socket(self, timeout):
            plain = socket.create_connection((host, 993 if wrapped else 143), 15, source)
            return tls().wrap_socket(plain, server_hostname=NAME) if wrapped else plain
    c = Imap(NAME)
    if not wrapped:
        c.starttls(tls())
    c.login(user, password)
    c.select()
    c.logout()


def pop3(user, password, source, host, wrapped=False):
    class Pop(poplib.POP3):
        def _create_socket(self, timeout):
            plain = socket.create_connection((host, 995 if wrapped else 110), 15, source)
            return tls().wrap_socket(plain, server_hostname=NAME) if wrapped else plain
    c = Pop(NAME)
    if not wrapped:
        c.stls(tls())
    c.user(user)
    c.pass_(password)
    c.quit()


def smtp(user, password, source, host, port=587):
    class Smtp(smtplib.SMTP):
        def _get_socket(self, name, port, timeout):
            plain = socket.create_connection((host, port), timeout, source)
            return tls().wrap_socket(plain, server_hostname=NAME) if port == 465 else plain
    c = Smtp(NAME, port, local_hostname="pc.example", timeout=15)
    if port != 465:
        c.starttls(context=tls())
    c.login(user, password)
    c.quit()


def ssh(user, password, source, host):
    said = subprocess.run(["sshpass", "-p", password, "ssh", "-b", source[0], "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
                           "-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1", "-o", "ConnectTimeout=10",
                           f"{user}@{host}", "true"], capture_output=True, text=True)
    if said.returncode:
        raise OSError(said.stderr.strip().splitlines()[-1])


def wordpress(user, password, source, host):
    c = http.client.HTTPSConnection("alpha.example", 443, timeout=20, source_address=source, context=tls())
    c._create_connection = lambda address, timeout, source: socket.create_connection((host, 443), timeout, source)
    c.request("POST", "/blog/wp-login.php", f"log={user}&pwd={password}&wp-submit=Log+In&testcookie=1",
              {"Content-Type": "application/x-www-form-urlencoded", "Cookie": "wordpress_test_cookie=WP%20Cookie%20check"})
    status = c.getresponse().status
    if status != 302:
        raise OSError(f"answer {status}")


SERVICES = {
    "ftp": ftp, "imap": imap, "imaps": lambda *a: imap(*a, wrapped=True), "pop3": pop3, "pop3s": lambda *a: pop3(*a, wrapped=True),
    "smtp": lambda *a: smtp(*a, port=25), "submission": smtp, "submissions": lambda *a: smtp(*a, port=465), "ssh": ssh, "wordpress": wordpress,
}
REFUSALS = (OSError, EOFError, ftplib.Error, imaplib.IMAP4.error, poplib.error_proto, smtplib.SMTPException)


def only_in_a_lab():
    with open("/proc/net/route") as routes:
        if any(line.split()[1] == "00000000" for line in list(routes)[1:]):
            sys.exit("client.py: not in a lab's internet")


def main():
    only_in_a_lab()
    service, user, password, *place = sys.argv[1:]
    source, host = (place + ["198.51.100.7", "198.18.0.10"][len(place):])[:2]
    try:
        SERVICES[service](user, password, (source, 0), host)
        print("in")
    except REFUSALS as e:
        print("refused:", type(e).__name__, e)


if __name__ == "__main__":
    main()
