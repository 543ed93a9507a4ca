#include "queue/evidence.h"
#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* In pieces of `piece` bytes; what comes out does not depend on it. */
static void hand_on(struct str text, bool mbox, bool mask, size_t piece, struct buf *out)
{
    struct evidence e = {.mbox = mbox, .mask = mask, .spared = {STR("leak@alpha.example"), {0}}};
    for (struct str rest = text; rest.n; rest = str_from(rest, piece))
        evidence_take(&e, str_span(rest.p, rest.n < piece ? rest.n : piece), out);
    evidence_end(&e, out);
    assert(!out->full);
}

static void no_separator(struct str out)
{
    struct str line;
    while (str_line(&out, &line))
        assert(!str_starts(line, STR("From ")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = str_span((const char *)data, size);
    const struct evidence none = {0};
    struct buf line = BUF(64u << 20);
    evidence_mask_text(&none, text, &line);
    assert(line.n <= text.n * 4);
    buf_free(&line);
    for (unsigned form = 0; form < 4; form++) {
        bool mbox = form & 1, mask = form & 2;
        struct buf whole = BUF(64u << 20), pieces = BUF(64u << 20);
        hand_on(text, mbox, mask, size ? size : 1, &whole);
        hand_on(text, mbox, mask, 7, &pieces);
        assert(str_eq(buf_str(&whole), buf_str(&pieces)));
        assert(mask || whole.n >= text.n);
        if (mbox)
            no_separator(buf_str(&whole));
        buf_free(&whole);
        buf_free(&pieces);
    }
    return 0;
}
