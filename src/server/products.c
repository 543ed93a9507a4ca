/* products.c: the one list of all products, in the order in which they are loaded. A new product: its file, its row here, its test. */
#include "server/products.h"

const struct product *const products[] = {
    &product_postfix,
    &product_dovecot,
    &product_exim,
    &product_qmail,
    &product_courier,
    &product_plesk,
    &product_openssh,
    &product_apache,
    &product_nginx,
    &product_php,
    &product_proftpd,
    &product_vsftpd,
    &product_pureftpd,
    &product_mysql,
    &product_postgresql,
    &product_bind,
    &product_unbound,
    &product_fail2ban,
    &product_csf,
    &product_docker,
};
const size_t products_n = ARRAY_SIZE(products);
