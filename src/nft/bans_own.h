/* bans_own.h: for the files of this room only. */
#pragma once
#include "nft/bans.h"
#include "nft/batch.h"

struct mnl_socket;

struct bans {
    struct batch batch;
    struct mnl_socket *monitor;
    bool known[2][129][2]; /* [v6][length][ports]: the set and its rule are there */
    struct ban_element *chunk; /* BANS_CHUNK elements, while the table is filled */
    char datagram[65536] __attribute__((aligned(8)));
    size_t datagram_n, datagram_at;
    bool touched, missed; /* missed: somebody did something while we did not listen */
};

#define SET_NAME 24
const char *ban_set_name(const struct ban_key *k, char ret[static SET_NAME]);
bool ban_set_of(struct str name, struct ban_key *ret); /* the other way round: v6, length, whether with ports (protocol 1) */
/* The key as it is in its set: 4 or 16 bytes, with ports 12 or 24. */
#define SET_KEY 24
size_t ban_set_key(const struct ban_key *k, unsigned char ret[static SET_KEY]);

/* The ruleset's number. */
int bans_generation(struct bans *b, uint32_t *ret);
/* In the monitor's group, or not. 0 or -errno. */
int bans_listen(struct bans *b, bool yes);

/* Messages of the table's own parts. */
int bans_delete_table(struct batch *b);
int bans_add_table(struct batch *b);
/* `large`: it is about to take many elements. */
int bans_add_set(struct batch *b, const struct ban_key *k, bool large);
