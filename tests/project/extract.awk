# The first fenced block of a language in a Markdown file, into the file named by `output`.
# usage: awk -v language=c -v output=FILE -f extract.awk README.md
BEGIN { printf "" > output }
/^```/ && inside { exit }
inside { print > output }
$0 == "```" language { inside = 1 }
