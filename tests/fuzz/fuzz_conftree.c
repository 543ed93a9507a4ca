#include "conftree/conftree.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Places lie in the text, in order, the ones inside within the ones around them. */
static void look(const struct conftree *t, const struct conf_node *in, unsigned depth)
{
    size_t n = conftree_text(t).n, at = in ? in->begin : 0;
    for (const struct conf_node *c = NULL; (c = conftree_child(t, in, c));) {
        assert(c->begin >= at && c->end >= c->begin && c->end <= n && c->line >= 1 && c->last_line >= c->line);
        assert(c->value_end >= c->value_begin && c->value_end <= n);
        assert(!in || c->end <= in->end || !in->closed);
        at = c->begin;
        if (depth < 200)
            look(t, c, depth + 1);
    }
}

static const struct conf_node *some(const struct conftree *t, unsigned number)
{
    const struct conf_node *first = conftree_child(t, NULL, NULL);
    if (!first)
        return NULL;
    const struct conf_node *last = first;
    for (const struct conf_node *c = NULL; (c = conftree_child(t, NULL, c));)
        last = c;
    return first + number % (unsigned)(last->last + 1);
}

/* What an edit says is so: the value stands there, or the text is as before. */
static void edit(struct conftree *t, struct str before, unsigned number, unsigned what)
{
    static const struct str values[] = {STR("x"), STR("a b"), STR(""), STR("\"q\""), STR("{"), STR("y; z"), STR("# no"), STR("\\")};
    const struct conf_node *node = some(t, number);
    struct str value = values[what / 8 % ARRAY_SIZE(values)];
    int r = 0;
    switch (what % 5) {
    case 0: r = node ? conftree_set_node(t, node, value, NULL) : 0; break;
    case 1: r = node ? conftree_remove(t, node, NULL) : 0; break;
    case 2: r = node ? conftree_comment(t, node, NULL) : 0; break;
    case 3: r = conftree_add_section(t, NULL, "sec", "arg", NULL); break;
    case 4: {
        const struct conf_node *in = node && node->kind == CONF_SECTION ? node : NULL;
        r = conftree_set(t, in, "fuzz", value, NULL);
        break;
    }
    }
    assert(r > 0 || str_eq(conftree_text(t), before));
    look(t, NULL, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 3 || size > 65536)
        return 0;
    struct str text = str_span((const char *)data + 3, size - 3);
    for (size_t i = 0; conf_grammar_name(i); i++) {
        struct conftree *t = NULL;
        assert(conftree_open(conf_grammar(conf_grammar_name(i)), "f", text, &t, NULL) == 0);
        assert(str_eq(conftree_text(t), text));
        look(t, NULL, 0);
        edit(t, text, data[0] | (unsigned)data[1] << 8, data[2]);
        conftree_free(t);
    }
    return 0;
}
