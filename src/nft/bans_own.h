/* bans_own.h: for the files of this room only. */
#pragma once
#include "nft/bans.h"
#include "nft/batch.h"

struct mnl_socket;

struct bans {
    struct batch batch;
    struct mnl_socket *monitor;
    bool known[2][129][2]; /* [v6][length][ports]: the set and its rule are there */
    char datagram[65536] __attribute__((aligned(8)));
    size_t datagram_n, datagram_at;
    struct bans_touched touched;
    bool stay;   /* bans_put_listening */
    bool missed; /* somebody did something while we did not listen */
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

/* What the table is made of, besides rules and elements. -E2BIG: of more than there is room for; -ENOENT: of nothing. */
#define PART_NAME 256 /* NFT_NAME_MAXLEN */
struct bans_parts {
    char chains[64][PART_NAME], foreign[64][PART_NAME]; /* sets that are not ours */
    size_t chains_n, foreign_n;
    struct ban_key sets[516]; /* as many as struct bans knows */
    size_t sets_n;
    bool more;
};
int bans_parts_list(struct bans *b, struct bans_parts *ret);

/* Messages of the table's own parts. */
int bans_delete_table(struct batch *b);
int bans_delete_parts(struct batch *b, const struct bans_parts *p); /* all chains and rules, foreign sets */
int bans_add_table(struct batch *b);
int bans_add_lookup(struct batch *b, const struct ban_key *k); /* the rule of a set */
/* The key of an element of this set, from its bytes (network order, as they are in the kernel). false: they are no key of it. */
bool ban_key_read(struct ban_key *set, struct str bytes);
/* `large`: it is about to take many elements. */
int bans_add_set(struct batch *b, const struct ban_key *k, bool large);
