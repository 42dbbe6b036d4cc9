/* Where the dashboard listens: dashboard.listen as text, read; and the socket that listens there.
 *
 *     127.0.0.1:8050   [::1]:8050   unix:/run/tickd/dashboard.sock   off
 *
 * An address is a numeric one: no name is ever resolved. */
#ifndef TICKD_OPS_DASHBOARD_ADDRESS_H
#define TICKD_OPS_DASHBOARD_ADDRESS_H

#include <netinet/in.h>

#include "tickd/ops/control_listen.h"

enum { DASHBOARD_NAME_MAX = 64 /* a numeric address, and more than its longest */ };

enum dashboard_address_kind { DASHBOARD_OFF, DASHBOARD_TCP, DASHBOARD_UNIX };

struct dashboard_address {
    enum dashboard_address_kind kind;
    bool is_loopback; /* nobody but this machine gets there; a UNIX socket too */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket;         /* DASHBOARD_TCP */
    const char *path; /* DASHBOARD_UNIX: the end of the text that was read */
};

/* ERROR_SYNTAX with *why: found …, allowed: …. The text must outlive the address. */
int dashboard_address_read(struct dashboard_address *address, const char *text, struct text *why);

/* A descriptor that listens there, non-blocking. Not for DASHBOARD_OFF. Of a UNIX socket *place is
 * what control_unlink() takes away. Errors with *why: ERROR_EXISTS somebody listens there already;
 * ERROR_RANGE the path is too long; ERROR_IO. */
int dashboard_listen(const struct dashboard_address *address, struct control_place *place,
                     struct text *why);

/* The numeric address at this end of a connection, in small letters, IPv6 in brackets: what a
 * browser calls it by. "" for a UNIX socket. */
void dashboard_local_name(int descriptor, char name[DASHBOARD_NAME_MAX]);

#endif
