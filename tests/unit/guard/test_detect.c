#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "base/buf.h"
#include "guard/detect.h"
#include "guard/presence.h"
#include "guard/tally.h"
#include <stdio.h>
#include <stdlib.h>

/* 5 failures within 600 s: out for an hour, then two, at most a day. 198.51.100.0/24 is protected. */
static struct prefix protected[1];

static struct guard *guard(size_t bytes)
{
    assert_true(prefix_parse(STR("198.51.100.0/24"), true, &protected[0]));
    struct guard *g = guard_new(&(struct guard_rules){.find_time = 600, .ban_time = 3600, .ban_time_max = 86400, .max_retry = 5, .never = protected, .never_n = 1, .max_bytes = bytes});
    assert_non_null(g);
    return g;
}

static void write_down(void *arg, const struct verdict *v)
{
    static const char *const kinds[VERDICT_KINDS] = {"out", "net", "entered", "spared", "spread", "spray", "slow", "attacked"}, *const looks[VERDICT_LOOKS] = {"", " stale", " office", " one", " protected"};
    char text[ADDR_TEXT + 4];
    if (v->kind == VERDICT_ATTACKED) {
        buf_printf(arg, "%lld attacked %.*s by %u;", (long long)v->time, (int)v->account.n, v->account.p, v->count);
        return;
    }
    buf_printf(arg, "%lld %s %s", (long long)v->time, kinds[v->kind], prefix_text(&v->who, text));
    if (v->until)
        buf_printf(arg, " until %lld x%u", (long long)v->until, v->times);
    if (v->kind == VERDICT_ENTERED)
        buf_printf(arg, " %.*s after %u", (int)v->account.n, v->account.p, v->count);
    buf_printf(arg, "%s;", looks[v->looks]);
}

/* "TIME ADDRESS|- NAME|- ok|no [ATTEMPTS]"; TIME may be FROM..TO/STEP. */
static void tell_line(struct guard *g, struct str line, struct buf *out)
{
    struct str word[5] = {{0}}, range;
    uint64_t from = 0, to = 0, step = 1, attempts = 0;
    for (size_t i = 0; i < 5; i++)
        (void)str_word(&line, " ", &word[i]);
    ptrdiff_t dots = str_search(word[0], STR(".."));
    range = dots < 0 ? STR("") : str_from(word[0], (size_t)dots + 2);
    struct str end = {0};
    assert_true(str_u64(dots < 0 ? word[0] : str_span(word[0].p, (size_t)dots), UINT32_MAX, &from));
    to = from;
    if (str_field(&range, '/', &end) && end.n)
        assert_true(str_u64(end, UINT32_MAX, &to) && str_u64(range, UINT32_MAX, &step));
    if (word[4].n)
        assert_true(str_u64(word[4], 1000, &attempts));
    for (uint64_t t = from; t <= to; t += step) {
        struct guard_event e = {.time = (int64_t)t, .success = str_eq(word[3], STR("ok")), .refused = str_eq(word[3], STR("refused")), .attempts = (unsigned)attempts};
        e.addressed = addr_parse(word[1], &e.address);
        if (!str_eq(word[2], STR("-")))
            e.account = word[2];
        guard_event(g, &e, write_down, out);
    }
}

struct story { const char *what, *told, *want; };

