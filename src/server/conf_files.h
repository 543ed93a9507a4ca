/* conf_files.h: the files that one product's configuration is made of: reads them one inside another as its include lines say, with caps
   on size, number and depth. What could not be read or was cut is noted in `seen` (the first reason stays), so that nobody takes a part
   for the whole. Lives as long as one load of one instance. */
#pragma once
#include "server/server.h"

#define CONF_FILE_MAX (4u << 20)   /* bytes of one file; a larger one is not read at all */
#define CONF_BYTES_MAX (16u << 20) /* bytes of all files together */
#define CONF_FILES_MAX 3000
#define CONF_DEPTH_MAX 20          /* files inside files */
#define CONF_ITEMS_MAX SETTINGS_MAX

/* A text that the program itself has printed (nginx -T): it is used in place of the file. */
struct conf_text {
    const char *path;
    struct str text;
};

struct conf_files {
    const struct root *root;
    struct arena *arena;
    struct seen *seen;
    size_t files, bytes, items;
    const char *stack[CONF_DEPTH_MAX];
    unsigned depth;
    LIST(struct conf_text) given;
};

/* Handles one file's text, which is valid during the call only. Its negative result stops everything. */
typedef int conf_file_fn(void *arg, const char *path, struct str text);

struct conf_files conf_files_of(struct server *s, struct seen *seen);
/* Reads one file and hands it over. -errno also where it could not be read; that is noted too, unless `optional` and it does not exist. */
int conf_file(struct conf_files *f, const char *path, bool optional, conf_file_fn *fn, void *arg);
/* Reads what an include line names: a pattern, relative to `base` unless it begins with '/'. A directory means every file in it, one level,
   where `directories`. Nothing to be found is noted only for a plain name that is not optional. 0, or the negative result of fn. */
int conf_include(struct conf_files *f, const char *base, const char *pattern, bool optional, bool directories, conf_file_fn *fn, void *arg);
/* Notes that the configuration is known in part only. */
void conf_trouble(struct conf_files *f, int code, const char *file, unsigned line, const char *format, ...) _printf_(5, 6);
/* setting_add with the cap on their number. */
void conf_setting(struct conf_files *f, struct server *s, struct instance *i, const char *section, struct str key, struct str value, const char *file, unsigned line);
/* The directory of a path: "/etc/ssh" of "/etc/ssh/sshd_config". */
const char *conf_dir(struct arena *a, const char *path);
/* The first of these paths (NULL-terminated) that is there; NULL: none. */
const char *conf_first(const struct root *root, const char *const *paths);
/* Its main file is the first of those that is there, else paths[0]. false: there is none, and nothing else of it was detected either; the instance is dropped. */
bool instance_configured(struct server *s, struct instance *i, const char *const *paths);
