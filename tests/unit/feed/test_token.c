/* The key: where it comes from, what is refused, and that it is nowhere else afterwards. */
#include "tickd/feed/token.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/base/error.h"

enum { PATH_BYTES = 512, WHY_MAX = 1024 };

static char folder[PATH_BYTES];
static char why_memory[WHY_MAX];
static struct token token;

static void path_of(const char *name, char path[PATH_BYTES])
{
    struct text text;

    text_init(&text, path, PATH_BYTES);
    text_format(&text, "%s/%s", folder, name);
    assert_false(text.cut);
}

static void write_file(const char *name, const char *content, size_t length)
{
    char path[PATH_BYTES];

    path_of(name, path);
    FILE *file = fopen(path, "wb");

    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void write_key(const char *name, const char *key)
{
    write_file(name, key, strlen(key));
}

static int load(const char *file_name)
{
    char path[PATH_BYTES] = "";
    struct text why;

    if (file_name != NULL)
        path_of(file_name, path);
    text_init(&why, why_memory, sizeof why_memory);
    return token_load(&token, path, &why);
}

static const char *request(void)
{
    const char *path = NULL;

    assert_int_equal(token_request_path(&token, "/", &path), 0);
    return path;
}

static int set_up(void **state)
{
    (void)state;
    const char *temporary = getenv("TMPDIR");
    struct text text;

    text_init(&text, folder, sizeof folder);
    text_format(&text, "%s/tickd-token-XXXXXX", temporary != NULL ? temporary : "/tmp");
    assert_non_null(mkdtemp(folder));
    (void)unsetenv("CREDENTIALS_DIRECTORY");
    (void)unsetenv("FINNHUB_TOKEN");
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"finnhub-token", "key", "other"};
    char path[PATH_BYTES];

    (void)state;
    token_fini(&token);
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        path_of(names[i], path);
        (void)unlink(path);
        (void)rmdir(path);
    }
    assert_int_equal(rmdir(folder), 0);
    return 0;
}

static void test_without_a_source_there_is_no_key(void **state)
{
    (void)state;
    assert_int_equal(load(NULL), ERROR_NOT_FOUND);
    assert_null(token.source);
    assert_string_equal(why_memory, "");
    assert_string_equal(request(), "/");
}

static void test_the_credential_comes_before_the_file_and_the_file_before_the_variable(void **state)
{
    (void)state;
    write_key("finnhub-token", "from-credential");
    write_key("key", "from-file");
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_int_equal(setenv("FINNHUB_TOKEN", "from-variable", 1), 0);
    assert_int_equal(load("key"), 0);
    assert_string_equal(request(), "/?token=from-credential");
    assert_string_equal(token.source, "the credential");
    token_fini(&token);

    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(setenv("FINNHUB_TOKEN", "from-variable", 1), 0);
    assert_int_equal(load("key"), 0);
    assert_string_equal(request(), "/?token=from-file");
    token_fini(&token);

    assert_int_equal(setenv("FINNHUB_TOKEN", "from-variable", 1), 0);
    assert_int_equal(load(NULL), 0);
    assert_string_equal(request(), "/?token=from-variable");
    assert_string_equal(token.source, "the environment variable FINNHUB_TOKEN");
}

static void test_a_credentials_folder_without_a_key_is_passed_over(void **state)
{
    (void)state;
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    write_key("key", "from-file");
    assert_int_equal(load("key"), 0);
    assert_string_equal(request(), "/?token=from-file");
    assert_string_equal(why_memory, "");
}

static void test_a_blank_credential_is_none(void **state)
{
    (void)state;
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    write_key("finnhub-token", " \n");
    assert_int_equal(load(NULL), ERROR_NOT_FOUND);
    assert_string_equal(why_memory, "");
    token_fini(&token);
    assert_int_equal(setenv("FINNHUB_TOKEN", "from-variable", 1), 0);
    assert_int_equal(load(NULL), 0);
    assert_string_equal(request(), "/?token=from-variable");
}

static void test_a_named_file_that_is_not_there_is_an_error_with_its_name(void **state)
{
    (void)state;
    assert_int_equal(setenv("FINNHUB_TOKEN", "fallback", 1), 0);
    assert_int_equal(load("other"), ERROR_IO);
    assert_non_null(strstr(why_memory, "feed.token_file"));
    assert_non_null(strstr(why_memory, "/other: No such file or directory"));
    assert_null(token.source);
}

