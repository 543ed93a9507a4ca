#include "queue/index.h"
#include "base/cursor.h"
#include "base/hash.h"
#include "queue/look.h"
#include <unistd.h>

#define ROWS_MAX (100u << 20)
#define ROW_MAX (64u << 10)   /* a row is larger only where every field is at its longest: it is not kept */
#define FLUSH_AT (1u << 20)
#define BITS_MIN 4
#define BITS_MAX 30

static uint32_t hash_of(struct str id)
{
    uint64_t h = hash_add(HASH_BEGIN, id);
    return (uint32_t)(h ^ h >> 32);
}

bool index_of(struct str bytes, const struct index_owner *owner, struct index *ret)
{
    struct cursor c = cursor_of(str_from(bytes, sizeof INDEX_MAGIC - 1));
    if (bytes.n < INDEX_HEADER || memcmp(bytes.p, INDEX_MAGIC, sizeof INDEX_MAGIC - 1) != 0)
        return false;
    uint64_t device = cursor_u64(&c), inode = cursor_u64(&c), boot = cursor_u64(&c), table = cursor_u64(&c), rows = cursor_u64(&c);
    uint32_t bits = cursor_u32(&c);
    if (device != owner->device || inode != owner->inode || boot != owner->boot || bits < BITS_MIN || bits > BITS_MAX || table < INDEX_HEADER || table % 8 || table > bytes.n)
        return false;
    if (bytes.n - table != (uint64_t)4 << bits)
        return false;
    *ret = (struct index){.bytes = bytes, .bits = bits, .rows = rows, .next = INDEX_HEADER, .table = table};
    return true;
}

/* The row at that place, where it is this message's. *ret_next: the place behind it. */
static bool row_at(const struct index *x, uint64_t at, struct str id, struct str *ret, uint64_t *ret_next)
{
    if (at < INDEX_HEADER || at >= x->table)
        return false;
    struct cursor c = cursor_of(str_span(x->bytes.p + at, x->table - at));
    struct str row = cursor_str(&c);
    if (c.bad || row.n > ROW_MAX)
        return false;
    struct cursor in = cursor_of(row);
    struct str name = cursor_str(&in);
    if (in.bad || !str_eq(name, id))
        return false;
    *ret = row;
    *ret_next = (at + 4 + row.n + 7) & ~UINT64_C(7);
    return true;
}

static bool row_of(const struct index *x, struct str id, struct str *ret, uint64_t *ret_next)
{
    uint32_t mask = (uint32_t)((UINT64_C(1) << x->bits) - 1);
    if (row_at(x, x->next, id, ret, ret_next)) /* mostly the directories have their names in the same order as last time */
        return true;
    for (uint32_t i = hash_of(id), steps = 0; steps < 64; i++, steps++) {
        struct cursor c = cursor_of(str_span(x->bytes.p + x->table + (uint64_t)4 * (i & mask), 4));
        uint64_t at = (uint64_t)cursor_u32(&c) * 8;
        if (!at)
            return false;
        if (row_at(x, at, id, ret, ret_next))
            return true;
    }
    return false;
}

bool index_row(struct index *x, struct str id, uint64_t inode, struct arena *a, struct message *ret)
{
    struct str row;
    struct message m;
    if (!x->bytes.n || !row_of(x, id, &row, &x->next))
        return false;
    if (!message_get(row, a, &m) || m.inode != inode || m.condition != MESSAGE_SOUND || m.to.n > SPOOL_FIRST_RECIPIENTS)
        return false;
    *ret = m;
    return true;
}

struct index_writer index_writer_begin(int fd)
{
    struct index_writer w = {.fd = fd, .out = BUF(FLUSH_AT * 2), .at = INDEX_HEADER, .arena = fd >= 0 ? arena_new((size_t)1 << 31) : NULL};
    static const char header[INDEX_HEADER];
    buf_add(&w.out, header, sizeof header);
    return w;
}

static void flush(struct index_writer *w)
{
    if (w->out.full || fd_write_all(w->fd, buf_str(&w->out)) < 0)
        w->fd = -1;
    buf_reset(&w->out);
}

void index_add(struct index_writer *w, const struct message *m)
{
    struct message kept = *m;
    struct str id = str_of(kept.id);
    if (w->fd < 0 || w->at / 8 >= UINT32_MAX - ROW_MAX || w->places.n >= ROWS_MAX)
        return;
    if (kept.to.n > SPOOL_FIRST_RECIPIENTS)
        kept.to.n = SPOOL_FIRST_RECIPIENTS;
    _cleanup_(buf_free) struct buf row = BUF(ROW_MAX);
    message_put(&row, &kept);
    if (row.full)
        return;
    *list_push(w->arena, &w->places) = (struct index_place){hash_of(id), (uint32_t)(w->at / 8)};
    buf_put_str(&w->out, buf_str(&row));
    w->at += 4 + row.n;
    for (; w->at % 8; w->at++)
        buf_addc(&w->out, '\0');
    if (w->out.n >= FLUSH_AT)
        flush(w);
}

static uint32_t bits_for(size_t n)
{
    uint32_t bits = BITS_MIN;
    while ((UINT64_C(1) << bits) < n * 2 && bits < BITS_MAX)
        bits++;
    return bits;
}

static void put_table(struct index_writer *w, uint32_t bits)
{
    uint32_t mask = (uint32_t)((UINT64_C(1) << bits) - 1), *table = arena_zalloc(w->arena, (size_t)4 << bits);
    for (size_t k = 0; k < w->places.n; k++) {
        uint32_t i = w->places.v[k].hash & mask;
        while (table[i])
            i = (i + 1) & mask;
        table[i] = w->places.v[k].at;
    }
    for (uint64_t i = 0; i <= mask; i++) {
        buf_put_u32(&w->out, table[i]);
        if (w->out.n >= FLUSH_AT)
            flush(w);
    }
    flush(w);
}

bool index_end(struct index_writer *w, const struct index_owner *owner)
{
    _cleanup_(buf_free) struct buf header = BUF(INDEX_HEADER);
    uint32_t bits = bits_for(w->places.n);
    if (w->fd < 0)
        return false;
    put_table(w, bits);
    buf_addz(&header, INDEX_MAGIC);
    buf_put_u64(&header, owner->device);
    buf_put_u64(&header, owner->inode);
    buf_put_u64(&header, owner->boot);
    buf_put_u64(&header, w->at);
    buf_put_u64(&header, w->places.n);
    buf_put_u32(&header, bits);
    return w->fd >= 0 && pwrite(w->fd, header.p, header.n, 0) == (ssize_t)header.n;
}

void index_writer_free(struct index_writer *w)
{
    buf_free(&w->out);
    arena_free(w->arena);
    *w = (struct index_writer){.fd = -1};
}
