/* docker.h: the reader of Docker's daemon.json, for its test. */
#pragma once
#include "server/server.h"

/* Adds the settings of daemon.json: scalars under their own name, members of objects in the section of the object's name, elements of arrays
   one by one. -EINVAL: not JSON, or not an object; nothing is added then. */
int docker_config_parse(struct server *s, struct instance *i, struct str text, const char *file) PARSER(docker_config) _must_check_;