/* So many failures, within so long. */
static const struct story counted[] = {
    {"four are too few", "0..3/1 192.0.2.1 - no", ""},
    {"the fifth is out", "0..4/1 192.0.2.1 - no", "4 out 192.0.2.1/32 until 3604 x1;"},
    {"too slow for find-time, but it does not end", "1..1501/151 192.0.2.1 - no", ""},
    {"", "1..6001/151 192.0.2.1 - no", "1662 slow 192.0.2.1/32 until 88062 x1;"},
    {"just quick enough", "0..596/149 192.0.2.1 - no", "596 out 192.0.2.1/32 until 4196 x1;"},
    {"one line may be several attempts", "0 192.0.2.1 - no 4\n9 192.0.2.1 - no", "9 out 192.0.2.1/32 until 3609 x1;"},
    {"who is out is not counted again", "0..3600/1 192.0.2.1 - no", "4 out 192.0.2.1/32 until 3604 x1;"},
    {"twice as long each time, at most a day", "0..4/1 192.0.2.1 - no\n4000..4004/1 192.0.2.1 - no\n20000..20004/1 192.0.2.1 - no\n40000..40004/1 192.0.2.1 - no\n80000..80004/1 192.0.2.1 - no\n150000..150004/1 192.0.2.1 - no\n250000..250004/1 192.0.2.1 - no",
     "4 out 192.0.2.1/32 until 3604 x1;4004 out 192.0.2.1/32 until 11204 x2;20004 out 192.0.2.1/32 until 34404 x3;40004 out 192.0.2.1/32 until 68804 x4;80004 out 192.0.2.1/32 until 137604 x5;150004 out 192.0.2.1/32 until 236404 x6;250004 out 192.0.2.1/32 until 336404 x7;"},
    {"who is quiet for long begins anew", "0..4/1 192.0.2.1 - no\n200000..200004/1 192.0.2.1 - no", "4 out 192.0.2.1/32 until 3604 x1;200004 out 192.0.2.1/32 until 203604 x1;"},
    {"an IPv6 customer is a /64", "0 2001:db8::1 - no\n1 2001:db8::2 - no\n2 2001:db8::3 - no\n3 2001:db8::4 - no\n4 2001:db8:0:1::5 - no\n5 2001:db8::6 - no", "5 out 2001:db8::/64 until 3605 x1;"},
    {"a mapped address is the address", "0..2/1 ::ffff:192.0.2.1 - no\n3..4/1 192.0.2.1 - no", "4 out 192.0.2.1/32 until 3604 x1;"},
    {"refused ones count, and their failure is the same attempt", "0..8/2 192.0.2.1 bob refused\n9 192.0.2.1 bob no\n"
     "10 192.0.2.2 bob refused\n11 192.0.2.2 bob no\n20 192.0.2.2 bob refused\n21 192.0.2.2 bob no\n30 192.0.2.2 bob refused\n31 192.0.2.2 bob no\n40 192.0.2.2 bob refused\n41 192.0.2.2 bob no\n50 192.0.2.2 bob no",
     "8 out 192.0.2.1/32 until 3608 x1;50 out 192.0.2.2/32 until 3650 x1;"},
    {"another name, or much later, is another attempt", "0..1/1 192.0.2.1 bob refused\n2 192.0.2.1 eve no\n3 192.0.2.1 bob no\n4 192.0.2.1 bob no\n200..201/1 192.0.2.1 bob no", "201 out 192.0.2.1/32 until 3801 x1;"},
};

