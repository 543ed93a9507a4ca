/* respond.h: what follows from a verdict: one table {verdict, acts in order}. */
#pragma once
#include "guard/detect.h"

enum response_act {
    RESPONSE_BAN,  /* bansho-wall is asked to shut the network out (org.bansho.Wall.Ban) */
    RESPONSE_TELL, /* it is kept, and shown by `bansho status` and `why` */
};

struct response {
    enum verdict_kind kind;
    const char *name;                 /* of the verdict, in stores and ids: "address" */
    enum response_act acts[2];        /* in order; acts_n of them */
    size_t acts_n;
};
const struct response *response_to(enum verdict_kind kind);
const char *response_act_name(enum response_act act);
