/* nginx.h: the reader of `nginx -T`, for its test. */
#pragma once
#include "server/conf_files.h"

/* Finds the files in what `nginx -T` printed ("# configuration file PATH:" before each) and adds them to f->given, as views of `dump`. */
void nginx_dump_parse(struct str dump, struct arena *a, struct conf_files *f) PARSER(nginx_dump);
