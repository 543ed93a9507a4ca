#include "wire/message.h"
#include "wire/idl.h"
#include <errno.h>
#include <stdlib.h>

/* One key of a message: where its value goes. */
struct key {
    const char *name;
    json_type type;  /* JSON_TRUE: a boolean */
    const json_t **ret;
};

static int read_keys(json_t *root, const struct key *keys, size_t n, struct err *err)
{
    const char *name;
    json_t *value;
    json_object_foreach (root, name, value) {
        size_t i = 0;
        while (i < n && strcmp(keys[i].name, name) != 0)
            i++;
        if (i == n && !strchr(name, '.'))
            return err_set(err, -EINVAL, "an unknown key in a message");
        if (i == n || json_is_null(value))
            continue;
        json_type type = json_is_boolean(value) ? JSON_TRUE : json_typeof(value);
        if (type != keys[i].type)
            return err_set(err, -EINVAL, "%s of another type", keys[i].name);
        *keys[i].ret = value;
    }
    return 0;
}

/* "interface.Member" in its parts. */
static bool split(struct str whole, struct str *interface, struct str *member)
{
    size_t dot = whole.n;
    while (dot && whole.p[dot - 1] != '.')
        dot--;
    if (dot < 2 || whole.n >= WIRE_NAME_MAX)
        return false;
    *interface = str_span(whole.p, dot - 1);
    *member = str_from(whole, dot);
    for (size_t i = 0; i < member->n; i++) {
        char c = member->p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (i && c >= '0' && c <= '9')))
            return false;
    }
    return member->n && idl_is_interface(*interface);
}

static json_t *load(struct str text, struct err *err)
{
    json_error_t why;
    json_t *root = json_loadb(text.n ? text.p : "", text.n, JSON_REJECT_DUPLICATES, &why);
    if (root && json_is_object(root))
        return root;
    err_set(err, -EINVAL, "no JSON object: %s", root ? "another value" : why.text);
    json_decref(root);
    return NULL;
}

/* What is borrowed from root gets its parameters, empty where there are none. */
static int finish(struct wire_message *m, const json_t *parameters, struct wire_message *ret)
{
    m->parameters = (json_t *)(uintptr_t)parameters;
    if (!m->parameters) {
        m->parameters = json_object();
        if (!m->parameters || json_object_set_new(m->root, "parameters", m->parameters) < 0)
            return -ENOMEM;
    }
    *ret = *m;
    m->root = NULL;
    return 0;
}

int message_parse_call(struct str text, struct wire_message *ret, struct err *err)
{
    struct wire_message m = {.root = load(text, err)};
    const json_t *method = NULL, *parameters = NULL, *more = NULL, *oneway = NULL, *upgrade = NULL;
    const struct key keys[] = {
        {"method", JSON_STRING, &method}, {"parameters", JSON_OBJECT, &parameters}, {"more", JSON_TRUE, &more}, {"oneway", JSON_TRUE, &oneway}, {"upgrade", JSON_TRUE, &upgrade},
    };
    int code = m.root ? read_keys(m.root, keys, ARRAY_SIZE(keys), err) : -EINVAL;
    if (!code) {
        m.method = method ? str_span(json_string_value(method), json_string_length(method)) : STR("");
        m.more = json_is_true(more);
        m.oneway = json_is_true(oneway);
        m.upgrade = json_is_true(upgrade);
        code = !split(m.method, &m.interface, &m.member) ? err_set(err, -EINVAL, "no name of a method")
               : m.oneway && m.more                      ? err_set(err, -EINVAL, "oneway and more")
                                                         : finish(&m, parameters, ret);
    }
    message_done(&m);
    return code;
}

int message_parse_reply(struct str text, struct wire_message *ret, struct err *err)
{
    struct wire_message m = {.root = load(text, err)};
    const json_t *error = NULL, *parameters = NULL, *continues = NULL;
    const struct key keys[] = {{"error", JSON_STRING, &error}, {"parameters", JSON_OBJECT, &parameters}, {"continues", JSON_TRUE, &continues}};
    struct str interface, member;
    int code = m.root ? read_keys(m.root, keys, ARRAY_SIZE(keys), err) : -EINVAL;
    if (!code) {
        m.error = json_string_value(error);
        m.continues = json_is_true(continues);
        code = m.error && (m.continues || !split(str_of(m.error), &interface, &member)) ? err_set(err, -EINVAL, "no name of an error") : finish(&m, parameters, ret);
    }
    message_done(&m);
    return code;
}

void message_done(struct wire_message *m)
{
    json_decref(m->root);
    m->root = NULL;
}

static char *dump(json_t *root, json_t *take_parameters, size_t *ret_n)
{
    char *text = NULL;
    json_t *parameters = take_parameters ? take_parameters : json_object();
    if (root && parameters && json_object_set(root, "parameters", parameters) == 0)
        text = json_dumps(root, JSON_COMPACT);
    json_decref(parameters);
    json_decref(root);
    if (text)
        *ret_n = strlen(text) + 1; /* jansson writes a NUL within a text as an escape */
    return text;
}

char *message_call(const char *method, json_t *take_parameters, unsigned flags, size_t *ret_n)
{
    json_t *root = json_object();
    bool good = root && json_object_set_new(root, "method", json_string(method)) == 0;
    if (flags & MESSAGE_MORE)
        good &= json_object_set_new(root, "more", json_true()) == 0;
    if (flags & MESSAGE_ONEWAY)
        good &= json_object_set_new(root, "oneway", json_true()) == 0;
    if (!good) {
        json_decref(root);
        root = NULL;
    }
    return dump(root, take_parameters, ret_n);
}

char *message_reply(const char *error, json_t *take_parameters, unsigned flags, size_t *ret_n)
{
    json_t *root = json_object();
    bool good = root && (!error || json_object_set_new(root, "error", json_string(error)) == 0);
    if (flags & MESSAGE_CONTINUES)
        good &= json_object_set_new(root, "continues", json_true()) == 0;
    if (!good) {
        json_decref(root);
        root = NULL;
    }
    return dump(root, take_parameters, ret_n);
}
