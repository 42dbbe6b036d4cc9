/* What is measured, as a table: one row names a series of the status document, says what it is and
 * where in the document it stands. Printed as text it is the metrics endpoint (ops/metrics.h), laid
 * out once it is the page of counters (ops/stats_page.h), and docs/metrics.md lists it.
 *
 * A row is counted over a set: over the whole there is one series, over the modules one each, with
 * the label module="feed". Neighbouring rows of one name are one family; the first has its help.
 *
 * Names follow Prometheus: tickd_NAME[_UNIT][_total], base units. What the document does not know
 * (no allocator's statistics, no verdict yet) is no series; nothing is ever made up for it. */
#ifndef TICKD_OPS_METRICS_TABLE_H
#define TICKD_OPS_METRICS_TABLE_H

#include "tickd/engine/status.h"

enum { METRIC_LABELS_MAX = 3, METRIC_LABEL_MAX = 64 /* a label's text, terminated */ };

enum metric_type {
    METRIC_GAUGE,
    METRIC_COUNTER,   /* only grows while the process lives */
    METRIC_HISTOGRAM, /* of seconds */
    METRIC_INFO,      /* always 1; what it tells is in its labels */
    METRIC_TYPE_COUNT
};

enum metric_unit {
    METRIC_NO_UNIT,
    METRIC_SECONDS,
    METRIC_BYTES,
    METRIC_RATIO, /* of a whole that is 1 */
    METRIC_UNIT_COUNT
};

/* What a row is counted over. */
enum metric_set {
    METRIC_OVER_ALL, /* one series */
    METRIC_OVER_BUILD,
    METRIC_OVER_MODULES,
    METRIC_OVER_MODULE_STATES,
    METRIC_OVER_ALERTS,
    METRIC_OVER_ALERT_STATES,
    METRIC_OVER_FEED_STATES,
    METRIC_OVER_SIDES,
    METRIC_OVER_VERDICTS,
    METRIC_OVER_SIMULATION_REASONS,
    METRIC_OVER_REJECT_REASONS,
    METRIC_OVER_HISTORIES,
    METRIC_OVER_MINUTE, /* one series, once a minute has passed */
    METRIC_OVER_AGENTS,
    METRIC_OVER_AGENT_STATES,
    METRIC_OVER_AGENT_METRICS,
    METRIC_OVER_POSITIONS,
    METRIC_OVER_STORE, /* one series, if there is an archive */
    METRIC_OVER_TAPE,  /* one series, if there is a tape */
    METRIC_OVER_DASHBOARD,
    METRIC_OVER_SINKS, /* of alerts, those that are configured */
    METRIC_SET_COUNT
};

/* How what stands in the document becomes a value. */
enum metric_reading {
    METRIC_READ_COUNT,          /* uint64_t */
    METRIC_READ_COUNT_OR_NONE,  /* uint64_t, 0 = not known */
    METRIC_READ_WORD,           /* uint32_t */
    METRIC_READ_SIZE,           /* size_t */
    METRIC_READ_SIGNED_OR_NONE, /* int64_t, negative = not known */
    METRIC_READ_FLAG,           /* bool */
    METRIC_READ_REAL,           /* double, NaN = not known */
    METRIC_READ_PERCENT,        /* double, of 100 */
    METRIC_READ_THOUSANDTHS,    /* uint32_t */
    METRIC_READ_MONEY,          /* int64_t of 1e-8 */
    METRIC_READ_MS,             /* int64_t, told in seconds */
    METRIC_READ_US,
    METRIC_READ_US_OR_NONE, /* 0 = not known */
    METRIC_READ_NS,
    METRIC_READ_COUNTS,    /* uint64_t [choices of the set] */
    METRIC_READ_CHOSEN,    /* an enumeration: 1 for the choice that it has, 0 for the others */
    METRIC_READ_COMPUTED,  /* by row->compute */
    METRIC_READ_QUANTILES, /* struct status_quantiles, and a histogram */
    METRIC_READ_NOTHING    /* 1: an info */
};

/* The histograms behind the document's quantiles. */
enum metrics_histogram {
    METRICS_FEED_DELAY_MS,
    METRICS_RECEIVE_TO_DECISION_US,
    METRICS_LOOP_LAG_US,
    METRICS_LATE_MS,
    METRICS_HISTOGRAM_COUNT
};

struct metric_row {
    const char *name;  /* without prefix, unit and _total */
    const char *label; /* KEY and VALUE of a label that this row alone has, or NULL */
    const char *label_value;
    const char *help;                       /* one sentence; NULL: of the family above */
    double (*compute)(const void *element); /* NaN = not known */
    size_t offset;                          /* in an element of the set */
    enum metric_type type;
    enum metric_unit unit;
    enum metric_set set;
    enum metric_reading reading;
    enum metrics_histogram histogram; /* of a METRIC_HISTOGRAM */
    int64_t unit_us;                  /* of its values */
};

enum metric_kind { METRIC_WHOLE, METRIC_SIGNED, METRIC_REAL, METRIC_DECIMAL };

/* A value, exact as far as what it is read from is. */
struct metric_value {
    enum metric_kind kind;
    union {
        uint64_t whole;
        int64_t number; /* METRIC_SIGNED; METRIC_DECIMAL: of 1e-8 */
        double real;    /* finite */
    };
};

struct metric_labels {
    size_t count;
    const char *keys[METRIC_LABELS_MAX];
    const char *values[METRIC_LABELS_MAX]; /* of the table, the document, or `memory` */
    char memory[METRIC_LABEL_MAX];
};

const struct metric_row *metric_rows(size_t *count);

const char *metric_type_name(enum metric_type type);
/* "" without one. */
const char *metric_unit_name(enum metric_unit unit);

/* "NAME[_UNIT]", and of a sample of it ("_total", "_info"). */
void metric_print_family(const struct metric_row *row, struct text *out);
const char *metric_suffix(const struct metric_row *row);

/* Whether it goes on with the family of the row before it. */
bool metric_continues(const struct metric_row *row);

/* How many series a row has at the most in this document, known or not. */
size_t metric_series(const struct metric_row *row, const struct status *status);

/* Whether that number is the same for the life of a process, so that it can be laid out once. */
bool metric_is_fixed(const struct metric_row *row);

/* What kind of value its series have. Not of a METRIC_HISTOGRAM. */
enum metric_kind metric_kind_of(const struct metric_row *row);

/* The labels of one series; of a series without a value as well. */
void metric_find_labels(const struct metric_row *row, const struct status *status, size_t index,
                        struct metric_labels *labels);

/* false: not known. Not of a METRIC_HISTOGRAM. */
bool metric_read(const struct metric_row *row, const struct status *status, size_t index,
                 struct metric_value *value);

/* Of a METRIC_HISTOGRAM. */
const struct status_quantiles *metric_quantiles(const struct metric_row *row,
                                                const struct status *status);

/* {key="value",…}, nothing when there are none; with one more label at the end (NULL = none).
 * Values are escaped; what is not UTF-8 in them is replaced. */
void metric_print_labels(const struct metric_labels *labels, const char *key, const char *value,
                         struct text *out);

void metric_print_value(const struct metric_value *value, struct text *out);

#endif