/* Who fails as often, and is not shut out, or for a short time. */
static const struct story spared[] = {
    {"protected networks are told and spared", "0..4/1 198.51.100.7 a no", "4 spared 198.51.100.7/32 protected;"},
    {"a telephone with an old password", "0 192.0.2.1 info ok\n10..14/1 192.0.2.1 info no", "14 spared 192.0.2.1/32 stale;"},
    {"an address of good history that tries others", "0 192.0.2.1 info ok\n10..12/1 192.0.2.1 info no\n13..16/1 192.0.2.1 root no", ""},
    {"", "0 192.0.2.1 info ok\n10..12/1 192.0.2.1 info no\n13..17/1 192.0.2.1 root no", "17 out 192.0.2.1/32 until 3617 x1;"},
    {"an office", "0 192.0.2.1 a ok\n1 192.0.2.1 b ok\n2 192.0.2.1 c ok\n10..11/1 192.0.2.1 d no\n12..14/1 192.0.2.1 e no", "14 out 192.0.2.1/32 until 614 x1 office;"},
    {"which grow no longer than the usual ones", "0 192.0.2.1 a ok\n1 192.0.2.1 b ok\n2 192.0.2.1 c ok\n10..14/1 192.0.2.1 d no\n1000..1004/1 192.0.2.1 d no\n3000..3004/1 192.0.2.1 d no\n6000..6004/1 192.0.2.1 d no\n11000..11004/1 192.0.2.1 d no",
     "14 out 192.0.2.1/32 until 614 x1 office;1004 out 192.0.2.1/32 until 2204 x2 office;3004 out 192.0.2.1/32 until 5404 x3 office;6004 out 192.0.2.1/32 until 9604 x4 office;11004 out 192.0.2.1/32 until 14604 x5 office;"},
    {"and not at all for one of them, who is slow", "0 192.0.2.1 a ok\n1 192.0.2.1 b ok\n2 192.0.2.1 c ok\n3 192.0.9.1 d ok\n60..60060/60 192.0.2.1 d no", "300 spared 192.0.2.1/32 one;"},
    {"an office's telephone with a password that was never right", "0 192.0.2.1 a ok\n1 192.0.2.9 d ok\n10..250/60 192.0.2.1 d no", "250 spared 192.0.2.1/32 one;"},
    {"two telephones of an office", "0 192.0.2.1 a ok\n1 192.0.2.1 b ok\n10..22/3 192.0.2.1 a no\n11..23/3 192.0.2.1 b no", "22 spared 192.0.2.1/32 stale;23 spared 192.0.2.1/32 stale;"},
    {"a telephone is told once a day", "0 192.0.2.1 info ok\n1000..101000/300 192.0.2.1 info no", "2200 spared 192.0.2.1/32 stale;88600 spared 192.0.2.1/32 stale;"},
    {"no telephone is as quick", "0 192.0.2.1 info ok\n10..140/1 192.0.2.1 info no", "14 spared 192.0.2.1/32 stale;133 out 192.0.2.1/32 until 3733 x1;"},
    {"on the way, at its provider's", "0 192.0.2.1 info ok\n10..250/60 192.0.77.1 info no", "250 spared 192.0.77.1/32 one;"},
    {"but not for ever", "0 192.0.2.1 info ok\n60..6300/60 192.0.77.1 info no", "300 spared 192.0.77.1/32 one;6300 out 192.0.77.1/32 until 9900 x1 one;"},
    {"an error before a login is forgiven", "1..4/1 192.0.2.1 info no\n5 192.0.2.1 info ok\n6..9/1 192.0.2.1 eve no", ""},
    {"but not others' accounts", "1..4/1 192.0.2.1 eve no\n5 192.0.2.1 info ok\n6 192.0.2.1 eve no", "6 out 192.0.2.1/32 until 3606 x1;"},
    {"only one name, slowly", "0..240/60 192.0.2.1 info no", "240 out 192.0.2.1/32 until 3840 x1 one;"},
    {"only one name, quickly", "0..4/1 192.0.2.1 info no", "4 out 192.0.2.1/32 until 3604 x1;"},
};

