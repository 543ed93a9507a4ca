/* still.h: a service that has begun, and from then on only reads, computes, keeps and answers: it starts no process and no program, reaches nothing but Unix sockets, and
   nothing of the kernel that only an attack would want. What its unit allows besides is taken away here as well; in the foreground this is all there is. */
#pragma once
#include "base/err.h"

/* By seccomp, for good; implies no_new_privs. Denied calls fail with ENOSYS, sockets of other families with EAFNOSUPPORT. No thread may be running. */
int still_begin(struct err *err) _must_check_;
