/* Counting what was sent, and printing it. */
#include "tickd/sim/truth.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tickd/base/decimal.h"
#include "tickd/base/error.h"

enum { PIECE_MAX = 1024 };

int truth_init(struct truth *truth)
{
    *truth = (struct truth){0};
    truth->symbols = calloc(SYMBOLS_MAX, sizeof *truth->symbols);
    return truth->symbols != NULL ? 0 : ERROR_MEMORY;
}

void truth_fini(struct truth *truth)
{
    free(truth->symbols);
    truth->symbols = NULL;
}

static void widen(int64_t *first_ms, int64_t *last_ms, int64_t time_ms, bool first)
{
    if (first || time_ms < *first_ms) {
        *first_ms = time_ms;
    }
    if (first || time_ms > *last_ms) {
        *last_ms = time_ms;
    }
}

void truth_sent(struct truth *truth, const struct sim_entry *entry)
{
    struct truth_symbol *symbol = &truth->symbols[entry->symbol];
    if (entry->copy) {
        symbol->duplicates++;
        truth->duplicates++;
        return;
    }
    widen(&symbol->first_ms, &symbol->last_ms, entry->wire.time_ms, symbol->trades == 0);
    widen(&truth->first_ms, &truth->last_ms, entry->wire.time_ms, truth->trades == 0);
    if (decimal_add(symbol->volume, entry->wire.volume, &symbol->volume) != 0) {
        symbol->volume = DECIMAL_MAX;
    }
    symbol->last_price = entry->wire.price;
    symbol->trades++;
    truth->trades++;
}

static void write_text(FILE *stream, const struct text *text)
{
    fwrite(text->data, 1, text->length, stream);
}

/* ,"name":"text" */
static void write_string(FILE *stream, const char *name, const char *value)
{
    char memory[PIECE_MAX];
    struct text text;
    text_init(&text, memory, sizeof memory);
    text_format(&text, ",\"%s\":", name);
    text_add_json(&text, value, strlen(value));
    write_text(stream, &text);
}

static void write_symbol(FILE *stream, const char *name, const struct truth_symbol *symbol)
{
    char volume[DECIMAL_TEXT_MAX];
    char price[DECIMAL_TEXT_MAX];
    char memory[PIECE_MAX];
    struct text text;
    decimal_print(symbol->volume, volume);
    decimal_print(symbol->last_price, price);
    text_init(&text, memory, sizeof memory);
    text_add(&text, "{\"symbol\":");
    text_add_json(&text, name, strlen(name));
    text_format(&text,
                ",\"trades\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"first_ms\":%" PRId64
                ",\"last_ms\":%" PRId64 ",\"volume\":\"%s\",\"last_price\":\"%s\"}",
                symbol->trades, symbol->duplicates, symbol->first_ms, symbol->last_ms, volume,
                price);
    write_text(stream, &text);
}

static void write_symbols(FILE *stream, const struct truth *truth, const struct symbol_table *table)
{
    const char *separator = "";
    fputs(",\"symbols\":[", stream);
    for (uint16_t id = 0; id < table->count; id++) {
        if (truth->symbols[id].trades > 0 || truth->symbols[id].duplicates > 0) {
            fputs(separator, stream);
            write_symbol(stream, symbols_name(table, id), &truth->symbols[id]);
            separator = ",";
        }
    }
    fputc(']', stream);
}

static void write_faults(FILE *stream, const struct truth *truth)
{
    const char *separator = "";
    fputs(",\"faults\":{", stream);
    for (size_t i = 0; i < FAULT_COUNT; i++) {
        if (truth->faults[i] > 0) {
            fprintf(stream, "%s\"%s\":%" PRIu64, separator, fault_name((enum fault)i),
                    truth->faults[i]);
            separator = ",";
        }
    }
    fputc('}', stream);
}

int truth_print(const struct truth *truth, const struct truth_frame *frame, FILE *stream)
{
    fputs("{\"program\":\"finnhub-sim\"", stream);
    write_string(stream, "version", frame->version);
    write_string(stream, "market", frame->market);
    fprintf(stream,
            ",\"seed\":%" PRIu64 ",\"trades\":%" PRIu64 ",\"duplicates\":%" PRIu64
            ",\"unsent\":%" PRIu64 ",\"frames\":%" PRIu64 ",\"messages\":%" PRIu64
            ",\"deliveries\":%" PRIu64 ",\"pings\":%" PRIu64 ",\"first_ms\":%" PRId64
            ",\"last_ms\":%" PRId64,
            frame->seed, truth->trades, truth->duplicates, truth->unsent, truth->frames,
            truth->messages, truth->deliveries, truth->pings, truth->first_ms, truth->last_ms);
    fprintf(stream,
            ",\"connections\":%" PRIu64 ",\"clients\":%" PRIu64 ",\"refused\":%" PRIu64
            ",\"cut\":%" PRIu64,
            truth->connections, truth->clients, truth->refused, truth->cut);
    if (frame->replayed) {
        fprintf(stream,
                ",\"recording\":{\"records\":%" PRIu64 ",\"malformed\":%" PRIu64
                ",\"skipped\":%" PRIu64 ",\"suspicious\":%" PRIu64 "}",
                frame->recording.records, frame->recording.malformed, frame->recording.skipped,
                frame->recording.suspicious);
    }
    write_faults(stream, truth);
    write_symbols(stream, truth, frame->symbols);
    if (frame->error != NULL) {
        write_string(stream, "error", frame->error);
    }
    fputs("}\n", stream);
    return fflush(stream) == 0 && ferror(stream) == 0 ? 0 : ERROR_IO;
}
