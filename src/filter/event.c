#include "filter/event.h"
#include "base/i18n.h"
#include "base/macros.h"

#define NEEDS(f) (1ull << EVENT_##f)

const struct event_kind_row event_kinds[EVENT_KINDS] = {
    [EVENT_LOGIN_FAILED] = {"login-failed", N_("a login with a wrong name or password")},
    [EVENT_LOGIN_OK] = {"login-ok", N_("a login that succeeded")},
    [EVENT_LOGIN_REFUSED] = {"login-refused", N_("a login that was refused before anything was tried: there is no such account, or it may not")},
    [EVENT_METHOD_REFUSED] = {"method-refused", N_("one way to log in was turned away (a key that does not fit); others may follow")},
    [EVENT_LOGIN_GIVEN_UP] = {"login-given-up", N_("the server ended the connection after too many attempts, each of which it told before")},
    [EVENT_LOGIN_TRIED] = {"login-tried", N_("a login whose result this log does not tell")},
    [EVENT_LOGOUT] = {"logout", N_("the end of a session")},
    [EVENT_PRIVILEGE] = {"privilege", N_("an account became another one (sudo, su)"), NEEDS(USER)},
    [EVENT_PRIVILEGE_DENIED] = {"privilege-denied", N_("an account wanted to become another one and was not let")},
    [EVENT_MAIL_ACCEPTED] = {"mail-accepted", N_("a message came in: from which client, by which account"), NEEDS(QUEUE)},
    [EVENT_MAIL_QUEUED] = {"mail-queued", N_("a message stands in the queue: its sender, size and number of recipients"), NEEDS(QUEUE) | NEEDS(SENDER)},
    [EVENT_MAIL_TRIED] = {"mail-tried", N_("a delivery begins; session ties its result to it, where that has no queue"), NEEDS(QUEUE) | NEEDS(SESSION)},
    [EVENT_MAIL_DELIVERED] = {"mail-delivered", N_("a recipient has the message")},
    [EVENT_MAIL_DEFERRED] = {"mail-deferred", N_("a recipient does not have the message yet; it will be tried again")},
    [EVENT_MAIL_BOUNCED] = {"mail-bounced", N_("a recipient will not have the message")},
    [EVENT_MAIL_REMOVED] = {"mail-removed", N_("a message left the queue"), NEEDS(QUEUE)},
    [EVENT_MAIL_REJECTED] = {"mail-rejected", N_("a message or a recipient was refused in the dialogue")},
    [EVENT_RELAY_DENIED] = {"relay-denied", N_("somebody wanted to send through this server to others without the right to")},
    [EVENT_TRANSFER] = {"transfer", N_("a file was sent, fetched or deleted"), NEEDS(FILE)},
    [EVENT_REQUEST] = {"request", N_("a request of a web client"), NEEDS(PATH)},
    [EVENT_REQUEST_DENIED] = {"request-denied", N_("a request that the web server did not allow")},
    [EVENT_PROBE] = {"probe", N_("somebody looks for a way in: a scanner, or what no client asks for")},
    [EVENT_QUERY_DENIED] = {"query-denied", N_("a question that the name server does not answer to strangers")},
    [EVENT_CONNECTED] = {"connected", N_("a client connected; what came of it is not told")},
};

const struct event_field_row event_fields[EVENT_FIELDS] = {
    [EVENT_USER] = {"user", N_("the account, as the client named it or the server knows it")},
    [EVENT_SERVICE] = {"service", N_("the part of the server: submission, imap, pop3")},
    [EVENT_METHOD] = {"method", N_("how: password, publickey, PLAIN, POST")},
    [EVENT_SESSION] = {"session", N_("what ties the lines of one session together")},
    [EVENT_TTY] = {"tty", N_("the terminal")},
    [EVENT_RUNAS] = {"runas", N_("the account that somebody became or wanted to become")},
    [EVENT_COMMAND] = {"command", N_("the command that was run")},
    [EVENT_QUEUE] = {"queue", N_("the message's name in the queue")},
    [EVENT_MESSAGE] = {"message", N_("the Message-ID")},
    [EVENT_SENDER] = {"sender", N_("the sender of the envelope; empty: nobody")},
    [EVENT_RCPT] = {"rcpt", N_("the recipient of the envelope")},
    [EVENT_RELAY] = {"relay", N_("the server that the message was given to")},
    [EVENT_SAID] = {"said", N_("the words of the other side, or of the server that refused")},
    [EVENT_STATUS] = {"status", N_("the result as the log has it: sent, 5.1.1")},
    [EVENT_SIZE] = {"size", N_("bytes")},
    [EVENT_NRCPT] = {"nrcpt", N_("the number of recipients")},
    [EVENT_HELO] = {"helo", N_("the name that the client gave itself")},
    [EVENT_SITE] = {"site", N_("the web site")},
    [EVENT_PATH] = {"path", N_("the path that was asked for")},
    [EVENT_CODE] = {"code", N_("the code of the answer: 200, 404, 550")},
    [EVENT_AGENT] = {"agent", N_("the program that the client says it is")},
    [EVENT_FILE] = {"file", N_("the file")},
    [EVENT_DIRECTION] = {"direction", N_("which way the file went, as the log has it: i, o, d (in, out, deleted), UPLOAD, DOWNLOAD, DELETE")},
    [EVENT_QUERY] = {"query", N_("the name that was asked for")},
    [EVENT_FORWARDED] = {"forwarded", N_("for whom a proxy asked, as it says itself (X-Forwarded-For)")},
};

bool event_kind_of(struct str name, enum event_kind *ret)
{
    for (unsigned i = 0; i < EVENT_KINDS; i++) {
        if (!str_eq(str_of(event_kinds[i].name), name))
            continue;
        *ret = (enum event_kind)i;
        return true;
    }
    return false;
}

bool event_field_of(struct str name, enum event_field *ret)
{
    for (unsigned i = 0; i < EVENT_FIELDS; i++) {
        if (!str_eq(str_of(event_fields[i].name), name))
            continue;
        *ret = (enum event_field)i;
        return true;
    }
    return false;
}
