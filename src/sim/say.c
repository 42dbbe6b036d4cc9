/* Lines on stderr. */
#include "tickd/sim/say.h"

#include <stdarg.h>
#include <stdio.h>

#include "tickd/base/text.h"

void say(const char *format, ...)
{
    char memory[SAY_LINE_MAX];
    struct text line;
    va_list arguments;
    text_init(&line, memory, sizeof memory - 1);
    va_start(arguments, format);
    text_format_list(&line, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < line.length; i++) {
        if ((unsigned char)memory[i] < ' ' || memory[i] == 0x7f) {
            memory[i] = '?';
        }
    }
    memory[line.length] = '\n';
    fwrite(memory, 1, line.length + 1, stderr);
}
