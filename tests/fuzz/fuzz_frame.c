/* Any bytes as a frame: scanner and cJSON agree on every one that the scanner takes, cJSON gives
 * the same twice, and what comes out keeps its promises (support/frames.h). */
#include "support/frames.h"

enum { FRAME_BYTES_MAX = 65536, NAMES_MAX = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct frame_decoder first;
static struct frame_decoder second;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct frame frame;

    if (first.decoder == NULL) {
        frame_decoder_init(&first, FRAME_BYTES_MAX, NAMES_MAX);
        frame_decoder_init(&second, FRAME_BYTES_MAX, NAMES_MAX);
    }
    frame_decoder_forget_names(&first, NAMES_MAX);
    frame_decoder_forget_names(&second, NAMES_MAX);
    frames_check(&first, &second, (const char *)data, size, &frame);
    return 0;
}