/* Networks, and logins after failures. */
static const struct story entered[] = {
    {"a network", "0..4/1 192.0.2.1 - no\n10..14/1 192.0.2.2 - no\n20..24/1 192.0.2.3 - no\n30..34/1 192.0.2.4 - no\n40..50/1 192.0.2.5 - no",
     "4 out 192.0.2.1/32 until 3604 x1;14 out 192.0.2.2/32 until 3614 x1;24 out 192.0.2.3/32 until 3624 x1;34 out 192.0.2.4/32 until 3634 x1;34 net 192.0.2.0/24 until 3634 x1;"},
    {"a login after failures from elsewhere", "0..6/1 192.0.2.1 info no\n100 203.0.113.9 info ok", "4 out 192.0.2.1/32 until 3604 x1;100 entered 203.0.113.9/32 info after 5;"},
    {"spread over many addresses", "0 192.2.0.1 info no\n1 192.3.0.1 info no\n2 192.4.0.1 INFO no\n3 192.5.0.1 info no\n4 192.6.0.1 info no\n9 203.0.113.9 info ok", "4 attacked info by 5;4 spread 192.6.0.1/32 until 3604 x1;9 entered 203.0.113.9/32 info after 5;"},
    {"its owner logs in while others try", "0 203.0.113.9 info ok\n1..4/1 192.0.2.1 info no\n5..8/1 192.0.3.1 info no\n9 203.0.113.9 info ok", ""},
    {"failures of yesterday", "0..3/1 192.0.2.1 info no\n4..5/1 192.0.3.1 info no\n90000 203.0.113.9 info ok", ""},
    {"names differ in case by accident", "0..9/1 - Z@a[`{Ab-und-zu no\n20 203.0.113.9 z@A[`{aB-UND-zU ok", "20 entered 203.0.113.9/32 z@A[`{aB-UND-zU after 5;"},
    {"and in nothing else", "0..9/1 - z@a[\xc3\x89 no\n20 203.0.113.9 z@a{\xc3\x89 ok\n21 203.0.113.9 z`a[\xc3\x89 ok\n22 203.0.113.9 z@a[\xc3\xa9 ok", ""},
    {"without an address it counts for the account", "0..9/1 - info no\n20 203.0.113.9 info ok", "20 entered 203.0.113.9/32 info after 5;"},
    {"an entry makes no good history", "0..9/1 - info no\n20 203.0.113.9 info ok\n21..25/1 203.0.113.9 info no", "20 entered 203.0.113.9/32 info after 5;25 out 203.0.113.9/32 until 3625 x1;"},
    {"it is told once; who comes back on another day is its user", "0..9/1 - info no\n20..80/10 203.0.113.9 info ok\n86500..86509/1 - info no\n86600 203.0.113.9 info ok\n86601..86605/1 203.0.113.9 info no",
     "20 entered 203.0.113.9/32 info after 5;86605 spared 203.0.113.9/32 stale;"},
    {"from its owner's provider it is no entry", "0 203.0.113.9 info ok\n1..9/1 - info no\n20 203.0.1.7 info ok", ""},
    {"unless it guessed", "0 203.0.113.9 info ok\n1..9/1 - info no\n10..12/1 203.0.1.7 info no\n20 203.0.1.7 info ok", "20 entered 203.0.1.7/32 info after 5;"},
};

