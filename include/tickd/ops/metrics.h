/* The status document as text for a monitoring system: OpenMetrics 1.0, or Prometheus' older text
 * format 0.0.4, which differ in how counters are declared and in how the text ends. All of it is
 * ops/metrics_table.h; docs/metrics.md says what each metric means. Pure. */
#ifndef TICKD_OPS_METRICS_H
#define TICKD_OPS_METRICS_H

#include "tickd/base/text.h"
#include "tickd/ops/metrics_table.h"

/* The longest text of either format, with its terminating zero: 64 agents, 256 positions with the
 * longest names, all histories, every number as long as it can be. */
enum { METRICS_TEXT_MAX = 262144 };

enum metrics_format { METRICS_OPENMETRICS, METRICS_PROMETHEUS };

/* The histograms behind the document's quantiles, each in its own unit; NULL = there is none here,
 * and its family has no samples. */
struct metrics_histograms {
    const struct histogram *of[METRICS_HISTOGRAM_COUNT];
};

/* Appends the whole document. What does not fit is cut off, and out->cut says so: then it may not
 * be sent. */
void metrics_print(const struct status *status, const struct metrics_histograms *histograms,
                   enum metrics_format format, struct text *out);

/* For the reply's Content-Type. */
const char *metrics_content_type(enum metrics_format format);

/* The format for a request's Accept header (NULL = it has none): OpenMetrics when that is named in
 * a version we speak and is not worth less to the asker than text/plain, else Prometheus' own. */
enum metrics_format metrics_negotiate(const char *accept);

#endif
