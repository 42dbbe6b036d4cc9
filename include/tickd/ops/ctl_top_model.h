/* What `tickctl top` knows: the newest status document, the symbols when they were asked for, and
 * the latest of some numbers. It knows neither socket nor terminal nor clock. */
#ifndef TICKD_OPS_CTL_TOP_MODEL_H
#define TICKD_OPS_CTL_TOP_MODEL_H

#include <cjson/cJSON.h>

#include "tickd/base/text.h"

enum { TOP_SAMPLES_MAX = 128, TOP_WHY_MAX = 512 };

/* What is asked of the daemon; the command is ctl_top_command(). */
enum top_question { TOP_ASK_STATUS, TOP_ASK_SYMBOLS };

enum top_link {
    TOP_SEARCHING, /* nobody listens: model.why */
    TOP_WAITING,   /* connected, and no answer yet */
    TOP_ANSWERING
};

/* The newest TOP_SAMPLES_MAX values of one number. */
struct top_samples {
    double values[TOP_SAMPLES_MAX];
    size_t appended;
};

struct top_model {
    cJSON *status;  /* an object, or NULL before the first */
    cJSON *symbols; /* a list, or NULL */
    enum top_link link;
    char why[TOP_WHY_MAX];
    int64_t silent_ms; /* how long a question has been without answer; the caller's clock */
    struct top_samples trades_per_s;
};

void top_model_init(struct top_model *model);
void top_model_fini(struct top_model *model);

/* The command to send. */
const char *top_question_name(enum top_question question);

/* Takes an answer's result: `length` bytes of JSON. false: it is not what such an answer is, and
 * nothing changed but why. */
bool top_model_take(struct top_model *model, enum top_question question, const char *json,
                    size_t length);

/* There is no daemon. What it told stays, so that one can still read it. */
void top_model_lose(struct top_model *model, const char *why);

/* The sample of that age, 0 = newest; 0 when there is none. */
double top_sample(const struct top_samples *samples, size_t age);
size_t top_sample_count(const struct top_samples *samples);

/* A number of the status document, or `otherwise`. */
double top_number(const struct top_model *model, const char *path, double otherwise);

/* A text of the status document, or "". */
const char *top_text(const struct top_model *model, const char *path);

#endif
