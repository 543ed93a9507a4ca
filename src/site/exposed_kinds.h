/* exposed_kinds.h: what must not be fetched from a web site, how it is recognised on the disk and how an answer proves that it was sent. Rows only: a new kind
   is a new row. No I/O. */
#pragma once
#include "model/check.h"

enum exposed_proof {
    PROOF_CONTENT, /* the answer begins as the file does */
    PROOF_PHPINFO, /* the page that phpinfo() writes */
    PROOF_LISTING, /* a list of the directory's files */
    PROOF_PAGE,    /* a page of its own, not the site's answer to everything */
};

enum exposed_id { EXPOSED_HISTORY, EXPOSED_SECRET, EXPOSED_CONFIG, EXPOSED_DUMP, EXPOSED_COPY, EXPOSED_INSTALLER, EXPOSED_PHPINFO, EXPOSED_LOG, EXPOSED_SOURCE, EXPOSED_LISTING, EXPOSED_ARCHIVE, EXPOSED_COUNT };

struct exposed_kind {
    enum state state;
    enum severity severity;
    enum exposed_proof proof;
    bool move;              /* moving the file out of the way is what to do */
    const char *title;      /* N_(), with %s for site and path */
    const char *impact;     /* N_() */
};
extern const struct exposed_kind exposed_kinds[EXPOSED_COUNT]; /* the gravest first */

/* What a file's name alone says, `depth` directories below the document root (0: in it). EXPOSED_COUNT: nothing.
   *ret_look: the content decides (exposed_content). */
enum exposed_id exposed_name(const char *name, unsigned depth, bool *ret_look) PARSER(exposed_kinds);
/* What its beginning says, for those. `tail`: its end (a zip archive lists its files there), or empty. */
enum exposed_id exposed_content(enum exposed_id by_name, const char *name, unsigned depth, struct str head, struct str tail, uint64_t size) PARSER(exposed_kinds);
/* Does this answer prove it? `head` and `size` as on the disk; the control is the site's answer to a name that does not exist. */
struct exposed_answer {
    int status;
    int64_t length;
    struct str type, body; /* the body's beginning */
};
bool exposed_proved(enum exposed_proof proof, struct str head, uint64_t size, const struct exposed_answer *a, const struct exposed_answer *control) PARSER(exposed_kinds);
