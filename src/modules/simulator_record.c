/* The simulator's record. */
#include "tickd/modules/simulator_record.h"

#include "tickd/base/real.h"

static size_t bin_of(double probability)
{
    double place = probability * RECORD_BINS;
    if (!(place > 0.0)) {
        return 0;
    }
    return place < RECORD_BINS ? (size_t)place : RECORD_BINS - 1;
}

void record_add(struct simulator_record *record, double gain, double probability,
                double value_at_risk, double expected_shortfall)
{
    struct record_bin *bin = &record->bins[bin_of(probability)];
    bool profit = gain > 0.0;
    double miss = probability - (profit ? 1.0 : 0.0);
    bin->count++;
    bin->predicted += probability;
    bin->profits += profit ? 1 : 0;
    record->count++;
    record->profits += profit ? 1 : 0;
    record->squares += miss * miss;
    if (-gain > value_at_risk) {
        record->beyond_value_at_risk++;
        record->loss_beyond_value_at_risk += -gain;
        record->shortfall_beyond += expected_shortfall;
    }
    if (-gain > expected_shortfall) {
        record->beyond_shortfall++;
    }
}

double record_brier(const struct simulator_record *record)
{
    return record->count > 0 ? record->squares / (double)record->count : real_nan();
}

double record_brier_of_base_rate(const struct simulator_record *record)
{
    double share = (double)record->profits / (double)record->count;
    return record->count > 0 ? share * (1.0 - share) : real_nan();
}
