/* Whether a request may be answered, by the name that it was asked by. A page of somebody else's,
 * open in the same browser, can have its own name resolved to 127.0.0.1 (DNS rebinding); its
 * requests then carry that name in Host. And it can open a WebSocket to any address; then Origin
 * says who it is. Pure. */
#ifndef TICKD_OPS_DASHBOARD_ORIGIN_H
#define TICKD_OPS_DASHBOARD_ORIGIN_H

#include "tickd/settings/settings.h"

/* `authority`: the value of Host, NAME or NAME:PORT, IPv6 in brackets. Allowed are localhost and
 * the two loopback addresses, the address at this end of the connection (`local`, "" = none), and
 * the names of dashboard.hosts; any port, for a tunnel may have changed it. */
bool dashboard_host_is_allowed(const char *authority, const char *local,
                               const struct setting_list *hosts);

/* Whether the value of Origin (http:// or https:// and an authority) is the page's own: the same
 * authority that was asked. */
bool dashboard_origin_is_own(const char *origin, const char *authority);

#endif