static void test_a_folder_in_place_of_the_file_is_an_error(void **state)
{
    char path[PATH_BYTES];

    (void)state;
    path_of("other", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(load("other"), ERROR_IO);
    assert_non_null(strstr(why_memory, "Is a directory"));
}

static void test_blanks_and_line_ends_around_the_key_do_not_belong_to_it(void **state)
{
    (void)state;
    write_key("key", " \t\r\nc0ffee\r\n\n ");
    assert_int_equal(load("key"), 0);
    assert_string_equal(request(), "/?token=c0ffee");
}

static void test_bytes_with_a_meaning_in_urls_are_encoded(void **state)
{
    (void)state;
    write_key("key", "a-b.c_d~e+f&g=h%i/j#k?l");
    assert_int_equal(load("key"), 0);
    assert_string_equal(request(), "/?token=a-b.c_d~e%2Bf%26g%3Dh%25i%2Fj%23k%3Fl");
}

static void test_unusable_keys_are_refused_without_being_shown(void **state)
{
    static char long_key[TOKEN_MAX + 2];
    static const struct {
        const char *content;
        size_t length;
        int error;
        const char *says;
    } cases[] = {
        {"", 0, ERROR_SYNTAX, "is empty"},
        {" \n\t", 3, ERROR_SYNTAX, "is empty"},
        {"sec ret", 7, ERROR_SYNTAX, "not printable ASCII"},
        {"sec\nret", 7, ERROR_SYNTAX, "not printable ASCII"},
        {"sec\0ret", 7, ERROR_SYNTAX, "not printable ASCII"},
        {"secr\xc3\xa9t", 7, ERROR_SYNTAX, "not printable ASCII"},
        {long_key, TOKEN_MAX + 1, ERROR_RANGE, "longer than 256 bytes"},
    };

    (void)state;
    memset(long_key, 's', TOKEN_MAX + 1);
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        write_file("key", cases[i].content, cases[i].length);
        assert_int_equal(load("key"), cases[i].error);
        assert_non_null(strstr(why_memory, cases[i].says));
        assert_non_null(strstr(why_memory, "feed.token_file"));
        assert_null(strstr(why_memory, "sec"));
        assert_null(strstr(why_memory, "ssss"));
        token_fini(&token);
    }
}

static void test_a_huge_file_is_refused_after_its_beginning(void **state)
{
    static char content[100000];

    (void)state;
    memset(content, 'k', sizeof content);
    write_file("key", content, sizeof content);
    assert_int_equal(load("key"), ERROR_RANGE);
}

static void test_a_key_of_the_longest_length_fits(void **state)
{
    char key[TOKEN_MAX + 1];

    (void)state;
    memset(key, '%', TOKEN_MAX); /* each becomes three bytes */
    key[TOKEN_MAX] = '\0';
    write_key("key", key);
    assert_int_equal(load("key"), 0);
    assert_int_equal(strlen(request()), strlen("/?token=") + (size_t)3 * TOKEN_MAX);
}

static void test_a_path_that_does_not_fit_is_refused(void **state)
{
    static char path[4000];
    const char *out;

    (void)state;
    memset(path, '/', sizeof path - 1);
    write_key("key", "c0ffee");
    assert_int_equal(load("key"), 0);
    assert_int_equal(token_request_path(&token, path, &out), ERROR_RANGE);
}

/* How often `word` stands in a file of /proc. */
static size_t occurrences_in(const char *path, const char *word)
{
    static char bytes[1 << 20];
    size_t length = 0;
    size_t count = 0;
    size_t word_length = strlen(word);
    int file = open(path, O_RDONLY);
    ssize_t got;

    assert_true(file >= 0);
    while (length < sizeof bytes && (got = read(file, bytes + length, sizeof bytes - length)) > 0)
        length += (size_t)got;
    (void)close(file);
    for (size_t i = 0; i + word_length <= length; i++)
        count += memcmp(bytes + i, word, word_length) == 0 ? 1 : 0;
    return count;
}

/* The variable's value as it was given to the process at its start: the test runs itself. */
static void test_the_variable_is_gone_from_the_environment_and_from_proc(void **state)
{
    char command[PATH_BYTES + 64];
    char self[PATH_BYTES];
    struct text text;
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);

    (void)state;
    assert_true(length > 0);
    self[length] = '\0';
    text_init(&text, command, sizeof command);
    text_format(&text, "FINNHUB_TOKEN=c0ffee-in-proc %s --environment", self);
    assert_int_equal(system(command), 0);
}

