/* Who is at the other end of a UNIX socket, as the kernel says. */
#ifndef TICKD_OPS_PEER_H
#define TICKD_OPS_PEER_H

#include "tickd/ops/control_commands.h"

/* Unknown (uid −1, no owner) when the kernel does not say. */
struct control_peer peer_of(int descriptor);

#endif
