/* history.h: what this run means beside the earlier ones: new, solved, open since when, accepted until when. A result that is unknown never clears what
   was wrong before: it stays stored, and is shown as not seen with its last result. */
#pragma once
#include "check/report.h"
#include "store/check_store.h"

/* What is to be written after a run. */
struct memory {
    LIST(struct past_finding) put;
    LIST(const struct past_finding *) forget; /* objects that are no longer there */
    LIST(const char *) looked;                /* checks that gave an answer */
};

/* Pure: fills report->results and ->solved from the run and the past, and ret with what to write. Everything lives in report->arena. */
void history_apply(const struct past *past, struct report *report, struct memory *ret);

/* Opens the store in dir (NULL: there is none), applies the past to the report and writes this run, as one transaction. Never fails: what could not be
   read or written becomes a note of the report. */
void history_remember(const char *dir, struct report *report);
