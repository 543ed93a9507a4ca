/* products.c: the one list of all products, in the order in which they are loaded. A new product: its file, its row here, its test. */
#include "server/server.h"

const struct product *const products[] = {
    NULL,
};
const size_t products_n = ARRAY_SIZE(products) - 1;
