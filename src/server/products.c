/* products.c: the one list of all products, in the order in which they are loaded. A new product: its file, its row here, its test. */
#include "server/products.h"

const struct product *const products[] = {
    &product_postfix,
    &product_openssh,
    &product_apache,
    &product_nginx,
    &product_php,
};
const size_t products_n = ARRAY_SIZE(products);
