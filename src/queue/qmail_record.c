#include "queue/qmail_record.h"
#include "base/addr.h"

static void on_recipient(struct message *m, struct arena *a, struct str address, size_t keep)
{
    if (m->recipients >= MESSAGE_RECIPIENTS_MAX) {
        m->more = true;
        return;
    }
    m->recipients++;
    if (m->to.n < keep)
        *list_push(a, &m->to) = message_keep(a, address, MESSAGE_TEXT_MAX);
}

static void on_sender(struct message *m, struct arena *a, struct str address)
{
    if (m->sender_known && str_eq(m->sender, address))
        return;
    if (m->sender_known)
        m->condition = MESSAGE_DAMAGED; /* two of them */
    m->sender = message_keep(a, address, MESSAGE_TEXT_MAX);
    m->sender_known = true;
}

void qmail_take_envelope(struct message *m, struct arena *a, struct str file, bool cut, size_t keep)
{
    m->more |= cut;
    while (file.n) {
        ptrdiff_t end = str_find(file, '\0');
        if (end <= 0) {
            if (end == 0 || !cut)
                m->condition = MESSAGE_DAMAGED;
            break;
        }
        struct str text = str_span(file.p + 1, (size_t)end - 1);
        switch (file.p[0]) {
        case 'F':
            on_sender(m, a, text);
            break;
        case 'T':
            on_recipient(m, a, text, keep);
            break;
        case 'D':
            m->done += m->done < MESSAGE_RECIPIENTS_MAX;
            break;
        case 'u':
        case 'p':
            break;
        default:
            m->condition = MESSAGE_DAMAGED;
            return;
        }
        file = str_from(file, (size_t)end + 1);
    }
}

static ptrdiff_t last_of(struct str s, char c)
{
    for (size_t i = s.n; i-- > 0;)
        if (s.p[i] == c)
            return (ptrdiff_t)i;
    return -1;
}

/* "HOST (HELO name) (info@192.0.2.1)", and below it "  by us with ESMTPA; date". qmail-smtpd writes no brackets or blanks of its client's (received.c: safeput). With an
   authenticating qmail-smtpd info is who logged in, and the protocol ends with A (RFC 3848); else it is what the client's ident server said, which proves nothing. */
static void take_received(struct message *m, struct arena *a, struct str first, struct str second)
{
    struct str host = str_span(first.p, (size_t)(str_find(first, ' ') < 0 ? 0 : str_find(first, ' ')));
    ptrdiff_t open = last_of(first, '('), close = last_of(first, ')');
    if (open < 0 || close < open)
        return;
    struct str inside = str_span(first.p + open + 1, (size_t)(close - open - 1));
    ptrdiff_t at = last_of(inside, '@'), with = str_search(second, STR(" with "));
    struct str info = str_span(inside.p, at < 0 ? 0 : (size_t)at), address = str_from(inside, (size_t)(at + 1)), protocol = str_from(second, with < 0 ? second.n : (size_t)with + 6);
    struct addr client;
    if (!addr_parse(address, &client))
        return;
    m->client = message_keep(a, address, MESSAGE_TEXT_MAX);
    if (!str_eq(host, STR("unknown")))
        m->client_name = message_keep(a, host, MESSAGE_TEXT_MAX);
    ptrdiff_t end = str_find(protocol, ';');
    protocol = str_span(protocol.p, end < 0 ? protocol.n : (size_t)end);
    if (info.n && str_starts(protocol, STR("ESMTP")) && str_ends(protocol, STR("A")))
        m->account = message_keep(a, info, MESSAGE_TEXT_MAX);
}

void qmail_take_head(struct message *m, struct arena *a, struct str head)
{
    struct str line, next;
    if (!str_line(&head, &line) || !str_starts(line, STR("Received: (qmail ")))
        return; /* qmail-queue did not write it: nothing in it is known to be true */
    bool network = str_search(line, STR(" invoked from network); ")) >= 0, by_user = str_search(line, STR(" invoked by uid ")) >= 0;
    struct str below = head;
    if (network && str_line(&below, &line) && str_starts(line, STR("Received: from ")) && str_line(&below, &next))
        take_received(m, a, str_from(line, 15), next);
    while (str_line(&head, &line) && str_trim(line).n)
        message_header(m, a, line);
    if (!by_user) /* whoever sends over the network writes these as he likes */
        m->script = m->site = (struct str){0};
}
