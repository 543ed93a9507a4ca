/* literal.h: values in other people's program files, read without running them: PHP assignments and constants, header comments of WordPress add-ons, XML elements,
   JSON members. What is computed (concatenation, function calls) is not a literal and is not found. Runs in WORKER_FILES children only. */
#pragma once
#include "base/str.h"

/* `$name = 'x'`, `$name['key'] = 'x'` (name "name[key]"), `define('NAME', 'x')`, `const NAME = 'x'`: the text between the quotes, or the digits of a number.
   Comments, strings and heredocs are skipped as PHP does. */
bool php_literal(struct str text, const char *name, struct str *ret) PARSER(literal);
/* "Version: 1.2" in the header comment of a WordPress plug-in or theme: the value after `field:` at the beginning of a line, decorations before it ignored. */
bool header_field(struct str text, const char *field, struct str *ret) PARSER(literal);
/* The text of the first <name>...</name> that has no attributes and no child elements. */
bool xml_element(struct str text, const char *name, struct str *ret) PARSER(literal);
/* The first "name": "value" at any depth, escapes not decoded. */
bool json_member(struct str text, const char *name, struct str *ret) PARSER(literal);
