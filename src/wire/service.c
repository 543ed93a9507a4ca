/* service.c: org.varlink.service, which every Varlink service answers (varlink.org, "Service"). */
#include "wire/parts.h"

static const char text[] = "# What every Varlink service tells about itself.\n"
                           "interface org.varlink.service\n"
                           "\n"
                           "method GetInfo() -> (vendor: string, product: string, version: string, url: string, interfaces: []string)\n"
                           "method GetInterfaceDescription(interface: string) -> (description: string)\n"
                           "\n"
                           "error InterfaceNotFound (interface: string)\n"
                           "error MethodNotFound (method: string)\n"
                           "error MethodNotImplemented (method: string)\n"
                           "error InvalidParameter (parameter: string)\n"
                           "error PermissionDenied ()\n"
                           "error ExpectedMore ()\n";

struct str service_text(void) { return str_span(text, sizeof text - 1); }

static const char *or_empty(const char *s) { return s ? s : ""; }

static int get_info(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    (void)parameters, (void)arg, (void)err;
    const struct wire_server *s = call->conn->server;
    json_t *names = json_array();
    for (size_t i = 0; i < s->served_n; i++)
        json_array_append_new(names, json_stringn(s->served[i].idl.name.p, s->served[i].idl.name.n));
    wire_reply(call, json_pack("{ss ss ss ss so}", "vendor", or_empty(s->o.vendor), "product", or_empty(s->o.product), "version", or_empty(s->o.version), "url",
                               or_empty(s->o.url), "interfaces", names));
    return 0;
}

static int get_description(struct wire_call *call, json_t *parameters, void *arg, struct err *err)
{
    (void)arg, (void)err;
    const struct wire_server *s = call->conn->server;
    const json_t *wanted = json_object_get(parameters, "interface");
    struct str name = str_span(json_string_value(wanted), json_string_length(wanted));
    for (size_t i = 0; i < s->served_n; i++)
        if (str_eq(s->served[i].idl.name, name)) {
            wire_reply(call, json_pack("{ss%}", "description", s->served[i].idl.text.p, s->served[i].idl.text.n));
            return 0;
        }
    wire_fail(call, "InterfaceNotFound", json_pack("{ss%}", "interface", name.p, name.n));
    return 0;
}

const struct wire_method service_methods[] = {
    {"GetInfo", WIRE_ANYONE, get_info, false},
    {"GetInterfaceDescription", WIRE_ANYONE, get_description, false},
};
const size_t service_methods_n = ARRAY_SIZE(service_methods);
