/* The files of --replay: what they are, and the configuration that a tape brings with it. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tickd/base/error.h"
#include "tickd/bin/program.h"
#include "tickd/feed/tape_reader.h"

/* Beside what belongs to the configuration's digest, these decide which trades reach the engine. */
static const char *const door_keys[] = {"feed.frame_bytes_max", "feed.future_ms"};

static int adopt(struct program *program, struct tape_head *head, const char *path)
{
    bool adopted[SETTINGS_COUNT] = {false};
    if (tape_head_adopt(head, &program->settings, adopted) != 0) {
        program_complain("--replay: %s: the tape's configuration cannot be read", path);
        return EX_DATAERR;
    }
    for (size_t i = 0; i < SETTINGS_COUNT; i++) {
        if (adopted[i]) {
            program->origins.keys[i].origin = ORIGIN_DERIVED;
        }
    }
    return 0;
}

static int read_tape(struct program *program, const char *path)
{
    char memory[CONFIG_ERROR_MAX];
    struct text error;
    struct tape_head head;
    text_init(&error, memory, sizeof memory);
    if (tape_reader_read_head(path, &head, &error) != 0) {
        program_complain("--replay: %s", memory);
        return EX_DATAERR;
    }
    char *config = head.config;
    text_copy(program->recording.version, sizeof program->recording.version, head.version);
    program->recording.config_digest = head.config_digest;
    int code = adopt(program, &head, path);
    free(config);
    return code;
}

/* A tape whose very beginning is broken is one all the same if another of the files is. */
static int compare_kinds(const struct command_line *line)
{
    size_t tapes = 0;
    for (size_t i = 0; i < line->replay_count; i++) {
        tapes += tape_files_is_tape(line->replays[i]) ? 1 : 0;
    }
    if (tapes > 0 && tapes < line->replay_count) {
        program_complain("--replay: %zu of the %zu files are tapes; either all of them are, or "
                         "none is",
                         tapes, line->replay_count);
        return -1;
    }
    return tapes > 0 ? 1 : 0;
}

int program_look_at_recording(struct program *program)
{
    const struct command_line *line = &program->line;
    int tapes = compare_kinds(line);
    if (tapes < 0) {
        return EX_USAGE;
    }
    program->recording.is_tape = tapes > 0;
    if (tapes > 0) {
        return read_tape(program, line->replays[0]);
    }
    if (line->from_us != INT64_MIN || line->until_us != INT64_MAX) {
        program_complain("--from and --until select from tapes, and %s is none", line->replays[0]);
        return EX_USAGE;
    }
    return 0;
}

bool program_has_taped_settings(const struct program *program)
{
    bool same = settings_digest(&program->settings) == program->recording.config_digest;
    for (size_t i = 0; i < ARRAY_LENGTH(door_keys); i++) {
        size_t index;
        settings_find(door_keys[i], strlen(door_keys[i]), &index);
        same &= program->origins.keys[index].origin == ORIGIN_DERIVED;
    }
    return same;
}
