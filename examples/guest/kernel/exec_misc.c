/*
 * exec_misc.c: formats that userland registers while the system runs, by writing one line to the
 * file /proc/sys/fs/binfmt_misc/register (the kernel's documentation calls it binfmt_misc):
 *
 *   :name:type:offset:magic:mask:interpreter:flags
 *
 * The first character is whatever separates the fields. Type M compares the file's bytes at the
 * offset with the magic (\xHH stands for a byte), after masking; type E compares the part of its
 * name behind the last dot. Of the flags, P keeps the old argv[0]; the others are accepted.
 */
#include "exec.h"

#include "format.h"
#include "string.h"

#define RULES     16
#define LINE_SIZE 512

struct rule {
    char name[32], interpreter[128];
    bool by_extension, keep_argv0, enabled;
    size_t offset, size;
    uint8_t magic[64], mask[64];
};

static struct rule *rules[RULES];
static bool switched_off;

/* ---- at execve ---- */

static const char *extension_of(const char *path)
{
    const char *dot = NULL;
    for (; *path != '\0'; path++)
        dot = *path == '.' ? path + 1 : *path == '/' ? NULL : dot;
    return dot != NULL ? dot : "";
}

static bool matches(const struct rule *rule, const struct program *p)
{
    if (!rule->enabled)
        return false;
    if (rule->by_extension)
        return strcmp(extension_of(p->path), (const char *)rule->magic) == 0;
    for (size_t i = 0; i < rule->size; i++) {
        uint8_t byte = (uint8_t)p->header[rule->offset + i];
        if ((byte ^ rule->magic[i]) & rule->mask[i])
            return false;
    }
    return true;
}

static int hand_over(const struct rule *rule, struct program *p)
{
    int error = rule->keep_argv0 ? 0 : program_drop_first(p);
    if (error == 0)
        error = program_push(p, p->path);
    if (error == 0)
        error = program_push(p, rule->interpreter);
    p->argc += 2;
    if (error == 0)
        error = program_open(p, rule->interpreter);
    return error != 0 ? error : ONE_MORE;
}

static int load_misc(struct program *p)
{
    for (size_t i = RULES; i-- > 0 && !switched_off;) { /* the last one registered comes first */
        if (rules[i] != NULL && matches(rules[i], p))
            return hand_over(rules[i], p);
    }
    return -ENOEXEC;
}

const struct format format_misc = {"misc", load_misc};

/* ---- the special files ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
        return (c | 32) - 'a' + 10;
    return -1;
}

/* Bytes with \xHH among them; the count, or -1. */
static int unquote(const char *text, uint8_t *bytes, size_t room)
{
    size_t n = 0;
    for (; *text != '\0'; text++) {
        if (n == room)
            return -1;
        if (text[0] == '\\' && text[1] == 'x' && hex_digit(text[2]) >= 0 &&
            hex_digit(text[3]) >= 0) {
            bytes[n++] = (uint8_t)(hex_digit(text[2]) << 4 | hex_digit(text[3]));
            text += 3;
        } else {
            bytes[n++] = (uint8_t)*text;
        }
    }
    return (int)n;
}

/* Cuts the line at the separator; the fields, without the empty one before the first. */
static size_t split(char *line, char *fields[7])
{
    char separator = *line;
    size_t n = 0;
    for (char *at = line; *at != '\0' && n < 7; at++) {
        if (*at != separator)
            continue;
        *at = '\0';
        fields[n++] = at + 1;
    }
    return n;
}

static size_t number(const char *text)
{
    size_t value = 0;
    for (; *text >= '0' && *text <= '9' && value < 1000; text++)
        value = value * 10 + (size_t)(*text - '0');
    return *text == '\0' ? value : 1000;
}

static bool parse_rule(struct rule *rule, char *fields[7])
{
    if (fields[0][0] == '\0' || fields[5][0] == '\0' || strlen(fields[0]) >= sizeof(rule->name) ||
        strlen(fields[5]) >= sizeof(rule->interpreter) || strlen(fields[1]) != 1)
        return false;
    string_copy(rule->name, fields[0], sizeof(rule->name));
    string_copy(rule->interpreter, fields[5], sizeof(rule->interpreter));
    rule->enabled = true;
    for (const char *flag = fields[6]; *flag != '\0'; flag++)
        rule->keep_argv0 = rule->keep_argv0 || *flag == 'P';
    rule->by_extension = fields[1][0] == 'E';
    if (rule->by_extension) {
        string_copy((char *)rule->magic, fields[3], sizeof(rule->magic));
        return fields[3][0] != '\0' && strlen(fields[3]) < sizeof(rule->magic);
    }
    int size = unquote(fields[3], rule->magic, sizeof(rule->magic));
    memset(rule->mask, 0xff, sizeof(rule->mask));
    int masked = unquote(fields[4], rule->mask, sizeof(rule->mask));
    rule->size = (size_t)size;
    rule->offset = number(fields[2]);
    return fields[1][0] == 'M' && size > 0 && (masked == 0 || masked == size) &&
           rule->offset + rule->size <= HEADER_SIZE;
}

static struct rule **rule_named(const char *name)
{
    for (size_t i = 0; i < RULES; i++) {
        if (rules[i] != NULL && strcmp(rules[i]->name, name) == 0)
            return &rules[i];
    }
    return NULL;
}

static int64_t register_rule(char *line)
{
    char *fields[7];
    if (split(line, fields) != 7)
        return -EINVAL;
    struct rule *rule = kmalloc(sizeof(*rule));
    if (rule == NULL)
        return -ENOMEM;
    int error = -EINVAL;
    if (parse_rule(rule, fields)) {
        error = rule_named(rule->name) != NULL ? -EEXIST : -ENOMEM;
        for (size_t i = 0; i < RULES && error == -ENOMEM; i++) {
            if (rules[i] == NULL) {
                rules[i] = rule;
                return 0;
            }
        }
    }
    kfree(rule);
    return error;
}

static void forget_rules(void)
{
    for (size_t i = 0; i < RULES; i++) {
        kfree(rules[i]);
        rules[i] = NULL;
    }
}

/* To "status": 1 on, 0 off, -1 forget all rules. */
static int64_t switch_all(const char *line)
{
    if (strcmp(line, "1") == 0)
        switched_off = false;
    else if (strcmp(line, "0") == 0)
        switched_off = true;
    else if (strcmp(line, "-1") == 0)
        forget_rules();
    else
        return -EINVAL;
    return 0;
}

int64_t misc_write(const char *file, char *line)
{
    size_t n = strlen(line);
    if (n > 0 && line[n - 1] == '\n')
        line[n - 1] = '\0';
    return strcmp(file, "register") == 0 ? register_rule(line) : switch_all(line);
}

size_t misc_status(char *text, size_t size)
{
    size_t n = format_text(text, size, "%s\n", switched_off ? "disabled" : "enabled");
    for (size_t i = 0; i < RULES; i++) {
        if (rules[i] != NULL)
            n += format_text(text + n, size - n, "%s: %s\n", rules[i]->name, rules[i]->interpreter);
    }
    return n;
}
