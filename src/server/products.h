/* products.h: every product's row, defined in the product's own file and listed in products.c. */
#pragma once
#include "server/server.h"

extern const struct product product_openssh, product_apache, product_nginx, product_php, product_proftpd, product_vsftpd, product_pureftpd,
    product_mysql, product_postgresql, product_bind, product_unbound, product_fail2ban, product_csf, product_docker;
extern const struct product product_postfix, product_dovecot, product_exim, product_qmail, product_courier, product_plesk;
