# The functions of headers, or of mdoc pages, one a line: "FILE RETURN-TYPE NAME(ARG,ARG)", with
# blanks only between words.
# usage: awk -f prototypes.awk FILE...     (*.h, or *.3)

function put(text) {
    gsub(/[ \t]+/, " ", text)
    gsub(/ ?\* ?/, "*", text)
    gsub(/ ?, ?/, ",", text)
    gsub(/ ?\( ?/, "(", text)
    gsub(/ ?\) ?/, ")", text)
    print FILENAME, text
}

function argument(line) {
    sub(/^\.[A-Z][a-z] /, "", line)
    gsub(/"/, "", line)
    return line
}

# C: from LIBCPU_API to the semicolon.
FILENAME ~ /\.h$/ && /^LIBCPU_API/ { text = ""; inside = 1 }
inside {
    text = text " " $0
    if (/;/) {
        sub(/^ *LIBCPU_API /, "", text)
        sub(/;.*/, "", text)
        put(text)
        inside = 0
    }
    next
}

# mdoc: .Ft, .Fo, .Fa..., .Fc.
/^\.Ft / { type = argument($0) }
/^\.Fo / { name = argument($0); arguments = ""; function_block = 1 }
/^\.Fa / && function_block { arguments = arguments (arguments == "" ? "" : ",") argument($0) }
/^\.Fc/ { put(type " " name "(" arguments ")"); function_block = 0 }