/* One account from many addresses: 192.0.2.9 is its owner, 192.0.77.7 of the owner's provider, from 10.0.0.1 another account logs in. */
static const struct story spread[] = {
    {"an account under attack", "1 192.0.2.9 info ok\n1 10.0.0.1 eve ok\n10 198.18.0.1 info no\n20 198.19.0.1 info no\n30 198.20.0.1 info no\n40 198.21.0.1 info no\n50 198.22.0.1 info no\n"
     "60 192.0.2.9 info no\n61 10.0.0.1 info no\n62 192.0.77.7 info no\n70 198.23.0.1 info no\n71 198.23.0.2 eve no\n80000 198.24.0.1 info no\n90000 198.18.0.1 info no",
     "50 attacked info by 5;50 spread 198.22.0.1/32 until 3650 x1;70 spread 198.23.0.1/32 until 3670 x1;80000 spread 198.24.0.1/32 until 83600 x1;"},
    {"who entered is told, and not shut out for an error", "1..5/1 - info no\n10 198.30.0.1 info ok\n11 198.18.0.1 info no\n12 198.19.0.1 info no\n13 198.20.0.1 info no\n14 198.21.0.1 info no\n15 198.22.0.1 info no\n20 198.30.0.1 info no",
     "10 entered 198.30.0.1/32 info after 5;15 attacked info by 5;15 spread 198.22.0.1/32 until 3615 x1;"},
    {"nor a telephone that was spared", "1 192.0.9.9 a ok\n2..39602/3600 198.30.0.1 a no\n40000 198.18.0.1 a no\n40001 198.19.0.1 a no\n40002 198.20.0.1 a no\n40003 198.21.0.1 a no\n40004 198.22.0.1 a no\n43202 198.30.0.1 a no",
     "39602 spared 198.30.0.1/32 one;40003 attacked a by 5;40003 spread 198.21.0.1/32 until 43603 x1;40004 spread 198.22.0.1/32 until 43604 x1;"},
    {"ten of its owner's provider within two hours", "1 192.0.2.9 info ok\n10 192.0.10.1 info no\n11 192.0.11.1 info no\n12 192.0.12.1 info no\n13 192.0.13.1 info no\n14 192.0.14.1 info no\n15 192.0.15.1 info no\n16 192.0.16.1 info no\n17 192.0.17.1 info no\n18 192.0.18.1 info no\n19 192.0.19.1 info no",
     "19 attacked info by 10;19 spread 192.0.19.1/32 until 3619 x1;"},
    {"who comes back there is out for a day", "1 198.18.0.1 info no\n2 198.19.0.1 info no\n3 198.20.0.1 info no\n4 198.21.0.1 info no\n5 198.22.0.1 info no\n5000 198.22.0.1 info no",
     "5 attacked info by 5;5 spread 198.22.0.1/32 until 3605 x1;5000 spread 198.22.0.1/32 until 91400 x2;"},
    {"a telephone on the way through its provider's addresses is in one part of the net, or two", "1 198.18.0.1 info no\n4000 198.18.1.1 info no\n8000 198.18.2.1 info no\n12000 198.18.3.1 info no\n"
     "16000 198.18.4.1 info no\n20000 198.18.5.1 info no\n24000 198.19.0.1 info no\n28000 198.19.1.1 info no", ""},
    {"but not five times within an hour", "1 198.18.0.1 info no\n2 198.18.1.1 info no\n3 198.18.2.1 info no\n4 198.18.3.1 info no\n3000 198.18.4.1 info no", "3000 attacked info by 5;3000 spread 198.18.4.1/32 until 6600 x1;"},
    {"nor ten times within a day", "1 198.18.0.1 info no\n4000 198.18.1.1 info no\n8000 198.18.2.1 info no\n12000 198.18.3.1 info no\n16000 198.18.4.1 info no\n20000 198.18.5.1 info no\n24000 198.18.6.1 info no\n28000 198.18.7.1 info no\n"
     "32000 198.18.8.1 info no\n36000 198.18.9.1 info no", "36000 attacked info by 10;36000 spread 198.18.9.1/32 until 39600 x1;"},
    {"four are its owner on a journey, and one address is one however often", "1 198.18.0.1 info no\n2 198.19.0.1 info no\n3 198.20.0.1 info no\n4 198.21.0.1 info no\n2000 198.21.0.1 info no\n4000 198.20.0.1 info no", ""},
    {"two a day, for a week", "1 198.18.0.1 info no\n43200 198.19.0.1 info no\n86400 198.20.0.1 info no\n129600 198.21.0.1 info no\n172800 198.22.0.1 info no\n216000 198.23.0.1 info no\n259200 198.24.0.1 info no\n302400 198.25.0.1 info no",
     "302400 attacked info by 8;302400 spread 198.25.0.1/32 until 306000 x1;"},
    {"protected ones are neither counted nor shut out", "1 198.18.0.1 info no\n2 198.19.0.1 info no\n3 198.20.0.1 info no\n4 198.21.0.1 info no\n5 198.51.100.1 info no\n6 198.22.0.1 info no\n7 198.51.100.2 info no",
     "6 attacked info by 5;6 spread 198.22.0.1/32 until 3606 x1;"},
};

