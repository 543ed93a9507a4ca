#include "filter/date_time.h"
#include "base/clock.h"
#include <time.h>

struct reading {
    int year, month, day, hour, minute, second, half, week, week_starts, weekday, yearday, zone;
    bool has_year, has_month, has_day, has_zone, has_week, has_weekday, has_yearday, bad;
};

static const char *const months[] = {"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"};
static const char *const days[] = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};

/* Position of a name, whole or its first three letters; -1: none. */
static int name_index(struct str s, const char *const *names, int n, bool whole)
{
    for (int i = 0; i < n; i++)
        if (s.n && (s.p[0] | 32) == names[i][0] && str_ieq(s, whole ? str_of(names[i]) : str_span(names[i], 3)))
            return i;
    return -1;
}

static int number(struct reading *r, struct str s)
{
    uint64_t v;
    if (!str_u64(str_trim(s), 1000000, &v)) {
        r->bad = true;
        return 0;
    }
    return (int)v;
}

/* Hours east, as the abbreviation is most used; half hours in minutes below. */
static const struct { int minutes; const char *names; } zones[] = {
    {-720, "Y"}, {-660, "X NUT SST"}, {-600, "W CKT HAST HST TAHT TKT"}, {-540, "V AKST GAMT GIT HADT HNY"}, {-480, "U AKDT CIST HAY HNP PST PT"},
    {-420, "T HAP HNR MST PDT"}, {-360, "S CST EAST GALT HAR HNC MDT"}, {-300, "R CDT COT EASST ECT EST ET HAC HNE PET"},
    {-240, "Q AST BOT CLT COST EDT FKT GYT HAE HNA PYT"}, {-180, "P ADT ART BRT CLST FKST GFT HAA PMST PYST SRT UYT WGT"}, {-120, "O BRST FNT PMDT UYST WGST"},
    {-60, "N AZOT CVT EGT"}, {0, "Z EGST GMT UTC WET WT"}, {60, "A CET DFT WAT WEDT WEST"}, {120, "B CAT CEDT CEST EET SAST WAST"}, {180, "C EAT EEDT EEST IDT MSK"},
    {240, "D AMT AZT GET GST KUYT MSD MUT RET SAMT SCT"}, {300, "E AMST AQTT AZST HMT MAWT MVT PKT TFT TJT TMT UZT YEKT"},
    {360, "F ALMT BIOT BTT IOT KGT NOVT OMST YEKST"}, {420, "G CXT DAVT HOVT ICT KRAT NOVST OMSST THA WIB"}, {480, "H ACT AWST BDT BNT CAST HKT IRKT KRAST MYT PHT SGT ULAT WITA WST"},
    {540, "I AWDT IRKST JST KST PWT TLT WDT WIT YAKT"}, {600, "K AEST ChST PGT VLAT YAKST YAPT"}, {660, "L AEDT LHDT MAGT NCT PONT SBT VLAST VUT"},
    {720, "M ANAST ANAT FJT GILT MAGST MHT NZST PETST PETT TVT WFT"}, {780, "FJST NZDT"}, {690, "NFT"}, {630, "ACDT LHST"}, {570, "ACST"}, {390, "CCT MMT"},
    {345, "NPT"}, {330, "SLT"}, {270, "AFT IRDT"}, {210, "IRST"}, {-150, "HAT NDT"}, {-210, "HNT NST NT"}, {-270, "HLV VET"}, {-570, "MART MIT"},
};

static bool zone_name(struct str s, int *ret)
{
    for (size_t i = 0; i < ARRAY_SIZE(zones); i++) {
        struct str rest = str_of(zones[i].names), word;
        while (str_word(&rest, " ", &word)) {
            if (!str_eq(word, s))
                continue;
            *ret = zones[i].minutes;
            return true;
        }
    }
    return false;
}

static bool digits_at(struct str s, size_t at, int *ret)
{
    uint64_t v;
    if (at + 2 > s.n || !str_u64(str_span(s.p + at, 2), 99, &v))
        return false;
    *ret = (int)v;
    return true;
}

