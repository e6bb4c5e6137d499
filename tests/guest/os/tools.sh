#!/bin/sh
# Runs as init, by busybox: a shell's work with the common tools. What it prints does not depend on
# the machine or on the time.
export PATH=/bin
cd /tmp || exit
echo "--- files"
mkdir -p a/b/c; echo one >a/1; echo two >a/2; ln -s 1 a/link; ln a/1 a/hard
ls -l a | sed 's/ [A-Z][a-z][a-z]  *[0-9]* [0-9:]* / /'
find . -type f | sort
grep -n two a/* 2>/dev/null
mv a/1 a/moved; ls a; rm -r a; ls
echo "--- pipes and redirection"
seq 1 1000 | awk '{ s += $1 } END { print s }'
echo "a b c" | sed 's/b/X/' | tr a-z A-Z
for i in 3 1 2; do echo $i; done | sort | while read -r x; do echo "got $x"; done
printf 'x\ny\n' | tee f1 | wc; cat f1
yes | head -2
mkfifo ff; (echo through >ff) & cat ff
echo "--- processes"
ps | awk '$1 == 1 { print "process", $1, "of user", $2 }'
false; echo "status $?"
(exit 7); echo "status $?"
sleep 100 & kill $!; wait $!; echo "status $?"
timeout 1 sleep 5; echo "status $?"
sh -c 'kill -SEGV $$'; echo "status $?"
(sleep 0.1; echo background) & wait
trap 'echo trapped' USR1; kill -USR1 $$; echo after
echo "--- scripts"
echo $((3 * 7)) "$(echo substituted)" "$(uname -sm)"
printf '#!/bin/sh\necho script $0 $# $1\n' >s.sh; chmod +x s.sh; ./s.sh argument
echo 'echo no shebang $1' >n.sh; chmod +x n.sh; ./n.sh yes
printf '#!/tmp/s.sh of a script\n' >ss.sh; chmod +x ss.sh; ./ss.sh more
printf '#!/bin/missing\n' >m.sh; chmod +x m.sh; ./m.sh 2>/dev/null; echo "status $?"
echo "--- larger things"
dd if=/dev/zero of=big bs=1024 count=1024 2>/dev/null; md5sum big; rm big
tar cf t.tar f1 s.sh; tar tf t.tar; gzip t.tar; gunzip t.tar.gz; md5sum <t.tar >/dev/null && echo ok
exit 5
