/* journal_parts.h: what journal_write.c and journal_read.c share: names, the JSON form of a step, the line of an event. */
#pragma once
#include "change/journal.h"
#include <jansson.h>

#define CHANGE_JSON_MAX (4u << 20)
#define LOG_MAX (1u << 20)
#define CHANGES_MAX 100000

/* The name of an event in the log. */
const char *event_name(enum journal_event e);
int event_by_name(struct str name, enum journal_event *ret);

/* Bytes as JSON: a string where they are UTF-8, {"hex": "..."} otherwise. Decoding: false: neither. */
json_t *bytes_json(struct str s);
bool bytes_of_json(const json_t *j, struct arena *a, struct str *ret);

/* A step without the contents of files: those are copies of their own. */
json_t *step_json(const struct step *s);
/* false: not a step. Of the act only its name is known: undo looks it up. */
bool step_of_json(const json_t *j, struct arena *a, struct step *ret);

/* The running sum over the log: 8 hex digits that a line ends with, from those of the line before ("" for the first) and its own text. */
int log_sum(const char *before, struct str line, char ret[9], struct err *err) _must_check_;

/* Reads a log (`text` may be torn at its end, and hostile): head fields, events, status. The JSON of the first line sets id, time, check, title, who, from,
   objects. c->records must be there for the steps of which it may tell; others make it damaged. */
void log_parse(struct str text, struct arena *a, struct change *c) PARSER(change_log);
/* The steps of change.json; c->steps and c->records are filled. false: not a change. */
bool steps_parse(struct str text, struct arena *a, struct change *c) PARSER(change_json);
