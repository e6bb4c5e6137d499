# abi.awk - from preprocessed headers, a program that prints what callers depend on: the size of
# every public struct, the offset and size of each member, and the value of every enumerator.
{ text = text " " $0 }

function members(name, body,    n, part, i, words, w, member) {
    printf "    printf(\"struct %s: %%zu bytes\\n\", sizeof(struct %s));\n", name, name
    n = split(body, part, ";")
    for (i = 1; i <= n; i++) {
        if (match(part[i], /\(\*[a-z0-9_]+\)/)) { # a pointer to a function
            member = substr(part[i], RSTART + 2, RLENGTH - 3)
        } else {
            sub(/\[.*/, "", part[i])
            gsub(/\*/, " ", part[i])
            words = split(part[i], w, " ")
            if (!words)
                continue
            member = w[words]
        }
        printf "    printf(\"struct %s.%s: at %%zu, %%zu bytes\\n\", offsetof(struct %s, %s), " \
               "sizeof(((struct %s *)0)->%s));\n", name, member, name, member, name, member
    }
}

function enumerators(name, body,    n, part, i, w) {
    n = split(body, part, ",")
    for (i = 1; i <= n; i++) {
        split(part[i], w, " ")
        if (w[1] != "")
            printf "    printf(\"enum %s: %s = %%lld\\n\", (long long)%s);\n", name, w[1], w[1]
    }
}

END {
    print "#include <libcpu/libcpu.h>\n#include <stdio.h>\nint main(void)\n{"
    while (match(text, /(struct|enum) libcpu_[a-z0-9_]+ *\{[^}]*\}/)) {
        item = substr(text, RSTART, RLENGTH)
        text = substr(text, RSTART + RLENGTH)
        brace = index(item, "{")
        split(substr(item, 1, brace - 1), head, " ")
        body = substr(item, brace + 1, length(item) - brace - 1)
        if (head[1] == "struct")
            members(head[2], body)
        else
            enumerators(head[2], body)
    }
    print "    return 0;\n}"
}
