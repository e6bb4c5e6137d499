/*
 * drive.c - -drive file=PATH,format=raw,...: fields as QEMU names them, in any order, each once.
 */
#include "drive.h"

#include <stdio.h>
#include <string.h>

enum field { FILE_NAME, FORMAT, SNAPSHOT, READONLY, INTERFACE, MEDIA, INDEX, FIELDS };

/* What a field may be, besides a file's name. */
static const struct {
    const char *name;
    const char *values[5];
    const char *wanted; /* the same, as a sentence says it */
} fields[FIELDS] = {
    [FILE_NAME] = {"file", {NULL}, "a path is missing"},
    [FORMAT] = {"format", {"raw"}, "must be raw"},
    [SNAPSHOT] = {"snapshot", {"off", "on"}, "must be on or off"},
    [READONLY] = {"readonly", {"off", "on"}, "must be on or off"},
    [INTERFACE] = {"if", {"ide"}, "must be ide"},
    [MEDIA] = {"media", {"disk"}, "must be disk"},
    [INDEX] = {"index", {"0", "1", "2", "3"}, "must be from 0 to 3"},
};

/* Cut the text at the first comma; two commas are one of the value. Returns what follows, or NULL.
 */
static char *cut(char *text)
{
    char *to = text;
    for (char *from = text; *from; from++) {
        if (*from == ',' && from[1] != ',') {
            *to = '\0';
            return from + 1;
        }
        *to++ = *from;
        from += *from == ',';
    }
    *to = '\0';
    return NULL;
}

static unsigned field_of(const char *word, size_t len)
{
    unsigned i = 0;
    while (i < FIELDS && (strlen(fields[i].name) != len || memcmp(fields[i].name, word, len) != 0))
        i++;
    return i;
}

/* The number of the value in the field's list; -1: it is none of them. */
static int value_of(unsigned field, const char *value)
{
    int i = 0;
    while (fields[field].values[i] && strcmp(fields[field].values[i], value) != 0)
        i++;
    return fields[field].values[i] ? i : -1;
}

/* One "name=value"; value[] gets the number of the value, or for the file 0. */
static bool take_field(char *word, const char **file, int value[FIELDS], char *why, size_t size)
{
    size_t len = strcspn(word, "=");
    unsigned f = field_of(word, len);
    const char *text = word + len + (word[len] == '=');
    if (f == FIELDS) {
        snprintf(why, size, "no field '%.*s': file, format, snapshot, readonly, if, media, index",
                 (int)len, word);
        return false;
    }
    if (value[f] >= 0) {
        snprintf(why, size, "%s '%s': given twice", fields[f].name, text);
        return false;
    }
    value[f] = f == FILE_NAME && *text ? 0 : value_of(f, text);
    if (value[f] < 0) {
        snprintf(why, size, "%s '%s': %s", fields[f].name, text, fields[f].wanted);
        return false;
    }
    if (f == FILE_NAME)
        *file = text;
    return true;
}

bool drive_option(char *text, struct drives *d, char *why, size_t size)
{
    const char *file = NULL;
    int value[FIELDS];
    memset(value, 0xff, sizeof(value));
    for (char *word = text, *next; word; word = next) {
        next = cut(word);
        if (!take_field(word, &file, value, why, size))
            return false;
    }
    if (!file) {
        snprintf(why, size, "file is missing");
        return false;
    }
    unsigned slot = 0;
    while (value[INDEX] < 0 && slot < LIBCPU_DISK_SLOTS && d->slot[slot].path)
        slot++;
    if (value[INDEX] >= 0)
        slot = (unsigned)value[INDEX];
    if (slot == LIBCPU_DISK_SLOTS || d->slot[slot].path) {
        snprintf(why, size, "file '%s': %s", file,
                 slot == LIBCPU_DISK_SLOTS ? "there are four drives already"
                                           : "there is a drive with this index already");
        return false;
    }
    d->slot[slot] = (struct drive){file, value[SNAPSHOT] > 0, value[READONLY] > 0};
    return true;
}

bool drives_given(const struct drives *d)
{
    for (unsigned i = 0; i < LIBCPU_DISK_SLOTS; i++)
        if (d->slot[i].path)
            return true;
    return false;
}

enum libcpu_err drives_attach(const struct drives *d, libcpu *m)
{
    for (unsigned i = 0; i < LIBCPU_DISK_SLOTS; i++) {
        const struct drive *s = &d->slot[i];
        uint32_t flags = 0;
        if (!s->path)
            continue;
        if (s->snapshot || d->snapshot)
            flags |= LIBCPU_DISK_SNAPSHOT;
        if (s->readonly)
            flags |= LIBCPU_DISK_READ_ONLY;
        enum libcpu_err err = libcpu_disk_file(m, i, s->path, flags);
        if (err)
            return err;
    }
    return LIBCPU_ERR_OK;
}
