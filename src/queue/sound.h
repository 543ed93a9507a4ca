/* sound.h: queue.sound, are the directories and files of the queue as the mail program needs them (G5.4)? Owners and modes of the directories (Postfix: conf/postfix-files), names that do
   not fit their file (the inode is part of a short Postfix id, and is a qmail id), messages that were found damaged, reasons without a message. From names and inodes alone: no message is opened. */
#pragma once
#include "queue/spool.h"
#include "server/probe.h"

#define SOUND_FILES 50000 /* messages that are looked at */

probe_fn queue_sound_probe;

struct sound_seen {
    const char *object, *path;
    enum spool_kind kind;
    unsigned owner;            /* of the queue: mail_owner */
    bool owner_known;
    int64_t now;
    /* what was found */
    uint64_t looked, total;    /* messages; looked < total: not all */
    uint64_t misnamed, damaged, owned, orphans; /* owned: by somebody else */
    char misnamed_id[MESSAGE_ID_MAX + 1], damaged_id[MESSAGE_ID_MAX + 1], owned_id[MESSAGE_ID_MAX + 1], orphan_id[MESSAGE_ID_MAX + 1]; /* the first of each */
    int code;                  /* of what could not be seen; 0: all was */
    const char *unseen;
};

/* Does that name belong to a file of that inode? Names that tell no inode do. */
bool sound_name(enum spool_kind kind, const char *name, uint64_t inode);
/* Looks, and adds what is wrong to out. */
void sound_look(const struct root *root, struct sound_seen *s, struct findings *out);
