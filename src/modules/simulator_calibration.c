/* Correction of probabilities. */
#include "tickd/modules/simulator_calibration.h"

#include "tickd/base/assert.h"

/* Horizons for which the mean of what the paths tell is believed. */
static const double offset_prior = 300.0;

/* Variance × horizons for which their differences are: forty horizons of probabilities
 * that are a twentieth apart. */
static const double slope_prior = 0.1;

void calibration_init(struct calibration *calibration, uint32_t horizon_bars)
{
    *calibration = (struct calibration){.part = 1.0 / horizon_bars};
}

void calibration_learn(struct calibration *calibration, double told, bool profit)
{
    struct calibration_sums *sums = &calibration->sums;
    double part = calibration->part;
    double happened = profit ? 1.0 : 0.0;
    ASSERT(told >= 0.0 && told <= 1.0);
    sums->weight += part;
    sums->told += part * told;
    sums->happened += part * happened;
    sums->squares += part * told * told;
    sums->products += part * told * happened;
}

void calibration_end_block(struct calibration *calibration, double keep)
{
    struct calibration_sums *sums = &calibration->sums;
    sums->weight *= keep;
    sums->told *= keep;
    sums->happened *= keep;
    sums->squares *= keep;
    sums->products *= keep;
}

static double between(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

double calibration_correct(const struct calibration *calibration, double told)
{
    const struct calibration_sums *sums = &calibration->sums;
    if (!(sums->weight > 0.0)) {
        return told;
    }
    double mean = sums->told / sums->weight;
    double variance = sums->squares - mean * sums->told;
    double covariance = sums->products - mean * sums->happened;
    double slope = between((covariance + slope_prior) / (variance + slope_prior), 0.0, 1.0);
    double offset = (sums->happened - sums->told) / (sums->weight + offset_prior);
    return between(mean + offset + slope * (told - mean), 0.0, 1.0);
}

/* State. */

static bool is_part(double part, double whole)
{
    return part >= 0.0 && part <= whole;
}

static bool check_sums(const void *value, void *context)
{
    const struct calibration_sums *sums = value;
    (void)context;
    return is_part(sums->weight, 1e30) && is_part(sums->told, sums->weight) &&
           is_part(sums->happened, sums->weight) && is_part(sums->squares, sums->told) &&
           is_part(sums->products, sums->happened);
}

void calibration_persist(struct calibration *calibration, struct persist *persist)
{
    persist_value(persist, "outcomes of probabilities", &calibration->sums,
                  sizeof calibration->sums, check_sums, NULL);
}
