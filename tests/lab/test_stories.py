"""One planted fault for each check: exactly the findings that the story names differ from the reviewed list (sound.json).

A story is a row: what a person would say, what is done to the server, what must change. Faults that no file shows (a stopped process, an address that a filter
lets through) stand beside those that a file does: a check that only reads files would miss them.
"""
import pytest

from conftest import diff_states, reviewed

ALPHA = "/var/www/alpha.example"
BOTH, ONCE = True, False # on Debian 13 too, or not

# name: (what happened, shell program that does it, {(check, object): state}, BOTH or ONCE)
STORIES = {
    "empty-password": ("an account has no password", "passwd -d webmaster", {("account.empty-or-default", "webmaster"): "fail", ("account.empty-or-default", ""): None,
                       ("account.password-age", "webmaster"): "warn"}, BOTH),
    "database-open": ("the database's administrator has an empty password", "mysql -e \"ALTER USER root@localhost IDENTIFIED BY ''\"", {("account.empty-or-default", "mysql"): "fail"}, BOTH),
    "second-root": ("an intruder made himself a second root", "useradd -o -u 0 -M -s /bin/bash sysadm; echo sysadm:Qm-93x-pL7 | chpasswd",
                    {("account.empty-or-default", "sysadm"): "fail", ("account.password-age", "sysadm"): "ok"}, ONCE),
    "old-password": ("a password is from years ago", "chage -d 2023-01-10 webmaster",
                     {("account.password-age", "webmaster"): "warn", ("account.unused", "webmaster"): "unknown"}, ONCE),
    "filter-off": ("the packet filter was switched off for good", "systemctl disable --now nftables; nft flush ruleset",
                   {("firewall.present", "ipv4"): "fail", ("firewall.present", "ipv6"): "fail", ("firewall.present", "boot"): "fail"}, BOTH),
    "filter-flushed": ("somebody flushed the rules: the file looks right, the kernel has nothing", "nft flush ruleset",
                       {("firewall.present", "ipv4"): "fail", ("firewall.present", "ipv6"): "fail"}, ONCE),
    "filter-no-ipv6": ("the filter is for IPv4 only", "nft flush ruleset; sed -i 's/table inet filter/table ip filter/; s/, ipv6-icmp//' /etc/nftables.conf; nft -f /etc/nftables.conf",
                       {("firewall.present", "ipv6"): "fail", ("firewall.present", "boot"): "fail"}, ONCE),
    "filter-accepts-all": ("a rule at the end accepts everything", "nft add rule inet filter input accept", {("firewall.present", "ipv4"): "fail", ("firewall.present", "ipv6"): "fail"}, ONCE),
    "log-not-rotated": ("the FTP log grows without end", "rm /etc/logrotate.d/proftpd*", {("log.found", "ftp"): "warn"}, ONCE),
    "log-short": ("web logs are kept for a week", "sed -i 's/rotate [0-9]*/rotate 7/; s/weekly/daily/; s/maxage.*//' /etc/logrotate.d/apache2", {("log.found", "web apache"): "warn"}, ONCE),
    "log-too-much-at-once": ("sshd wrote more at once than journald takes", "mkdir -p /etc/systemd/journald.conf.d; printf '[Journal]\\nRateLimitIntervalSec=1s\\nRateLimitBurst=20\\n' "
                             ">/etc/systemd/journald.conf.d/zz-lab.conf; systemctl restart systemd-journald; "
                             "mkdir -p /run/systemd/system/ssh.service.d; printf '[Service]\\nExecStartPre=/bin/sh -c \"seq 3000 | logger; sleep 2; logger y\"\\n' >/run/systemd/system/ssh.service.d/flood.conf; systemctl daemon-reload; "
                             "systemctl restart ssh; rm /run/systemd/system/ssh.service.d/flood.conf; systemctl daemon-reload; journalctl --sync", {("log.found", "ssh"): "warn"}, ONCE),
    "guard-stopped": ("fail2ban was stopped", "systemctl stop fail2ban", {("service.watchdog", "fail2ban.service"): "warn"} | {("guard.running", s): "fail" for s in ("ssh", "submission", "imap", "pop3", "ftp")}, BOTH),
    "guard-blind": ("the guard runs, but nobody watches FTP", "printf '[proftpd]\\nenabled = false\\n' >/etc/fail2ban/jail.d/zz-local.local; systemctl restart fail2ban",
                    {("guard.running", "ftp"): "fail"}, ONCE),
    "guard-reads-old-log": ("rsyslog was taken away, sshd goes on in the journal: the guard waits for an old file", "systemctl stop rsyslog; touch -d '3 days ago' /var/log/auth.log",
                            {("guard.running", "ssh"): "fail"}, ONCE),
    "no-automatic-updates": ("automatic updates are off", "printf 'APT::Periodic::Update-Package-Lists \"1\";\\nAPT::Periodic::Unattended-Upgrade \"0\";\\n' >/etc/apt/apt.conf.d/20auto-upgrades",
                             {("update.automatic", ""): "fail"}, ONCE),
    "old-library": ("a service still runs a library that was replaced",
                    "lib=$(readlink -f /usr/lib/x86_64-linux-gnu/libz.so.1); cp $lib $lib.new; mv $lib.new $lib", {("update.pending", "services"): "warn"}, ONCE),
    "end-of-life": ("the system gets no more updates", "sed -i 's/VERSION_ID=.*/VERSION_ID=\"9\"/; s/bookworm/stretch/g; s/12/9/' /etc/os-release", {("update.end-of-life", ""): "fail", ("update.end-of-life", "MariaDB 10.11"): "fail", ("update.end-of-life", "PHP 8.2"): "warn"}, ONCE),
    "service-dead": ("the FTP server died", "systemctl kill -s KILL proftpd; sleep 1; systemctl stop proftpd", {("service.answers", "ftp"): "fail", ("service.watchdog", "proftpd.service"): "warn"}, BOTH),
    "not-brought-back": ("nothing brings the mail server for reading back", "rm -r /etc/systemd/system/dovecot.service.d; systemctl daemon-reload",
                         {("service.watchdog", "dovecot.service"): "warn"}, BOTH),
    "dies-again-and-again": ("the web server was killed three times", "for i in 1 2 3; do systemctl kill -s KILL nginx; sleep 1; for n in $(seq 200); do systemctl is-active -q nginx && break; sleep 0.1; done; done",
                             {("service.watchdog", "nginx.service"): "warn"}, ONCE),
    "watched-by-monit": ("monit looks after a service instead of systemd", "rm -r /etc/systemd/system/nginx.service.d; systemctl daemon-reload; mkdir -p /etc/monit; "
                         "printf 'check process nginx with pidfile /run/nginx.pid\\n  start program = \"/usr/bin/systemctl start nginx\"\\n' >/etc/monit/monitrc; chmod 600 /etc/monit/monitrc", {}, ONCE),
    "service-frozen": ("the database hangs: its port is open, its unit is active, it says nothing", "pkill -STOP -x mariadbd", {("service.answers", "mysql"): "fail", ("account.empty-or-default", "mysql"): "unknown"}, ONCE),
    "git-in-site": ("the site's whole history can be downloaded",
                    f"mkdir -p {ALPHA}/.git; echo 'ref: refs/heads/main' >{ALPHA}/.git/HEAD; printf '[core]\\n\\tbare = false\\n' >{ALPHA}/.git/config; chmod -R a+rX {ALPHA}/.git",
                    {("site.exposed", "alpha.example"): None, ("site.exposed", "alpha.example/.git"): "fail"}, BOTH),
    "dump-in-site": ("a database dump lies in the site", f"echo 'CREATE TABLE wp_users (id int);' >{ALPHA}/backup.sql",
                     {("site.exposed", "alpha.example"): None, ("site.exposed", "alpha.example/backup.sql"): "fail"}, ONCE),
    "old-copy": ("a forgotten copy of WordPress", f"mkdir -p {ALPHA}/old/wp-includes; echo '<?php $wp_version = 4.7;' >{ALPHA}/old/wp-includes/version.php",
                 {("site.inventory", "alpha.example/old WordPress"): "ok"}, ONCE),
    "certificate-self-made": ("a site shows a certificate that somebody made himself", "cd /etc/ssl/lab && openssl req -x509 -newkey rsa:2048 -nodes -keyout /etc/ssl/lab/old.key -out /etc/ssl/lab/old.pem -days 1 -subj /CN=alpha.example "
                            "-addext subjectAltName=DNS:alpha.example,DNS:www.alpha.example && sed -i 's#/etc/ssl/lab/server.pem#/etc/ssl/lab/old.pem#; s#/etc/ssl/lab/server.key#/etc/ssl/lab/old.key#' "
                            "/etc/apache2/sites-enabled/alpha.example.conf && systemctl reload apache2", {("site.tls", "alpha.example"): "fail"}, BOTH),
}


def told(name, host, suite):
    words, program, changes, _ = STORIES[name]
    rc, out, err = host.run(["sh", "-ec", program])
    assert rc == 0, f"{words}: {err}{out}"
    assert diff_states(reviewed(suite), host.states()) == changes, words


@pytest.mark.parametrize("name", [name for name, story in STORIES.items() if not story[3]])
def test_story(name, host, suite):
    told(name, host, suite)


@pytest.mark.trixie
@pytest.mark.parametrize("name", [name for name, story in STORIES.items() if story[3]])
def test_story_on_both(name, host, suite):
    told(name, host, suite)