bool date_zone(struct str s, int *ret_minutes)
{
    size_t letters = 0;
    int base = 0, hours = 0, minutes = 0;
    while (letters < s.n && ((s.p[letters] >= 'A' && s.p[letters] <= 'Z') || (s.p[letters] >= 'a' && s.p[letters] <= 'z')))
        letters++;
    if (letters && !zone_name(str_span(s.p, letters), &base))
        return false;
    struct str rest = str_from(s, letters);
    if (rest.n == 0) {
        *ret_minutes = letters ? base : *ret_minutes;
        return letters > 0;
    }
    if ((rest.p[0] != '+' && rest.p[0] != '-') || !digits_at(rest, 1, &hours) || hours > 19)
        return false;
    size_t at = rest.n > 3 && rest.p[3] == ':' ? 4 : 3;
    if (rest.n != 3 && (rest.n != at + 2 || !digits_at(rest, at, &minutes)))
        return false;
    *ret_minutes = base + (rest.p[0] == '-' ? -1 : 1) * (hours * 60 + minutes);
    return true;
}

static void read_name(struct reading *r, char key, struct str s)
{
    bool month = key == 'B' || key == 'b';
    int i = month ? name_index(s, months, 12, key == 'B') : name_index(s, days, 7, key == 'A');
    r->bad |= i < 0;
    if (month) {
        r->month = i + 1;
        r->has_month = true;
    } else {
        r->weekday = i;
        r->has_weekday = true;
    }
}

static void read_year(struct reading *r, char key, struct str s)
{
    r->year = number(r, s);
    if (key == 'y' && r->year <= 2000)
        r->year += 2000;
    r->has_year = true;
}

static void read_part(struct reading *r, char key, struct str s)
{
    switch (key) {
    case 'y': case 'Y': read_year(r, key, s); break;
    case 'm': r->month = number(r, s), r->has_month = true; break;
    case 'B': case 'b': case 'A': case 'a': read_name(r, key, s); break;
    case 'd': r->day = number(r, s), r->has_day = true; break;
    case 'H': r->hour = number(r, s); break;
    case 'I': r->hour = number(r, s);
        r->hour = r->half == 2 ? (r->hour != 12 ? r->hour + 12 : 12) : r->half != 3 && r->hour == 12 ? 0 : r->hour; break;
    case 'M': r->minute = number(r, s); break;
    case 'S': r->second = number(r, s); break;
    case 'w': r->weekday = (number(r, s) + 6) % 7, r->has_weekday = true; break;
    case 'j': r->yearday = number(r, s), r->has_yearday = true; break;
    case 'U': case 'W': r->week = number(r, s), r->week_starts = key == 'U' ? 6 : 0, r->has_week = true; break;
    case 'z': case 'Z': r->has_zone = true, r->bad |= !date_zone(s, &r->zone); break;
    default: break;
    }
}

