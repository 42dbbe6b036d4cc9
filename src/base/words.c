/* Words by a machine that is outside words, in one, or in quotes. */
#include "tickd/base/words.h"

#include <string.h>

#include "tickd/base/error.h"

struct splitter {
    const char *at;
    char *memory;
    size_t capacity;
    size_t used;
    const char **words;
    size_t words_max;
    size_t count;
};

static int put(struct splitter *splitter, char character)
{
    if (splitter->used == splitter->capacity) {
        return ERROR_FULL;
    }
    splitter->memory[splitter->used++] = character;
    return 0;
}

/* From behind the opening quote to behind the closing one. */
static int take_quoted(struct splitter *splitter, char quote)
{
    while (*splitter->at != quote) {
        if (quote == '"' && *splitter->at == '\\' && strchr("\"\\", splitter->at[1]) != NULL) {
            splitter->at++;
        }
        if (*splitter->at == '\0') {
            return ERROR_SYNTAX;
        }
        int error = put(splitter, *splitter->at++);
        if (error != 0) {
            return error;
        }
    }
    splitter->at++;
    return 0;
}

static int take_character(struct splitter *splitter)
{
    char character = *splitter->at++;
    if (character == '\'' || character == '"') {
        return take_quoted(splitter, character);
    }
    if (character == '\\') {
        character = *splitter->at;
        if (character == '\0') {
            return ERROR_SYNTAX;
        }
        splitter->at++;
    }
    return put(splitter, character);
}

static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

static int take_word(struct splitter *splitter)
{
    if (splitter->count == splitter->words_max) {
        return ERROR_FULL;
    }
    splitter->words[splitter->count++] = splitter->memory + splitter->used;
    while (*splitter->at != '\0' && !is_blank(*splitter->at)) {
        int error = take_character(splitter);
        if (error != 0) {
            return error;
        }
    }
    return put(splitter, '\0');
}

int words_split(const char *text, char *memory, size_t capacity, const char **words,
                size_t words_max, size_t *count)
{
    struct splitter splitter = {
        .at = text, .capacity = capacity, .words = words, .words_max = words_max};
    int error = 0;
    splitter.memory = memory;
    for (;;) {
        while (is_blank(*splitter.at)) {
            splitter.at++;
        }
        if (*splitter.at == '\0' || error != 0) {
            break;
        }
        error = take_word(&splitter);
    }
    *count = error == 0 ? splitter.count : 0;
    return error;
}
