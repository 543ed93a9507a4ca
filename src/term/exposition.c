#include "term/exposition.h"
#include "term/text.h"

void exposition_family(struct buf *b, const char *name, bool counter, const char *help)
{
    buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, counter ? "counter" : "gauge");
}

/* Text of strangers is made visible first, so that it is UTF-8 without controls; then what the format wants escaped. */
static void put_value(struct buf *b, const char *value)
{
    _cleanup_(buf_free) struct buf seen = BUF(4096);
    text_escape(&seen, str_of(value));
    for (size_t i = 0; i < seen.n; i++) {
        if (seen.p[i] == '"' || seen.p[i] == '\\')
            buf_addc(b, '\\');
        buf_addc(b, seen.p[i]);
    }
}

void exposition_sample(struct buf *b, const char *name, const struct exposition_label labels[], size_t n, int64_t thousandths)
{
    buf_addz(b, name);
    for (size_t i = 0; i < n; i++) {
        buf_printf(b, "%s%s=\"", i ? "," : "{", labels[i].name);
        put_value(b, labels[i].value);
        buf_addc(b, '"');
    }
    buf_addz(b, n ? "} " : " ");
    if (thousandths % 1000)
        buf_printf(b, "%s%lld.%03lld\n", thousandths < 0 ? "-" : "", (long long)(thousandths < 0 ? -thousandths : thousandths) / 1000, (long long)(thousandths < 0 ? -thousandths : thousandths) % 1000);
    else
        buf_printf(b, "%lld\n", (long long)thousandths / 1000);
}
