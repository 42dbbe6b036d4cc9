/* The page and all that belongs to it, in the program: what cmake/Assets.cmake made of
 * src/ops/page/ and of Debian's dygraphs. Each twice, as it is and compressed by gzip. */
#ifndef TICKD_OPS_DASHBOARD_ASSETS_H
#define TICKD_OPS_DASHBOARD_ASSETS_H

#include <stddef.h>

struct dashboard_asset {
    const char *path; /* "/app.js" */
    const char *type; /* Content-Type */
    const char *tag;  /* ETag, with its quotes: of the contents */
    const unsigned char *bytes;
    size_t length;
    const unsigned char *gzip;
    size_t gzip_length;
};

extern const struct dashboard_asset *const dashboard_assets[];
extern const size_t dashboard_asset_count;

#endif
