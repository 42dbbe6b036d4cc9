/* Error codes as text, generated from the one list in the header. */
#include "tickd/base/error.h"

const char *error_text(int code)
{
    switch ((enum error_code)code) {
    case ERROR_NONE:
        return "succeeds";
#define X(name, value, text) \
    case name:               \
        return text;
        TICKD_ERRORS(X)
#undef X
    }
    return "fails in an unknown way";
}

const char *error_name(int code)
{
    switch ((enum error_code)code) {
    case ERROR_NONE:
        return "ERROR_NONE";
#define X(name, value, text) \
    case name:               \
        return #name;
        TICKD_ERRORS(X)
#undef X
    }
    return "ERROR_UNKNOWN";
}
