/* relay_forms.c: the addresses that mail.relay tries, and what the answers mean. */
#include "mail/relay.h"
#include <stdio.h>

/* %R another server's domain, %X another server's address, %L a domain of this server, %I an address of it, %N a name that nobody has. Senders differ because
   a server may refuse one for its own sake. The addresses of relay-test.invalid and of 198.51.100.25 exist nowhere (RFC 2606, RFC 5737); the second one
   needs no DNS, so that a server which refuses unknown domains still has to say what it thinks of relaying. */
static const struct relay_form templates[] = {
    {0, RELAY_FOREIGN, false, "", "probe@%R"},
    {0, RELAY_FOREIGN, false, "postmaster@%L", "probe@%R"},
    {0, RELAY_FOREIGN, false, "probe@%R", "probe@%R"},
    {0, RELAY_FOREIGN, false, "postmaster@%L", "probe@[%X]"},
    {1, RELAY_FOREIGN, false, "", "@%L:probe@%R"},
    {1, RELAY_BARE, true, "", "%N"},
    {1, RELAY_BARE, false, "", "\"probe@%R\""},
    {1, RELAY_BARE, false, "", "%R!probe"},
    {2, RELAY_LOCAL, true, "", "%N@%L"},
    {2, RELAY_LOCAL, false, "", "probe%%%R@%L"},
    {2, RELAY_LOCAL, false, "", "probe@%R@%L"},
    {2, RELAY_LOCAL, false, "", "\"probe@%R\"@%L"},
    {3, RELAY_LOCAL, false, "", "%R!probe@%L"},
    {3, RELAY_LITERAL, true, "", "%N@[%I]"},
    {3, RELAY_LITERAL, false, "", "probe%%%R@[%I]"},
    {3, RELAY_BARE, false, "", "probe%%%R"},
};

static const char *fill(struct arena *a, const char *template, const char *name, const char *domain, const char *own)
{
    _cleanup_(buf_free) struct buf b = BUF(1000);
    for (const char *p = template; *p; p++) {
        if (*p != '%') {
            buf_addc(&b, *p);
            continue;
        }
        switch (*++p) {
        case 'R': buf_addz(&b, "relay-test.invalid"); break;
        case 'X': buf_addz(&b, "198.51.100.25"); break;
        case 'L': buf_addz(&b, domain); break;
        case 'I': buf_addz(&b, own); break;
        case 'N': buf_addz(&b, name); break;
        default: buf_addc(&b, *p);
        }
    }
    return arena_dup(a, buf_str(&b));
}

size_t relay_forms(struct arena *a, const char *run, const char *domain, const struct addr *own, struct relay_form ret[static RELAY_FORMS])
{
    char text[ADDR_TEXT], name[64], literal[64];
    snprintf(name, sizeof name, "bansho-nobody-%s", run);
    snprintf(literal, sizeof literal, "%s%s", own->v6 ? "IPv6:" : "", addr_text(own, text));
    for (size_t i = 0; i < ARRAY_SIZE(templates); i++) {
        ret[i] = templates[i];
        ret[i].from = fill(a, templates[i].from, name, domain, literal);
        ret[i].to = fill(a, templates[i].to, name, domain, literal);
    }
    return ARRAY_SIZE(templates);
}

void relay_plan(const struct relay_form *forms, size_t n, unsigned session, const char *helo, struct smtp_plan *ret)
{
    *ret = (struct smtp_plan){.helo = helo, .starttls = true};
    for (size_t i = 0; i < n; i++) {
        if (forms[i].session != session)
            continue;
        ret->envelope[ret->envelopes].from = forms[i].from;
        ret->envelope[ret->envelopes++].to = forms[i].to;
    }
}

static bool contains(const char *text, const char *word)
{
    struct str s = str_of(text);
    for (size_t i = 0; i + strlen(word) <= s.n; i++)
        if (str_istarts(str_from(s, i), str_of(word)))
            return true;
    return false;
}

