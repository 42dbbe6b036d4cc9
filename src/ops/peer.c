/* Peer credentials. struct ucred (unix(7)) is the one thing here that glibc shows only with
 * _GNU_SOURCE, so it is asked for in this file alone. */
#define _GNU_SOURCE
#include "tickd/ops/peer.h"

#include <sys/socket.h>
#include <unistd.h>

struct control_peer peer_of(int descriptor)
{
    struct ucred credentials;
    socklen_t size = sizeof credentials;

    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return (struct control_peer){.uid = -1};
    return (struct control_peer){
        .uid = credentials.uid,
        .pid = credentials.pid,
        .is_owner = credentials.uid == 0 || credentials.uid == geteuid(),
    };
}
