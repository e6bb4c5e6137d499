/* A user's program: offers its machine to gdb, in memory, and says what the library's version is.
 */
#include <libcpu_gdb.h>

#include <stdio.h>
#include <string.h>

static char answer[64];

static void on_send(void *user, const uint8_t *data, size_t size)
{
    (void)user;
    if (size < sizeof(answer))
        memcpy(answer, data, size);
}

int main(void)
{
    libcpu *m;
    if (libcpu_create(NULL, &m))
        return 1;
    const struct libcpu_gdb_config config = {
        .struct_size = sizeof(config), .m = m, .send = on_send};
    libcpu_gdb *g = libcpu_gdb_new(&config);
    if (!g)
        return 1;
    libcpu_gdb_connect(g);
    libcpu_gdb_receive(g, (const uint8_t *)"$qC#b4", 6);
    if (strcmp(answer, "$QC1#c5") == 0)
        printf("%s\n", libcpu_version_string());
    libcpu_gdb_free(g);
    libcpu_destroy(m);
    return 0;
}
