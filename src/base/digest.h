/* digest.h: SHA-256 (FIPS 180-4), by OpenSSL's libcrypto, which is loaded when it is first needed: most runs of bansho need none. */
#pragma once
#include "base/err.h"
#include "base/str.h"

#define DIGEST_SIZE 32
#define DIGEST_HEX 65

/* 0; -ENOENT: there is no libcrypto to load (err says so). */
int digest_sha256(struct str s, unsigned char ret[DIGEST_SIZE], struct err *err) _must_check_;
/* The same as text: 64 hex digits and a NUL. */
int digest_sha256_hex(struct str s, char ret[DIGEST_HEX], struct err *err) _must_check_;
