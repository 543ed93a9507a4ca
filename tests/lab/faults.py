"""faults: what goes wrong on real servers, planted one at a time: rows of name, what a person would say, and how it is done.

Each is a small program for the host's shell, so that a story, the demonstration and a person at the keyboard plant the same.
"""

FAULTS = {
    "relay-465": ("port 465 sends for anybody without a password", """
        # Postfix wants a refusal after what permits, or it does not start: this one is never reached.
        postconf -P submissions/inet/smtpd_relay_restrictions=check_client_access,static:ok,reject submissions/inet/smtpd_client_restrictions=
        postfix reload"""),
    "auth-25": ("port 25 offers a login, so passwords are tried there", """
        postconf -P smtp/inet/smtpd_sasl_auth_enable=yes
        postfix reload"""),
    "no-filter": ("the packet filter was switched off and stays off", """
        systemctl disable --now nftables
        nft flush ruleset"""),
    "git": ("the site's whole history can be downloaded", """
        mkdir -p /var/www/beta.example/.git/objects
        echo 'ref: refs/heads/main' >/var/www/beta.example/.git/HEAD
        printf '[core]\\n\\trepositoryformatversion = 0\\n' >/var/www/beta.example/.git/config
        chown -R beta: /var/www/beta.example/.git"""),
    "no-updates": ("security updates no longer come by themselves", """
        printf 'APT::Periodic::Update-Package-Lists "1";\\nAPT::Periodic::Unattended-Upgrade "0";\\n' >/etc/apt/apt.conf.d/20auto-upgrades"""),
}


def plant(host, *names):
    for name in names:
        host.exec_ok(["sh", "-ec", FAULTS[name][1]])
