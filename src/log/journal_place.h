/* journal_place.h: where the journal lies, for the files of the module "journal" (journal_module.h): the only ones that know sd-journal. */
#pragma once
#include "log/journal_files.h"
#include "log/journal_module.h"
#include <systemd/sd-journal.h>

/* Opens the place with this index below the root; sd-journal keeps using *ret_fd. -ENOENT: not there. */
int journal_open_place(const struct root *root, size_t i, sd_journal **ret, int *ret_fd) _must_check_;
void journal_place_closep(sd_journal **j);
/* As journalctl(1) takes them (journal_stream.h, journal_want.matches). *ret_any: there was one. 0 or what sd-journal says. */
int journal_add_matches(sd_journal *j, const char *const *matches, bool *ret_any) _must_check_;
/* A field of the current entry; empty where it has none. Valid until the next call: sd-journal may move what was unpacked. */
struct str journal_field(sd_journal *j, const char *name);
/* Times of the first and last entry that match now: into *first where it is earlier (or 0 stands there), into *last where it is later. Seconds. */
void journal_ends(sd_journal *j, uint64_t *first, uint64_t *last);
