/* What `tickctl top` knows. */
#include "tickd/ops/ctl_top_model.h"

#include <math.h>
#include <string.h>

#include "tickd/ops/ctl_table.h"

static const char *const question_names[] = {
    [TOP_ASK_STATUS] = "status",
    [TOP_ASK_SYMBOLS] = "symbols",
};

void top_model_init(struct top_model *model)
{
    *model = (struct top_model){.link = TOP_SEARCHING};
}

void top_model_fini(struct top_model *model)
{
    cJSON_Delete(model->status);
    cJSON_Delete(model->symbols);
    *model = (struct top_model){0};
}

const char *top_question_name(enum top_question question)
{
    return question_names[question];
}

static void append(struct top_samples *samples, double value)
{
    samples->values[samples->appended % TOP_SAMPLES_MAX] = value;
    samples->appended++;
}

size_t top_sample_count(const struct top_samples *samples)
{
    return samples->appended < TOP_SAMPLES_MAX ? samples->appended : TOP_SAMPLES_MAX;
}

double top_sample(const struct top_samples *samples, size_t age)
{
    if (age >= top_sample_count(samples))
        return 0;
    return samples->values[(samples->appended - 1 - age) % TOP_SAMPLES_MAX];
}

static void replace(cJSON **place, cJSON *value)
{
    cJSON_Delete(*place);
    *place = value;
}

bool top_model_take(struct top_model *model, enum top_question question, const char *json,
                    size_t length)
{
    cJSON *value = cJSON_ParseWithLength(json, length);
    bool is_status = question == TOP_ASK_STATUS;

    if (is_status ? !cJSON_IsObject(value) : !cJSON_IsArray(value)) {
        cJSON_Delete(value);
        text_copy(model->why, sizeof model->why, "the daemon's answer cannot be understood");
        return false;
    }
    replace(is_status ? &model->status : &model->symbols, value);
    model->link = TOP_ANSWERING;
    model->why[0] = '\0';
    if (is_status)
        append(&model->trades_per_s, top_number(model, "rates.trades_per_s", 0));
    return true;
}

void top_model_lose(struct top_model *model, const char *why)
{
    model->link = TOP_SEARCHING;
    model->silent_ms = 0;
    text_copy(model->why, sizeof model->why, why);
}

double top_number(const struct top_model *model, const char *path, double otherwise)
{
    const cJSON *value = ctl_member(model->status, path);

    return cJSON_IsNumber(value) && isfinite(value->valuedouble) ? value->valuedouble : otherwise;
}

const char *top_text(const struct top_model *model, const char *path)
{
    const cJSON *value = ctl_member(model->status, path);

    return cJSON_IsString(value) ? value->valuestring : "";
}