/* Days since 1970-01-01 of a date in the Gregorian calendar. timegm would take ten times as long, and each line needs it several times. */
static int64_t days_of(int y, int m, int d)
{
    int64_t year = y - (m <= 2), era = (year >= 0 ? year : year - 399) / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static bool is_date(int y, int m, int d)
{
    if (y < 1 || y > 9999 || m < 1 || m > 12 || d < 1)
        return false;
    int64_t next = m == 12 ? days_of(y + 1, 1, 1) : days_of(y, m + 1, 1);
    return d <= next - days_of(y, m, 1);
}

/* The day of the year that a week and a weekday mean. */
static int yearday_of_week(int year, int week, int weekday, int week_starts)
{
    int first = (int)((days_of(year, 1, 1) + 3) % 7); /* 1970-01-01 was a Thursday; Monday is 0 */
    if (week_starts == 6) {
        first = (first + 1) % 7;
        weekday = (weekday + 1) % 7;
    }
    int week_0 = (7 - first) % 7;
    return week == 0 ? 1 + weekday - first : 1 + week_0 + 7 * (week - 1) + weekday;
}

static void day_of_year(struct reading *r)
{
    if (!r->has_yearday && r->has_week && r->has_weekday) {
        r->yearday = yearday_of_week(r->year, r->week, r->weekday, r->week_starts);
        r->has_yearday = true;
    }
    if (!r->has_yearday)
        return;
    time_t day = (time_t)(days_of(r->year, 1, 1) + r->yearday - 1) * DAY;
    struct tm tm;
    r->bad |= !gmtime_r(&day, &tm);
    if (r->bad)
        return;
    r->year = tm.tm_year + 1900;
    r->month = tm.tm_mon + 1;
    r->day = tm.tm_mday;
    r->has_month = r->has_day = true;
}

/* Seconds of a date on the wall, without any zone. */
static int64_t wall(int y, int m, int d, int second_of_day) { return days_of(y, m, d) * DAY + second_of_day; }

/* mktime looks at the zone's file each time where TZ is not set, which costs more than all the rest of a line. The difference between wall and UTC changes at
   quarters of an hour at most, so it is kept for the last quarter. */
#define QUARTER 900

static int64_t local(int64_t on_wall)
{
    static int64_t quarter = INT64_MIN, behind;
    time_t start = (time_t)(on_wall - ((on_wall % QUARTER) + QUARTER) % QUARTER);
    struct tm tm;
    if (start != quarter && gmtime_r(&start, &tm)) {
        tm.tm_isdst = -1;
        behind = (int64_t)mktime(&tm) - start;
        quarter = start;
    }
    return on_wall + behind;
}

/* localtime_r takes a tenth of a line's time where the zone has no more changes to come (Asia/Tokyo), and `now` seldom changes from line to line. */
static bool wall_now(int64_t now, struct tm *ret)
{
    static int64_t last = INT64_MIN;
    static struct tm tm;
    time_t seconds = (time_t)now;
    if (now != last && !localtime_r(&seconds, &tm))
        return false;
    last = now;
    *ret = tm;
    return true;
}

static bool complete(struct reading *r, int64_t now, int64_t *ret)
{
    struct tm tm;
    if (!wall_now(now, &tm))
        return false;
    int64_t today = now + tm.tm_gmtoff;
    bool any_year = !r->has_year;
    if (any_year)
        r->year = tm.tm_year + 1900;
    if (!r->has_month || !r->has_day)
        day_of_year(r);
    bool any_day = !r->has_month && !r->has_day;
    if (any_day)
        r->month = tm.tm_mon + 1, r->day = tm.tm_mday;
    if (r->bad || !is_date(r->year, r->month, r->day) || r->hour > 23 || r->minute > 59 || r->second > 59)
        return false;
    int64_t at = wall(r->year, r->month, r->day, r->hour * 3600 + r->minute * 60 + r->second) - r->zone * 60;
    if (any_day && at > today)
        at -= DAY;
    if (any_year && at > today + DAY) {
        if (!is_date(r->year - 1, r->month, r->day))
            return false;
        at = wall(r->year - 1, r->month, r->day, (int)(((at % DAY) + DAY) % DAY));
    }
    *ret = r->has_zone ? at : local(at);
    return true;
}

bool date_time(const struct date_part *parts, size_t n, int64_t now, int64_t *ret)
{
    struct reading r = {0};
    for (size_t i = 0; i < n; i++) /* the half of the day decides about the hour, wherever it stands: 0 not said, 1 am, 2 pm, 3 something else */
        if (parts[i].key == 'p')
            r.half = str_ieq(parts[i].text, STR("pm")) ? 2 : !parts[i].text.n || str_ieq(parts[i].text, STR("am")) ? 1 : 3;
    for (size_t i = 0; i < n; i++)
        read_part(&r, parts[i].key, parts[i].text);
    return !r.bad && complete(&r, now, ret);
}
