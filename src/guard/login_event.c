#include "guard/login_event.h"
#include "guard/proxy.h"

bool login_event_of(const struct guard_rules *r, const struct matcher *of, const struct matcher_event *m, struct guard_event *ret)
{
    bool sent = m->kind == EVENT_MAIL_ACCEPTED && m->user.n && m->host.n; /* mail servers tell a login that succeeded with the first message only */
    bool refused = m->kind == EVENT_LOGIN_REFUSED, failed = m->kind == EVENT_LOGIN_FAILED || refused;
    if (!failed && m->kind != EVENT_LOGIN_OK && !sent)
        return false;
    struct str user = m->user.p ? m->user : STR("");
    *ret = (struct guard_event){.attempts = m->attempts, .success = !failed, .refused = refused, .account = str_span(user.p, user.n < LOGIN_EVENT_ACCOUNT ? user.n : LOGIN_EVENT_ACCOUNT)};
    ret->addressed = m->addressed;
    ret->address = m->address;
    proxy_event(r, of, m, ret);
    return true;
}
