/* login_event.h: what a filter found in a line, as the detectors take it. */
#pragma once
#include "filter/matcher.h"
#include "guard/detect.h"

#define LOGIN_EVENT_ACCOUNT 256 /* bytes of an account's name that are looked at */
/* Of other kinds nothing follows (matcher_options.kinds). fail2ban's filters know failures only, whatever they are. */
#define LOGIN_EVENT_KINDS (1u << EVENT_LOGIN_FAILED | 1u << EVENT_LOGIN_REFUSED | 1u << EVENT_LOGIN_OK | 1u << EVENT_MAIL_ACCEPTED)

/* false: nothing follows from it. Everything but the time is filled in; the account is a view of m's. of: the matcher that found it; where it names a trusted proxy, the client takes its place (guard/proxy.h). */
bool login_event_of(const struct guard_rules *r, const struct matcher *of, const struct matcher_event *m, struct guard_event *ret);
