/* tickd, the program: what its parts share. main() stands in src/bin/tickd.c, the parts in
 * src/bin/tickd/. Every function that can fail prints one line on standard error and returns the
 * exit code of sysexits(3); 0 = go on. */
#ifndef TICKD_BIN_PROGRAM_H
#define TICKD_BIN_PROGRAM_H

#include "tickd/engine/engine.h"
#include "tickd/feed/tape_writer.h"
#include "tickd/ops/config_file.h"
#include "tickd/ops/dump.h"

enum { PROGRAM_SETS_MAX = 256, PROGRAM_REPLAYS_MAX = 256, PROGRAM_DIRECTORY_MAX = 512 };

/* The command line. Texts belong to argv. */
struct command_line {
    const char *config; /* NULL: the default file if it is there, else built-in defaults */
    const char *sets[PROGRAM_SETS_MAX];
    size_t set_count;
    const char *replays[PROGRAM_REPLAYS_MAX];
    size_t replay_count;
    int64_t from_us; /* --from, --until; INT64_MIN, INT64_MAX: not given */
    int64_t until_us;
    const char *dump;
    const char *topics;
    const char *report;
    const char *state_dir;
    const char *runtime_dir;
    const char *log_dir;
    bool fresh;
    bool check_config;
    bool print_config;
    bool help;
    bool version;
};

/* Where things go: options, else systemd's variables, else ./var. */
struct directories {
    char state[PROGRAM_DIRECTORY_MAX];
    char runtime[PROGRAM_DIRECTORY_MAX];
    char log[PROGRAM_DIRECTORY_MAX]; /* "" = standard error */
};

/* What the first of the files of --replay is. */
struct recording {
    bool is_tape;
    char version[64];       /* of the tickd that wrote the tape */
    uint64_t config_digest; /* of its configuration */
};

struct program {
    struct command_line line;
    struct recording recording;
    struct settings settings;
    struct config_origins origins;
    struct directories directories;
    struct arena measuring;
    struct arena arena;
    struct engine *engine;
    struct ingest *ingest;     /* live, and in the replay of a tape */
    struct feed_client *feed;  /* live only */
    struct tape_writer *tape;  /* live only; NULL without tape.enabled */
    struct store *store;       /* live only; NULL: store.path is "off" */
    struct alert_sinks *sinks; /* live only */
    struct status status;
};

/* "tickd: " and the line, to standard error. */
void program_complain(const char *format, ...) TICKD_PRINTF(1, 2);

int command_line_read(struct command_line *line, int argument_count, char **arguments);
void command_line_print_help(void);

/* Options, systemd's variables, ./var; under ./var and by option folders are made. */
int program_find_directories(struct program *program);

/* File, options, checks, also of the memory that it adds up to, of a daemon: everything that is
 * known of the configuration before the first of its effects. An error is one line in *error.
 * Touches nothing but what it is given, so that a thread can do it. */
int program_read_settings(const struct command_line *line, struct settings *settings,
                          struct config_origins *origins, struct text *error);

/* The same for the start, into the program. */
int program_load_settings(struct program *program);

/* Which of tickd's lives the command line asks for: a feed, recorded trades, or a tape. */
enum program_life { LIFE_LIVE, LIFE_TRADES, LIFE_TAPE };
enum program_life program_life(const struct program *program);

/* Adds up what all parts of such a life will take, line by line, into a measuring arena. */
void program_measure_settings(struct arena *arena, const struct settings *settings,
                              enum program_life life);
void program_measure(struct program *program);
int program_print_budget(const struct program *program);

/* Takes the memory and builds the engine in it. The arena is sealed. */
int program_build(struct program *program);
void program_unbuild(struct program *program);

/* --dump: NULL without it. --report: of program->status, which the caller has filled. */
int program_open_dump(struct program *program, struct dump **dump);
int program_close_dump(struct dump **dump);
int program_write_report(struct program *program);

/* Looks at the files of --replay: tapes or CSV, not both. A tape brings its configuration with it,
 * as the ground on which the file of -c and the options stand. */
int program_look_at_recording(struct program *program);

/* Whether what decides about the messages is as it was when the tape was written, as far as the
 * configuration goes. */
bool program_has_taped_settings(const struct program *program);

int program_replay(struct program *program);
int program_replay_tape(struct program *program);
int program_live(struct program *program);

#endif