/* One address, many accounts. */
static const struct story sprayed[] = {
    {"four accounts are too many", "1 192.0.2.1 a no\n5000 192.0.2.1 b no\n10000 192.0.2.1 c no\n15000 192.0.2.1 d no", "15000 spray 192.0.2.1/32 until 18600 x1;"},
    {"but not over days", "1 192.0.2.1 a no\n90000 192.0.2.1 b no\n180000 192.0.2.1 c no", ""},
    {"which is slow", "1 192.0.2.1 a no\n90000 192.0.2.1 b no\n180000 192.0.2.1 c no\n270000 192.0.2.1 d no", "270000 slow 192.0.2.1/32 until 356400 x1;"},
    {"where people log in there are errors", "0 192.0.2.1 x ok\n1 192.0.2.1 a no\n5000 192.0.2.1 b no\n10000 192.0.2.1 c no\n15000 192.0.2.1 d no", ""},
};

/* Few failures, for days. */
static const struct story slow[] = {
    {"two names, two a day", "1..260000/43200 192.0.2.1 a no\n270000 192.0.2.1 b no", "270000 slow 192.0.2.1/32 until 356400 x1;"},
    {"an old one of a used account is regular", "1 192.0.9.9 a ok\n2..80002/3600 198.18.0.1 a no", "39602 spared 198.18.0.1/32 one;"},
    {"of an account that nobody uses it is none", "2..80002/3600 198.18.0.1 a no", "39602 slow 198.18.0.1/32 until 43202 x1 one;"},
    {"within two weeks only", "1..6000000/120000 192.0.2.1 a no", ""},
};

/* Each on a guard of its own. */
static void tell_stories(const struct story *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        _cleanup_(guard_freep) struct guard *g = guard(0);
        _cleanup_(buf_free) struct buf out = BUF(65536);
        struct str rest = str_of(s[i].told), line;
        buf_addz(&out, "");
        while (str_line(&rest, &line))
            tell_line(g, line, &out);
        if (!str_eq(buf_str(&out), str_of(s[i].want)))
            fail_msg("%s:\n got %s\nwant %s", s[i].what, out.p ? out.p : "", s[i].want);
    }
}

static void tells_counted(void **state)
{
    (void)state;
    tell_stories(counted, ARRAY_SIZE(counted));
}

static void tells_spared(void **state)
{
    (void)state;
    tell_stories(spared, ARRAY_SIZE(spared));
}

static void tells_entered(void **state)
{
    (void)state;
    tell_stories(entered, ARRAY_SIZE(entered));
}

static void tells_spread(void **state)
{
    (void)state;
    tell_stories(spread, ARRAY_SIZE(spread));
}

static void tells_sprayed(void **state)
{
    (void)state;
    tell_stories(sprayed, ARRAY_SIZE(sprayed));
}

static void tells_slow(void **state)
{
    (void)state;
    tell_stories(slow, ARRAY_SIZE(slow));
}

/* Who was shut out before a restart, and is forgiven long before that would have ended, begins anew; so does its network. */
static void forgiven(void **state)
{
    static const char *const who[] = {"192.0.2.1/32", "192.0.2.0/24"};
    _cleanup_(guard_freep) struct guard *g = guard(0);
    _cleanup_(buf_free) struct buf out = BUF(65536);
    struct prefix p;
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(who); i++) {
        assert_true(prefix_parse(str_of(who[i]), true, &p));
        guard_known(g, &p, 900000, 3);
    }
    tell_line(g, STR("100000..100004/1 192.0.2.1 - no"), &out);
    assert_int_equal(out.n, 0);
    assert_int_equal(guard_forgive(g, &p, 200020), 1);
    for (unsigned i = 1; i < 5; i++) {
        char line[64];
        snprintf(line, sizeof line, "%u..%u/1 192.0.2.%u - no", 200000 + 10 * i, 200004 + 10 * i, i);
        tell_line(g, str_of(line), &out);
    }
    assert_string_equal(out.p, "200014 out 192.0.2.1/32 until 203614 x1;200024 out 192.0.2.2/32 until 203624 x1;200034 out 192.0.2.3/32 until 203634 x1;"
                               "200044 out 192.0.2.4/32 until 203644 x1;200044 net 192.0.2.0/24 until 203644 x1;");
}

