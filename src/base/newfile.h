/* newfile.h: puts a file in place as a whole: written beside it under another name, synced, renamed. Nobody ever sees half of it, and a failure leaves what
   was there. Meant for a path that a person named, in a directory that may not be ours alone. Runs in bansho. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <sys/types.h>

/* Writes `content` to `path` with this mode (the owner is the caller). What stands there already must be a regular file: a link, a device or a directory is refused
   (-EEXIST), and so is a directory that is reached through a symbolic link (-ELOOP): whoever can place a link must not choose where root writes.
   Other -errno as open(2), write(2); err names the path. */
int newfile_put(const char *path, struct str content, mode_t mode, struct err *err) _must_check_;
/* The same judgement without writing: whether it could be put there. For whoever wants to know before a long piece of work. */
int newfile_try(const char *path, struct err *err) _must_check_;
