#!/bin/bash
# bochs.sh MODULE-TOOL LIBCPU-RUN GUEST-DIRECTORY IMAGE real|flat COUNT SEED - random programs on our machine and
# on Bochs, which boots them from a disk by its own BIOS and our boot loader: each must end in the same
# state.
#
# Not compared: programs that end here with #UD, in real mode, where Bochs runs instructions with VEX on
# registers (SDM vol. 2, 2.8, "exception type 13": #UD); and with #GP where Bochs has a page fault, for an
# access that wraps at 4 GiB (vol. 3A, 5.3: a processor may do either).
#
# Bochs has no display here but one for VNC viewers, which it does not wait for; it ends when the last line
# has come.  Debian's Bochs has its debugger built in, and is told to go on.
#
# Exit status: 0 all the same, 1 not, 77 there is no Bochs.
set -u
tool=$1 run=$2 guest=$3 image=$4 mode=$5 count=$6 seed=$7
bios=/usr/share/bochs/BIOS-bochs-latest
vgabios=/usr/share/vgabios/vgabios.bin
cylinder=$((16 * 63 * 512))
dir=$(mktemp -d)
pid=
finish() {
    [ -z "$pid" ] || kill "$pid" 2>/dev/null
    rm -rf "$dir"
}
trap finish EXIT

if ! command -v bochs >/dev/null 2>&1 || [ ! -e "$bios" ] || [ ! -e "$vgabios" ]; then
    echo "images: SKIPPED, there is no Bochs (packages bochs, bochsbios, vgabios)"
    exit 77
fi

"$tool" "$mode" "$count" "$seed" >"$dir/module" || exit 1
timeout 100 "$run" -serial none -max-insns 2000000000 -kernel "$image" -initrd "$dir/module" \
    </dev/null 2>"$dir/ours"
if ! grep -q "^ok $count checks" "$dir/ours"; then
    tail -n 3 "$dir/ours"
    exit 1
fi

"$guest/mkdisk" "$dir/disk" "$guest/sector.bin" "$guest/loader.bin" "$image" "$dir/module" || exit 1
cylinders=$(($(stat -c %s "$dir/disk") / cylinder))
cat >"$dir/bochsrc" <<END
config_interface: textconfig
display_library: rfb, options="timeout=0"
sound: waveoutdrv=dummy, waveindrv=dummy, midioutdrv=dummy
romimage: file=$bios
vgaromimage: file=$vgabios
megs: 64
cpu: count=1, ips=50000000, model=tigerlake
clock: sync=none
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path="$dir/disk", mode=flat, cylinders=$cylinders, heads=16, spt=63
boot: disk
port_e9_hack: enabled=1
log: $dir/log
panic: action=fatal
END
printf 'c\nquit\n' >"$dir/go"
: >"$dir/theirs"
timeout 100 bochs -q -f "$dir/bochsrc" -rc "$dir/go" </dev/null >"$dir/theirs" 2>"$dir/errors" &
pid=$!
for ((i = 0; i < 900; i++)); do
    grep -qE '^(ok|FAILED|LOST)' "$dir/theirs" && break
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
done
if ! grep -q '^program 0:' "$dir/theirs"; then
    echo "images: Bochs did not run the image:"
    tail -n 3 "$dir/log" "$dir/errors"
    exit 1
fi
awk -v count="$count" -v mode="$mode" '
    FNR == NR { ours[$2] = $0; next }
    /^program/ {
        split(ours[$2], w)
        if ((mode == "real" && w[4] == "6") || (w[4] == "d" && $4 == "e")) { skipped++; next }
        compared++
        if ($0 != ours[$2] && different++ < 10)
            print "libcpu: " ours[$2] "\nbochs:  " $0
    }
    END {
        printf "%d compared, %d not, %d different\n", compared, skipped, different
        exit different || compared + skipped != count || 4 * compared < 3 * count
    }
' "$dir/ours" "$dir/theirs"