/* The other process of the test above. */
static int check_environment(void)
{
    struct text why;
    const char *path;

    text_init(&why, why_memory, sizeof why_memory);
    if (occurrences_in("/proc/self/environ", "c0ffee-in-proc") != 1)
        return 2; /* then the check below would prove nothing */
    if (token_load(&token, "", &why) != 0 || token_request_path(&token, "/", &path) != 0)
        return 3;
    if (strcmp(path, "/?token=c0ffee-in-proc") != 0)
        return 4;
    if (getenv("FINNHUB_TOKEN") != NULL)
        return 5;
    if (occurrences_in("/proc/self/environ", "c0ffee") != 0)
        return 6;
    token_fini(&token);
    return 0;
}

static void test_the_variable_is_unset_even_when_another_source_wins(void **state)
{
    (void)state;
    write_key("key", "from-file");
    assert_int_equal(setenv("FINNHUB_TOKEN", "unused", 1), 0);
    assert_int_equal(load("key"), 0);
    assert_null(getenv("FINNHUB_TOKEN"));
    token_fini(&token);
    assert_int_equal(setenv("FINNHUB_TOKEN", "unused", 1), 0);
    assert_int_equal(load("other"), ERROR_IO);
    assert_null(getenv("FINNHUB_TOKEN"));
}

static void test_a_text_with_the_key_is_withheld(void **state)
{
    char clean[128];

    (void)state;
    write_key("key", "c0ffee+key");
    assert_int_equal(load("key"), 0);
    token_redact(&token, "nothing to hide", clean, sizeof clean);
    assert_string_equal(clean, "nothing to hide");
    token_redact(&token, "GET /?x=c0ffee+key", clean, sizeof clean);
    assert_null(strstr(clean, "c0ffee"));
    token_redact(&token, "GET /?x=c0ffee%2Bkey", clean, sizeof clean);
    assert_null(strstr(clean, "c0ffee"));
    token_redact(&token, "GET /?token=c0ff", clean, sizeof clean); /* cut off */
    assert_null(strstr(clean, "c0ff"));
    assert_non_null(strstr(clean, "withheld"));
    token_redact(&token, "closed: c0ffee", clean, sizeof clean); /* a text that ends in a part */
    assert_non_null(strstr(clean, "withheld"));
    token_redact(&token, "closed: x0ffee", clean, sizeof clean);
    assert_string_equal(clean, "closed: x0ffee");
}

static void test_without_a_key_every_text_passes(void **state)
{
    char clean[64];

    (void)state;
    assert_int_equal(load(NULL), ERROR_NOT_FOUND);
    token_redact(&token, "GET /", clean, sizeof clean);
    assert_string_equal(clean, "GET /");
    token_fini(&token);
    token_redact(&token, "GET /", clean, sizeof clean);
    assert_string_equal(clean, "GET /");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(test_without_a_source_there_is_no_key),
        TEST(test_the_credential_comes_before_the_file_and_the_file_before_the_variable),
        TEST(test_a_credentials_folder_without_a_key_is_passed_over),
        TEST(test_a_blank_credential_is_none),
        TEST(test_a_named_file_that_is_not_there_is_an_error_with_its_name),
        TEST(test_a_folder_in_place_of_the_file_is_an_error),
        TEST(test_blanks_and_line_ends_around_the_key_do_not_belong_to_it),
        TEST(test_bytes_with_a_meaning_in_urls_are_encoded),
        TEST(test_unusable_keys_are_refused_without_being_shown),
        TEST(test_a_huge_file_is_refused_after_its_beginning),
        TEST(test_a_key_of_the_longest_length_fits),
        TEST(test_a_path_that_does_not_fit_is_refused),
        TEST(test_the_variable_is_gone_from_the_environment_and_from_proc),
        TEST(test_the_variable_is_unset_even_when_another_source_wins),
        TEST(test_a_text_with_the_key_is_withheld),
        TEST(test_without_a_key_every_text_passes),
#undef TEST
    };

    if (argc == 2 && strcmp(argv[1], "--environment") == 0)
        return check_environment();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