/* Whose ban somebody lifted is not shut out at his next error because others try the same account. */
static void forgiven_under_attack(void **state)
{
    _cleanup_(guard_freep) struct guard *g = guard(0);
    _cleanup_(buf_free) struct buf out = BUF(65536);
    struct prefix p;
    (void)state;
    for (unsigned i = 1; i < 7; i++) {
        char line[64];
        snprintf(line, sizeof line, "%u 198.%u.0.1 info no", i, 20 + i);
        tell_line(g, str_of(line), &out);
    }
    assert_true(prefix_parse(STR("198.26.0.1/32"), true, &p));
    guard_forgive(g, &p, 8);
    tell_line(g, STR("10..13/1 198.26.0.1 info no"), &out);
    tell_line(g, STR("14..15/1 198.25.0.2 info no"), &out);
    assert_string_equal(out.p, "5 attacked info by 5;5 spread 198.25.0.1/32 until 3605 x1;6 spread 198.26.0.1/32 until 3606 x1;14 spread 198.25.0.2/32 until 3614 x1;");
    assert_true(prefix_parse(STR("198.27.0.1/32"), true, &p)); /* shut out by hand: no failure of it is known */
    assert_int_equal(guard_forgive(g, &p, 15), 0);
    tell_line(g, STR("15 198.27.0.1 info no"), &out);
    assert_null(strstr(out.p, "198.27.0.1"));
    tell_line(g, STR("16 198.26.0.1 info no"), &out);
    assert_non_null(strstr(out.p, "16 out 198.26.0.1/32 until 3616 x1;"));
    tell_line(g, STR("4000 198.26.0.1 info no"), &out); /* it had its chance */
    assert_non_null(strstr(out.p, "4000 spread 198.26.0.1/32"));
}

