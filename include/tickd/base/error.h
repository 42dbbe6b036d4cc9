/* The one list of error codes. A function that can fail returns 0 or a negative code from it. */
#ifndef TICKD_BASE_ERROR_H
#define TICKD_BASE_ERROR_H

/* X(name, value, text): the text completes a sentence that begins with what was being done. */
#define TICKD_ERRORS(X)                                 \
    X(ERROR_SYNTAX, -1, "is not well formed")           \
    X(ERROR_RANGE, -2, "is out of range")               \
    X(ERROR_OVERFLOW, -3, "does not fit")               \
    X(ERROR_FULL, -4, "finds no room")                  \
    X(ERROR_NOT_FOUND, -5, "is not there")              \
    X(ERROR_EXISTS, -6, "is there already")             \
    X(ERROR_TYPE, -7, "is of another type")             \
    X(ERROR_STATE, -8, "is not possible in this state") \
    X(ERROR_IO, -9, "fails in the operating system")    \
    X(ERROR_MEMORY, -10, "finds no memory")             \
    X(ERROR_DENIED, -11, "is not allowed")              \
    X(ERROR_CLOSED, -12, "is closed")                   \
    X(ERROR_END, -13, "is at its end")

enum error_code {
    ERROR_NONE = 0,
#define X(name, value, text) name = (value),
    TICKD_ERRORS(X)
#undef X
};

/* The code's text, a static string; "succeeds" for 0, "fails in an unknown way" for a stranger. */
const char *error_text(int code);

/* The code's own name ("ERROR_RANGE"), a static string; "ERROR_NONE" for 0. */
const char *error_name(int code);

#endif
