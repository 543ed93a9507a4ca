/* exposition.h: the Prometheus text format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/): families with HELP and TYPE, samples with labels. No I/O. */
#pragma once
#include "base/buf.h"

struct exposition_label {
    const char *name, *value; /* value: any bytes */
};
/* counter: its name ends in _total. help: plain words. */
void exposition_family(struct buf *b, const char *name, bool counter, const char *help);
/* thousandths: the value times 1000. */
void exposition_sample(struct buf *b, const char *name, const struct exposition_label labels[], size_t n, int64_t thousandths);