/* A flood of ever new sources: the memory stays, what is forgotten is counted, and who is quick is still seen. */
static void keeps_within_its_memory(void **state)
{
    (void)state;
    _cleanup_(guard_freep) struct guard *g = guard(1u << 20);
    _cleanup_(buf_free) struct buf out = BUF(65536);
    size_t before = guard_counts(g).bytes;
    for (uint32_t i = 0; i < 300000; i++) {
        struct guard_event e = {.time = i / 100, .addressed = true, .address = {0, {(uint8_t)(10 + (i >> 24)), (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i}}};
        guard_event(g, &e, write_down, &out);
        if (i % 50000 == 49999)
            for (int k = 0; k < 5; k++)
                tell_line(g, str_of(i == 299999 ? "2999 192.0.2.7 - no" : "500 203.0.113.1 - no"), &out);
    }
    struct guard_counts c = guard_counts(g);
    assert_true(c.bytes > before && c.bytes <= 1u << 20);
    assert_true(c.lost > 200000);
    assert_non_null(strstr(out.p, "2999 out 192.0.2.7/32"));
}

static void rows(void **state)
{
    (void)state;
    struct tally *w = tally_new(1, 3); /* one group */
    struct tally_row *r;
    assert_null(tally_find(w, 1));
    r = tally_row(w, 1, 5);
    assert_int_equal(tally_add(w, r, 5, 2, 10), 2);
    assert_int_equal(tally_add(w, r, 6, 100, 10), 3); /* no more than are kept */
    assert_int_equal(tally_count(r, 15, 10), 3);
    assert_int_equal(tally_count(r, 16, 10), 0);
    for (uint64_t i = 2; i < 10; i++)
        tally_row(w, i, 10 + (int64_t)i);
    assert_null(tally_find(w, 1)); /* the oldest of the group went */
    assert_non_null(tally_find(w, 2));
    assert_int_equal(tally_state(w).lost, 1);
    assert_int_equal(tally_state(w).rows, 8);
    r = tally_find(w, 2);
    static const uint32_t marks[] = {7, 7, 8, 7, 9, 10, 11, 9};
    static const unsigned want[] = {1, 1, 2, 2, 3, 4, 4, 4};
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        assert_int_equal(tally_mark(r, marks[i]), want[i]);
    tally_free(w);
}

/* What is in the table is found again however it grew; it takes no more than its keys need. */
static void grows(void **state)
{
    (void)state;
    struct tally *w = tally_new(65536, 5);
    size_t before = tally_state(w).bytes;
    for (uint64_t i = 0; i < 20000; i++)
        tally_add(w, tally_row(w, i << 40 | i % 3, (int64_t)i), (int64_t)i, 1, 10);
    for (uint64_t i = 0; i < 20000; i++) {
        struct tally_row *r = tally_find(w, i << 40 | i % 3);
        assert_non_null(r);
        assert_int_equal(tally_count(r, (int64_t)i, 1), 1);
    }
    assert_null(tally_find(w, 1));
    struct tally_state s = tally_state(w);
    assert_int_equal(s.rows, 20000);
    assert_int_equal(s.lost, 0);
    assert_true(before < 40000 && s.bytes > before && s.bytes < 3u << 20);
    tally_free(w);
}

static void present_keys(void **state)
{
    (void)state;
    const int64_t hour = 3600, day = 24 * hour, now = 400000 * hour; /* modulo 65536 */
    struct presence *p = presence_new(1);                            /* one line */
    assert_null(presence_find(p, 1, now));
    presence_note(p, 1, now)->bits = 7;
    assert_int_equal(presence_find(p, 1, now + 60 * day)->bits, 7);
    assert_null(presence_find(p, 1, now + 60 * day + hour));
    assert_int_equal(presence_note(p, 1, now - 5 * hour)->bits, 7); /* an older time does not make it older */
    assert_true(presence_recent(presence_find(p, 1, now), now + hour - 1));
    presence_back(presence_find(p, 1, now), now);
    assert_false(presence_recent(presence_find(p, 1, now), now));
    for (uint64_t k = 2; k < 10; k++)
        presence_note(p, k, now + (int64_t)k * hour);
    assert_null(presence_find(p, 1, now + 10 * hour)); /* the ninth took the place of what was seen longest ago */
    assert_non_null(presence_find(p, 2, now + 10 * hour));
    assert_int_equal(presence_state(p).lost, 1);
    assert_int_equal(presence_note(p, 2, now + 61 * day)->bits, 0); /* it came back, and nothing is known of it */
    presence_note(p, 11, now + 70 * day);
    assert_int_equal(presence_state(p).lost, 1); /* what went mattered no more */
    presence_free(p);
}

/* Before 1970 and behind 2106. */
static void times_out_of_range(void **state)
{
    static const struct { int64_t t, ask; unsigned want; } table[] = {{-5, -1, 1}, {-5, 2, 1}, {-5, 11, 0}, {INT64_MAX, INT64_MAX, 1}, {1ll << 40, 1ll << 41, 1}, {1ll << 40, 5, 0}};
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
        struct tally *w = tally_new(1, 5);
        struct tally_row *r = tally_row(w, 1, table[i].t);
        tally_add(w, r, table[i].t, 1, 10);
        assert_int_equal(tally_count(r, table[i].ask, 10), table[i].want);
        tally_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tells_counted), cmocka_unit_test(tells_spared), cmocka_unit_test(tells_entered), cmocka_unit_test(tells_spread), cmocka_unit_test(tells_sprayed), cmocka_unit_test(tells_slow),
                                     cmocka_unit_test(forgiven), cmocka_unit_test(forgiven_under_attack), cmocka_unit_test(keeps_within_its_memory), cmocka_unit_test(rows), cmocka_unit_test(grows), cmocka_unit_test(present_keys), cmocka_unit_test(times_out_of_range)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