/* A refusal that says nothing about relaying: it is for this client's name or address, for a domain that does not exist, or only for now. */
static bool is_beside_the_point(int code, const char *text)
{
    static const char *const words[] = {
        "cannot find your", "Host not found", "Domain not found", "blocked", "listed", "greylist", "graylist", "not logged in", "too many", "try again", "unavailable", "Server configuration", "lookup fail",
    };
    if (contains(text, "relay"))
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(words); i++)
        if (contains(text, words[i]))
            return true;
    return code < 500;
}

static void take(struct relay_answer *ret, enum relay_verdict verdict, const struct relay_form *f, int code, const char *text)
{
    ret->verdict = verdict;
    ret->code = code;
    ret->session = f->session;
    snprintf(ret->from, sizeof ret->from, "%s", f->from);
    snprintf(ret->to, sizeof ret->to, "%s", f->to);
    snprintf(ret->text, sizeof ret->text, "%s", text);
}

static bool taken(int code)
{
    return code >= 200 && code < 300;
}

/* Which classes take just any name. */
static void look_at_controls(const struct relay_form *forms, size_t n, const int *codes, bool *anything)
{
    for (size_t i = 0; i < n; i++)
        if (forms[i].control && (taken(codes[i]) || !codes[i]))
            anything[forms[i].class] = true;
}

/* The answer to each form; trouble of a session that did not come through. */
static enum trouble collect(const struct relay_form *forms, size_t n, const struct smtp_seen *seen, int *codes, const char **texts)
{
    size_t at[RELAY_SESSIONS] = {0};
    enum trouble t = TROUBLE_NONE;
    for (size_t i = 0; i < n; i++) {
        const struct smtp_seen *s = &seen[forms[i].session];
        size_t k = at[forms[i].session]++;
        codes[i] = s->rcpt_code[k];
        texts[i] = s->rcpt_text[k];
    }
    for (size_t k = 0; k < RELAY_SESSIONS; k++)
        if (t == TROUBLE_NONE)
            t = seen[k].trouble;
    return t;
}

void relay_judge(const struct relay_form *forms, size_t n, const struct smtp_seen *seen, struct relay_answer *ret)
{
    int codes[RELAY_FORMS] = {0};
    const char *texts[RELAY_FORMS];
    bool anything[RELAY_CLASSES] = {false}, unasked = false;
    *ret = (struct relay_answer){.verdict = RELAY_SILENT};
    ret->trouble = collect(forms, n, seen, codes, texts);
    look_at_controls(forms, n, codes, anything);
    for (size_t i = 0; i < n; i++) {
        unasked |= !codes[i];
        if (forms[i].control || !codes[i])
            continue;
        ret->asked++;
        bool foreign = forms[i].class == RELAY_FOREIGN;
        if (taken(codes[i]) && !anything[forms[i].class]) {
            take(ret, RELAY_OPEN, &forms[i], codes[i], texts[i]);
            return;
        }
        if (taken(codes[i]))
            continue;
        ret->refused++;
        if (!foreign)
            continue;
        if (!is_beside_the_point(codes[i], texts[i])) {
            if (ret->verdict != RELAY_CLOSED)
                take(ret, RELAY_CLOSED, &forms[i], codes[i], texts[i]);
        } else if (ret->verdict == RELAY_SILENT)
            take(ret, RELAY_UNCLEAR, &forms[i], codes[i], texts[i]);
    }
    /* Some forms were never answered: what these would have done is not known. */
    if (ret->verdict == RELAY_CLOSED && unasked && ret->trouble != TROUBLE_NONE)
        ret->verdict = RELAY_UNCLEAR;
    /* A port that answers by something else than 220 was reached, but speaks to nobody here. */
    if (ret->verdict == RELAY_SILENT && ret->trouble == TROUBLE_NONE) {
        ret->verdict = RELAY_UNCLEAR;
        ret->code = seen[0].greeting;
        snprintf(ret->text, sizeof ret->text, "%.79s", seen[0].banner);
    }
}
